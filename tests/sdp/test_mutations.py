"""Hostile descriptions: nothing but `SdpError` comes out, and none costs much time."""

import random
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.sdp.description import SessionDescription
from firmware.sdp.errors import SdpError
from firmware.sdp.grammar import MAX_FORMATS, MAX_LINE, MAX_LINES, MAX_MEDIA, MAX_SIZE
from tests.mutations import mutation_count, mutation_seed
from tests.sdp.phones import OFFERS
from tests.sdp.sessions import phone

SEED = 8866
WORST_SECONDS = 0.005

PIECES = (
    b"0",
    b"9" * 40,
    b"-1",
    b" ",
    b"\r\n",
    b"\0",
    b":",
    b"=",
    b"/",
    b"|",
    b"^",
    b"::",
    b"\xff",
    b"%s",
    "١".encode(),
)
PIECES += (
    b"a=rtpmap:",
    b"a=crypto:1 ",
    b"m=audio 1 RTP/AVP 0\r\n",
    b"c=IN IP4 ",
    b"a=fmtp:",
    b"RTP/SAVP",
    b"inline:",
)


def mutated(source: random.Random, text: bytes) -> bytes:
    """`text` with a few pieces put in, cut out, doubled or exchanged."""
    for _ in range(source.choice((1, 1, 1, 2, 3, 6))):
        start = source.randint(0, len(text))
        end = min(len(text), start + source.choice((0, 1, 2, 8, 40)))
        piece = source.choice((*PIECES, text[start:end] * 2, bytes([source.randint(0, 255)])))
        text = text[:start] + piece + text[end:]
    return text


def take(data: bytes, host: str = "192.0.2.1") -> None:
    """Everything that is done with a peer's description, both as an offer and as an answer."""
    description = SessionDescription.parse(data)
    bytes(description)
    for secure in (True, False):
        with suppress(SdpError):
            answerer = phone(host=host, secure=secure)
            answerer.receive_offer(description)
            bytes(answerer.create_answer()[0])
            bytes(answerer.create_offer())
        offerer = phone(host=host, secure=secure)
        offerer.create_offer()
        offerer.receive_answer(description)


def cost(data: bytes) -> float:
    """CPU seconds of `take`."""
    begin = time.process_time()
    with suppress(SdpError):
        take(data)
    return time.process_time() - begin


@pytest.mark.parametrize("name", OFFERS)
def test_mutated_offers_raise_nothing_undeclared_and_cost_little(name):
    source = random.Random(f"{mutation_seed(SEED)} {name}")
    original = OFFERS[name].encode()
    for round_ in range(mutation_count("sdp offers") // len(OFFERS)):
        data = mutated(source, original)
        if cost(data) > WORST_SECONDS:
            assert min(cost(data) for _ in range(3)) < WORST_SECONDS, (round_, data)


FULL_LINE = b"a=" + b"x" * (MAX_LINE - 2)
LARGEST = {
    "one long line": b"a" * MAX_SIZE,
    "short lines": b"v=0\n" + b"a=x\n" * MAX_LINES,
    "streams": b"m=audio 1 RTP/AVP" + b" 0" * MAX_FORMATS + b"\n",
    "rtpmaps": b"m=audio 9 RTP/AVP 0\n" + b"a=rtpmap:0 x/8000/1\n" * (MAX_LINES - 6),
    "spaces in rtpmap": b"m=audio 9 RTP/AVP 96\n" + (b"a=rtpmap:96" + b" " * 990 + b"!\n") * 15,
    "cryptos": b"m=audio 9 RTP/SAVP 0\n" + b"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA|2^20|1:4\n" * 240,
    "spaces in crypto": b"m=audio 9 RTP/SAVP 0\n" + (b"a=crypto:1 X inline:x" + b" " * 950 + b"\0\n") * 15,
    "long base64": b"m=audio 9 RTP/SAVP 0\n"
    + (b"a=crypto:1 AEAD_AES_128_GCM inline:" + b"A" * 960 + b"\n") * 15,
    "digits": b"m=audio 9 RTP/AVP 0\na=ptime:" + b"9" * 1000 + b"\na=rtcp:" + b"9" * 1000 + b"\n",
}


@pytest.mark.parametrize("name", LARGEST)
def test_the_largest_of_each_kind_costs_little(name):
    head = b"v=0\no=- 1 1 IN IP4 192.0.2.2\ns=-\nc=IN IP4 192.0.2.2\nt=0 0\n"
    data = head + LARGEST[name] * (MAX_MEDIA if name == "streams" else 1)
    assert min(cost(data) for _ in range(3)) < WORST_SECONDS


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data):
    for text in (data, OFFERS["asterisk"].encode() + data):
        with suppress(SdpError):
            take(text)
