"""Tests of `seven_async.webhooks`."""
