"""The way of a message from the input to its result."""
