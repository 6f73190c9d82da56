"""What the package promises, one rule a test."""
