"""One-time passwords over any channel, with what goes wrong in practice built in.

```python
otp = OneTimePasswords(AsyncSeven(), secret=secret, store=SqliteOtpStore("otp.db"))
await otp.send("+491711234567", purpose="login", caller="203.0.113.7")
number = await otp.verify("+491711234567", "123456", purpose="login")
```

Needs the extra `otp`; `RedisOtpStore` the extra `redis`.
"""

from seven_async.otp.errors import (
    NumberNotAllowedError,
    OtpLimit,
    OtpStoreError,
    TooManyCodesError,
    WrongCodeError,
    WrongCodeReason,
)
from seven_async.otp.limits import OtpLimits
from seven_async.otp.one_time_passwords import OneTimePasswords
from seven_async.otp.redis_store import RedisOtpStore
from seven_async.otp.service import SentCode
from seven_async.otp.sqlite_store import SqliteOtpStore
from seven_async.otp.store import MemoryOtpStore, OtpRecord, OtpStore

__all__ = [
    "MemoryOtpStore",
    "NumberNotAllowedError",
    "OneTimePasswords",
    "OtpLimit",
    "OtpLimits",
    "OtpRecord",
    "OtpStore",
    "OtpStoreError",
    "RedisOtpStore",
    "SentCode",
    "SqliteOtpStore",
    "TooManyCodesError",
    "WrongCodeError",
    "WrongCodeReason",
]
