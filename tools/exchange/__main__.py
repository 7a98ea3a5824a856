"""`python -m tools.exchange`: a small local exchange for trying out, until SIGTERM or Ctrl-C."""

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from firmware.cli import default_state
from firmware.configure import CODECS
from firmware.net.certificate import client_context, server_context
from firmware.net.driver import Bindings, Driver
from firmware.net.resolver import Resolver
from firmware.net.transport import TransportError
from firmware.sdp.negotiation import MediaPolicy
from firmware.ua.events import Event
from tools.exchange.certificate import make_identity
from tools.exchange.exchange import Exchange
from tools.exchange.handsets import Handset, write_settings
from tools.exchange.services import Answer, Answers, Services
from tools.exchange.sounds import Parrot, Recording, blocks_of, prompt

DOMAIN = "localhost"
ECHO, PARROT, RECORDING = "600", "601", "602"
ABOUT = {
    ECHO: "sends back at once what it hears",
    PARROT: "records until you pause, then plays it back",
    RECORDING: "plays a recording",
}
LEAVE_SECONDS = 0.3
"""For the last BYEs to be answered."""


class StartError(Exception):
    """The exchange cannot start; one sentence with the cause and what to do."""


def own_numbers() -> Answers:
    """What each number says; the recording's only where there is a recording."""
    numbers: dict[str, Answer] = {ECHO: None, PARROT: Parrot}
    path = prompt()
    if path is not None:
        numbers[RECORDING] = lambda: Recording(blocks_of(path))
    return numbers


async def run(options: argparse.Namespace, stop: asyncio.Event) -> None:
    """Run until `stop` is set. Raises `StartError`."""
    handsets: list[Handset] = options.handset
    answers = own_numbers()
    exchange = Exchange(
        (DOMAIN, options.host),
        {handset.number: handset.subscriber for handset in handsets},
        dict.fromkeys(answers, MediaPolicy(tuple(CODECS.values()))),
        os.urandom,
        say,
    )

    def on_event(event: Event) -> None:
        services.on_event(event)

    try:
        options.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        identity = make_identity(options.state, (DOMAIN, options.host))
        driver = Driver(
            exchange,
            Resolver(os.urandom),
            on_event,
            client_tls=client_context(),
            server_tls=server_context(identity.certificate, identity.key),
        )
        services = Services(exchange, answers, options.host, driver.pump)
        await driver.start(_bindings(options))
        ports = {transport: port for transport, _, port in driver.listening}
        write_settings(
            handsets, options.state, DOMAIN, options.host, ports["TLS"], identity.authority.absolute()
        )
    except TransportError as error:
        raise StartError(f"{error}: choose another port.") from error
    except OSError as error:
        raise StartError(f"{error.filename or options.state}: {error.strerror}.") from error
    introduce(options, driver, handsets, answers)
    await stop.wait()
    services.close()
    await asyncio.sleep(LEAVE_SECONDS)
    await driver.stop()


def _bindings(options: argparse.Namespace) -> Bindings:
    host = options.host
    return Bindings(
        udp=((host, options.udp_port),), tcp=((host, options.tcp_port),), tls=((host, options.tls_port),)
    )


def introduce(options: argparse.Namespace, driver: Driver, handsets: list[Handset], numbers: Answers) -> None:
    """Say what there is and where. Passwords are in the settings files and nowhere else."""
    for transport, host, port in driver.listening:
        say(f"listening {transport} {host} port {port}")
    say(f"authority {options.state / 'authority.pem'}")
    for handset in handsets:
        say(f"telephone {handset.number} has its settings in {options.state / handset.number}.toml")
    for number, about in ABOUT.items():
        if number in numbers:
            say(f"number {number} {about}")
        else:
            say(f"number {number} is not there: install the package asterisk-core-sounds-en-wav")
    say("ready")


def say(line: str) -> None:
    """Write one line of the log."""
    print(line, flush=True)


def _handset(text: str) -> Handset:
    try:
        return Handset.parse(text, os.urandom)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 65536):
        raise argparse.ArgumentTypeError(f"“{text}” is no port")
    return int(text)


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.exchange", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at (default: 127.0.0.1)")
    for transport in ("udp", "tcp", "tls"):
        parser.add_argument(f"--{transport}-port", type=_port, default=0, help="default: any free one")
    parser.add_argument(
        "--handset",
        type=_handset,
        action="append",
        metavar="NUMBER[:answers|:md5]",
        help="a telephone that may register; answers: by itself; md5: knows no other digest "
        "(may be given several times; default: 101 and 102:answers)",
    )
    parser.add_argument("--state", type=Path, default=default_state() / "exchange", metavar="DIR")
    return parser


async def _main(options: argparse.Namespace) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await run(options, stop)
    except StartError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def main() -> int:
    """The entry of the exchange."""
    options = arguments().parse_args()
    options.handset = options.handset or [_handset("101"), _handset("102:answers")]
    return asyncio.run(_main(options))


if __name__ == "__main__":
    sys.exit(main())
