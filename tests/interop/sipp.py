"""SIPp runs scripted calls: one of its built-in scenarios, or a scenario file of ours."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from tests.interop.certificates import Identity
from tests.interop.ports import free_port, is_free
from tests.interop.program import Program, ProgramFailed

# One socket for all calls, as SIPp's -t calls it.
TRANSPORTS = {"udp": "u1", "tcp": "t1", "tls": "l1"}


class Sipp(Program):
    """SIPp with a scenario that places calls to `target` (host:port), or without a target takes them.

    Leave the `with` block only after `finish`, which raises unless the scenario ran to its end as written.
    `keys` are the scenario's own [name] fields.
    """

    def __init__(
        self,
        folder: Path,
        scenario: Path | Literal["uac", "uas"],
        target: str | None = None,
        *,
        service: str = "service",
        user: str = "",
        password: str = "",
        transport: Literal["udp", "tcp", "tls"] = "udp",
        identity: Identity | None = None,
        calls: int = 1,
        keys: Mapping[str, str] | None = None,
        seconds: int = 20,
    ):
        self.port = free_port()
        self._takes_calls = target is None
        command = ["sipp", *(["-sf", str(scenario)] if isinstance(scenario, Path) else ["-sn", scenario])]
        command += ["-i", "127.0.0.1", "-p", str(self.port), "-t", TRANSPORTS[transport], "-m", str(calls)]
        command += ["-mi", "127.0.0.1", "-mp", str(free_port(4)), "-s", service, "-nostdin"]
        command += ["-timeout", str(seconds), "-timeout_error", "-trace_err", "-trace_msg"]
        command += ["-error_file", str(folder / "errors"), "-message_file", str(folder / "messages")]
        if user:
            command += ["-au", user, "-ap", password]
        if identity is not None:
            command += ["-tls_cert", str(identity.certificate), "-tls_key", str(identity.key)]
        for name, value in (keys or {}).items():
            command += ["-key", name, value]
        command += [target] if target else []
        super().__init__(folder, command, {"TERM": "dumb"})
        self._seconds = seconds

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def is_ready(self) -> bool:
        return not self._takes_calls or not is_free(self.port)

    def finish(self) -> None:
        """Waits for the end of the calls and raises, with what SIPp found wrong, unless all went well."""
        status = self.wait(self._seconds + 5)
        if status != 0:
            raise ProgramFailed(
                f"SIPp ended with status {status}:\n{self._written('errors')}\n{self.messages()}"
            )

    def messages(self) -> str:
        """Every message that it sent and received."""
        return self._written("messages")

    def _written(self, name: str) -> str:
        path = self.folder / name
        return path.read_text(errors="replace") if path.exists() else ""
