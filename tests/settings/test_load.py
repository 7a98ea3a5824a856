"""Settings come from a file whole, or are refused with every fault in one sentence each."""

from pathlib import Path

import pytest

from firmware.settings.kinds import Secret
from firmware.settings.load import SettingsError, load, loads
from firmware.settings.schema import AutoAnswer, Settings
from tests.settings.refusals import LINE, complaint, complaints

EXAMPLE = Path(__file__).parents[2] / "firmware" / "settings" / "example.toml"


def office(text):
    return loads(LINE + text).lines["office"]


def test_the_example_loads_and_shows_the_defaults(tmp_path):
    (tmp_path / "handset.toml").write_text(EXAMPLE.read_text())
    (tmp_path / "office.password").write_text("correct horse\n")
    settings = load(tmp_path / "handset.toml")
    assert settings.lines["office"].password == Secret("correct horse")
    assert settings.lines["door"].auto_answer == AutoAnswer(
        callers=("front-door@pbx.example.net",), delay_seconds=1.5
    )
    default = Settings()
    for table in ("network", "media", "tls", "audio", "display", "locale", "dns"):
        assert getattr(settings, table) == getattr(default, table), table


def test_the_commented_settings_of_the_example_are_settings(tmp_path):
    """Uncommented, every line of the example is accepted, so that none is out of date."""
    text = EXAMPLE.read_text().replace("\n# ", "\n").partition("[line.office]")
    (tmp_path / "handset.toml").write_text(text[1] + text[2])
    for name in ("office.password", "phone.pem", "phone.key"):
        (tmp_path / name).write_text("x")
    settings = load(tmp_path / "handset.toml")
    assert settings.tls.key_file == str(tmp_path / "phone.key")
    assert settings.network.tls_port == 5061


def test_nothing_at_all_is_a_telephone_without_lines():
    assert loads("") == Settings()


def test_the_defaults_are_the_secure_ones():
    settings = loads(LINE)
    line = settings.lines["office"]
    assert line.registrar_uri == "sip:example.com;transport=tls"
    assert line.auto_answer is None
    assert not settings.network.direct_calls
    assert not settings.media.sdes_over_cleartext
    assert not settings.uses_udp
    assert (settings.network.tcp_port, settings.network.tls_port) == (None, None)
    assert settings.tls.trust_system


@pytest.mark.parametrize(
    ("text", "registrar", "proxy"),
    [
        ('transport = "udp"', "sip:example.com;transport=udp", None),
        ('registrar = "192.0.2.5:5070"', "sip:192.0.2.5:5070;transport=tls", None),
        ('registrar = "[2001:db8::5]"', "sip:[2001:db8::5];transport=tls", None),
        ("register = false", None, None),
        (
            'outbound_proxy = "edge.example.com"\ntransport = "tcp"',
            "sip:example.com;transport=tcp",
            "sip:edge.example.com;transport=tcp",
        ),
    ],
)
def test_servers_become_uris(text, registrar, proxy):
    line = office(text)
    assert (line.registrar_uri, line.outbound_proxy_uri) == (registrar, proxy)


def test_lines_are_ordered_by_order_then_identifier():
    text = "".join(
        f'[line.{name}]\naddress = "sip:{name}@example.com"\norder = {order}\n'
        for name, order in (("c", 1), ("b", 1), ("z", 0))
    )
    assert [name for name, _ in loads(text).ordered_lines] == ["z", "b", "c"]


def test_a_line_has_the_encryption_of_media_unless_its_own():
    settings = loads(LINE + '[media]\nsrtp = "off"\n')
    assert settings.srtp_of(settings.lines["office"]) == "off"
    settings = loads(LINE + 'srtp = "required"\n[media]\nsrtp = "off"\n')
    assert settings.srtp_of(settings.lines["office"]) == "required"


def test_name_servers_have_an_address_and_a_port():
    text = '[dns]\nservers = ["127.0.0.1", "127.0.0.1:5353", "[::1]", "[::1]:54"]'
    assert loads(text).dns.name_servers == (
        ("127.0.0.1", 53),
        ("127.0.0.1", 5353),
        ("::1", 53),
        ("::1", 54),
    )


# Files


def test_a_password_file_gives_its_first_line(tmp_path):
    (tmp_path / "secret").write_bytes("pässwort \r\nignored".encode())
    line = loads(LINE + 'password_file = "secret"', directory=tmp_path).lines["office"]
    assert line.password is not None
    assert line.password.reveal() == "pässwort "
    assert line.password_file == str(tmp_path / "secret")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read: no such file or directory"),
        (b"", "has no password on its first line"),
        (b"\xff", "cannot be read: not text in UTF-8"),
        (b"x" * 5000, "cannot be read: more than 4096 bytes"),
    ],
)
def test_a_password_file_that_is_no_use_is_refused(tmp_path, content, words):
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
    with pytest.raises(SettingsError) as refusal:
        loads(LINE + 'password_file = "secret"', directory=tmp_path)
    (only,) = refusal.value.complaints
    assert (only.line, only.key) == (3, "line.office.password_file")
    assert only.words == f"names {tmp_path / 'secret'}, which {words}"


def test_files_that_are_not_there_are_refused_each(tmp_path):
    text = '[tls]\nca_files = [\n "a.pem",\n "b.pem",\n]\ncertificate_file = "c.pem"\nkey_file = "~/none.key"'
    (tmp_path / "a.pem").write_text("x")
    with pytest.raises(SettingsError) as refusal:
        loads(text, directory=tmp_path)
    found = refusal.value.complaints
    assert [(one.line, one.key) for one in found] == [
        (4, "tls.ca_files[1]"),
        (6, "tls.certificate_file"),
        (7, "tls.key_file"),
    ]
    assert "~" not in found[2].words


