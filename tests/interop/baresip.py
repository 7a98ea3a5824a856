"""baresip as the other phone.

Its account, codec and audio come from a configuration written for one test; it is remote-controlled over
its ctrl_tcp module (JSON in netstrings, https://github.com/baresip/baresip, modules/ctrl_tcp). Works with
the versions of Debian 12 (1.0) and later: a module or setting that one of them lacks is left out or ignored.
"""

import json
import re
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tests.interop import speech
from tests.interop.jack import Jack
from tests.interop.ports import free_port
from tests.interop.program import Program, ProgramFailed
from tests.interop.speech import Samples

Event = dict[str, Any]
Transport = Literal["udp", "tcp", "tls"]

MODULES_IN = ("/usr/lib/baresip/modules", "/usr/lib/*/baresip/modules", "/usr/local/lib/baresip/modules")
MODULES = (
    *("g711", "g722", "opus"),
    *("aufile", "aubridge", "jack", "sndfile"),
    *("srtp", "account", "menu", "ctrl_tcp"),
)
EAR_SETTINGS = {"audio_player": "jack,ear", "auplay_format": "float", "jack_connect_ports": "no"}
ANSI_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
APPLICATIONS = ("account", "menu", "ctrl_tcp")
SAMPLE_RATES = {"pcmu": 8000, "pcma": 8000, "g722": 16000, "opus": 48000}
CODEC_NAMES = {"pcmu": "PCMU/8000/1", "pcma": "PCMA/8000/1", "g722": "G722/16000/1", "opus": "opus/48000/2"}


@dataclass(frozen=True)
class Account:
    """One line of baresip's accounts file.

    Without a `password` it does not register and can be called at `Baresip.uri`. `proxy` is host:port.
    `encryption`: "" none, "srtp" offers and accepts both, "srtp-mand" insists.
    """

    user: str
    domain: str = "127.0.0.1"
    password: str = ""
    proxy: str = ""
    transport: Transport = "udp"
    encryption: Literal["", "srtp", "srtp-mand", "srtp-mandf"] = ""
    answer: Literal["manual", "early", "auto"] = "manual"
    expires: int = 600

    def line(self, codec: str) -> str:
        parameters = {
            "auth_user": self.user if self.password else "",
            "auth_pass": self.password,
            "regint": str(self.expires if self.password else 0),
            "answermode": self.answer,
            "audio_codecs": CODEC_NAMES[codec],
            "mediaenc": self.encryption,
            "outbound": f'"sip:{self.proxy};transport={self.transport}"' if self.proxy else "",
        }
        written = "".join(f";{name}={value}" for name, value in parameters.items() if value)
        return f"<sip:{self.user}@{self.domain};transport={self.transport}>{written}\n"


