"""What happened to a call, in words for the person who made or missed it."""

_STATUS_WORDS = {
    400: "the server did not understand this phone",
    401: "the server wants a password that this phone does not have",
    403: "the server does not allow it",
    404: "nobody has this number",
    405: "the other side cannot do this",
    407: "the server wants a password that this phone does not have",
    408: "no answer from the other side",
    410: "this number is no longer in use",
    415: "the other side does not understand this phone's message",
    416: "the server does not know this kind of address",
    420: "the other side does not know a feature that was asked for",
    480: "nobody can be reached there now",
    481: "the other side has forgotten the call",
    482: "the call went round in a circle",
    483: "the call passed through too many servers",
    484: "the number is not complete",
    485: "the number is ambiguous",
    486: "busy",
    487: "the call was cancelled",
    488: "no common codec or encryption with the other side",
    491: "the other side is changing the call at the same moment",
    493: "the other side cannot read the encryption",
    500: "the server has a fault",
    501: "the server cannot do this",
    502: "the server got a wrong answer from further on",
    503: "the server is overloaded or closed",
    504: "the server got no answer from further on",
    505: "the server speaks another version of SIP",
    513: "the message was too long for the server",
    600: "busy everywhere",
    603: "declined",
    604: "nobody anywhere has this number",
    606: "no common codec or encryption with the other side",
}

_CLASS_WORDS = {
    3: "the number has moved",
    4: "the call could not be put through",
    5: "the server failed",
    6: "the call was refused everywhere",
}

BUSY = frozenset({486, 600})


def failure_words(status: int | None, reason: str) -> str:
    """Why a call failed: known answers in our words, with the number; else what the other side said."""
    if status is None:
        return reason or "the server cannot be reached"
    words = _STATUS_WORDS.get(status) or reason or _CLASS_WORDS.get(status // 100, "it failed")
    return f"{words} ({status})"


def failure_tone(status: int | None) -> str:
    """The tone for a call that failed (ITU-T E.180): busy for busy, congestion for all else."""
    return "busy" if status in BUSY else "congestion"
