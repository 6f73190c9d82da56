"""Replies that several products share."""
