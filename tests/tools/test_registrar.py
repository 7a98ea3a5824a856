"""The exchange's registrar under a fake clock: who gets in, for how long, and what ends a binding."""

import pytest

from firmware.sip.digest import Password, authorization, challenges
from firmware.sip.headers import Headers
from firmware.sip.message import Request, Response
from firmware.sip.uri import Uri
from firmware.ua.events import Registered, RegistrationFailed, Unregistered
from tests.tools.town import PASSWORDS, REALM, Town

TRANSPORTS = ["udp", "tcp", "tls"]


class Applicant:
    """Somebody who registers message by message."""

    def __init__(self, town: Town, number: str = "101") -> None:
        self.town = town
        self.number = number
        self.peer, self.flow = town.stranger()
        self.cseq = 0
        self.call_id = f"{self.flow.local[0]}-register"
        self.answer = ""

    def request(self, *contacts: str, to: str = "", expires: str = "", domain: str = REALM) -> Request:
        """A REGISTER without its Via."""
        self.cseq += 1
        to = to or self.number
        fields = [
            ("Via", f"SIP/2.0/UDP {self.flow.local[0]};branch=z9hG4bK{len(self.peer.received)};rport"),
            ("Max-Forwards", "70"),
            ("From", f"<sip:{self.number}@{REALM}>;tag=1"),
            ("To", f"<sip:{to}@{REALM}>"),
            ("Call-ID", self.call_id),
            ("CSeq", f"{self.cseq} REGISTER"),
            *[("Contact", contact) for contact in contacts],
        ]
        fields += [("Expires", expires)] if expires else []
        fields += [("Authorization", self.answer)] if self.answer else []
        return Request("REGISTER", Uri.parse(f"sip:{domain}"), Headers(fields))

    def send(self, request: Request) -> Response:
        """The answer to a request."""
        self.town.ask(self.peer, self.flow, request)
        return self.peer.responses()[-1]

    def prove(self, algorithm: str = "SHA-256", password: str = "", **fields: str) -> Response:
        """Ask for a challenge, answer it with one of its algorithms."""
        challenge = self.send(self.request("<sip:me@192.0.2.99>"))
        assert challenge.status == 401
        offered = challenges(challenge.headers.get_all("WWW-Authenticate"))
        chosen = next(offer for offer in offered if offer.algorithm == algorithm)
        self.use(chosen.nonce, algorithm, password)
        return self.send(self.request("<sip:me@192.0.2.99>", **fields))

    def use(self, nonce: str, algorithm: str = "SHA-256", password: str = "", nc: int = 1) -> None:
        """Answer a challenge in every request from now on."""
        offers = challenges([f'Digest realm="{REALM}", nonce="{nonce}", qop="auth", algorithm={algorithm}'])
        secret = Password(password or PASSWORDS[self.number])
        self.answer = authorization(offers[0], "REGISTER", f"sip:{REALM}", self.number, secret, "cnonce", nc)

    def again(self, *contacts: str, nc: int, expires: str = "") -> Response:
        """Another REGISTER with the same nonce."""
        nonce = challenges([self.answer])[0].nonce
        self.use(nonce, nc=nc)
        return self.send(self.request(*contacts, expires=expires))


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_telephone_registers_over_every_transport(town: Town, transport: str) -> None:
    """And the log says so once, in words."""
    phone = town.phone("101", transport)
    assert phone.last(Registered).expires == 3600
    assert len(town.exchange.told) == 1
    assert town.exchange.told[0].startswith("101 has registered from 192.0.2.11")


def test_a_wrong_password_is_refused_and_binds_nothing(town: Town) -> None:
    """403, so that the telephone does not try the same again at once."""
    phone = town.phone("101", password="guessed")
    assert phone.last(RegistrationFailed).status == 403
    assert town.exchange.told == []


def test_an_unknown_number_is_refused_like_a_wrong_password(town: Town) -> None:
    """Nobody learns which numbers exist."""
    assert town.phone("999", password="guessed").last(RegistrationFailed).status == 403


