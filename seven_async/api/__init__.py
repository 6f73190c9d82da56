"""The route table: one file per product of the gateway, models first, rows last. No I/O."""
