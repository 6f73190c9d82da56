"""What another process asks of a campaign that is being sent. No I/O."""

from __future__ import annotations

import attrs


@attrs.frozen(kw_only=True)
class Controls:
    """What another process asks of a run; `rate` is None as long as it was not changed."""

    is_paused: bool = False
    is_stopped: bool = False
    rate: float | None = None
