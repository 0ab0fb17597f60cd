"""Tests of `/usage`."""
