"""Seeded mutations of everything a peer sends: no undeclared exception, and none costs much time."""

import random
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from firmware.rtp.errors import RemoteProtocolError
from firmware.rtp.packet import RtpPacket
from firmware.rtp.playout import Playout
from firmware.rtp.rtcp import (
    CNAME,
    Goodbye,
    ReceiverReport,
    ReportBlock,
    SenderReport,
    SourceDescription,
    build_compound,
    parse_compound,
)
from firmware.rtp.telephone_event import TelephoneEvent
from tests.mutations import mutation_count, mutation_seed
from tests.rtp.pair import HERE, THERE, connected, keys, send

SEED = 20
MOST_SECONDS = 0.005

RTP = [
    bytes(RtpPacket(0, 1, 160, 7, b"v" * 160)),
    bytes(RtpPacket(101, 2, 320, 7, bytes(TelephoneEvent(5, 160)), True)),
    bytes(RtpPacket(0, 3, 480, 7, b"v" * 20, False, (1, 2, 3), (0xBEDE, bytes(12)))),
]
RTCP = [
    build_compound(
        [
            SenderReport(
                7, 2**63, 5, 6, 7, (ReportBlock(1, 2, -3, 4, 5, 6, 7), ReportBlock(9, 2, 3, 4, 5, 6, 7))
            ),
            SourceDescription(((7, ((CNAME, b"me@here"), (2, b"Me"))), (8, ()))),
            Goodbye((7, 8), b"over and out"),
        ]
    ),
    build_compound([ReceiverReport(7, (ReportBlock(1, 2, 3, 4, 5, 6, 7),))]),
]


def mutate(source: random.Random, seed: bytes) -> bytes:
    """A few octets changed, cut out, doubled or put in."""
    data = bytearray(seed)
    for _ in range(source.randint(1, 5)):
        at = source.randrange(len(data) + 1)
        match source.randrange(5):
            case 0 if data:
                data[at % len(data)] = source.choice((0, 1, 0x7F, 0x80, 0xFF, source.randrange(256)))
            case 1:
                del data[at : at + source.randint(1, 8)]
            case 2:
                data[at:at] = source.randbytes(source.randint(1, 8))
            case 3:
                data[at:at] = data[at : at + source.randint(1, 32)]
            case _:
                data = data[:at] if source.random() < 0.2 else data
    return bytes(data)


def attack(seeds: list[bytes], victim: Callable[[bytes, float], object]) -> None:
    """Hand every mutation to the victim; the worst is tried again, as the machine may have been busy."""
    source, worst, culprit = random.Random(mutation_seed(SEED)), 0.0, b""
    count = mutation_count("rtp")
    for n in range(count):
        data = mutate(source, seeds[n % len(seeds)])
        started = time.process_time()
        victim(data, n * 0.02)
        took = time.process_time() - started
        if took > worst:
            worst, culprit = took, data
    started = time.process_time()
    victim(culprit, count * 0.02)
    assert min(worst, time.process_time() - started) < MOST_SECONDS


@pytest.mark.parametrize("parse", [RtpPacket.parse, parse_compound, TelephoneEvent.parse])
def test_parsers_raise_only_what_they_declare(parse: Callable[[bytes], object]) -> None:
    def victim(data: bytes, _: float) -> None:
        with suppress(RemoteProtocolError):
            parse(data)

    attack(RTP if parse != parse_compound else RTCP, victim)


def test_a_stream_and_its_playout_take_any_rtp() -> None:
    ours, _ = connected()
    playout = Playout(8000)

    def victim(data: bytes, now: float) -> None:
        packet = ours.receive_rtp(data, THERE, now)
        if packet is not None:
            playout.insert(packet, now)
        playout.next(now)
        while ours.poll() is not None:
            pass

    attack(RTP, victim)


def test_a_stream_takes_any_rtcp() -> None:
    ours, theirs = connected()
    ours.receive_rtp(send(theirs, 0.0), THERE, 0.0)

    def victim(data: bytes, now: float) -> None:
        ours.receive_rtcp(data, THERE, now)
        ours.on_deadline(now)
        while ours.poll() is not None:
            pass

    attack(RTCP, victim)


@pytest.mark.parametrize("suite", ["AES_CM_128_HMAC_SHA1_80", "AEAD_AES_256_GCM"])
def test_no_changed_packet_passes_as_the_peers(suite: str) -> None:
    ours, theirs = connected(keys(suite))
    genuine = [send(theirs, n * 0.02) for n in range(20)]

    def victim(data: bytes, now: float) -> None:
        if data not in genuine:
            assert ours.receive_rtp(data, THERE, now) is None
            ours.receive_rtcp(data, HERE, now)

    attack(genuine, victim)
    assert ours.statistics().received == 0
