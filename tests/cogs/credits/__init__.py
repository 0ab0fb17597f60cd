"""Tests of `/credits`."""
