"""The gateway as tools for language models: a server of the Model Context Protocol.

```python
server = build_mcp_server(seven, allow=["send"], journal="plans.db")
```

`seven mcp` runs it. Needs the extra `mcp`.
"""

from seven_async.mcp.plan_journal import PlanJournalError
from seven_async.mcp.server import build_mcp_server
from seven_async.mcp.tools import Allowed

__all__ = ["Allowed", "PlanJournalError", "build_mcp_server"]
