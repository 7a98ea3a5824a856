"""Whether a call is private, in words (a call never shows a bare padlock)."""

from firmware.control.state import Privacy
from firmware.sdp.negotiation import NegotiatedMedia


def privacy_of(media: NegotiatedMedia, *, signalling_secure: bool) -> tuple[Privacy, str]:
    """The verdict on negotiated media, and the sentence that explains it.

    SDES keys (RFC 4568) travel in the signalling: every proxy can read them, and without TLS everybody
    on the way can, so such a call is not called private.
    """
    if media.srtp is None:
        return "not private", "Not private: the sound is not encrypted."
    if not signalling_secure:
        return "not private", "Not private: encrypted, but the key was sent in clear."
    return "private", "Private on the way; your provider could listen."
