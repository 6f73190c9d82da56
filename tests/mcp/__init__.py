"""Tests of `seven_async.mcp`."""
