"""One code from the message to the login: what counts, and what does not."""

from __future__ import annotations

import logging

import pytest

from seven_async import (
    ConfigurationError,
    InsufficientCreditError,
    InvalidRequestError,
    NotSentError,
    OutcomeUnknownError,
    SendRcs,
    SendSms,
    SendVoice,
    Seven,
)
from seven_async.campaign import Fallback, RecipientError
from seven_async.otp import (
    MemoryOtpStore,
    NumberNotAllowedError,
    OneTimePasswords,
    OtpLimit,
    OtpLimits,
    OtpStoreError,
    TooManyCodesError,
    WrongCodeError,
    WrongCodeReason,
)
from seven_async.sandbox import Sandbox
from tests.otp.phones import EVERY_STORE, PHONE, SECRET, JumpingClock, read_codes

FREE = OtpLimits(cool_down_s=0, per_number=None)


async def reason_of(otp: OneTimePasswords, code: str, to: str = PHONE, purpose: str = "login"):
    """Return why a code does not count; None if it does."""
    try:
        await otp.verify(to, code, purpose=purpose)
    except WrongCodeError as error:
        return error.reason
    return None


def another(code: str) -> str:
    """Return a code that is wrong."""
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}}"


@EVERY_STORE
async def test_code_proves_the_number_once(build_otp, sandbox: Sandbox):
    """A code that arrives counts, and never again."""
    otp = build_otp()
    sent = await otp.send(PHONE, purpose="login")
    (code,) = read_codes(sandbox)

    assert (PHONE, 300.0, None) == (sent.to, sent.expires_in_s, sent.error)
    assert PHONE == await otp.verify(PHONE, code, purpose="login")
    assert WrongCodeReason.NO_CODE is await reason_of(otp, code)


async def test_blocking_face(sandbox: Sandbox, store):
    """The same methods without await."""
    with Seven(**sandbox.options) as seven:
        otp = OneTimePasswords(seven, secret=SECRET, store=store)
        otp.send(PHONE, purpose="login")
        (code,) = read_codes(sandbox)
        number = otp.verify(PHONE, code, purpose="login")
        otp.revoke(PHONE, purpose="login")

    assert PHONE == number


async def test_code_is_bound_to_purpose_and_number(build_otp, sandbox: Sandbox):
    """The code of a login confirms no payment, and is no code of somebody else."""
    otp = build_otp(limits=FREE)
    await otp.send(PHONE, purpose="login")
    await otp.send("+4915112345679", purpose="login")
    await otp.send(PHONE, purpose="payment")
    login, payment = read_codes(sandbox)

    assert WrongCodeReason.WRONG is await reason_of(otp, login, purpose="payment")
    assert WrongCodeReason.WRONG is await reason_of(otp, login, to="+4915112345679")
    assert WrongCodeReason.NO_CODE is await reason_of(otp, login, purpose="other")
    assert None is await reason_of(otp, payment, purpose="payment")
    assert None is await reason_of(otp, login)


@pytest.mark.parametrize("spelling", ["0151 12345678", "0049-151/12345678", "tel:+4915112345678"])
async def test_spellings_of_a_number_are_one_person(build_otp, sandbox: Sandbox, spelling: str):
    """Another spelling gets no other code, no attempts and no cap of its own."""
    otp = build_otp(default_country="DE", attempts=1)
    await otp.send(spelling, purpose="login")
    (code,) = read_codes(sandbox)

    with pytest.raises(TooManyCodesError) as caught:
        await otp.send(PHONE, purpose="login")
    assert OtpLimit.COOL_DOWN is caught.value.limit
    assert WrongCodeReason.WRONG is await reason_of(otp, another(code))
    assert WrongCodeReason.USED_UP is await reason_of(otp, code, to=spelling)


@EVERY_STORE
async def test_code_expires(build_otp, sandbox: Sandbox, hands: JumpingClock):
    """It counts until `valid_s` are over, not a second longer."""
    otp = build_otp(limits=FREE, valid_s=60)
    await otp.send(PHONE, purpose="login")
    hands.pass_by(59)
    await otp.send("+4915112345679", purpose="login")
    assert None is await reason_of(otp, *read_codes(sandbox))
    hands.pass_by(60)
    (code,) = read_codes(sandbox, "+4915112345679")

    assert WrongCodeReason.EXPIRED is await reason_of(otp, code, to="+4915112345679")
    assert WrongCodeReason.NO_CODE is await reason_of(otp, code, to="+4915112345679")


