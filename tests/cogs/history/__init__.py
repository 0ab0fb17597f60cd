"""Tests of `/history`."""
