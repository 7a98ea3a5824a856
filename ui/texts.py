"""Every text of the display, by identifier and language.

Labels of soft keys have at most five letters; `.long` ones are for wide displays.
"""

from collections.abc import Mapping

Texts = Mapping[str, str]

_ENGLISH: Texts = {
    "days": "Mon Tue Wed Thu Fri Sat Sun",
    "months": "January February March April May June July August September October November December",
    "date": "{day} {number} {month}",
    # Soft keys
    "key.answer": "Ans",
    "key.answer.long": "Answer",
    "key.back": "Back",
    "key.back.long": "Back",
    "key.busy": "Busy",
    "key.busy.long": "Busy",
    "key.call": "Call",
    "key.call.long": "Call",
    "key.delete": "Del",
    "key.delete.long": "Delete",
    "key.end": "End",
    "key.end.long": "End",
    "key.hold": "Hold",
    "key.hold.long": "Hold",
    "key.info": "Info",
    "key.info.long": "Info",
    "key.redial": "Redl",
    "key.redial.long": "Redial",
    "key.reject": "Rej",
    "key.reject.long": "Reject",
    "key.resume": "Resm",
    "key.resume.long": "Resume",
    "key.swap": "Swap",
    "key.swap.long": "Swap",
    "key.why": "Why",
    "key.why.long": "Why?",
    # No call
    "missed": "Missed: {count}",
    "other-line": "{line} not registered",
    "no-voice": "No sound yet",
    "no-line": "No line yet",
    "no-line-words": "Put an account into the settings",
    "not-registered": "Not registered",
    "registering": "Registering",
    "retry-in": "retry in {time}",
    "dial-a-number": "Dial a number",
    "redial-hint": "Redial: {number}",
    "send-in": "send in {seconds} s",
    "lift-to-call": "lift or press Call",
    "hash-to-call": "# or Call sends it",
    "on-hold-too": "held: {name}",
    # Calls
    "anonymous": "Anonymous",
    "calling": "Calling",
    "ringing": "Ringing",
    "incoming": "Incoming call",
    "to-line": "to {line}",
    "waiting": "waiting",
    "on-hold": "On hold",
    "total": "total {time}",
    "failed": "Call failed",
    "ended": "Call ended",
    "private": "private",
    "not private": "not private",
    "none yet": "not private yet",
    "was.private": "was private",
    "was.not private": "was not private",
    "was.none yet": "",
    "quality": "q {mos}",
    "muted": "muted: not heard",
    "mute-off": "mute off",
    "held-by-peer": "they hold the call",
    # The information page
    "info.title": "Information",
    "info.line-registered": "{line}: registered over {transport}",
    "info.line-registering": "{line}: registering",
    "info.line-failed": "{line}: not registered: {words}",
    "info.line-off": "{line}: direct calls only",
    "info.nothing": "Nothing to report.",
    "info.codec": "Sound: {codec}",
    "info.note": "{time} {words}",
    # Lines on wide displays
    "line.registered": "ready",
    "line.registering": "registering",
    "line.failed": "no service",
    "line.off": "direct",
    "line.ringing": "ringing",
    "line.busy": "in call",
    "line.held": "on hold",
}

LANGUAGES: Mapping[str, Texts] = {"en": _ENGLISH}


def texts_of(language: str) -> Texts:
    """The texts of a language (BCP 47 tag as in the settings)."""
    return LANGUAGES[language]
