"""What the bench measures voices with: delays found again, a network that delays, clocks of processes."""

import os
import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from firmware.rtp.packet import RtpPacket
from firmware.sip.message import Request, parse, response_to
from tools.bench import delay, processes
from tools.bench.caller import Caller, CallFailed
from tools.bench.offer import offer
from tools.bench.relay import DelayLine, Relay
from tools.bench.talker import PACKET_SECONDS, Arrival, Talk, Talker
from tools.bench.voice import spread, together

SECONDS = 9.0


def looped(signal: delay.Signal, late: float, *, lost: float = 0.0, seed: int = 1) -> Talk:
    """What a phone with a loop gives back: the signal's own packets, each so much later."""
    rng = random.Random(seed)
    sent = tuple(100.0 + index * PACKET_SECONDS for index in range(len(signal.payloads)))
    arrivals = [
        Arrival(at + late, RtpPacket(0, index, index * signal.duration, 1, payload))
        for index, (at, payload) in enumerate(zip(sent, signal.payloads, strict=True))
        if rng.random() >= lost
    ]
    return Talk(sent, tuple(arrivals))


@pytest.mark.parametrize("codec", ["pcmu", "opus"])
@pytest.mark.parametrize("late", [0.020, 0.0653, 0.4])
def test_delay_is_found_again(codec: str, late: float):
    """Through each codec, whose own delay counts once: the packets have been encoded but one time."""
    signal = delay.signal(codec, SECONDS, seed=1)
    found = delay.delays(signal, looped(signal, late))
    assert len(found) == SECONDS - delay.SETTLING
    assert found == pytest.approx([late] * len(found), abs=0.0005)


