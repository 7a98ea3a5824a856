"""Damaged messages: whatever a peer sends raises what is declared or nothing, and costs little time."""

import random
import time
from collections.abc import Callable

import pytest

from firmware.sip.digest import Authorization, challenges
from firmware.sip.errors import RemoteProtocolError
from firmware.sip.framing import Malformed, StreamFramer
from firmware.sip.headers import CSeq, NameAddr, Via
from firmware.sip.inspection import validate_request
from firmware.sip.message import Request, Response, parse, rejection_of, response_to, validate
from firmware.sip.uri import parse_uri
from tests.mutations import mutation_count, mutation_seed
from tests.sip.corpus import message
from tests.sip.messages import INVITE, RINGING
from tests.sip.mutations import STRATEGIES, mutants
from tests.sip.torture import PHONE, TORTURES

SEEDS = [INVITE, INVITE, RINGING] + [message(torture.rfc, torture.name) for torture in TORTURES]

WORST_CPU = 0.005
"""Seconds of CPU that no input may cost."""

HEADER_SEEDS = [
    b'"Alice \\"A\\" Liddell" <sip:alice:pw@[2001:db8::1]:5060;transport=tcp;lr?Subject=x>;tag=1;q=0.5',
    b"SIP / 2.0 / UDP 192.0.2.1:5060 ;branch=z9hG4bK1 ;received=[::1];rport",
    b"sip:alice;x=%20:pw@example.com:5060;transport=tcp;lr?Subject=x&Priority=urgent",
    b'Digest realm="a \\"b\\"", nonce="xyz", qop="auth,auth-int", algorithm=SHA-256, Digest realm=b, nonce=c',
    b'Digest username="alice", realm="r", nonce="n", uri="sip:a", response="00", nc=00000001, qop=auth',
    b"4711 INVITE",
]


def handle(data: bytes) -> None:
    """All that the phone does with a datagram before it knows a transaction for it."""
    try:
        received = parse(data)
        validate(received)
        _ = (
            received.via.received,
            received.via.rport,
            received.contacts,
            received.routes,
            received.record_routes,
        )
        _ = received.from_.tag, received.to.tag, received.content_type
        if isinstance(received, Request):
            validate_request(received, PHONE)
            bytes(response_to(received, 200, to_tag="1"))
    except RemoteProtocolError as error:
        answer = rejection_of(data, error)
        if answer is not None:
            bytes(answer)


def worst_cpu(work: Callable[[bytes], None], inputs: list[bytes]) -> tuple[float, bytes]:
    """The input that costs most CPU, and how much: the best of several runs, as other work disturbs."""
    timed = [(cpu(work, data), data) for data in inputs]
    suspects = sorted(timed, key=lambda entry: entry[0], reverse=True)[:5]
    return max(
        [(min(cpu(work, data) for _ in range(5)), data) for _, data in suspects], key=lambda entry: entry[0]
    )


def cpu(work: Callable[[bytes], None], data: bytes) -> float:
    """Seconds of CPU that `work` needs for `data`."""
    start = time.process_time()
    work(data)
    return time.process_time() - start


def test_mutations_of_messages():
    """No mutation raises what is not declared, none costs 5 ms."""
    inputs = mutants(SEEDS, mutation_count("sip messages"), mutation_seed(4475))
    batch: list[bytes] = []
    for data in inputs:
        batch.append(data)
        if len(batch) == 5000:
            check_worst(handle, batch)
            batch.clear()
    check_worst(handle, batch)


def check_worst(work: Callable[[bytes], None], inputs: list[bytes]) -> None:
    """Run `work` on every input; fail where one costs too much."""
    if inputs:
        seconds, data = worst_cpu(work, inputs)
        assert seconds < WORST_CPU, f"{seconds * 1000:.1f} ms for {data[:200]!r} ({len(data)} bytes)"


@pytest.mark.parametrize("kind", [NameAddr.parse, Via.parse, CSeq.parse, parse_uri, Authorization.parse])
def test_mutations_of_values(kind: Callable[[str], object]):
    """Nor does a mutation of a single value."""

    def work(data: bytes) -> None:
        text = data.decode(errors="replace")
        try:
            str(kind(text))
        except RemoteProtocolError:
            return

    check_worst(work, list(mutants(HEADER_SEEDS, mutation_count("sip values"), mutation_seed(1))))


def test_mutations_of_challenges():
    """Nor do mutations of challenges."""

    def work(data: bytes) -> None:
        try:
            for challenge in challenges([data.decode(errors="replace")]):
                str(challenge)
        except RemoteProtocolError:
            return

    check_worst(work, list(mutants(HEADER_SEEDS, mutation_count("sip challenges"), mutation_seed(2))))


