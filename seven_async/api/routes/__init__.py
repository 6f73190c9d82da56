"""Rows of the route table: their methods on both clients, paging, lookups of one or many."""
