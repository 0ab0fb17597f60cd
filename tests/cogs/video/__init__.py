"""Tests of `/video` and of a job's message."""
