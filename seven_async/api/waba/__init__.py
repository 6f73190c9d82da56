"""WhatsApp: one file a kind of message, and the rows."""
