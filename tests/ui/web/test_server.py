"""The page's server against everybody on this machine who is not the person at it."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from firmware.control.messages import Hook, Key
from tests.ui.web.client import Answer, Closed, Refused, Socket, get
from tests.ui.web.desk import IDLE, Desk, picture
from tests.ui.web.server import ROOT, PageServer
from ui.web.access import MAX_WRONG
from ui.web.app import MAX_PAGES
from ui.web.wire import MAX_FROM_PAGE

FOREIGN_ORIGINS = (
    "null",
    "http://example.org",
    "http://127.0.0.1",
    "http://127.0.0.1:1",
    "https://127.0.0.1:{port}",
    "http://127.0.0.1:{port}.example.org",
    "http://127.0.0.1:{port}/",
    "http://127.0.0.2:{port}",
    "http://localhost:{port}",  # ours, but not the one that this request's Host names
)
FOREIGN_HOSTS = (
    "example.org",
    "example.org:{port}",
    "127.0.0.1",
    "127.0.0.1:1",
    "127.0.0.1:{port}.example.org",
    "127.0.0.1.example.org:{port}",
    "0.0.0.0:{port}",
    "",
)
FILES = ("/page.css", "/page.js", "/icon.svg")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with Desk(tmp_path_factory.mktemp("desk") / "control") as desk:
        yield desk


@pytest.fixture(scope="module")
def server(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageServer]:
    with PageServer(tmp_path_factory.mktemp("page"), desk.path) as server:
        yield server


def exchange(server: PageServer) -> Answer:
    """Open the newest address, as a person does."""
    count = len(server.codes)
    answer = get(server.port, f"/?code={server.codes[-1]}")
    server.wait_until(lambda: len(server.codes) > count, "print a new address")
    return answer


@pytest.fixture(scope="module")
def cookie(server: PageServer) -> str:
    return exchange(server).cookie


# ---- Who comes in


def test_the_code_becomes_a_cookie_that_no_script_and_no_other_site_can_use(server: PageServer) -> None:
    answer = exchange(server)
    assert answer.status == 303
    assert answer.headers["location"] == "/"
    attributes = answer.headers["set-cookie"].lower().split("; ")
    assert {"httponly", "samesite=strict", "path=/"} <= set(attributes)
    assert not [a for a in attributes if a.startswith(("domain", "expires", "max-age"))]
    assert get(server.port, cookie=answer.cookie).status == 200


def test_a_used_code_opens_nothing(server: PageServer) -> None:
    used = server.codes[-1]
    exchange(server)
    answer = get(server.port, f"/?code={used}")
    assert answer.status == 403
    assert "set-cookie" not in answer.headers


def test_a_used_code_is_no_hindrance_to_the_browser_that_used_it(server: PageServer, cookie: str) -> None:
    """Such as a reload of the address that the terminal shows."""
    answer = get(server.port, f"/?code={server.codes[0]}", cookie=cookie)
    assert (answer.status, answer.headers["location"]) == (303, "/")


@pytest.mark.parametrize("path", ["/", "/?code=", "/?code=" + "0" * 32])
def test_without_the_code_the_page_is_closed_and_says_how_to_open_it(server: PageServer, path: str) -> None:
    answer = get(server.port, path)
    assert answer.status == 403
    assert "address that the terminal shows" in answer.body
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "sent", ["", "offhook-{port}=", "offhook-{port}={code}", "offhook=x", "offhook-{port}=é"]
)
def test_without_the_cookie_neither_page_nor_socket_opens(server: PageServer, sent: str) -> None:
    sent = sent.format(port=server.port, code=server.codes[-1])
    assert get(server.port, cookie=sent).status == 403
    with pytest.raises(Refused) as refused:
        Socket(server.port, sent)
    assert refused.value.status == 403


def test_guessing_is_stopped(desk: Desk, tmp_path: Path) -> None:
    with PageServer(tmp_path, desk.path) as server:
        wrong = [get(server.port, f"/?code={number:032x}").status for number in range(MAX_WRONG + 1)]
        assert wrong == [403] * MAX_WRONG + [429]
        assert get(server.port, f"/?code={server.codes[-1]}").status == 429
        assert len(server.codes) == 1


# ---- From where


@pytest.mark.parametrize("path", ["/", "/?code={code}", *FILES, "/nothing"])
@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_a_foreign_host_gets_nothing(server: PageServer, cookie: str, host: str, path: str) -> None:
    """A name that an attacker points at loopback (DNS rebinding)."""
    code = server.codes[-1]
    answer = get(server.port, path.format(code=code), cookie=cookie, host=host.format(port=server.port))
    assert answer.status in (400, 403)
    assert "set-cookie" not in answer.headers
    assert server.codes[-1] == code


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]"])
def test_each_name_of_loopback_is_served(server: PageServer, cookie: str, name: str) -> None:
    host = f"{name}:{server.port}"
    assert get(server.port, cookie=cookie, host=host, origin=f"http://{host}").status == 200
    with Socket(server.port, cookie, host=host, origin=f"http://{host}") as socket:
        assert "snapshot" in socket.hear()


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
def test_a_foreign_origin_gets_nothing(server: PageServer, cookie: str, origin: str) -> None:
    code, origin = server.codes[-1], origin.format(port=server.port)
    for path in ("/", f"/?code={code}", *FILES):
        assert get(server.port, path, cookie=cookie, origin=origin).status == 403
    assert server.codes[-1] == code


@pytest.mark.parametrize("origin", [*FOREIGN_ORIGINS, None])
def test_a_foreign_origin_opens_no_socket(server: PageServer, cookie: str, origin: str | None) -> None:
    with pytest.raises(Refused) as refused:
        Socket(server.port, cookie, origin=origin and origin.format(port=server.port))
    assert refused.value.status == 403


@pytest.mark.parametrize("host", FOREIGN_HOSTS[:-1])
def test_a_foreign_host_opens_no_socket(server: PageServer, cookie: str, host: str) -> None:
    host = host.format(port=server.port)
    with pytest.raises(Refused) as refused:
        Socket(server.port, cookie, host=host, origin=f"http://{host}")
    assert refused.value.status == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_other_pages_can_neither_embed_nor_use_up_the_code(server: PageServer, site: str) -> None:
    """Even another server on loopback: it is "same-site", as sites know no ports."""
    code = server.codes[-1]
    assert get(server.port, f"/?code={code}", sec_fetch_site=site).status == 403
    assert get(server.port, "/page.js", sec_fetch_site=site).status == 403
    assert server.codes[-1] == code


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_there_is_nothing_to_change_by_http(server: PageServer, cookie: str, method: str) -> None:
    answer = get(server.port, "/", method, cookie=cookie)
    assert answer.status == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


def listening(pid: int) -> set[str]:
    """The local addresses, in /proc's hexadecimal, on which the process of `pid` listens."""
    files = [link for link in Path(f"/proc/{pid}/fd").iterdir() if link.exists() or link.is_symlink()]
    sockets = {str(link.readlink()) for link in files}
    rows = [
        row.split()
        for name in ("tcp", "tcp6")
        for row in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]
    ]
    return {row[1].partition(":")[0] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in sockets}


