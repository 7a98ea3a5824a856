"""Who may call in: the line a new request belongs to, or none.

Scanners call every address they find. A request therefore belongs to a line only if it comes on the line's
own connection, is addressed to the random user part of the line's Contact, or comes from one of its servers;
a line with `direct_calls` takes the rest.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from firmware.sip.flow import Flow
from firmware.sip.message import Request
from firmware.sip.uri import Uri
from firmware.ua.account import Account
from firmware.ua.core import Core
from firmware.ua.events import RequestScreened
from firmware.ua.reasons import printable

REMEMBERED = 64
"""Call-IDs of screened requests, so that a repetition is not told twice"""


class Screening:
    """Finds the line of a request; tells once of each that has none."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._told: deque[str] = deque(maxlen=REMEMBERED)

    def line_of(self, request: Request, flow: Flow, accounts: Iterable[Account]) -> Account | None:
        """The account that a request outside of any dialog is for."""
        user = request.uri.user if isinstance(request.uri, Uri) else None
        entitled = [account for account in accounts if self._is_entitled(account, user, flow)]
        named = (account for account in entitled if user in (account.contact_user, account.aor.user))
        return next(named, entitled[0] if entitled else None)

    def tell(self, request: Request, flow: Flow) -> None:
        """Tell of a request that is dropped unanswered."""
        if request.call_id in self._told:
            return
        self._told.append(request.call_id)
        host, port = flow.remote
        self._core.emit(
            RequestScreened(
                request.method,
                printable(str(request.from_.uri)),
                f"{host} port {port}",
                "it did not come from this phone's servers",
            )
        )

    def _is_entitled(self, account: Account, user: str | None, flow: Flow) -> bool:
        flows = self._core.flows
        return (
            user == account.contact_user
            or flows.leads_home(account.id, flow)
            or flow.remote[0] in flows.server_hosts(account.id)
            or account.direct_calls
        )
