"""What a decoded reply becomes: models, times, numbers."""
