"""What to do about a message that may have left without a result."""
