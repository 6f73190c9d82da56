"""The commands about numbers, people and the account, a line each (`line.py` says what it has)."""

from __future__ import annotations

from typing import Final

from seven_async.cli.products.line import Command, Product

_CONTACT: Final = (
    "id, properties.firstname=first name, properties.lastname=last name, "
    "properties.mobile_number=number, properties.email=email, properties.city=city, groups"
)
_GROUP: Final = "id, name, members_count=members, created"
_NUMBER: Final = (
    "number, country, friendly_name=name, features.sms=sms, features.voice=voice, "
    "billing.payment_interval=paid, expires, forward_sms_mo.sms.number=to numbers, "
    "forward_sms_mo.email.address=to addresses"
)
_SUBACCOUNT: Final = (
    "id, username, company, balance=EUR, total_usage=used EUR, "
    "auto_topup.threshold=top up below, auto_topup.amount=top up by, contact.email=email"
)
_SENT: Final = "id, timestamp=time, from_=from, to, dlr=state, price=EUR, text"
_USAGE: Final = "sms, rcs, voice, hlr, mnp, inbound, usage_eur=EUR"
_FORMAT: Final = (
    "success=valid, international_formatted=number, country_name=country, carrier, "
    "network_type=type"
)
_CAME_IN: Final = "id, timestamp=time, from_=from, to, text"
_HLR: Final = (
    "international_formatted=number, valid_number=valid, reachable, current_carrier.name=network, "
    "country_name=country, ported, roaming.status=roaming, status_message=result"
)
_MNP: Final = (
    "mnp.number=number, success=found, mnp.network=network, mnp.country=country, "
    "mnp.is_ported=ported, price=EUR"
)
_OFFER: Final = (
    "number, country, fees.monthly.basic_charge=EUR a month, fees.monthly.setup=EUR setup, "
    "features.sms=sms, features.voice=voice"
)

