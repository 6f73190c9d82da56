"""What parameters of requests have in common: converters and validators."""