@EVERY_STORE
async def test_attempts_are_counted(build_otp, sandbox: Sandbox):
    """After the last attempt the right code does not count either."""
    otp = build_otp(attempts=3)
    await otp.send(PHONE, purpose="login")
    (code,) = read_codes(sandbox)
    reasons = [await reason_of(otp, another(code)) for _ in range(3)]

    assert [WrongCodeReason.WRONG] * 3 == reasons
    assert WrongCodeReason.USED_UP is await reason_of(otp, code)


@EVERY_STORE
async def test_newest_code_counts(build_otp, sandbox: Sandbox):
    """A second message makes the first code worthless, unless two may count."""
    one, two = build_otp(limits=FREE), build_otp(limits=FREE, valid_codes=2)
    for _ in range(3):
        await one.send(PHONE, purpose="login")
        await two.send(PHONE, purpose="payment")
    codes = read_codes(sandbox)
    login, payment = codes[::2], codes[1::2]

    assert WrongCodeReason.WRONG is await reason_of(one, login[1])
    assert None is await reason_of(one, login[2])
    assert WrongCodeReason.WRONG is await reason_of(two, payment[0], purpose="payment")
    assert None is await reason_of(two, payment[1], purpose="payment")
    assert WrongCodeReason.NO_CODE is await reason_of(two, payment[2], purpose="payment")


async def test_revoked_code_counts_no_more(build_otp, sandbox: Sandbox):
    """For whoever pressed “this was not me”."""
    otp = build_otp()
    await otp.send(PHONE, purpose="login")
    await otp.revoke(PHONE, purpose="login")

    assert WrongCodeReason.NO_CODE is await reason_of(otp, *read_codes(sandbox))


@pytest.mark.parametrize("typed", ["{0}{1}{2} {3}{4}{5}", " {0}{1}{2}-{3}{4}{5} "])
async def test_code_is_read_as_people_type_it(build_otp, sandbox: Sandbox, typed: str):
    """Blanks and dashes are no mistakes."""
    otp = build_otp()
    await otp.send(PHONE, purpose="login")

    assert None is await reason_of(otp, typed.format(*read_codes(sandbox)[0]))


async def test_digits_of_another_script_are_read(build_otp, sandbox: Sandbox):
    """A keyboard may have Arabic-Indic digits."""
    otp = build_otp()
    await otp.send(PHONE, purpose="login")
    typed = "".join(chr(0x0660 + int(digit)) for digit in read_codes(sandbox)[0])

    assert None is await reason_of(otp, typed)


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345x", "½23456", "²23456"])
async def test_malformed_code_takes_no_attempt(build_otp, sandbox: Sandbox, typed: str):
    """A slip of the finger is no guess."""
    otp = build_otp(attempts=1)
    await otp.send(PHONE, purpose="login")

    assert WrongCodeReason.MALFORMED is await reason_of(otp, typed)
    assert None is await reason_of(otp, *read_codes(sandbox))


async def test_errors_for_a_wrong_code_look_the_same(build_otp, sandbox: Sandbox):
    """What is shown to who guesses does not tell whether there is a code."""
    otp = build_otp(attempts=1)
    await otp.send(PHONE, purpose="login")
    (code,) = read_codes(sandbox)
    texts = set()
    for guess, to in [
        (another(code), PHONE),
        (code, PHONE),
        (code, "+4915112345679"),
        ("1", PHONE),
    ]:
        with pytest.raises(WrongCodeError) as caught:
            await otp.verify(to, guess, purpose="login")
        texts.add(str(caught.value))

    assert 1 == len(texts)


# What became of the message


async def test_message_that_did_not_leave_counts_for_nothing(build_otp, sandbox: Sandbox):
    """No connection: the caps and the cool-down are given back, and the code before it counts."""
    otp = build_otp(limits=OtpLimits(cool_down_s=30, per_number=None))
    with sandbox.fault("POST /sms", drop="connect"), pytest.raises(NotSentError):
        await otp.send(PHONE, purpose="login")
    await otp.send(PHONE, purpose="login")

    assert None is await reason_of(otp, *read_codes(sandbox))


