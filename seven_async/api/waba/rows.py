"""WhatsApp: one row per kind of message, and the events in a conversation.

All messages go to one address and differ in `type`. Source: seven-api.md section 16.
"""

from typing import Final

from seven_async.api.replies.deletion import Confirmation, Deletion
from seven_async.api.replies.receipt import Receipt
from seven_async.api.routes.endpoint import Endpoints, M, Route
from seven_async.api.waba.events import DeleteWaba, WabaReact, WabaRead, WabaTyping
from seven_async.api.waba.interactive import SendButtons, SendContacts, SendList, SendLocation
from seven_async.api.waba.media import SendAudio, SendDocument, SendImage, SendSticker, SendVideo
from seven_async.api.waba.text import SendTemplate, SendText
from seven_async.flow.row import Body, Repeat

_LINE: Final = ("POST", "/waba/messages")
_EVENT: Final = ("POST", "/waba/events")


class Waba(Endpoints[M]):
    """WhatsApp messages."""

    send_template: Final = Route(*_LINE, SendTemplate, Receipt, repeat=Repeat.NEVER, body=Body.JSON)
    send_text: Final = Route(*_LINE, SendText, Receipt, repeat=Repeat.NEVER, body=Body.JSON)
    send_image: Final = Route(*_LINE, SendImage, Receipt, repeat=Repeat.NEVER, body=Body.JSON)
    send_video: Final = Route(*_LINE, SendVideo, Receipt, repeat=Repeat.NEVER, body=Body.JSON)
    send_audio: Final = Route(*_LINE, SendAudio, Receipt, repeat=Repeat.NEVER, body=Body.JSON)
    send_document: Final = Route(*_LINE, SendDocument, Receipt, repeat=Repeat.NEVER, body=Body.JSON)
    send_sticker: Final = Route(*_LINE, SendSticker, Receipt, repeat=Repeat.NEVER, body=Body.JSON)
    send_location: Final = Route(*_LINE, SendLocation, Receipt, repeat=Repeat.NEVER, body=Body.JSON)
    send_contacts: Final = Route(*_LINE, SendContacts, Receipt, repeat=Repeat.NEVER, body=Body.JSON)
    send_buttons: Final = Route(*_LINE, SendButtons, Receipt, repeat=Repeat.NEVER, body=Body.JSON)
    send_list: Final = Route(*_LINE, SendList, Receipt, repeat=Repeat.NEVER, body=Body.JSON)
    delete: Final = Route("DELETE", "/waba/messages/{id}", DeleteWaba, Deletion)
    read: Final = Route(*_EVENT, WabaRead, Confirmation, repeat=Repeat.IDEMPOTENT, body=Body.JSON)
    typing: Final = Route(
        *_EVENT, WabaTyping, Confirmation, repeat=Repeat.IDEMPOTENT, body=Body.JSON
    )
    react: Final = Route(*_EVENT, WabaReact, Confirmation, repeat=Repeat.IDEMPOTENT, body=Body.JSON)
