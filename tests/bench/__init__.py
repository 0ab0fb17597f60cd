"""Benchmarks: run by hand, each beside something that it is compared with. None of them is a test."""
