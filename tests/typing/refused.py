"""Calls that both checkers must refuse: wrong names, wrong types, too much, too little."""

from __future__ import annotations

from seven_async import AsyncSeven, Seven


async def awaited(seven: AsyncSeven) -> None:
    """Wrong calls of the awaiting client."""
    await seven.contacts.get()  # type: ignore[call-arg]
    await seven.contacts.get(4.2)  # type: ignore[arg-type]
    await seven.contacts.get(42, 43)  # type: ignore[call-arg]
    await seven.contacts.fetch(42)  # type: ignore[attr-defined]
    await seven.sms.send("49", "Hi", "Acme")  # type: ignore[call-arg]
    await seven.sms.send("49", "Hi", sender="Acme")  # type: ignore[call-arg]
    await seven.sms.send(49, "Hi")  # type: ignore[arg-type]
    await seven.sms.send("49", "Hi", flash="yes")  # type: ignore[arg-type]
    await seven.rcs.send("49", 5)  # type: ignore[arg-type]
    await seven.rcs.send(["49"], "Hi")  # type: ignore[arg-type]
    await seven.rcs.send("49", "Hi", fallback="fax")  # type: ignore[arg-type]
    await seven.waba.send_text("49", "Hi")  # type: ignore[call-arg]
    await seven.waba.send_text(["49"], "Hi", from_="49")  # type: ignore[arg-type]
    await seven.waba.send_audio("49", "https://a.b", from_="49", caption="")  # type: ignore[call-arg]
    await seven.subaccounts.transfer_credits(1, 0.5)  # type: ignore[arg-type]
    await seven.lookup.hlr(491)  # type: ignore[call-overload]
    await seven.lookup.hlr("491", from_="a")  # type: ignore[call-overload]
    await seven.hooks.create("https://a.b")  # type: ignore[call-arg]
    await seven.voice.send("49", "Hi", delay=5)  # type: ignore[call-arg]
    await seven.contacts.list().first()  # type: ignore[attr-defined]


def blocking(seven: Seven) -> None:
    """Wrong calls of the blocking client."""
    seven.contacts.get()  # type: ignore[call-arg]
    seven.contacts.update(1, name="A")  # type: ignore[call-arg]
    seven.groups.delete(1, True)  # type: ignore[call-arg]  # noqa: FBT003
    seven.sms.send("49", "Hi", label=5)  # type: ignore[arg-type]
    seven.lookup.format({"491"})  # type: ignore[call-overload]
    seven.journal.outbound(limit="10")  # type: ignore[arg-type]
    seven.numbers.order(number=49)  # type: ignore[arg-type]
    seven.balance.get().total  # type: ignore[attr-defined]
    for _ in seven.sms.send("49", "Hi"):  # type: ignore[attr-defined]
        pass
