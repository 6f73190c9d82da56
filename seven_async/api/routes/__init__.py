"""What a row is: its method on both clients, paging, lookups of one or many."""
