"""The commands that send messages and make calls, a line each (`line.py` says what it has)."""

from __future__ import annotations

from typing import Final

from seven_async.cli.products.line import RECONCILE, Command, Product

_RECEIPT: Final = "recipient, success=accepted, id, parts=segments, price=EUR, error_text=reason"


def _send(method: str, help_text: str, example: str, look: str = RECONCILE) -> Command:
    """Return the line of a command whose reply is a receipt."""
    return Command(method, help_text, example, _RECEIPT, rows="messages", words=("to",), look=look)


MESSAGES: Final[dict[str, Product | Command]] = {
    "sms": Product(
        "Text messages.",
        (
            _send(
                "sms.send",
                "Send a text message to one or several recipients.",
                "+491711234567 --text 'Your code is 1234.' --from Acme",
            ),
            Command(
                "sms.delete", "Delete scheduled messages.", "77214945865", says="deleted: {deleted}"
            ),
        ),
    ),
    "rcs": Product(
        "RCS messages.",
        (
            _send(
                "rcs.send",
                "Send an RCS message.",
                "+491711234567 --text 'Your parcel has arrived.' --fallback sms",
            ),
            Command(
                "rcs.agents",
                "List the agents of the account, which messages are sent by.",
                "",
                columns="id, display_name=name, status=state, is_generic=generic",
                noun="agent",
            ),
            Command(
                "rcs.delete",
                "Take a message back.",
                "77233319353",
                says="message {id} is taken back",
            ),
            Command(
                "rcs.read",
                "Show the person who wrote that the message was read.",
                "+491711234567",
                says="{to} is shown that the message was read",
            ),
            Command(
                "rcs.typing",
                "Show the person who wrote that you are typing.",
                "+491711234567",
                says="{to} is shown that you are typing",
            ),
        ),
    ),
    "whatsapp": Product(
        "WhatsApp messages: templates at any time, the rest within a conversation.",
        (
            _send(
                "waba.send_template",
                "Send a template, which is allowed at any time.",
                "+491711234567 --from 4915112345678"
                ' --template reminder --language en --components \'{"body": ["Ann", "9:00"]}\'',
            ),
            _send(
                "waba.send_text",
                "Send a text, within 24 hours of the recipient's last message.",
                "+491711234567 --from 4915112345678 --text 'We are on our way.'",
            ),
            _send(
                "waba.send_image",
                "Send a picture.",
                "+491711234567 --from 4915112345678"
                " --url https://files.example/menu.png --caption 'Our menu'",
            ),
            _send(
                "waba.send_video",
                "Send a video.",
                "+491711234567 --from 4915112345678 --url https://files.example/tour.mp4",
            ),
            _send(
                "waba.send_audio",
                "Send a sound.",
                "+491711234567 --from 4915112345678 --url https://files.example/greeting.mp3",
            ),
            _send(
                "waba.send_document",
                "Send a document.",
                "+491711234567 --from 4915112345678"
                " --url https://files.example/invoice.pdf --filename invoice.pdf",
            ),
            _send(
                "waba.send_sticker",
                "Send a sticker.",
                "+491711234567 --from 4915112345678 --url https://files.example/wave.webp",
            ),
            _send(
                "waba.send_location",
                "Send a place.",
                "+491711234567 --from 4915112345678 --latitude 54.32 --longitude 10.13 --name Kiel",
            ),
            _send(
                "waba.send_contacts",
                "Send contact cards.",
                "+491711234567 --from 4915112345678 --contacts"
                ' \'[{"name": {"first_name": "Ann"}, "phones": [{"phone": "+491711234568"}]}]\'',
            ),
            _send(
                "waba.send_buttons",
                "Send a text with buttons to answer by.",
                "+491711234567 --from 4915112345678"
                " --body 'Will you come?'"
                ' --buttons \'[{"id": "y", "title": "Yes"}, {"id": "n", "title": "No"}]\'',
            ),
            _send(
                "waba.send_list",
                "Send a text with a list to choose from.",
                "+491711234567 --from 4915112345678"
                " --body 'When?' --button-text 'Choose a day'"
                ' --sections \'[{"title": "May", "rows": [{"id": "1", "title": "1 May"}]}]\'',
            ),
            Command(
                "waba.react",
                "React to a message with an emoji.",
                "681590 👍",
                says="the reaction to message {msg_id} is set",
            ),
            Command(
                "waba.read",
                "Show the person who wrote that the message was read.",
                "--from 4915112345678 --to +491711234567",
                says="the message is shown as read",
            ),
            Command(
                "waba.typing",
                "Show the person who wrote that you are typing.",
                "--from 4915112345678 --to +491711234567",
                says="the person is shown that you are typing",
            ),
            Command(
                "waba.delete",
                "Delete a scheduled message.",
                "12345678",
                says="message {id} is deleted",
            ),
        ),
    ),
    "voice": Product(
        "Calls that read a text aloud.",
        (
            _send(
                "voice.send",
                "Call one or several recipients, and speak a text.",
                "+491711234567 --text 'Your table is ready.' --ringtime 20",
                look="journal voice",
            ),
            Command(
                "voice.hangup",
                "End a call that is in progress.",
                "1384013",
                says="call {call_id} is ended",
            ),
            Command(
                "validate_for_voice.start",
                "Have a number called, so that calls can come from it; who answers types the code.",
                "+491711234567",
                columns="code, sender, formatted_output=number, voice, error=remark",
                words=("number",),
                name="validate",
            ),
        ),
    ),
}