ACCOUNT: Final[dict[str, Product | Command]] = {
    "lookup": Product(
        "Lookups of numbers. All but format and rcs cost money, each time.",
        (
            Command(
                "lookup.format",
                "Look up how numbers are written and where they belong, free of charge.",
                "'0171 1234567'",
                columns=_FORMAT,
                noun="result",
            ),
            Command(
                "lookup.hlr",
                "Ask the home network about numbers right now.",
                "+491711234567",
                columns=_HLR,
                noun="result",
            ),
            Command(
                "lookup.mnp",
                "Look up the networks that numbers are in now.",
                "+491711234567 +491721234567",
                columns=_MNP,
                noun="result",
            ),
            Command(
                "lookup.cnam",
                "Look up the names that the owners of numbers show on calls.",
                "+12025550123",
                columns="number, success=found, name",
                noun="result",
            ),
            Command(
                "lookup.rcs",
                "Look up what handsets can show of RCS.",
                "+491711234567",
                columns=f"{_FORMAT}, rcs_capabilities=RCS",
                noun="result",
            ),
        ),
    ),
    "numbers": Product(
        "Inbound numbers.",
        (
            Command(
                "numbers.active", "List the booked numbers.", "", columns=_NUMBER, noun="number"
            ),
            Command(
                "numbers.available",
                "List the numbers that can be booked now, with their fees.",
                "--country DE --features-sms",
                columns=_OFFER,
                noun="number",
            ),
            Command(
                "numbers.get",
                "Show a booked number with its settings.",
                "49176123456789",
                columns=_NUMBER,
            ),
            Command(
                "numbers.order",
                "Book a number, which costs money.",
                "4915735981200 --payment-interval monthly",
                says="{number} is booked",
                look="numbers active",
            ),
            Command(
                "numbers.update",
                "Change a number. What is not given stays; an empty value ends forwarding.",
                "49176123456789 --sms-forward +491711234567",
                columns=_NUMBER,
            ),
            Command(
                "numbers.delete",
                "Cancel a booked number.",
                "49176123456789",
                says="{number} is cancelled",
            ),
        ),
    ),
    "contacts": Product(
        "The address book.",
        (
            Command(
                "contacts.list",
                "List the contacts.",
                "--order-by lastname --limit 20",
                columns=_CONTACT,
                noun="contact",
            ),
            Command(
                "contacts.get",
                "Show a contact.",
                "12876882",
                columns=f"{_CONTACT}, created, validation.state=number is",
            ),
            Command(
                "contacts.create",
                "Create a contact. The same values again make a second one.",
                "--firstname Ann --mobile-number +491711234567",
                columns=_CONTACT,
                look="contacts list",
            ),
            Command(
                "contacts.update",
                "Change a contact. What is not given stays; '' clears a field.",
                "12876882 --city Kiel --birthday ''",
                columns=_CONTACT,
            ),
            Command(
                "contacts.delete", "Delete a contact.", "12876882", says="contact {id} is deleted"
            ),
        ),
    ),
    "groups": Product(
        "Groups of contacts.",
        (
            Command("groups.list", "List the groups.", "--all", columns=_GROUP, noun="group"),
            Command(
                "groups.get",
                "Show a group with the number of its members.",
                "17923",
                columns=_GROUP,
            ),
            Command(
                "groups.create",
                "Create an empty group.",
                "Customers",
                columns=_GROUP,
                look="groups list",
            ),
            Command(
                "groups.update", "Rename a group.", "17923 'Regular customers'", columns=_GROUP
            ),
            Command("groups.delete", "Delete a group.", "17923", says="group {id} is deleted"),
        ),
    ),
    "pricing": Command(
        "pricing.get",
        "Show the prices of one segment, by country and network.",
        "--country DE",
        columns="country_name=country, networks.network_name=network, networks.price=EUR",
        rows="countries.networks",
        noun="price",
    ),
    "journal": Product(
        "The gateway's records of messages and calls, newest first.",
        (
            Command(
                "journal.outbound",
                "List the messages that were sent.",
                "--to +49176123456789 --limit 20",
                columns=_SENT,
                noun="message",
            ),
            Command(
                "journal.inbound",
                "List the messages that came in.",
                "--limit 10",
                columns=_CAME_IN,
                noun="message",
            ),
            Command(
                "journal.replies",
                "List the answers to messages that were sent with --get-replies.",
                "--limit 20",
                columns=_CAME_IN,
                noun="answer",
            ),
            Command(
                "journal.voice",
                "List the calls that were made.",
                "--state completed",
                columns="id, timestamp=time, from_=from, to, status=state, "
                "duration=seconds, price=EUR, text",
                noun="call",
            ),
        ),
    ),
    "analytics": Product(
        "Usage and cost.",
        (
            Command(
                "analytics.by_country",
                "Sum up usage and cost by the recipients' countries.",
                "--subaccounts all",
                columns=f"country, {_USAGE}",
                noun="row",
            ),
            Command(
                "analytics.by_date",
                "Sum up usage and cost by day.",
                "--label all",
                columns=f"date, {_USAGE}",
                noun="row",
            ),
            Command(
                "analytics.by_label",
                "Sum up usage and cost by the labels that messages were sent with.",
                "--subaccounts all",
                columns=f"label, {_USAGE}",
                noun="row",
            ),
            Command(
                "analytics.by_subaccount",
                "Sum up usage and cost by account.",
                "--subaccounts all",
                columns=f"account, {_USAGE}",
                noun="row",
            ),
        ),
    ),
    "hooks": Product(
        "Where the gateway sends events to.",
        (
            Command(
                "hooks.list",
                "List the webhook subscriptions.",
                "",
                columns="id, event_type=event, request_method=method, target_url=URL, "
                "enabled, created",
                noun="hook",
            ),
            Command(
                "hooks.create",
                "Subscribe to webhooks. A second hook for the same events doubles deliveries.",
                "https://app.example/hooks dlr --request-method JSON",
                says="hook {id} is created",
                look="hooks list",
            ),
            Command(
                "hooks.delete",
                "Delete a subscription, by its id or by URL and event.",
                "2045",
                says="the hook is deleted",
            ),
        ),
        others=(("sync", "seven_async.cli.hooks"),),
    ),
    "subaccounts": Product(
        "Subaccounts and their credit.",
        (
            Command(
                "subaccounts.list",
                "List the subaccounts with their credit.",
                "",
                columns=_SUBACCOUNT,
                noun="subaccount",
            ),
            Command(
                "subaccounts.create",
                "Create a subaccount.",
                "'Ann Example' ann@example.com",
                columns=_SUBACCOUNT,
                look="subaccounts list",
            ),
            Command(
                "subaccounts.update",
                "Set the automatic top-up of a subaccount.",
                "123456789 --threshold 5 --amount 20.00",
                says="below {threshold} EUR subaccount {id} gets {amount} EUR",
                words=("id",),
            ),
            Command(
                "subaccounts.transfer_credits",
                "Move credit from the main account to a subaccount.",
                "123456789 12.50",
                says="{amount} EUR are moved to subaccount {id}",
                look="subaccounts list",
            ),
            Command(
                "subaccounts.delete",
                "Delete a subaccount.",
                "123456789",
                says="subaccount {id} is deleted",
            ),
        ),
    ),
    "status": Command(
        "status.get",
        "Show the delivery states of messages, up to 30 days after sending.",
        "77214067982 77214067599",
        columns="id, status=state, status_time=time",
        noun="message",
    ),
    "balance": Command(
        "balance.get", "Show the credit left on the account.", "", says="{amount} {currency}"
    ),
}
