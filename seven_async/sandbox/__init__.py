"""A local gateway: stateful, disturbed at will, for tests and development without an account."""

from seven_async.sandbox.faults import Fault
from seven_async.sandbox.ledger import Entry, Ledger
from seven_async.sandbox.sandbox import Sandbox, served_operations
from seven_async.sandbox.wire import Answer

__all__ = ["Answer", "Entry", "Fault", "Ledger", "Sandbox", "served_operations"]
