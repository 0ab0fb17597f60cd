"""Tests of everything that members meet in Discord."""
