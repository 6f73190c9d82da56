"""Tests of logging in, and of tokens that refresh themselves."""
