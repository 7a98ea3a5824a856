"""Two ends of a session, for tests of offer and answer."""

import random
from collections.abc import Callable

from firmware.sdp.description import SessionDescription
from firmware.sdp.formats import CodecOffer
from firmware.sdp.negotiation import LocalMedia, MediaPolicy, NegotiatedMedia, OfferAnswer

PCMU = CodecOffer("PCMU", 8000, payload_type=0)
PCMA = CodecOffer("PCMA", 8000, payload_type=8)
G722 = CodecOffer("G722", 8000, payload_type=9)
OPUS = CodecOffer("opus", 48000, 2, "useinbandfec=1")

POLICY = MediaPolicy((OPUS, G722, PCMU, PCMA))


def seeded(seed: int) -> Callable[[int], bytes]:
    """Random bytes that are the same in every run."""
    return random.Random(seed).randbytes


def phone(policy: MediaPolicy = POLICY, *, host: str = "192.0.2.1", secure: bool = True) -> OfferAnswer:
    """Our end, on ports 4000 and 4001."""
    return OfferAnswer(policy, LocalMedia(host, 4000, 4001), secure_signalling=secure, entropy=seeded(1))


def peer(policy: MediaPolicy = POLICY, *, host: str = "192.0.2.2", secure: bool = True) -> OfferAnswer:
    """The other end, on ports 5000 and 5001."""
    return OfferAnswer(policy, LocalMedia(host, 5000, 5001), secure_signalling=secure, entropy=seeded(2))


def sent(description: SessionDescription) -> SessionDescription:
    """A description after its way over the wire."""
    return SessionDescription.parse(bytes(description))


def exchange(
    offerer: OfferAnswer, answerer: OfferAnswer, *, offered: str = "sendrecv", answered: str = "sendrecv"
) -> tuple[NegotiatedMedia, NegotiatedMedia]:
    """One offer and its answer; what the offerer and what the answerer make of it."""
    answerer.receive_offer(sent(offerer.create_offer(offered)))
    answer, theirs = answerer.create_answer(answered)
    return offerer.receive_answer(sent(answer)), theirs


def description(*media: str, session: tuple[str, ...] = ("c=IN IP4 192.0.2.2",)) -> SessionDescription:
    """What a peer might send: `media` are lines from the first m= on, `session` those before."""
    lines = ("v=0", "o=- 1 1 IN IP4 192.0.2.2", "s=-", *session, "t=0 0", *media)
    return SessionDescription.parse("".join(f"{line}\r\n" for line in lines).encode())
