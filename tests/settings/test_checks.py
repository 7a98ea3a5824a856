"""Settings that are each right and wrong together."""

import pytest

from firmware.settings.load import loads
from tests.settings.refusals import LINE, complaint


@pytest.mark.parametrize(
    ("text", "line", "key", "words"),
    [
        (
            LINE + 'password = "x"\npassword_file = "y"',
            4,
            "line.office.password_file",
            "should not be given beside password: one of them is enough",
        ),
        (LINE + 'ha1.MD5 = "abc"', 3, "line.office.ha1.MD5", "should be 32 hexadecimal digits"),
        (
            LINE + f'ha1.SHA-256 = "{"x" * 64}"',
            3,
            "line.office.ha1.SHA-256",
            "should be 64 hexadecimal digits",
        ),
        (
            '[line.a]\naddress = "sips:a@example.com"\ntransport = "tcp"',
            3,
            "line.a.transport",
            'should be "tls", which a sips: address demands, not "tcp"',
        ),
        (
            '[line.a]\naddress = "sip:a@example.com:0"',
            2,
            "line.a.address",
            "should have a port from 1 to 65535, not 0",
        ),
        (
            "[media]\nrtp_ports = [\n  16385,\n  17000,\n]",
            3,
            "media.rtp_ports[0]",
            "should be an even port from 1024 on, not 16385",
        ),
        (
            "[media]\nrtp_ports = [\n  16384,\n  16390,\n]",
            4,
            "media.rtp_ports[1]",
            "should leave at least 16 ports from 16384 on, not end at 16390",
        ),
        (
            '[network]\nhosts = ["1.2.3"]',
            2,
            "network.hosts[0]",
            'should be an IP address, not "1.2.3"',
        ),
        (
            "[network]\ntcp_port = 5060\ntls_port = 5060\n[tls]",
            3,
            "network.tls_port",
            "should be another port than tcp_port",
        ),
        (
            "[network]\ntls_port = 5061",
            2,
            "network.tls_port",
            "needs tls.certificate_file: whoever is called over TLS has to prove who it is",
        ),
        (
            "[network]\ndirect_calls = true",
            2,
            "network.direct_calls",
            "needs a port to be called at: udp_port, tcp_port or tls_port",
        ),
        (
            '[tls]\nkey_file = "k"',
            1,
            "tls.certificate_file",
            "is missing: a private key needs its certificate",
        ),
        (
            '[tls]\ncertificate_file = "c"',
            1,
            "tls.key_file",
            "is missing: a certificate needs its private key",
        ),
        (
            "[tls]\ntrust_system = false",
            1,
            "tls.ca_files",
            "is missing: without it and with trust_system = false no server could be trusted",
        ),
        (
            '[dns]\nservers = ["ns.example.com"]',
            2,
            "dns.servers[0]",
            'should be an IP address, not "ns.example.com"',
        ),
        (
            '[media]\nsrtp = "required"\n' + LINE + 'transport = "udp"',
            2,
            "media.srtp",
            'cannot be "required" while line office uses udp, which shows the keys to others: use'
            ' transport = "tls" there, or allow it with media.sdes_over_cleartext = true',
        ),
    ],
)
def test_what_does_not_go_together_is_refused(text, line, key, words):
    found = complaint(text)
    assert (found.line, found.key, found.words) == (line, key, words)


def test_the_line_that_demands_encryption_is_blamed_if_it_does():
    assert complaint(LINE + 'transport = "tcp"\nsrtp = "required"').key == "line.office.srtp"


@pytest.mark.parametrize(
    "text",
    [
        LINE + 'transport = "udp"\nsrtp = "required"\n[media]\nsdes_over_cleartext = true',
        LINE + 'transport = "udp"\nsrtp = "preferred"',
        LINE + 'transport = "udp"\nsrtp = "off"\n[media]\nsrtp = "required"',
        LINE + f'ha1 = {{ MD5 = "{"0a" * 16}", SHA-256 = "{"0a" * 32}", SHA-512-256 = "{"0A" * 32}" }}',
        "[network]\ndirect_calls = true\nudp_port = 0",
        "[network]\ndirect_calls = true\n" + LINE + 'transport = "udp"',
        "[media]\nrtp_ports = [16384, 16399]",
    ],
)
def test_what_does_go_together_is_taken(text):
    loads(text)
