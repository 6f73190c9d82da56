"""Tests of examples/: each is started as its head says."""