@pytest.mark.parametrize("algorithm", ["SHA-256", "MD5"])
def test_both_algorithms_are_offered_and_taken(town: Town, algorithm: str) -> None:
    """The stronger stands first (RFC 8760 section 2.3)."""
    applicant = Applicant(town)
    assert applicant.prove(algorithm).status == 200
    challenge = applicant.peer.responses()[0]
    offered = challenges(challenge.headers.get_all("WWW-Authenticate"))
    assert [offer.algorithm for offer in offered] == ["SHA-256", "MD5"]


def test_a_telephone_that_knows_only_md5_is_offered_only_that(town: Town) -> None:
    """Some give up when they meet an algorithm that they do not know; SHA-256 is then not taken either."""
    applicant = Applicant(town, "103")
    assert applicant.prove("MD5").status == 200
    offered = challenges(applicant.peer.responses()[0].headers.get_all("WWW-Authenticate"))
    assert [offer.algorithm for offer in offered] == ["MD5"]
    applicant.use(offered[0].nonce, "SHA-256", nc=2)
    assert applicant.send(applicant.request("<sip:me@192.0.2.99>")).status == 403


def test_an_algorithm_that_was_not_offered_is_refused(town: Town) -> None:
    """Right as the digest may be."""
    applicant = Applicant(town)
    challenge = applicant.send(applicant.request("<sip:me@192.0.2.99>"))
    nonce = challenges(challenge.headers.get_all("WWW-Authenticate"))[0].nonce
    applicant.use(nonce, "SHA-512-256")
    assert applicant.send(applicant.request("<sip:me@192.0.2.99>")).status == 403


def test_credentials_cannot_be_used_twice(town: Town) -> None:
    """Whoever records a REGISTER cannot send it again with another Contact (RFC 7616 section 5.5)."""
    applicant = Applicant(town)
    assert applicant.prove().status == 200
    assert applicant.send(applicant.request("<sip:thief@192.0.2.66>")).status == 401


def test_an_old_nonce_is_stale_and_not_a_wrong_password(town: Town) -> None:
    """The telephone tries again by itself; no person is asked."""
    applicant = Applicant(town)
    challenge = applicant.send(applicant.request("<sip:me@192.0.2.99>"))
    applicant.use(challenges(challenge.headers.get_all("WWW-Authenticate"))[0].nonce)
    town.network.run(301.0)
    answer = applicant.send(applicant.request("<sip:me@192.0.2.99>"))
    assert answer.status == 401
    assert all(offer.stale for offer in challenges(answer.headers.get_all("WWW-Authenticate")))


def test_nobody_registers_somebody_elses_number(town: Town) -> None:
    """The digest must be that of the address of record (RFC 3261 10.3 step 4)."""
    assert Applicant(town).prove(to="102").status == 403


def test_a_foreign_domain_is_not_registered_here(town: Town) -> None:
    """404 before any password is asked for (RFC 3261 10.3 step 5)."""
    applicant = Applicant(town)
    assert applicant.send(applicant.request(domain="elsewhere.test")).status == 404


def test_the_answer_lists_every_binding_with_what_is_left_of_it(town: Town) -> None:
    """RFC 3261 10.3 step 8; the asked-for time is granted up to two hours."""
    applicant = Applicant(town)
    applicant.prove(expires="100")
    town.network.run(9.0)
    answer = applicant.again("<sip:other@192.0.2.98>;expires=90000", nc=2)
    assert sorted(str(contact) for contact in answer.contacts) == [
        "<sip:me@192.0.2.99>;expires=90",
        "<sip:other@192.0.2.98>;expires=7200",
    ]


def test_a_query_changes_nothing(town: Town) -> None:
    """A REGISTER without Contact asks for the bindings (RFC 3261 10.2.3)."""
    applicant = Applicant(town)
    applicant.prove()
    assert len(applicant.again(nc=2).contacts) == 1


@pytest.mark.parametrize(
    ("contact", "expires"), [("<sip:me@192.0.2.99>;expires=0", ""), ("<sip:me@192.0.2.99>", "0"), ("*", "0")]
)
def test_a_telephone_takes_its_binding_back(town: Town, contact: str, expires: str) -> None:
    """By a Contact's own expires, by Expires, or by the star for all (RFC 3261 10.2.2)."""
    applicant = Applicant(town)
    applicant.prove()
    answer = applicant.again(contact, nc=2, expires=expires)
    assert (answer.status, answer.contacts) == (200, ())
    assert town.exchange.told[-1] == "101 is no longer registered"


