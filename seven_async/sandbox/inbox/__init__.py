"""What the page and its JSON API show: conversations, messages, numbers of campaigns; no I/O."""