def test_mutations_of_streams():
    """A damaged stream gives messages or is given up, and what it gives does not depend on its segments."""
    rng = random.Random(5118)
    for data in mutants(SEEDS, mutation_count("sip streams"), mutation_seed(3)):
        stream = data + INVITE
        cut = rng.randrange(len(stream))
        assert drain([stream]) == drain([stream[:cut], stream[cut:]])


def drain(segments: list[bytes]) -> list[object]:
    """Everything that comes out of a stream, its end included."""
    framer = StreamFramer()
    found: list[object] = []
    for segment in segments:
        framer.receive_data(segment)
        try:
            for item in iter(framer.next_message, None):
                found.append(item.error.reason if isinstance(item, Malformed) else item)
        except RemoteProtocolError as error:
            return [*found, error.reason, "closed"]
    return found


def test_checking_agrees_with_parsing_under_mutation():
    """What `check` lets pass, `parse` can build: validate must not promise what a later access breaks."""
    for data in mutants(HEADER_SEEDS[:3], mutation_count("sip checks"), mutation_seed(6)):
        text = data.decode(errors="replace")
        for kind in (NameAddr, Via):
            assert refuses(kind.check, text) == refuses(kind.parse, text)


def refuses(read: Callable[[str], object], text: str) -> bool:
    """Whether `read` refuses `text`."""
    try:
        read(text)
    except RemoteProtocolError:
        return True
    return False


@pytest.mark.parametrize(
    "hostile",
    [
        b"a" * 65000,
        b" " * 65000,
        b"\r\n" * 32000,
        b"OPTIONS sip:a@b SIP/2.0\r\n" + b"a:\r\n " * 12000 + b"\r\n\r\n",
        b"OPTIONS sip:a@b SIP/2.0\r\nX:" + b" " * 60000 + b"\r\n\r\n",
        b"OPTIONS sip:a@b SIP/2.0\r\n" + b"Via: SIP/2.0/UDP a\r\n" * 3000 + b"\r\n",
        INVITE.replace(b"Max-Forwards", b"Contact: " + b"<a:b>," * 1300 + b"\r\nMax-Forwards"),
        INVITE.replace(b";tag=9fxced76sl", b';tag="' + b'\\"' * 4000),
        INVITE.replace(b";tag=9fxced76sl", b";a" * 4000),
        INVITE.replace(b";transport=tcp SIP", b";a" * 4000 + b" SIP"),
        INVITE.replace(b"Alice Liddell", b"\\a" * 4000 + b"\x01"),
        INVITE.replace(b'"Alice Liddell"', b"a " * 4000 + b'"'),
        INVITE.replace(b"Max-Forwards", b"Route: " + b"<" * 8000 + b"\r\nMax-Forwards"),
        INVITE.replace(b"Max-Forwards", b"Route: " + b'"' * 8000 + b"\r\nMax-Forwards"),
        INVITE.replace(b"CSeq: 1 ", b"CSeq: " + b"1" * 8000 + b" "),
        INVITE.replace(b"CSeq: 1 ", b"CSeq: " + b"0" * 8000 + b"1 "),
        INVITE.replace(b"biloxi.example.com;transport", b"a." * 4000 + b";transport"),
        INVITE.replace(b"biloxi.example.com;transport", b"[" + b":" * 40 + b"];transport"),
    ],
    ids=range(18),
)
def test_hostile_input_costs_little(hostile: bytes):
    """Inputs built against backtracking, quadratic loops and big numbers stay below 5 ms too."""
    assert min(cpu(handle, hostile) for _ in range(5)) < WORST_CPU


def test_every_mutation_strategy_changes_the_message():
    """The harness itself: each strategy does something, and the same seed does the same."""
    for strategy in STRATEGIES:
        changed = [bytearray(INVITE) for _ in range(10)]
        for attempt, data in enumerate(changed):
            strategy(data, random.Random(attempt))
        assert any(bytes(data) != INVITE for data in changed), strategy.__name__
    assert list(mutants([INVITE], 50, seed=7)) == list(mutants([INVITE], 50, seed=7))
    assert list(mutants([INVITE], 50, seed=7)) != list(mutants([INVITE], 50, seed=8))


def test_a_response_is_never_answered_under_mutation():
    """A damaged response must not be taken for a request and answered."""
    for data in mutants([RINGING], 500, seed=9):
        if data.lstrip(b"\r\n").startswith(b"SIP/2.0"):
            assert rejection_of(data, RemoteProtocolError("malformed")) is None


def test_seeds_are_what_they_seem():
    """The seeds reach deep: the two plain ones are valid."""
    for data, kind in ((INVITE, Request), (RINGING, Response)):
        received = parse(data)
        validate(received)
        assert isinstance(received, kind)