class Baresip(Program):
    """One baresip with one account and one codec.

    It says `says` (speech, then silence) from the start of each call; what it hears is in `heard()` after
    the call, one sample per decoded sample, so loss shortens it and a late packet does not show. With `ear`,
    a server at the codec's sample rate, it plays in real time and an `Ear` hears the gaps. `settings` are
    further lines of its configuration and win over ours, for example {"jitter_buffer_delay": "5-10"}.
    """

    def __init__(
        self,
        folder: Path,
        account: Account,
        codec: str = "pcmu",
        *,
        says: Samples | None = None,
        lasting: float = 30.0,
        authority: Path | None = None,
        certificate: Path | None = None,
        ear: Jack | None = None,
        settings: dict[str, str] | None = None,
    ):
        super().__init__(folder, ["baresip", "-f", str(folder), "-v"], ear.environment if ear else None)
        self.account = account
        self.codec = codec
        self.sample_rate = SAMPLE_RATES[codec]
        self.port = free_port(2)  # UDP and TCP, and TLS on the next
        self._control_port = free_port()
        self._control: socket.socket | None = None
        self._received = b""
        self._unseen: list[Event] = []
        self._commands = 0
        self.says = speech.samples(10.0, self.sample_rate) if says is None else says
        # baresip 1.0 wants a file of the codec's own rate and channels.
        channels = int(CODEC_NAMES[codec][-1])
        until_end = speech.padded(self.says, lasting, self.sample_rate)
        speech.write_wav(folder / "says.wav", until_end, self.sample_rate, channels)
        (folder / "accounts").write_text(account.line(codec))
        (folder / "contacts").write_text("")
        (folder / "config").write_text(
            self._configuration(authority, certificate, {**(EAR_SETTINGS if ear else {}), **(settings or {})})
        )

    @property
    def uri(self) -> str:
        """Where it can be called without a registrar."""
        port = self.port + (self.account.transport == "tls")
        transport = "" if self.account.transport == "udp" else f";transport={self.account.transport}"
        return f"sip:{self.account.user}@127.0.0.1:{port}{transport}"

    def _configuration(
        self, authority: Path | None, certificate: Path | None, settings: dict[str, str]
    ) -> str:
        modules = next((path for place in MODULES_IN for path in Path("/").glob(place[1:])), None)
        if modules is None:
            raise ProgramFailed("baresip's modules are not installed; `make setup-test` installs them")
        first_rtp_port = free_port(20)
        values = {
            "poll_method": "epoll",
            "sip_listen": f"127.0.0.1:{self.port}",
            "net_interface": "127.0.0.1",
            "ctrl_tcp_listen": f"127.0.0.1:{self._control_port}",
            "rtp_ports": f"{first_rtp_port}-{first_rtp_port + 19}",
            "audio_source": f"aufile,{self.folder}/says.wav",
            "audio_player": "aubridge,ear",
            "audio_alert": "aubridge,bell",
            "ringback_disabled": "yes",
            "statmode_default": "off",
            "snd_path": str(self.folder),
            "call_local_timeout": "120",
            "opus_bitrate": "28000",
            "module_path": str(modules),
            "sip_verify_server": "yes" if authority else "no",
        }
        if authority:
            values["sip_cafile"] = str(authority)
        if certificate:
            values["sip_certificate"] = str(certificate)
        lines = [f"{name} {value}" for name, value in {**values, **settings}.items()]
        there = [name for name in MODULES if (modules / f"{name}.so").exists()]
        lines += [f"{'module_app' if name in APPLICATIONS else 'module'} {name}.so" for name in there]
        return "\n".join(lines) + "\n"

    # --- control

    def is_ready(self) -> bool:
        try:
            self._control = socket.create_connection(("127.0.0.1", self._control_port), timeout=1.0)
        except OSError:
            return False
        return True

    def stop(self) -> int:
        if self._control is not None:
            self._control.close()
            self._control = None
        return super().stop()

    def command(self, name: str, parameters: str = "", seconds: float = 5.0) -> str:
        """Runs one of baresip's long commands and returns what it prints."""
        if self._control is None:
            raise ProgramFailed("baresip is not running")
        self._commands += 1
        token = str(self._commands)
        message = json.dumps({"command": name, "params": parameters, "token": token}).encode()
        self._control.sendall(b"%d:%s," % (len(message), message))
        answer = self._wait_for({"response": True, "token": token}, f"answer the command {name}", seconds)
        if not answer["ok"]:
            raise ProgramFailed(f"baresip refused {name} {parameters}: {answer['data']}")
        return str(answer["data"])

    def wait_for(self, kind: str, seconds: float = 10.0, **fields: str) -> Event:
        """Returns the next event of a type that was not waited for yet, such as CALL_ESTABLISHED."""
        return self._wait_for({"event": True, "type": kind, **fields}, f"report {kind}", seconds)

    def _wait_for(self, fields: Event, what: str, seconds: float) -> Event:
        deadline = time.monotonic() + seconds
        while True:
            for message in self._unseen:
                if fields.items() <= message.items():
                    self._unseen.remove(message)
                    return message
            if not self._receive(deadline):
                seen = [message.get("type") for message in self._unseen]
                raise ProgramFailed(f"baresip did not {what} within {seconds:g} s; reported {seen}")

    def _receive(self, deadline: float) -> bool:
        """Waits for something on the control connection; false when nothing came until the deadline."""
        left = deadline - time.monotonic()
        if self._control is None or left <= 0:
            return False
        self._control.settimeout(left)
        try:
            data = self._control.recv(65536)
        except TimeoutError:
            return False
        if not data:
            raise ProgramFailed(f"baresip closed its control connection:\n{self.log_tail()}")
        self._received += data
        self._unseen += self._messages()
        return True

    def _messages(self) -> list[Event]:
        messages = []
        while (colon := self._received.find(b":")) > 0:
            end = colon + 1 + int(self._received[:colon])
            if len(self._received) <= end:
                break
            messages.append(json.loads(self._received[colon + 1 : end]))
            self._received = self._received[end + 1 :]
        return messages

    # --- the phone

    def wait_registered(self, seconds: float = 10.0) -> None:
        # Its first REGISTER may be answered before we are connected to hear of it, so no event is waited for.
        self.wait_until(self.is_registered, "register", seconds)

    def is_registered(self) -> bool:
        lines = ANSI_COLOUR.sub("", self.command("reginfo"))
        return re.search(r"^\W*(?:\d+ - )?sips?:\S+\s+OK\b", lines, re.MULTILINE) is not None

    def dial(self, uri: str) -> None:
        self.command("dial", uri)

    def accept(self) -> None:
        self.command("accept")

    def hang_up(self) -> None:
        """Ends the call and waits until it is over, so that the recordings are complete."""
        self.command("hangup")
        self.wait_for("CALL_CLOSED")

    def press(self, digit: str) -> None:
        """Sends one telephone-event."""
        self.command("sndcode", digit)

    # --- what it heard

    def heard(self) -> Samples:
        """What it decoded in its latest call, at `sample_rate`, mono."""
        return self._recording("dec")

    def said(self) -> Samples:
        """What it encoded in its latest call, at `sample_rate`, mono."""
        return self._recording("enc")

    def _recording(self, side: str) -> Samples:
        files = sorted(self.folder.glob(f"dump-*{side}.wav"), key=lambda path: path.stat().st_mtime_ns)
        if not files:
            return np.zeros(0, np.int16)
        recorded, rate = speech.read_wav(files[-1])
        if rate != self.sample_rate:
            raise ProgramFailed(
                f"baresip recorded at {rate} Hz, not the {self.sample_rate} Hz of {self.codec}"
            )
        return recorded
