"""What the gateway tells later: events, when they are due, and their delivery to hooks."""
