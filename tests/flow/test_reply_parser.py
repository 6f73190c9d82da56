"""The engine `fast`: what its parser makes of bytes, however they come in pieces."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seven_async.flow.network.reasons import reason_of
from seven_async.flow.network.reply_parser import (
    MOST_HEAD_BYTES,
    BrokenReplyError,
    OversizeError,
    ReplyParser,
)

HEAD = b"HTTP/1.1 200 OK\r\nServer: a\r\nX-Seen: 1\r\nx-seen: 2\r\n"
BODY = b'{"success":"100"}\r\n\r\n0\r\n\r\n'
CHUNKS = b"3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n"
REPLIES = {
    "length": (HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY, BODY, True),
    "empty": (HEAD + b"Content-Length: 0\r\n\r\n", b"", True),
    "204": (b"HTTP/1.1 204 No Content\r\nX-Seen: 1, 2\r\n\r\n", b"", True),
    "chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS, b"abcd", True),
    "trailers": (
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Seen: 3\r\n\r\n",
        b"a",
        False,
    ),
    "after 100 and 103": (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX-Seen: 0\r\n\r\n"
        + HEAD
        + b"Content-Length: 2\r\n\r\nab",
        b"ab",
        True,
    ),
    "close": (HEAD + b"Connection: close\r\nContent-Length: 1\r\n\r\na", b"a", False),
    "1.0": (
        b"HTTP/1.0 200 OK\r\nX-Seen: 1\r\nX-Seen: 2\r\nContent-Length: 1\r\n\r\na",
        b"a",
        False,
    ),
}
LEFTOVERS = [b"\r\n", b"\n", b"a", b"0\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]


def pieces_of(whole: bytes, cuts: list[int]) -> list[bytes]:
    """The bytes, cut at these places."""
    places = sorted({0, len(whole), *(cut % (len(whole) + 1) for cut in cuts)})
    return [whole[begin:end] for begin, end in pairwise(places)]


def fed(parser: ReplyParser, pieces: list[bytes]) -> list[bool]:
    """What the parser says to each piece."""
    return [parser.feed(piece) for piece in pieces]


@pytest.mark.parametrize("name", REPLIES)
@given(cuts=st.lists(st.integers(0, 400), max_size=8))
def test_a_reply_is_the_same_in_whatever_pieces(name: str, cuts: list[int]) -> None:
    """Nothing is read twice or lost at a cut, and only the last piece makes it whole."""
    whole, body, is_clean = REPLIES[name]
    parser = ReplyParser()
    for _ in range(2 if is_clean else 1):
        parser.begin("GET", 1000)
        told = fed(parser, pieces_of(whole, cuts))

        assert [*[False] * (len(told) - 1), True] == told
        assert (body, "1, 2", is_clean) == (
            parser.body,
            parser.headers["x-seen"],
            parser.is_clean,
        )


@pytest.mark.parametrize("leftover", LEFTOVERS)
@pytest.mark.parametrize("name", ["length", "empty", "204", "chunks"])
def test_what_follows_in_the_same_piece_is_noticed(name: str, leftover: bytes) -> None:
    """Such a connection is not used again, whatever the reply looks like at its end."""
    parser = ReplyParser()
    parser.begin("GET", 1000)
    try:
        assert parser.feed(REPLIES[name][0] + leftover)
    except BrokenReplyError:
        return  # refused as a whole: no reply is taken from it

    assert not parser.is_clean


@pytest.mark.parametrize(
    "whole",
    [
        b"SSH-2.0-Server\r\n\r\n",
        b"\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 1\n\r\n\r\na",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n folded: 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\na\n0\n\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * MOST_HEAD_BYTES,
    ],
)
@given(cuts=st.lists(st.integers(0, 200), max_size=3))
def test_what_is_no_plain_reply_is_refused(whole: bytes, cuts: list[int]) -> None:
    """Where two readers could see two replies, none is seen; the reason is in words."""
    parser = ReplyParser()
    parser.begin("GET", 1000)
    with pytest.raises(BrokenReplyError) as caught:
        fed(parser, pieces_of(whole, cuts))

    assert "repl" in reason_of(caught.value)


@pytest.mark.parametrize("name", ["length", "chunks"])
@given(cut=st.integers(0, 400))
def test_a_reply_that_breaks_off_is_none(name: str, cut: int) -> None:
    """The end of a connection ends only a reply that has no other end."""
    whole = REPLIES[name][0]
    parser = ReplyParser()
    parser.begin("GET", 1000)
    piece = whole[: cut % len(whole)]
    assert not (piece and parser.feed(piece))

    with pytest.raises(BrokenReplyError, match="the connection was closed"):
        parser.feed(b"")


def test_the_end_of_the_connection_ends_a_reply_without_a_length() -> None:
    """HTTP/1.0 knows no other way."""
    parser = ReplyParser()
    parser.begin("GET", 1000)

    assert [False, False, True] == fed(parser, [HEAD + b"\r\nab", b"cd", b""])
    assert (b"abcd", False) == (parser.body, parser.is_clean)


@pytest.mark.parametrize(
    "whole",
    [
        HEAD + b"Content-Length: 1001\r\n\r\n",
        HEAD + b"\r\n" + b"a" * 1001,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"2\r\naa\r\n" * 501,
    ],
    ids=["length", "end", "chunks"],
)
def test_a_reply_beyond_its_bound_is_refused(whole: bytes) -> None:
    """At once where it is announced, and otherwise with the first byte too much."""
    parser = ReplyParser()
    parser.begin("GET", 1000)
    with pytest.raises(OversizeError):
        parser.feed(whole)


def test_a_reply_to_head_has_no_body() -> None:
    """Its length is that of what GET would give."""
    parser = ReplyParser()
    parser.begin("HEAD", 1000)

    assert parser.feed(HEAD + b"Content-Length: 500\r\n\r\n")
    assert (b"", False) == (parser.body, parser.is_clean)
