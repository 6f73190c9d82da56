"""The gateway itself, without I/O: calls go in, answers come out, the state changes."""
