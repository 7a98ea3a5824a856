"""A network in memory, and telephones on it that are driven block by block."""

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from firmware.control import voice
from firmware.media.codecs import find
from firmware.media.engine import Engine
from tests.media.pcm import Samples, samples

Address = tuple[str, int]
PERIOD = 0.01
RATE = 48000
BLOCK = 480


@dataclass
class Network:
    """Carries datagrams at once, unless `lose` says no; everything that was sent is kept in `sent`."""

    ports: dict[Address, "MemoryPort"] = field(default_factory=dict)
    lose: Callable[[bytes, Address], bool] = lambda datagram, address: False
    sent: list[tuple[Address, Address, bytes]] = field(default_factory=list)


@dataclass
class MemoryPort:
    """Looks like a non-blocking socket."""

    network: Network
    address: Address
    waiting: deque[tuple[bytes, Address]] = field(default_factory=deque)
    refuses: OSError | None = None

    def __post_init__(self) -> None:
        self.network.ports[self.address] = self

    def recvfrom(self, size: int) -> tuple[bytes, Address]:
        if not self.waiting:
            raise BlockingIOError
        datagram, source = self.waiting.popleft()
        return datagram[:size], source

    def sendto(self, datagram: bytes, address: Address) -> int:
        if self.refuses:
            raise self.refuses
        self.network.sent.append((self.address, address, datagram))
        if address in self.network.ports and not self.network.lose(datagram, address):
            self.network.ports[address].waiting.append((datagram, self.address))
        return len(datagram)


@dataclass
class MemoryPair:
    host: str
    rtp: MemoryPort
    rtcp: MemoryPort

    @property
    def ports(self) -> tuple[int, int]:
        return self.rtp.address[1], self.rtcp.address[1]


class Telephone:
    """An engine with one stream per call, and what its ear heard."""

    def __init__(self, network: Network, host: str) -> None:
        self.network, self.host = network, host
        self.engine = Engine(random.Random(host).randbytes, cname=host)
        self.pairs: dict[str, MemoryPair] = {}
        self.heard: list[bytes] = []
        self.generation = 0

    def open(self, stream: str, port: int = 4000, shares: str | None = None) -> None:
        if shares is None:
            rtp, rtcp = (MemoryPort(self.network, (self.host, port + i)) for i in range(2))
            self.pairs[stream] = MemoryPair(self.host, rtp, rtcp)
        else:
            self.pairs[stream] = self.pairs[shares]
        self.engine.open(stream, (self.pairs[stream],), shares)

    def submit(self, kind: type[voice.Request], **arguments: object) -> None:
        self.generation += 1
        self.engine.submit(kind(generation=self.generation, **arguments))

    def configure(self, stream: str, remote: Address, codec: str = "PCMU", **arguments: object) -> None:
        host, port = remote
        wished = dict[str, object](
            remote=voice.TransportAddress(host, port),
            remote_rtcp=voice.TransportAddress(host, port + 1),
            codecs=(spec(codec),),
            telephone_event=101,
        )
        self.submit(voice.Configure, stream=stream, **(wished | arguments))

    def talk(self, *streams: str) -> None:
        """Off hook, and all of these streams joined with ear and microphone."""
        for stream in streams:
            self.submit(voice.Activate, stream=stream)
        self.submit(voice.Mix, streams=streams)
        self.submit(voice.Device, use="duplex")

    def reports(self, kind: type[voice.Report]) -> list[voice.Report]:
        return [report for report in self.engine.reports if isinstance(report, kind)]

    def sound(self) -> Samples:
        return samples(b"".join(self.heard))


def spec(name: str, payload_type: int | None = None) -> voice.CodecSpec:
    codec = find(name)
    assert codec is not None
    number = payload_type if payload_type is not None else codec.payload_type
    return voice.CodecSpec(
        payload_type=111 if number is None else number,
        name=name,
        clock_rate=codec.clock_rate,
        channels=codec.channels,
        fmtp=codec.fmtp,
    )


class Clock:
    """Drives telephones: each block they all tick once."""

    def __init__(self, *telephones: Telephone, now: float = 1000.0) -> None:
        self.telephones, self.now = telephones, now

    def run(self, seconds: float, **microphones: Samples) -> None:
        """`microphones`: what is spoken, by host; silence at the others' and after its end."""
        for block in range(round(seconds / PERIOD)):
            for telephone in self.telephones:
                spoken = microphones.get(telephone.host, np.zeros(0, np.int16))
                part = spoken[block * BLOCK : (block + 1) * BLOCK]
                part = np.pad(part, (0, BLOCK - len(part)))
                heard = telephone.engine.tick(memoryview(part.tobytes()), self.now)
                assert len(heard) == 2 * BLOCK
                telephone.heard.append(bytes(heard))
            self.now += PERIOD


def call(codec: str = "PCMU", **arguments: object) -> tuple[Network, Telephone, Telephone, Clock]:
    """Two telephones in a call with each other."""
    network = Network()
    alice, bob = Telephone(network, "alice"), Telephone(network, "bob")
    for one, other in ((alice, bob), (bob, alice)):
        one.open("call")
        one.configure("call", (other.host, 4000), codec, **arguments)
        one.talk("call")
    return network, alice, bob, Clock(alice, bob)
