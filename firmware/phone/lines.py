"""The lines of the telephone: what their registrations say, on the desk."""

from msgspec.structs import replace

from firmware.phone.desk import Desk
from firmware.ua import events
from firmware.ua.account import Account
from firmware.ua.endpoint import Endpoint


class LineUnknown(Exception):
    """No line of that name, or no line at all; the text is one sentence for a person."""


class Lines:
    """All lines, in the order of the settings."""

    def __init__(self, desk: Desk, endpoint: Endpoint, accounts: tuple[Account, ...]) -> None:
        self._desk = desk
        self._endpoint = endpoint
        self._accounts = {account.id: account for account in accounts}

    def start(self, now: float) -> None:
        """Register every line that has a registrar."""
        for account in self._accounts.values():
            self._endpoint.add_account(account)
            if account.registrar is not None:
                self._update(account.id, f"line {account.id}: registering", now, registration="registering")
                self._endpoint.register(account.id, now)

    def stop(self, now: float) -> None:
        """Give all bindings back."""
        for account in self._accounts.values():
            if account.registrar is not None:
                self._endpoint.unregister(account.id, now)

    def retry(self, now: float) -> None:
        """Try again at once on lines that are not registered."""
        for line in self._desk.snapshot.lines:
            if line.registration == "failed":
                self._endpoint.register(line.id, now)

    def choose(self, wanted: str | None) -> Account:
        """The line of that identifier, or else the first that is registered, or else the first."""
        if wanted is not None:
            if account := self._accounts.get(wanted):
                return account
            raise LineUnknown(f"There is no line “{wanted}”.")
        registered = [line.id for line in self._desk.snapshot.lines if line.registration == "registered"]
        first = next(iter(registered or self._accounts), None)
        if first is None:
            raise LineUnknown("This phone has no line yet; put one into its settings.")
        return self._accounts[first]

    def registered(self, event: events.Registered, now: float) -> None:
        """A registrar granted a binding."""
        self._update(
            event.account_id,
            f"registered {event.account_id}",
            now,
            registration="registered",
            transport=event.flow.transport,
            words="",
            retry_at=None,
        )

    def failed(self, event: events.RegistrationFailed, now: float) -> None:
        """No binding for now."""
        self._update(
            event.account_id,
            f"registration failed {event.account_id}: {event.reason}",
            now,
            registration="failed",
            words=event.reason,
            retry_at=None if event.retry_after is None else now + event.retry_after,
        )

    def unregistered(self, event: events.Unregistered, now: float) -> None:
        """A binding was given back."""
        self._update(
            event.account_id, f"unregistered {event.account_id}", now, registration="off", retry_at=None
        )

    def downgraded(self, event: events.DowngradeRefused, now: float) -> None:
        """A server asks for a weaker proof of the password than before: the line stops."""
        self._update(
            event.account_id,
            f"registration failed {event.account_id}: {event.reason}",
            now,
            registration="failed",
            words=event.reason,
            retry_at=None,
        )

    def _update(self, identifier: str, cause: str, now: float, **fields: object) -> None:
        lines = tuple(
            replace(line, **fields) if line.id == identifier else line for line in self._desk.snapshot.lines
        )
        self._desk.change(now, cause, lines=lines)
