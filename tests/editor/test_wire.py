"""Framing of messages, and the threads that carry them."""

import io
import os
import threading

from hypothesis import given
from hypothesis import strategies as st

from ownhand.editor.wire import Inbox, Outbox, framed, read_bodies

bodies = st.lists(st.binary(max_size=60), max_size=6)


@given(bodies)
def test_what_is_framed_is_read(sent: list[bytes]) -> None:
    assert list(read_bodies(io.BytesIO(b"".join(map(framed, sent))))) == sent


@given(bodies, st.integers(0, 400))
def test_a_stream_that_breaks_off_gives_the_whole_messages_before(sent: list[bytes], cut: int) -> None:
    stream = b"".join(map(framed, sent))
    read = list(read_bodies(io.BytesIO(stream[:cut])))
    assert read == sent[: len(read)]


@given(st.binary(max_size=200))
def test_noise_never_raises(noise: bytes) -> None:
    list(read_bodies(io.BytesIO(noise)))


def test_other_headers_and_any_case_are_understood() -> None:
    stream = b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\ncontent-length:2\r\n\r\n{}"
    assert list(read_bodies(io.BytesIO(stream))) == [b"{}"]


def test_what_was_read_before_anybody_took_it_arrives_first_and_then_the_end() -> None:
    ended, taken, done = threading.Event(), [], threading.Event()
    inbox = Inbox(io.BytesIO(framed(b"one") + framed(b"two")), ended.set)
    assert ended.wait(20)

    def take(body: bytes | None) -> None:
        taken.append(body)
        if body is None:
            done.set()

    inbox.hand_to(take)
    assert done.wait(20)
    assert taken == [b"one", b"two", None]


def test_an_outbox_keeps_the_order_and_survives_a_reader_that_left() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as reader, os.fdopen(writing, "wb", buffering=0) as writer:
        outbox = Outbox(writer)
        for letter in b"the tide":
            outbox.write(bytes([letter]))
        assert reader.read(8) == b"the tide"
        reader.close()
        outbox.write(b"lost")
        outbox.close()
