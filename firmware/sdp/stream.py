"""What one `m=` says about its audio: where it goes, which way, how it is cut into packets.

Everything is seen from our side, so that the peer's "sendonly" is our "recvonly".
"""

from ipaddress import ip_address
from typing import Final, Literal

from firmware.sdp.description import Connection, MediaDescription, SessionDescription
from firmware.sdp.errors import NotAcceptable, SdpError
from firmware.sdp.formats import TELEPHONE_EVENT, PayloadFormat
from firmware.sdp.grammar import number

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
TransportAddress = tuple[str, int]
"""An IP literal and a port."""

_SENDS: Final = ("sendrecv", "sendonly")
_RECEIVES: Final = ("sendrecv", "recvonly")
_DIRECTIONS: Final[dict[tuple[bool, bool], Direction]] = {
    (True, True): "sendrecv",
    (True, False): "sendonly",
    (False, True): "recvonly",
    (False, False): "inactive",
}
"""By whether we send and whether we receive."""
_LAST_PORT: Final = 65535
_PTIMES_MS: Final = range(10, 61, 10)


def remote_of(description: SessionDescription, media: MediaDescription, local_host: str) -> TransportAddress:
    """Where the peer receives. Raises `SdpError`, and `NotAcceptable` for what we cannot send to."""
    connection = media.connection or description.connection
    if connection is None:
        raise SdpError("a stream without c=")
    if connection.host.endswith(".invalid"):  # no address yet (RFC 6157 section 5.1): as 0.0.0.0
        return _unspecified(local_host), media.port
    if connection.ip is None:
        raise NotAcceptable("the audio's address is a name, not a number", 301)
    address = getattr(connection.ip, "ipv4_mapped", None) or connection.ip
    if address.is_multicast:
        raise NotAcceptable("the audio would go to a group", 330)
    if address.version != ip_address(local_host).version and not address.is_unspecified:
        raise NotAcceptable("the audio's address is of another family (IPv4 or IPv6) than ours", 301)
    return str(address), media.port


def allowed(
    wanted: Direction, description: SessionDescription, media: MediaDescription, remote: TransportAddress
) -> Direction:
    """Of the direction we want what the peer takes part in (RFC 3264 section 6.1)."""
    theirs = _stated(media) or _stated(description) or "sendrecv"
    held = ip_address(remote[0]).is_unspecified  # hold as RFC 2543 had it; still seen (RFC 3264 section 8.4)
    sends = wanted in _SENDS and theirs in _RECEIVES and not held
    receives = wanted in _RECEIVES and theirs in _SENDS
    return _DIRECTIONS[sends, receives]


def _stated(part: SessionDescription | MediaDescription) -> Direction | None:
    return next((direction for direction in _DIRECTIONS.values() if part.has(direction)), None)


def _unspecified(host: str) -> str:
    return "0.0.0.0" if ip_address(host).version == 4 else "::"


def rtcp_of(media: MediaDescription, remote: TransportAddress) -> TransportAddress:
    """Where the peer receives RTCP: `a=rtcp:port [IN IP4 address]` (RFC 3605), else the next port."""
    port, _, address = (media.value("rtcp") or str(media.port + 1)).partition(" ")
    other = Connection.parse(address).ip if address else None
    return str(other) if other else remote[0], number(port, _LAST_PORT)


def ptime_of(media: MediaDescription, ours: int) -> int:
    """Milliseconds of audio per packet: what the peer asks for if we can, else `ours`, up to its maximum."""
    wanted = _milliseconds(media, "ptime") or ours
    most = _milliseconds(media, "maxptime") or wanted
    return min(wanted, most)


def _milliseconds(media: MediaDescription, name: str) -> int | None:
    stated = (media.value(name) or "").strip(" ")
    return next((one for one in _PTIMES_MS if stated == str(one)), None)


def events_of(formats: tuple[PayloadFormat, ...]) -> tuple[PayloadFormat, ...]:
    """The telephone-events (RFC 4733) among `formats`."""
    return tuple(one for one in formats if one.encoding[0] == TELEPHONE_EVENT)


def event_for(codec: PayloadFormat, events: tuple[PayloadFormat, ...]) -> PayloadFormat | None:
    """The telephone-event with the clock of `codec`, else the one with 8 kHz."""
    by_rate = {one.clock_rate: one for one in reversed(events)}
    return by_rate.get(codec.clock_rate) or by_rate.get(8000)
