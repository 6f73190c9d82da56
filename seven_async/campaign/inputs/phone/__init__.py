"""How phone numbers are written and read: spellings in, numbers of E.164 or a reason out."""
