"""What a user agent server looks at before it acts on a request (RFC 3261 sections 8.2.1 to 8.2.3)."""

from collections.abc import Iterable
from dataclasses import dataclass

from firmware.sip.errors import RemoteProtocolError
from firmware.sip.message import Request, validate
from firmware.sip.names import METHODS
from firmware.sip.uri import Uri


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a user agent can do with the requests of others."""

    methods: tuple[str, ...]
    """The methods it acts on, as its Allow says."""
    extensions: tuple[str, ...] = ()
    """The option tags it knows, as its Supported says."""
    content_types: tuple[str, ...] = ("application/sdp",)
    """The bodies it reads, as its Accept says."""


_BEYOND_REQUIRE = ("ACK", "CANCEL")
"""Methods to which Require does not apply (RFC 3261 section 8.2.2.3)."""


def validate_request(request: Request, capabilities: Capabilities) -> None:
    """Refuse a request that is malformed, or that asks for more than `capabilities`.

    Raises `RemoteProtocolError` with the status and the header fields of the answer. What it cannot know is
    left to its caller: whether the Request-URI is ours (404) and whether the request came twice (482).
    """
    validate(request)
    _inspect_method(request, capabilities)
    _inspect_headers(request, capabilities)
    _inspect_content(request, capabilities)


def _inspect_method(request: Request, capabilities: Capabilities) -> None:
    if request.method not in METHODS:
        raise RemoteProtocolError("unknown method", 501)
    if request.method not in capabilities.methods:
        allow = ("Allow", ", ".join(capabilities.methods))
        raise RemoteProtocolError("method not allowed", 405, (allow,))


def _inspect_headers(request: Request, capabilities: Capabilities) -> None:
    if not isinstance(request.uri, Uri):
        raise RemoteProtocolError(f"URI scheme {request.uri.scheme}", 416)
    if request.method in _BEYOND_REQUIRE:
        return
    missing = [tag for tag in request.headers.get_all("Require") if tag not in capabilities.extensions]
    if missing:
        unsupported = ("Unsupported", ", ".join(missing))
        raise RemoteProtocolError("unsupported extension required", 420, (unsupported,))


def _inspect_content(request: Request, capabilities: Capabilities) -> None:
    if request.body and not _is_optional(request):
        _inspect_body(request, capabilities)
    if request.method == "INVITE" and not _accepts(request, "application/sdp"):
        warning = ("Warning", '399 offhook "a call needs an answer in application/sdp"')
        raise RemoteProtocolError("the answer may not be application/sdp", 406, (warning,))


def _inspect_body(request: Request, capabilities: Capabilities) -> None:
    encodings = [value.lower() for value in request.headers.get_all("Content-Encoding")]
    if any(encoding != "identity" for encoding in encodings):
        raise RemoteProtocolError("encoded body", 415, (("Accept-Encoding", "identity"),))
    if request.content_type not in capabilities.content_types:
        accept = ("Accept", ", ".join(capabilities.content_types))
        raise RemoteProtocolError("unsupported media type", 415, (accept,))


def _is_optional(request: Request) -> bool:
    """Whether the body may be ignored if it is not understood (RFC 3261 section 20.11)."""
    disposition = request.headers.get("Content-Disposition") or ""
    return "handling=optional" in disposition.replace(" ", "").lower()


def _accepts(request: Request, content_type: str) -> bool:
    """Whether `content_type` may be in the answer; without an Accept it may (RFC 3261 section 20.1)."""
    if "Accept" not in request.headers:
        return True
    wanted = {content_type, content_type.partition("/")[0] + "/*", "*/*"}
    return not wanted.isdisjoint(_media_ranges(request.headers.get_all("Accept")))


def _media_ranges(values: Iterable[str]) -> set[str]:
    return {value.partition(";")[0].replace(" ", "").lower() for value in values}
