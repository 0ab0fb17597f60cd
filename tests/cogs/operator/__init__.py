"""Tests of `/operator`."""
