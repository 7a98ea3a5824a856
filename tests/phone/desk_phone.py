"""A telephone with a recorded user agent, for tests of what it does with commands, events and reports."""

from itertools import count
from typing import Any

from firmware.control import voice
from firmware.control.state import Call, Snapshot
from firmware.phone.answering import AutoAnswerRule
from firmware.phone.desk import Changed
from firmware.phone.phone import Phone, PhoneSettings
from firmware.sdp.negotiation import CodecOffer, MediaPolicy, NegotiatedMedia, PayloadFormat, SrtpKeys
from firmware.sip.flow import Flow
from firmware.sip.headers import NameAddr
from firmware.sip.uri import Uri
from firmware.ua import events
from firmware.ua.account import Account

POLICY = MediaPolicy(codecs=(CodecOffer("PCMU", 8000, payload_type=0),), srtp="preferred", suites=())
FLOW = Flow(1, "TLS", ("127.0.0.1", 40000), ("127.0.0.1", 5061), "example.org")
KEYS = SrtpKeys("AES_CM_128_HMAC_SHA1_80", b"s" * 30, b"r" * 30)


class RecordedEndpoint:
    """Stands for `ua.endpoint.Endpoint`: notes what it is asked and hands out session numbers."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self._sessions = count(1)

    def invite(self, account: str, target: Uri, now: float) -> int:
        session = next(self._sessions)
        self.asked.append(("invite", account, str(target)))
        return session

    def __getattr__(self, name: str) -> Any:
        def ask(*arguments: Any) -> None:
            self.asked.append((name, *arguments[:-1]))

        return ask


class DeskPhone:
    """A phone under a clock that the test sets, and everything it has put out."""

    def __init__(
        self, *, auto_answer: dict[str, AutoAnswerRule] | None = None, registrar: bool = True
    ) -> None:
        domain = Uri.parse("sip:example.org")
        accounts = tuple(
            Account(
                id=name,
                aor=Uri.parse(f"sip:{name}@example.org"),
                contact_user="c0ffee",
                media=POLICY,
                registrar=domain if registrar else None,
            )
            for name in ("desk", "home")
        )
        self.endpoint = RecordedEndpoint()
        settings = PhoneSettings(accounts=accounts, auto_answer=auto_answer or {})
        self.phone = Phone(settings, self.endpoint)  # type: ignore[arg-type]
        self.now = 100.0
        self.requests: list[voice.Request] = []
        self.causes: list[str] = []

    @property
    def snapshot(self) -> Snapshot:
        return self.phone.snapshot

    @property
    def call(self) -> Call:
        """The only call on the desk."""
        (call,) = self.snapshot.calls
        return call

    def do(self, command: Any) -> str | None:
        try:
            return self.phone.receive_command(command, self.now)
        finally:
            self._drain()

    def hear(self, *said: events.Event) -> None:
        for event in said:
            self.phone.receive_event(event, self.now)
        self._drain()

    def report(self, *said: voice.Report) -> None:
        for report in said:
            self.phone.receive_report(report, self.now)
        self._drain()

    def wait(self, seconds: float) -> None:
        """Let time pass, with every deadline on the way."""
        until = self.now + seconds
        while (deadline := self.phone.deadline()) is not None and deadline <= until:
            self.now = max(self.now, deadline)
            self.phone.on_deadline(self.now)
            self._drain()
        self.now = until

    def last(self, kind: type) -> Any:
        """The last request of a kind that voice was sent."""
        return [request for request in self.requests if isinstance(request, kind)][-1]

    def tone(self, output: str = "ear") -> str | None:
        """What voice was last told to play."""
        tones = [r for r in self.requests if isinstance(r, voice.Tone) and r.output == output]
        return tones[-1].tone if tones else None

    def _drain(self) -> None:
        while (output := self.phone.poll()) is not None:
            if isinstance(output, Changed):
                self.causes.append(output.cause)
            else:
                self.requests.append(output)


def media(direction: str = "sendrecv", keys: SrtpKeys | None = KEYS) -> NegotiatedMedia:
    """Media as a session agreed them."""
    return NegotiatedMedia(
        remote=("192.0.2.9", 4000),
        remote_rtcp=("192.0.2.9", 4001),
        codecs=(PayloadFormat(0, "PCMU", 8000),),
        telephone_event=101,
        ptime_ms=20,
        direction=direction,  # type: ignore[arg-type]
        srtp=keys,
        rtcp_mux=False,
    )


def incoming(
    session: int = 1, caller: str = "sip:bob@example.org", line: str = "desk"
) -> events.IncomingSession:
    """Somebody calls."""
    return events.IncomingSession(
        session_id=session,
        account_id=line,
        from_=NameAddr(Uri.parse(caller), "Bob Example"),
        to=NameAddr(Uri.parse(f"sip:{line}@example.org")),
        request_uri=Uri.parse("sip:c0ffee@127.0.0.1"),
        flow=FLOW,
        secure=True,
        offered=True,
    )


def established(
    session: int = 1, direction: str = "sendrecv", keys: SrtpKeys | None = KEYS
) -> events.Established:
    """The call is up."""
    return events.Established(session, media(direction, keys), secure=True)


def ended(
    session: int = 1, status: int | None = None, reason: str = "", by: str = "remote"
) -> events.SessionEnded:
    """The session is over."""
    return events.SessionEnded(session, status, reason, by)  # type: ignore[arg-type]
