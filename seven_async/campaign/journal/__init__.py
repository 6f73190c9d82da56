"""The campaign's memory on disk (docs/journal.md has the tables for those who query them)."""
