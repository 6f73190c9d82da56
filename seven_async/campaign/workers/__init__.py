"""Processes that send what others have loaded, from a journal in PostgreSQL."""
