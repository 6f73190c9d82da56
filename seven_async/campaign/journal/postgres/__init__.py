"""The journal of campaigns in PostgreSQL. Needs the extra `postgres`; loaded when it is used."""
