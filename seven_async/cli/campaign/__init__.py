"""`seven campaign …`: bulk sending from a CSV file."""
