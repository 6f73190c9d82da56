"""Tests of `seven_async.receivers`."""