@EVERY_STORE
async def test_older_code_counts_where_the_newer_did_not_leave(
    build_otp, sandbox: Sandbox, hands: JumpingClock
):
    """A second message that failed takes nothing from who has the first."""
    otp = build_otp()
    await otp.send(PHONE, purpose="login")
    hands.pass_by(31)
    with sandbox.fault("POST /sms", code=500), pytest.raises(InsufficientCreditError):
        await otp.send(PHONE, purpose="login")

    assert None is await reason_of(otp, *read_codes(sandbox))


@EVERY_STORE
async def test_unknown_outcome_counts(build_otp, sandbox: Sandbox):
    """The answer is lost, the message arrives: its code counts, and so does the message."""
    otp = build_otp()
    with sandbox.fault("POST /sms", drop="after", processed=True):
        sent = await otp.send(PHONE, purpose="login")
    with pytest.raises(TooManyCodesError):
        await otp.send(PHONE, purpose="login")

    assert isinstance(sent.error, OutcomeUnknownError)
    assert None is await reason_of(otp, *read_codes(sandbox))


async def test_next_form_is_sent_where_the_first_is_refused(build_otp, sandbox: Sandbox):
    """A `Fallback` has one code in all its forms, and counts once."""

    def build(to: str, code: str) -> Fallback:
        return Fallback(SendRcs(to, f"RCS {code}"), SendSms(to, f"SMS {code}"))

    otp = build_otp(message=build)
    with sandbox.fault("POST /rcs/messages", code=600, times=1):
        first = await otp.send(PHONE, purpose="login")  # 600: it may have been sent
    with sandbox.fault("POST /rcs/messages", code=202):
        second = await otp.send("+4915112345679", purpose="login")

    assert (True, []) == (first.error is not None, read_codes(sandbox))
    assert (None, 1) == (second.error, len(read_codes(sandbox, "+4915112345679")))


async def test_code_by_call(build_otp, sandbox: Sandbox):
    """A message of its own for who gets no SMS."""
    otp = build_otp()
    await otp.send(PHONE, purpose="login", message=lambda to, code: SendVoice(to, f"Code {code}"))

    assert None is await reason_of(otp, *read_codes(sandbox))


# Who asks must not learn who is a customer


async def test_answer_is_the_same_for_unknown_numbers(
    build_otp, sandbox: Sandbox, hands: JumpingClock
):
    """The same value after the same time; nothing is sent to who is no customer."""
    otp = build_otp(answer_s=2)
    answers, times = [], []
    for is_known in (True, False):
        began = hands.gone_s
        to = PHONE if is_known else "+4915112345679"
        sent = await otp.send(to, purpose="login", is_known=is_known)
        answers.append((sent.receipt, sent.error, sent.expires_in_s))
        times.append(round(hands.gone_s - began, 3))

    assert ([2.0, 2.0], 1) == (times, len(sandbox.ledger))
    assert answers[0] == answers[1]


async def test_caps_are_the_same_for_unknown_numbers(build_otp, sandbox: Sandbox, caplog):
    """Neither a cool-down nor an error of the gateway tells who is a customer."""
    otp, refusals = build_otp(answer_s=0), []
    with sandbox.fault("POST /sms", code=500), caplog.at_level(logging.WARNING):
        for to, is_known in [(PHONE, True), ("+4915112345679", False)]:
            await otp.send(to, purpose="login", is_known=is_known)
            with pytest.raises(TooManyCodesError) as caught:
                await otp.send(to, purpose="login", is_known=is_known)
            refusals.append((caught.value.limit, round(caught.value.retry_after_s)))
    guesses = [await reason_of(otp, "000000", to=to) for to in (PHONE, "+4915112345679")]

    assert (refusals[0], guesses[0]) == (refusals[1], guesses[1])
    assert "InsufficientCreditError 500" in caplog.text
    assert "45678" not in caplog.text


# What is refused before any I/O


