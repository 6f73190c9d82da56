"""Statements that every database of a journal understands, and what they are executed on."""
