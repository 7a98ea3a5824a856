"""Kamailio as registrar and proxy.

Digest for every request of its own domain, registrations in memory, record-routing, over UDP, TCP and TLS
on loopback. A request that arrives over one transport leaves over the one that the callee registered with.
"""

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from tests.interop.certificates import DOMAIN, Identity
from tests.interop.ports import free_port
from tests.interop.program import Program

Algorithm = Literal["MD5", "SHA-256"]
MODULES = (
    *("tm", "sl", "rr", "pv", "maxfwd", "textops", "siputils", "xlog", "nathelper"),
    *("usrloc", "registrar", "htable", "auth"),
)

ROUTES = """
request_route {
    if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
    if (is_method("OPTIONS") && uri == myself && $rU == $null) { sl_send_reply("200", "OK"); exit; }
    if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
    if (has_totag()) { route(IN_DIALOG); exit; }
    if (!is_method("ACK")) t_check_trans();
    if (is_method("REGISTER") || from_uri == myself) route(AUTHENTICATE);
    force_rport();
    if (is_method("REGISTER")) {
        fix_nated_register();
        if (!save("location")) sl_reply_error();
        exit;
    }
    set_contact_alias();
    if (is_method("INVITE|SUBSCRIBE")) record_route();
    if (uri == myself) {
        if (!lookup("location")) {
            switch ($rc) {
                case -2: sl_send_reply("405", "Method Not Allowed"); exit;
                default: sl_send_reply("404", "Not Found"); exit;
            }
        }
    }
    route(RELAY);
}

route[AUTHENTICATE] {
    if (!pv_auth_check("$fd", "$sht(users=>$fU)", "0", "1")) { auth_challenge("$fd", "1"); exit; }
    consume_credentials();
}

route[IN_DIALOG] {
    if (loose_route()) {
        handle_ruri_alias();
        set_contact_alias();
        route(RELAY);
    }
    if (is_method("ACK")) { if (t_check_trans()) t_relay(); exit; }
    sl_send_reply("404", "Not Here");
}

route[RELAY] {
    t_on_reply("FROM_CALLEE");
    if (!t_relay()) sl_reply_error();
    exit;
}

# The address that a phone is really at goes with its Contact, so that connections are used again.
onreply_route[FROM_CALLEE] { set_contact_alias(); }
"""


class Kamailio(Program):
    """One Kamailio for `domain`; `users` are names with passwords, `identity` switches TLS on."""

    def __init__(
        self,
        folder: Path,
        users: Mapping[str, str],
        *,
        identity: Identity | None = None,
        domain: str = DOMAIN,
        algorithm: Algorithm = "MD5",
        minimum_expires: int = 0,
    ):
        command = ["kamailio", "-DD", "-E", "-m", "64", "-M", "8", "-f", str(folder / "kamailio.cfg")]
        super().__init__(folder, [*command, "-Y", str(folder), "-P", str(folder / "pid")])
        self.domain = domain
        self.users = dict(users)
        self.port = free_port(2)  # UDP and TCP, and TLS on the next
        self.tls_port = self.port + 1
        self._identity = identity
        settings = self._settings(algorithm, minimum_expires)
        (folder / "kamailio.cfg").write_text(f"#!KAMAILIO\n{settings}\n{self._user_table()}\n{ROUTES}")

    def proxy(self, transport: Literal["udp", "tcp", "tls"] = "udp") -> str:
        """Its address as host:port for one transport."""
        return f"127.0.0.1:{self.tls_port if transport == 'tls' else self.port}"

    def _settings(self, algorithm: Algorithm, minimum_expires: int) -> str:
        listen = [f"udp:127.0.0.1:{self.port}", f"tcp:127.0.0.1:{self.port}"]
        parameters = {
            ("usrloc", "db_mode"): 0,
            ("registrar", "received_avp"): '"$avp(RECEIVED)"',
            ("nathelper", "received_avp"): '"$avp(RECEIVED)"',
            ("registrar", "min_expires"): minimum_expires,
            ("auth", "algorithm"): f'"{algorithm}"',
            ("auth", "nonce_count"): 1,
            ("auth", "qop"): '"auth"',
            ("htable", "htable"): '"users=>size=4;"',
        }
        lines = ["debug=2", "log_stderror=yes", "children=2", "tcp_children=2", "auto_aliases=no"]
        lines += ["dns=no", "rev_dns=no", "tcp_connection_lifetime=3605", f'alias="{self.domain}"']
        modules = list(MODULES)
        if self._identity is not None:
            listen.append(f"tls:127.0.0.1:{self.tls_port}")
            modules.insert(0, "tls")
            lines.append("enable_tls=yes")
            parameters["tls", "certificate"] = f'"{self._identity.certificate}"'
            parameters["tls", "private_key"] = f'"{self._identity.key}"'
            parameters["tls", "tls_method"] = '"TLSv1.2+"'
        lines += [f"listen={address}" for address in listen]
        lines += [f'loadmodule "{module}.so"' for module in modules]
        lines += [f'modparam("{module}", "{name}", {value})' for (module, name), value in parameters.items()]
        return "\n".join(lines)

    def _user_table(self) -> str:
        entries = "".join(f'    $sht(users=>{user}) = "{secret}";\n' for user, secret in self.users.items())
        return f"event_route[htable:mod-init] {{\n{entries}}}\n"

    def is_ready(self) -> bool:
        """Its workers answer an OPTIONS, and every port accepts connections."""
        ports = [self.port] + ([self.tls_port] if self._identity else [])
        return self._answers_options() and all(_accepts(port) for port in ports)

    def _answers_options(self) -> bool:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.settimeout(0.2)
            probe.connect(("127.0.0.1", self.port))
            host, port = probe.getsockname()
            request = (
                f"OPTIONS sip:127.0.0.1:{self.port} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bKready{port}\r\n"
                f"From: <sip:ready@test.invalid>;tag=1\r\nTo: <sip:127.0.0.1:{self.port}>\r\n"
                f"Call-ID: ready{port}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 9\r\nContent-Length: 0\r\n\r\n"
            )
            try:
                probe.send(request.encode())
                return probe.recv(4096).startswith(b"SIP/2.0 200")
            except OSError:
                return False


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1.0).close()
    except OSError:
        return False
    return True
