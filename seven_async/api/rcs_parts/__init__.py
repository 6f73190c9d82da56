"""Rich RCS content: suggestions in one file, what holds them in the other."""