def test_it_listens_on_loopback_only(server: PageServer) -> None:
    loopback = {"0100007F", "00000000000000000000000001000000"}
    assert "0100007F" in listening(server.pid)
    assert listening(server.pid) <= loopback


# ---- What may be done with what is served


@pytest.mark.parametrize("path", ["/", "/?code=x", *FILES, "/nothing"])
@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "example.org"])
def test_every_answer_confines_the_page(server: PageServer, path: str, host: str) -> None:
    headers = get(server.port, path, host=host.format(port=server.port)).headers
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers
    policy = dict(rule.strip().split(" ", 1) for rule in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert "unsafe" not in headers["content-security-policy"]


def test_the_page_has_nothing_inline(server: PageServer, cookie: str) -> None:
    page = get(server.port, cookie=cookie).body
    assert "style=" not in page
    assert "<style" not in page
    assert page.count("<script") == page.count('<script src="/page.js" defer></script>') == 1


# ---- What the socket does


def test_a_page_hears_the_state_then_the_picture_then_every_change(
    server: PageServer, cookie: str, desk: Desk
) -> None:
    desk.show(picture("hello"))
    with Socket(server.port, cookie) as socket:
        assert socket.hear()["snapshot"]["lines"][0]["address"] == "sip:101@example.org"
        assert socket.hear() == bytes([1, 0, 128, 0, 64]) + picture("hello").pixels
        desk.tell(msgspec.structs.replace(IDLE, hook="off"), "off hook")
        message = socket.hear_until("event")
        assert (message["event"], message["snapshot"]["hook"]) == ("off hook", "off")
    desk.tell(IDLE)


def test_a_key_and_the_hook_reach_the_telephone(server: PageServer, cookie: str, desk: Desk) -> None:
    desk.commands.clear()
    with Socket(server.port, cookie) as socket:
        for message in ({"hook": "up"}, {"key": "5"}, {"key": "star"}, {"hook": "down"}):
            socket.say(message)
        desk.wait_for(lambda commands: len(commands) == 4)
    assert desk.commands == [Hook(off=True), Key(name="5"), Key(name="star"), Hook(off=False)]


def test_a_refusal_reaches_the_page_in_words(server: PageServer, cookie: str, desk: Desk) -> None:
    desk.refuse = "This phone has no key “x”."
    with Socket(server.port, cookie) as socket:
        socket.say({"key": "x"})
        assert socket.hear_until("refused")["refused"] == desk.refuse
    desk.refuse = ""


@pytest.mark.parametrize("message", ["", "{", '{"dial": "1"}', '{"key": "A"}', b'{"key": "1"}'])
def test_other_messages_end_the_socket_and_reach_nobody(
    server: PageServer, cookie: str, desk: Desk, message: str | bytes
) -> None:
    desk.commands.clear()
    with Socket(server.port, cookie) as socket:
        socket.say(message)
        with pytest.raises(Closed) as closed:
            socket.hear_until("never")
    assert closed.value.code == 1008
    assert desk.commands == []


def test_a_long_message_ends_the_socket(server: PageServer, cookie: str, desk: Desk) -> None:
    desk.commands.clear()
    with Socket(server.port, cookie) as socket:
        socket.say('{"key": "1"}' + " " * MAX_FROM_PAGE)
        with pytest.raises(Closed) as closed:
            socket.hear_until("never")
    assert closed.value.code == 1009
    assert desk.commands == []


def test_one_page_too_many_is_sent_away_and_the_others_stay(server: PageServer, cookie: str) -> None:
    pages = [Socket(server.port, cookie) for _ in range(MAX_PAGES)]
    for page in pages:
        assert "snapshot" in page.hear()
    with Socket(server.port, cookie) as extra, pytest.raises(Closed) as closed:
        extra.hear()
    assert closed.value.code == 1013
    pages[0].say({"key": "1"})
    for page in pages:
        with page:
            pass


# ---- A telephone that comes and goes, a server that ends


def test_it_waits_for_the_telephone_and_finds_it_again(tmp_path: Path) -> None:
    control = tmp_path / "control"
    with PageServer(tmp_path / "page", control) as server:
        cookie = exchange(server).cookie
        with Socket(server.port, cookie) as socket:
            assert "does not answer" in socket.hear()["lost"]
            socket.say({"key": "1"})
            assert "does not answer" in socket.hear()["refused"]
            with Desk(control):
                assert socket.hear_until("snapshot")["snapshot"]["voice"] == "up"
            assert "does not answer" in socket.hear_until("lost")["lost"]
            with Desk(control) as desk:
                assert socket.hear_until("snapshot")
                socket.say({"key": "2"})
                desk.wait_for(lambda commands: commands == [Key(name="2")])


def test_it_ends_cleanly_with_pages_open(desk: Desk, tmp_path: Path) -> None:
    with PageServer(tmp_path, desk.path) as server:
        with Socket(server.port, exchange(server).cookie) as socket:
            socket.hear()
            assert server.stop() == 0
        assert "Traceback" not in server.log()


def test_a_port_in_use_is_one_sentence(server: PageServer, desk: Desk, tmp_path: Path) -> None:
    second = PageServer(tmp_path, desk.path, f"--port={server.port}")
    second.is_ready = lambda: not second.running  # type: ignore[method-assign]
    with second:
        assert second.stop() == 1
    expected = f"127.0.0.1 port {server.port}: Address already in use; choose another with --port.\n"
    assert second.log() == expected


def test_the_command_line_serves_the_same_page(desk: Desk, tmp_path: Path) -> None:
    with PageServer(tmp_path, desk.path, program=("firmware.cli", "page")) as server:
        assert "Desk telephone" in get(server.port, cookie=exchange(server).cookie).body


def test_no_other_command_loads_a_web_server() -> None:
    """Start-up of the phone stays light."""
    look = "import sys, firmware.cli, firmware.handset; print({'uvicorn', 'starlette'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout == "set()\n"
