"""A local gateway: stateful, disturbed at will, for tests and development without an account."""

from seven_async.sandbox.core.ledger import Ledger, LedgerEntry
from seven_async.sandbox.core.wire import Answer
from seven_async.sandbox.faults import Fault
from seven_async.sandbox.sandbox import Sandbox, served_operations
from seven_async.sandbox.server.running import run

__all__ = ["Answer", "Fault", "Ledger", "LedgerEntry", "Sandbox", "run", "served_operations"]
