"""The public names of the route table: requests, replies and words, a line for each module.

In: the `__all__` of those modules. Out: all their names, for `seven_async` to export. No I/O.
"""

from seven_async.api.analytics import *
from seven_async.api.balance import *
from seven_async.api.contacts import *
from seven_async.api.groups import *
from seven_async.api.hooks import *
from seven_async.api.journal import *
from seven_async.api.lookup import *
from seven_async.api.numbers import *
from seven_async.api.pricing import *
from seven_async.api.rcs import *
from seven_async.api.replies.deletion import *
from seven_async.api.replies.lookup_words import *
from seven_async.api.replies.receipt import *
from seven_async.api.routes.paging import *
from seven_async.api.sms import *
from seven_async.api.status import *
from seven_async.api.subaccounts import *
from seven_async.api.validate_for_voice import *
from seven_async.api.voice import *
from seven_async.api.waba.events import *
from seven_async.api.waba.interactive import *
from seven_async.api.waba.media import *
from seven_async.api.waba.message import *
from seven_async.api.waba.parts import *
from seven_async.api.waba.text import *
