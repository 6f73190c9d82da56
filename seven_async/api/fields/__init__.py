"""Converters and validators that several request classes share."""
