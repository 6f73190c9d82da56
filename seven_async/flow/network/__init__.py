"""Connections, sockets and proxies, and what a broken exchange says."""
