"""What comes in: tables, recipients, templates, and one message for each recipient."""
