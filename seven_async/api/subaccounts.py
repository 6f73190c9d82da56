"""Subaccounts and their credit. Source: seven-api.md section 13."""

from decimal import Decimal
from typing import Final

import attrs

from seven_async.api.fields.money import AS_AMOUNT, amount_of
from seven_async.api.fields.validators import optional, text_of, valid_id
from seven_async.api.replies.deletion import Confirmation, Deletion
from seven_async.api.routes.endpoint import Endpoints, M, Route
from seven_async.flow.row import Repeat
from seven_async.flow.values.model import Model
from seven_async.masking import masked_text

__all__ = [
    "AutoTopup",
    "CreateSubaccount",
    "DeleteSubaccount",
    "ListSubaccounts",
    "Subaccount",
    "SubaccountContact",
    "TransferCredits",
    "UpdateSubaccount",
]


@attrs.frozen(kw_only=True, slots=False)
class AutoTopup(Model):
    """Below `threshold` EUR, `amount` EUR come from the main account; 0 or None is off."""

    threshold: Decimal | None = None
    amount: Decimal | None = None


@attrs.frozen(kw_only=True, slots=False)
class SubaccountContact(Model):
    """The owner of a subaccount."""

    name: str | None = None
    email: str | None = attrs.field(default=None, repr=masked_text)


@attrs.frozen(kw_only=True, slots=False)
class Subaccount(Model):
    """A subaccount; `balance` and `total_usage` in EUR."""

    id: str
    username: str | None = None
    company: str | None = None
    balance: Decimal | None = None
    total_usage: Decimal | None = None
    auto_topup: AutoTopup = attrs.field(factory=AutoTopup)
    contact: SubaccountContact = attrs.field(factory=SubaccountContact)


@attrs.frozen(kw_only=True)
class ListSubaccounts:
    """List the subaccounts with their credit.

    Example:
        for subaccount in await seven.subaccounts.list():
            print(subaccount.id, subaccount.balance)

    Args:
        id: Only the subaccount with this id.
    """

    id: str | int | None = attrs.field(default=None, validator=optional(valid_id))


@attrs.frozen(kw_only=True)
class CreateSubaccount:
    """Create a subaccount.

    Example:
        subaccount = await seven.subaccounts.create("Ann Example", "ann@example.com")

    Args:
        name: First and last name of its owner.
        email: E-mail address of its owner.

    Raises:
        ApiError: The gateway refused the address.
        OutcomeUnknownError: The answer was lost; the subaccount may exist. Never repeated.
    """

    name: str = attrs.field(kw_only=False, validator=text_of(None))
    email: str = attrs.field(kw_only=False, validator=text_of(None), repr=masked_text)


@attrs.frozen(kw_only=True)
class UpdateSubaccount:
    """Set the automatic top-up of a subaccount.

    Example:
        await seven.subaccounts.update(123456789, threshold=5, amount="20.00")

    Args:
        id: The subaccount's id.
        threshold: Credit in EUR below which it is topped up: Decimal, int or text.
        amount: EUR that it then gets from the main account; 0 turns it off.

    Raises:
        ApiError: There is no such subaccount.
    """

    id: str | int = attrs.field(kw_only=False, validator=valid_id)
    threshold: Decimal | int | str = attrs.field(
        kw_only=False, validator=amount_of(0), metadata=AS_AMOUNT
    )
    amount: Decimal | int | str = attrs.field(
        kw_only=False, validator=amount_of(0), metadata=AS_AMOUNT
    )


@attrs.frozen(kw_only=True)
class TransferCredits:
    """Move credit from the main account to a subaccount. Never repeated.

    Example:
        await seven.subaccounts.transfer_credits(123456789, "12.50")

    Args:
        id: The subaccount's id.
        amount: EUR to move: Decimal, int or text, more than 0.

    Raises:
        ApiError: There is no such subaccount, or not that much credit.
        OutcomeUnknownError: The answer was lost; the credit may have been moved.
    """

    id: str | int = attrs.field(kw_only=False, validator=valid_id)
    amount: Decimal | int | str = attrs.field(
        kw_only=False, validator=amount_of(0, is_exclusive=True), metadata=AS_AMOUNT
    )


@attrs.frozen(kw_only=True)
class DeleteSubaccount:
    """Delete a subaccount; `success` is false where there was none (any more).

    Example:
        deletion = await seven.subaccounts.delete(123456789)

    Args:
        id: The subaccount's id.
    """

    id: str | int = attrs.field(kw_only=False, validator=valid_id)


class Subaccounts(Endpoints[M]):
    """Subaccounts and their credit."""

    create: Final = Route(
        "POST",
        "/subaccounts/create",
        CreateSubaccount,
        Subaccount,
        repeat=Repeat.NEVER,
        unwrap="subaccount",
        action_path="/subaccounts?action=create",
    )
    update: Final = Route(
        "POST",
        "/subaccounts/update",
        UpdateSubaccount,
        Confirmation,
        repeat=Repeat.IDEMPOTENT,
        action_path="/subaccounts?action=update",
    )
    transfer_credits: Final = Route(
        "POST",
        "/subaccounts/transfer_credits",
        TransferCredits,
        Confirmation,
        repeat=Repeat.NEVER,
        action_path="/subaccounts?action=transfer_credits",
    )
    delete: Final = Route(
        "POST",
        "/subaccounts/delete",
        DeleteSubaccount,
        Deletion,
        repeat=Repeat.IDEMPOTENT,
        action_path="/subaccounts?action=delete",
    )
    list: Final = Route(
        "GET",
        "/subaccounts/list",
        ListSubaccounts,
        list[Subaccount],
        action_path="/subaccounts?action=read",
    )
