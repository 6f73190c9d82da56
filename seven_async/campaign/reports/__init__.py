"""What is told of a campaign afterwards: counts, files, pages."""
