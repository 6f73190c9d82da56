"""Tests of what happens to one call."""
