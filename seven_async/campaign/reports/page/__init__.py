"""The parts of the HTML page: what they are read from, and how they are drawn."""