def test_delay_is_found_where_packets_are_lost():
    signal = delay.signal("pcmu", SECONDS, seed=1)
    found = delay.delays(signal, looped(signal, 0.1, lost=0.02))
    assert sorted(found)[len(found) // 2] == pytest.approx(0.1, abs=0.001)


def test_silence_gives_no_delay():
    signal = delay.signal("pcmu", SECONDS, seed=1)
    assert delay.delays(signal, Talk(looped(signal, 0.1).sent, ())) == []


def test_a_codec_delays_as_its_standard_says():
    """G.711 not at all, Opus by its look-ahead of 6.5 ms (RFC 6716 section 2.1.4)."""
    assert delay.signal("pcmu", 2.0, seed=1).own_delay == 0.0
    assert delay.signal("opus", 2.0, seed=1).own_delay == pytest.approx(0.0065, abs=0.001)


def test_a_signal_is_the_same_for_the_same_seed():
    assert delay.signal("pcmu", 2.0, 5).payloads == delay.signal("pcmu", 2.0, 5).payloads
    assert delay.signal("pcmu", 2.0, 5).payloads != delay.signal("pcmu", 2.0, 6).payloads


def test_an_unknown_codec_is_named():
    with pytest.raises(LookupError, match="no silk"):
        delay.signal("silk", 1.0, 1)


def test_delay_line_delays_by_jitter_give_or_take_jitter():
    line = DelayLine(0.02, seed=3)
    left: list[float] = []
    for index in range(1000):
        line.push(b"%d" % index, 0.0)
    while (deadline := line.deadline()) is not None:
        left += [deadline] * len(line.due(deadline))
    assert len(left) == 1000
    assert left == sorted(left)
    assert 0 <= left[0] < 0.001
    assert 0.039 < left[-1] <= 0.04
    assert np.mean(left) == pytest.approx(0.02, abs=0.001)


def test_delay_line_without_jitter_keeps_order():
    line = DelayLine(0.0, seed=3)
    for datagram in (b"a", b"b", b"c"):
        line.push(datagram, 1.0)
    assert line.due(0.9) == []
    assert line.due(1.0) == [b"a", b"b", b"c"]
    assert line.deadline() is None


def test_delay_line_is_the_same_for_the_same_seed():
    def order(seed: int) -> list[bytes]:
        line = DelayLine(1.0, seed)
        for index in range(50):
            line.push(bytes([index]), 0.0)
        return line.due(9.0)

    assert order(1) == order(1)
    assert order(1) != order(2)


@contextmanager
def udp() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        bound.settimeout(5)
        yield bound


def test_relay_sends_on_from_the_senders_own_port():
    """A phone must see the address that it was told in the description."""
    with udp() as sender, udp() as target, Relay(sender, target.getsockname(), 0.001, seed=1) as relay:
        sender.sendto(b"voice", relay.address)
        assert target.recvfrom(100) == (b"voice", sender.getsockname())


def test_talker_keeps_time_and_notes_arrivals():
    """A talker that talks to itself hears each packet when it was sent."""
    payloads = [bytes([index]) * 160 for index in range(10)]
    with Talker() as talker:
        talk = talker.talk(payloads, 0, 160, ("127.0.0.1", talker.port))
    assert [heard.packet.payload for heard in talk.arrivals] == payloads
    assert [heard.packet.timestamp for heard in talk.arrivals] == [index * 160 for index in range(10)]
    lateness = [heard.at - at for heard, at in zip(talk.arrivals, talk.sent, strict=True)]
    assert all(0 <= late < 0.1 for late in lateness)
    assert talk.sent[-1] - talk.sent[0] >= 8.5 * PACKET_SECONDS


def test_jobs_run_together_and_their_faults_come_out():
    meeting = threading.Barrier(2, timeout=5)
    assert together([lambda: meeting.wait() * 0 + 1, lambda: meeting.wait() * 0 + 2]) == [1, 2]

    def fail() -> int:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        together([fail, lambda: 1])


def test_spread_names_the_extremes():
    assert spread([30.2, 40.9]) == "2 chirps 30 to 41 ms"


def test_cpu_of_a_process_is_what_it_says_itself():
    mine = processes.cpu(os.getpid())
    assert mine == pytest.approx(time.process_time(), abs=0.05)
    sum(range(1_000_000))
    assert processes.cpu(os.getpid()) > mine


def test_cpu_of_no_process_is_refused():
    with pytest.raises(OSError, match="Invalid argument"):
        processes.cpu(2**22 + 1)


def test_memory_and_family_of_a_process():
    assert 5 < processes.pss(os.getpid()) < 5000
    assert os.getpid() in processes.family(os.getpid()).values()


def answering(bound: socket.socket, statuses: list[int]) -> None:
    """A phone that answers each request but ACK with the next of some statuses."""
    for status in statuses:
        request = parse(bound.recv(65536))
        while isinstance(request, Request) and request.method == "ACK":
            request = parse(bound.recv(65536))
        if isinstance(request, Request):
            source = (request.via.host, request.via.port or 5060)
            contact = f"<sip:phone@127.0.0.1:{bound.getsockname()[1]}>"
            answer = response_to(
                request, status, to_tag="t", headers=[("Contact", contact)], body=offer(4000)
            )
            bound.sendto(bytes(answer), source)


def test_caller_calls_and_hangs_up():
    with udp() as phone:
        thread = threading.Thread(target=answering, args=(phone, [200, 200]))
        thread.start()
        caller = Caller()
        call = caller.call(f"sip:phone@127.0.0.1:{phone.getsockname()[1]}", offer(4002))
        caller.hang_up(call)
        thread.join()
        caller.close()
    assert call.answer == offer(4000)
    assert 0 < call.seconds < 5


def test_caller_says_who_refused():
    with udp() as phone:
        thread = threading.Thread(target=answering, args=(phone, [486]))
        thread.start()
        caller = Caller()
        with pytest.raises(CallFailed, match="answered 486 Busy Here"):
            caller.call(f"sip:phone@127.0.0.1:{phone.getsockname()[1]}", offer(4002))
        thread.join()
        caller.close()
