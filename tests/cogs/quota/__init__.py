"""Tests of `/quota`."""