def test_a_missing_settings_file_is_said_in_one_sentence(tmp_path):
    path = tmp_path / "handset.toml"
    with pytest.raises(SettingsError) as refusal:
        load(path)
    assert str(refusal.value) == f"{path}: the settings cannot be read: no such file or directory."


# Complaints


def test_all_faults_are_told_at_once_in_the_order_of_the_file():
    found = complaints('[media]\ncodecs = ["PCMU", "g729"]\n[line.a]\nexpiry_seconds = 5\npasword = "hush"\n')
    assert [str(one) for one in found] == [
        'handset.toml:2: media.codecs[1] should be one of "G722", "PCMA", "PCMU", "opus", not "g729".',
        "handset.toml:3: line.a.address is missing; "
        "it should be a SIP address such as sip:alice@example.com.",
        "handset.toml:4: line.a.expiry_seconds should be a whole number from 60 to 86400, not 5.",
        "handset.toml:5: line.a.pasword is no setting; did you mean password?",
    ]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[media]\nsrtp = ", 2, "this is not TOML: invalid value"),
        ("[media]\nsrtp 1", 2, "this is not TOML: expected '=' after a key in a key/value pair"),
        ("a = 1\na = 2\n", 2, "this is not TOML: cannot overwrite a value"),
        ("a = [1,\n2", 2, "this is not TOML: unclosed array"),
    ],
)
def test_what_is_not_toml_is_refused_with_its_line(text, line, words):
    found = complaint(text)
    assert (found.line, found.key, found.words) == (line, "", words)


def test_what_is_nested_beyond_measure_is_refused():
    assert complaint("a = " + "[" * 5000 + "]" * 5000).words == "lists or tables are nested too deeply"


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("codecs = ['PCMU']", "codecs", "is no setting; did you mean media.codecs?"),
        ("[mdia]", "mdia", "is no setting; did you mean media?"),
        ("[nothing_like_it]", "nothing_like_it", "is no setting"),
        ("line = 5", "line", "should be a table, not 5"),
        (
            "[media]\nrtp_ports = 5",
            "media.rtp_ports",
            "should be a list of 2, each a whole number from 0 to 65535, not 5",
        ),
        (
            "[media]\nrtp_ports = [2, 4, 6]",
            "media.rtp_ports",
            "should be a list of 2, each a whole number from 0 to 65535, not a list of 3",
        ),
        ("[media]\nsrtp = true", "media.srtp", 'should be one of "off", "preferred", "required", not true'),
        (
            "[media]\nsrtp = 2026-01-01",
            "media.srtp",
            'should be one of "off", "preferred", "required", not "2026-01-01"',
        ),
        ("[network]\ndirect_calls = 1", "network.direct_calls", "should be true or false, not 1"),
        (
            "[network]\nudp_port = 70000",
            "network.udp_port",
            "should be a whole number from 0 to 65535, not 70000",
        ),
        (
            "[network]\nudp_port = true",
            "network.udp_port",
            "should be a whole number from 0 to 65535, not true",
        ),
        (
            "[audio]\nringer_volume = 11",
            "audio.ringer_volume",
            "should be a whole number from 1 to 10, not 11",
        ),
        (
            "[audio]\nringer_volume = 5.5",
            "audio.ringer_volume",
            "should be a whole number from 1 to 10, not 5.5",
        ),
        (
            "[locale]\ncountry = 'GB'",
            "locale.country",
            'should be a country in two small letters such as gb, or itu, not "GB"',
        ),
        (
            "[media]\ncodecs = []",
            "media.codecs",
            'should be a list with at least one item, each one of "G722", "PCMA", "PCMU", "opus", '
            "not an empty list",
        ),
        ("[media]\ncodecs = ['PCMU', 'PCMU']", "media.codecs[1]", 'is twice in the list: "PCMU"'),
        ("[[line]]\nx = 1", "line", "should be a table, not a list of 1"),
    ],
)
def test_a_wrong_value_is_refused_with_what_it_should_be(text, key, words):
    found = complaint(text)
    assert (found.key, found.words) == (key, words)
    assert found.line == text.count("\n") + 1 or text.startswith("[[")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("display_name = 'a\\nb'", None),
        ('display_name = "a\\nb"', 'should be a text of up to 128 characters on one line, not "a\\nb"'),
        ('display_name = "line break at the end\\n"', "should be a text of up to 128"),
        ('auth_user = ""', "should be a text of 1 to 128 characters on one line, not an empty text"),
        ('registrar = "sip:example.com"', "should be a host, or a host and port"),
        ('registrar = "example.com\\n"', "should be a host, or a host and port"),
        ('registrar = "example.com:99999"', "should have a port from 1 to 65535, not 99999"),
        ('registrar = "[::z]"', "should be a host, or a host and port"),
        ('registrar = "[1:2]"', "should have an IPv6 address inside its brackets"),
        ('auto_answer.callers = ["*"]', "should be a pattern of addresses such as *@example.com"),
    ],
)
def test_texts_of_a_line_cannot_carry_more_than_they_are_for(text, words):
    if words is None:
        assert office(text).display_name == "a\\nb"
    else:
        assert complaint(LINE + text).words.startswith(words)