@pytest.mark.parametrize(
    ("number", "error"),
    [
        ("0151 12345678", RecipientError),  # no country
        ("Ann", RecipientError),
        ("+499001123456", NumberNotAllowedError),  # a premium number
        ("+8821612345678", NumberNotAllowedError),  # of a satellite network
        ("+12042345678", NumberNotAllowedError),  # Canada shares +1 with the United States
    ],
)
async def test_number_is_refused(build_otp, sandbox: Sandbox, number: str, error: type):
    """What costs extra, or belongs to a country that is not served, gets no code."""
    otp = build_otp(limits=OtpLimits(countries=["DE", "us"]))
    with pytest.raises(error):
        await otp.send(number, purpose="login")

    assert 0 == len(sandbox.ledger)


@pytest.mark.parametrize(
    "options",
    [
        {"secret": "short"},
        {"secret": 7},
        {"message": "Hi"},
        {"message": 7},
        {"digits": 3},
        {"attempts": 0},
        {"valid_s": 0},
        {"valid_codes": 0},
        {"store": MemoryOtpStore},
        {"store": object()},
        {"limits": 5},
        {"default_country": "international"},
        {"answer_s": -1},
    ],
)
def test_wrong_option_is_named(sandbox: Sandbox, options: dict[str, object]):
    """It is told where it is given."""
    with pytest.raises(ConfigurationError, match=next(iter(options))):
        OneTimePasswords(Seven(**sandbox.options), **{"secret": SECRET, **options})


@pytest.mark.parametrize(
    "options",
    [
        {"per_number": 5},
        {"per_caller": [5]},
        {"countries": []},
        {"countries": "DE"},
        {"countries": ["Germany"]},
        {"countries": {"DE": 5}},
        {"cool_down_s": -1},
    ],
)
def test_wrong_limit_is_named(options: dict[str, object]):
    """A cap that is none would let everything pass."""
    with pytest.raises((ConfigurationError, TypeError), match=f"{next(iter(options))}|iterable"):
        OtpLimits(**options)


@pytest.mark.parametrize(
    "build",
    [
        lambda _, code: SendSms("+4915112345679", code),
        lambda to, code: SendSms(to, code, delay="2099-01-01 00:00:00"),
        lambda to, code: Fallback(SendRcs(to, code), SendSms(to, code), on_failed_delivery=True),
        lambda _, code: code,
    ],
)
async def test_wrong_message_is_refused(build_otp, sandbox: Sandbox, build):
    """It goes to somebody else, or too late: nothing is sent, and nothing counts."""
    otp = build_otp(message=build)
    with pytest.raises(InvalidRequestError):
        await otp.send(PHONE, purpose="login")
    await otp.send(PHONE, purpose="login", message="{code}")

    assert 1 == len(sandbox.ledger)


async def test_purpose_is_needed(build_otp):
    """Without one, every code would count for everything."""
    with pytest.raises(InvalidRequestError, match="purpose"):
        await build_otp().send(PHONE, purpose="")


@EVERY_STORE
async def test_nothing_private_is_shown_or_stored(build_otp, sandbox: Sandbox, store, tmp_path):
    """No code, number or secret in a `repr` or in the store."""
    otp = build_otp()
    sent = await otp.send(PHONE, purpose="login", caller="203.0.113.7")
    (code,) = read_codes(sandbox)
    written = b"".join(path.read_bytes() for path in tmp_path.glob("otp.db*"))
    if isinstance(store, MemoryOtpStore):
        written += repr(store._records).encode()
    elif not written:
        client = store._client
        written = b"".join(key + client.get(key) for key in client.scan_iter())
    shown = f"{otp!r} {sent!r} {store!r} {otp._service._settings!r}"

    assert 200 < len(written)
    assert [] == [
        private
        for private in (code, PHONE[1:], "203.0.113", SECRET)
        if private in shown
        or f'"{private}'.encode() in written
        or private.encode() in shown.encode()
    ]
    assert PHONE[1:].encode() not in written


async def test_store_that_fails_sends_nothing(sandbox: Sandbox, tmp_path):
    """Without a count nothing leaves: the error says what is wrong."""
    from seven_async.otp import SqliteOtpStore

    store = SqliteOtpStore(tmp_path / "otp.db")
    store.close()
    with Seven(**sandbox.options) as seven, pytest.raises(OtpStoreError):
        OneTimePasswords(seven, secret=SECRET, store=store).send(PHONE, purpose="login")

    assert 0 == len(sandbox.ledger)
