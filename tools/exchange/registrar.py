"""Where the subscribers' telephones are: bindings of a number to a Contact (RFC 3261 section 10.3).

A binding keeps the flow that it was made on, and calls come by that flow (RFC 5626): no telephone has to be
reachable by its address. When the flow ends, so does the binding.
"""

from collections.abc import Callable
from dataclasses import dataclass

from firmware.sip.errors import RemoteProtocolError
from firmware.sip.flow import Flow
from firmware.sip.grammar import UINT32, digits
from firmware.sip.headers import CSeq, NameAddr
from firmware.sip.message import Request
from firmware.sip.uri import Uri

DEFAULT_EXPIRES = 3600
MIN_EXPIRES = 60
MAX_EXPIRES = 7200
"""Seconds: granted where none were asked for, the least (423), and the most."""

MOST_BINDINGS = 8
"""Of one number; one more is refused."""


@dataclass(frozen=True, slots=True)
class Binding:
    """One telephone of a number."""

    number: str
    contact: Uri
    flow: Flow
    expires_at: float
    call_id: str
    cseq: CSeq


class Registrar:
    """Keeps bindings; `tell` hears in words of telephones that come and go."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._bindings: dict[str, list[Binding]] = {}

    def find(self, number: str) -> Binding | None:
        """The telephone that registered last, which is the one to be called."""
        bindings = self._bindings.get(number)
        return bindings[-1] if bindings else None

    def register(self, number: str, request: Request, flow: Flow, now: float) -> tuple[tuple[str, str], ...]:
        """Carry out a REGISTER of `number`; the header fields of its 200.

        Raises `RemoteProtocolError` and changes nothing where anything in it is wrong.
        """
        kept = {binding.contact: binding for binding in self._bindings.get(number, [])}
        if request.headers.get_all("Contact") == ("*",):
            if request.headers.get("Expires") != "0":
                raise RemoteProtocolError("only Expires: 0 removes every Contact")
            changed = dict.fromkeys(kept, 0)
        else:
            changed = {_uri_of(contact): _expires(request, contact) for contact in request.contacts}
        for contact, expires in changed.items():
            self._check_order(kept.pop(contact, None), request)
            if expires:
                at = now + expires
                kept[contact] = Binding(number, contact, flow, at, request.call_id, request.cseq)
        if len(kept) > MOST_BINDINGS:
            raise RemoteProtocolError("too many telephones with this number", 403)
        self._keep(number, list(kept.values()), flow)
        return tuple([_field(binding, now) for binding in kept.values()])

    def flow_lost(self, flow: Flow) -> None:
        """Nobody can be reached by `flow` any more."""
        self._retain(lambda binding: binding.flow.id != flow.id)

    def deadline(self) -> float | None:
        """When the next binding runs out."""
        every = (binding.expires_at for bindings in self._bindings.values() for binding in bindings)
        return min(every, default=None)

    def on_deadline(self, now: float) -> None:
        """Drop what has run out."""
        self._retain(lambda binding: binding.expires_at > now)

    def _retain(self, stays: Callable[[Binding], bool]) -> None:
        for number, bindings in tuple(self._bindings.items()):
            self._keep(number, [binding for binding in bindings if stays(binding)])

    def _keep(self, number: str, bindings: list[Binding], flow: Flow | None = None) -> None:
        had = number in self._bindings
        if bindings:
            self._bindings[number] = bindings
        else:
            self._bindings.pop(number, None)
        if flow is not None and bindings and not had:
            host, port = flow.remote
            self._tell(f"{number} has registered from {host} port {port} over {flow.transport}")
        elif had and not bindings:
            self._tell(f"{number} is no longer registered")

    @staticmethod
    def _check_order(known: Binding | None, request: Request) -> None:
        """A REGISTER that was overtaken by a later one changes nothing (RFC 3261 10.3 step 7)."""
        if known is None or known.call_id != request.call_id:
            return
        if request.cseq.number <= known.cseq.number:
            raise RemoteProtocolError("an older REGISTER than the last", 500)


def _uri_of(contact: NameAddr) -> Uri:
    if not isinstance(contact.uri, Uri):
        raise RemoteProtocolError("a Contact that is no SIP URI")
    return contact.uri


def _expires(request: Request, contact: NameAddr) -> int:
    """Seconds granted to one Contact: 0 removes it."""
    asked = contact.parameter("expires") or request.headers.get("Expires")
    seconds = DEFAULT_EXPIRES if asked is None else digits(asked, UINT32, "Expires")
    if 0 < seconds < MIN_EXPIRES:
        raise RemoteProtocolError("interval too brief", 423, (("Min-Expires", str(MIN_EXPIRES)),))
    return min(seconds, MAX_EXPIRES)


def _field(binding: Binding, now: float) -> tuple[str, str]:
    left = round(binding.expires_at - now)
    return ("Contact", str(NameAddr(binding.contact, parameters=(("expires", str(left)),))))