def test_a_star_with_a_time_is_refused(town: Town) -> None:
    """It removes, or it is nonsense (RFC 3261 10.3 step 6)."""
    applicant = Applicant(town)
    applicant.prove()
    assert applicant.again("*", nc=2, expires="60").status == 400
    assert len(applicant.again(nc=3).contacts) == 1


def test_an_interval_too_brief_is_refused_with_the_least(town: Town) -> None:
    """423 with Min-Expires (RFC 3261 10.3 step 7); nothing of the request is carried out."""
    answer = Applicant(town).prove(expires="59")
    assert (answer.status, answer.headers.get("Min-Expires")) == (423, "60")
    assert town.exchange.told == []


def test_an_overtaken_register_changes_nothing(town: Town) -> None:
    """A lower CSeq of the same Call-ID is older (RFC 3261 10.3 step 7)."""
    applicant = Applicant(town)
    applicant.cseq = 5
    applicant.prove()
    applicant.cseq = 3
    assert applicant.again("<sip:me@192.0.2.99>;expires=0", nc=2).status == 500
    applicant.cseq = 10
    assert len(applicant.again(nc=3).contacts) == 1


def test_one_number_has_no_more_than_eight_telephones(town: Town) -> None:
    """The ninth is refused and the others stay."""
    applicant = Applicant(town)
    applicant.prove()
    many = [f"<sip:phone-{index}@192.0.2.99>" for index in range(8)]
    assert applicant.again(*many, nc=2).status == 403
    assert applicant.again(*many[1:], nc=3).status == 200


def test_a_contact_that_is_no_sip_address_is_refused(town: Town) -> None:
    """There is nothing that the proxy could put into a Request-URI."""
    applicant = Applicant(town)
    applicant.prove()
    assert applicant.again("<tel:+15551234>", nc=2).status == 400


def test_a_binding_ends_when_its_time_is_over(town: Town) -> None:
    """Without anybody doing anything."""
    Applicant(town).prove(expires="60")
    town.network.run(58.0)
    assert len(town.exchange.told) == 1
    town.network.run(2.0)
    assert town.exchange.told[-1] == "101 is no longer registered"


def test_a_binding_ends_with_its_connection(town: Town) -> None:
    """Calls would have no way to it any more; a telephone registers again at once when it has one."""
    phone = town.registered("101")
    flow = phone.last(Registered).flow
    town.network.cut(flow)
    town.network.run(0.0)
    assert town.exchange.told[-1] == "101 is no longer registered"
    town.network.run(30.0)
    assert phone.last(Registered).flow != flow


def test_a_telephone_refreshes_and_says_goodbye(town: Town) -> None:
    """Two hours of a telephone's life at this registrar, and its end."""
    phone = town.registered("101")
    town.network.run(7200.0)
    assert len(phone.seen(Registered)) >= 3
    assert phone.seen(RegistrationFailed) == []
    phone.endpoint.unregister("101", town.network.now)
    town.network.run(1.0)
    phone.last(Unregistered)
    assert town.exchange.told[-1] == "101 is no longer registered"


def test_a_malformed_answer_to_a_challenge_is_a_bad_request(town: Town) -> None:
    """And nothing worse."""
    applicant = Applicant(town)
    applicant.answer = "Digest nonsense"
    assert applicant.send(applicant.request("<sip:me@192.0.2.99>")).status == 400


def test_credentials_for_another_uri_are_refused(town: Town) -> None:
    """Nobody can use them for what they were not made for (RFC 7616 section 3.4.6)."""
    applicant = Applicant(town)
    applicant.prove()
    nonce = challenges([applicant.answer])[0].nonce
    applicant.use(nonce, nc=2)
    request = applicant.request("<sip:me@192.0.2.99>", domain="192.0.2.1")
    assert applicant.send(request).status == 403
