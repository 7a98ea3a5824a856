"""What the user agent hands out: effects for the network driver, events for the phone.

Both come out of `Endpoint.poll()` in the order in which they arose. Effects move bytes and connections;
events say in the words of RFC 3261 what became of a registration or a session. Nothing here has behaviour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from firmware.sdp.negotiation import NegotiatedMedia
from firmware.sip.flow import Flow, Target
from firmware.sip.headers import NameAddr
from firmware.sip.uri import AbsoluteUri, Uri

EndedBy = Literal["local", "remote", "failure"]


@dataclass(frozen=True, slots=True)
class Resolve:
    """Find the servers behind a URI (RFC 3263). Answer: `Endpoint.resolved` or `resolve_failed`."""

    query_id: int
    uri: Uri


@dataclass(frozen=True, slots=True)
class OpenFlow:
    """Connect to a target. Answer: `Endpoint.flow_opened` or `flow_failed`."""

    request_id: int
    target: Target


@dataclass(frozen=True, slots=True)
class Transmit:
    """Send bytes on a flow: one datagram, or the next bytes of a stream."""

    flow: Flow
    data: bytes


@dataclass(frozen=True, slots=True)
class CloseFlow:
    """Close a stream whose peer can no longer be understood, once its last bytes are sent."""

    flow: Flow
    reason: str


Effect = Resolve | OpenFlow | Transmit | CloseFlow


@dataclass(frozen=True, slots=True)
class Registered:
    """The registrar granted a binding."""

    account_id: str
    expires: int
    """seconds, as granted"""
    flow: Flow


@dataclass(frozen=True, slots=True)
class RegistrationFailed:
    """No binding now; the user agent tries again by itself."""

    account_id: str
    status: int | None
    """of the refusal; None when no answer came"""
    reason: str
    retry_after: float | None
    """seconds until the next attempt; None: only a person can help (`Endpoint.accept_downgrade`)"""


@dataclass(frozen=True, slots=True)
class Unregistered:
    """The binding was given back on request, or the attempt to do so ended."""

    account_id: str


@dataclass(frozen=True, slots=True)
class DowngradeRefused:
    """A realm asked for a weaker digest than before; the line waits for `Endpoint.accept_downgrade`."""

    account_id: str
    realm: str
    offered: str
    remembered: str
    reason: str
    """one sentence for a person"""


@dataclass(frozen=True, slots=True)
class ChallengeIgnored:
    """Somebody who is not the account's own server asked for the password and got nothing."""

    account_id: str
    realm: str
    reason: str


@dataclass(frozen=True, slots=True)
class RequestScreened:
    """A request that belongs to no line was dropped unanswered (see `firmware.ua.screening`)."""

    method: str
    from_: str
    source: str
    """address and port it came from"""
    reason: str


@dataclass(frozen=True, slots=True)
class IncomingSession:
    """An INVITE asks for a new session. `NeedsMedia` follows at once."""

    session_id: int
    account_id: str
    from_: NameAddr
    to: NameAddr
    request_uri: Uri | AbsoluteUri
    flow: Flow
    secure: bool
    """the signalling between us and the next server is encrypted"""
    offered: bool
    """False for a late offer: ours goes out with the answer"""


@dataclass(frozen=True, slots=True)
class NeedsMedia:
    """Allocate a voice stream and answer with `Endpoint.provide_media`."""

    session_id: int
    branch: str
    """empty for the session itself; the remote tag for a further early dialog of a forked call"""


@dataclass(frozen=True, slots=True)
class Trying:
    """The INVITE went out or a server took it over (100)."""

    session_id: int


@dataclass(frozen=True, slots=True)
class Ringing:
    """The other phone rings (180)."""

    session_id: int


@dataclass(frozen=True, slots=True)
class EarlyMedia:
    """A provisional response carried an answer: voice may arrive before the call is taken."""

    session_id: int
    media: NegotiatedMedia


@dataclass(frozen=True, slots=True)
class Established:
    """The session stands and its media are agreed."""

    session_id: int
    media: NegotiatedMedia
    secure: bool
    """as in `IncomingSession`"""


@dataclass(frozen=True, slots=True)
class MediaChanged:
    """A re-INVITE of either side was agreed: hold, resume, another address or key."""

    session_id: int
    media: NegotiatedMedia


@dataclass(frozen=True, slots=True)
class ModificationFailed:
    """The other side refused our hold or resume; the session goes on as it was."""

    session_id: int
    status: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Redirected:
    """A 3xx named another address; the session follows it once, through the account's own servers."""

    session_id: int
    target: Uri


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """The last event of a session."""

    session_id: int
    status: int | None
    """final status of the INVITE, or the SIP cause of a Reason header (RFC 3326); None when none was said"""
    reason: str
    """in words; text of the peer is cut to printable characters"""
    by: EndedBy


@dataclass(frozen=True, slots=True)
class OptionsAnswered:
    """What came of `Endpoint.options`."""

    account_id: str
    target: Uri
    status: int | None
    reason: str


Event = (
    Registered
    | RegistrationFailed
    | Unregistered
    | DowngradeRefused
    | ChallengeIgnored
    | RequestScreened
    | IncomingSession
    | NeedsMedia
    | Trying
    | Ringing
    | EarlyMedia
    | Established
    | MediaChanged
    | ModificationFailed
    | Redirected
    | SessionEnded
    | OptionsAnswered
)
Output = Effect | Event
