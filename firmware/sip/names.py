"""Names registered with IANA: header fields, which of them are lists, methods, and reasons of a status."""

COMPACT = {
    "a": "Accept-Contact",
    "b": "Referred-By",
    "c": "Content-Type",
    "d": "Request-Disposition",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "j": "Reject-Contact",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
    "x": "Session-Expires",
    "y": "Identity",
}
"""The compact forms registered with IANA (RFC 3261 section 7.3.3 and later RFCs)."""

LISTS = frozenset((
    "Accept", "Accept-Contact", "Accept-Encoding", "Accept-Language", "Alert-Info", "Allow", "Allow-Events",
    "Call-Info", "Contact", "Content-Encoding", "Content-Language", "Diversion", "Error-Info",
    "Geolocation", "History-Info", "In-Reply-To", "Path", "P-Asserted-Identity", "P-Preferred-Identity",
    "Proxy-Require", "Reason", "Record-Route", "Reject-Contact", "Require", "Route", "Security-Client",
    "Security-Server", "Security-Verify", "Service-Route", "Supported", "Unsupported", "Via", "Warning",
))  # fmt: skip
"""Header fields whose grammar is a comma-separated list; no other may be split (RFC 3261 section 7.3.1)."""

SINGLE = (
    "Authentication-Info", "Authorization", "Call-ID", "Content-Disposition", "Content-Length",
    "Content-Type", "CSeq", "Date", "Event", "Expires", "Flow-Timer", "From", "Identity", "Max-Forwards",
    "MIME-Version", "Min-Expires", "Min-SE", "Organization", "Priority", "Privacy", "Proxy-Authenticate",
    "Proxy-Authorization", "RAck", "Refer-To", "Referred-By", "Replaces", "Reply-To", "Request-Disposition",
    "Retry-After", "RSeq", "Server", "Session-Expires", "SIP-ETag", "SIP-If-Match", "Subject",
    "Subscription-State", "Timestamp", "To", "User-Agent", "WWW-Authenticate",
)  # fmt: skip
"""The other header fields known by name."""

CANONICAL = {name: name for name in (*LISTS, *SINGLE)}
CANONICAL |= {name.lower(): name for name in CANONICAL} | COMPACT
"""Usual spelling of every known name, by itself, in lower case and by its compact form."""


def canonical(name: str) -> str:
    """The full, usual spelling of a header field name; an unknown name in lower case."""
    known = CANONICAL.get(name)
    if known is not None:
        return known
    lower = name.lower()
    return CANONICAL.get(lower, lower)


METHODS = (
    "ACK", "BYE", "CANCEL", "INFO", "INVITE", "MESSAGE", "NOTIFY", "OPTIONS", "PRACK", "PUBLISH", "REFER",
    "REGISTER", "SUBSCRIBE", "UPDATE",
)  # fmt: skip
"""Every method that an RFC defines."""

REASONS = {
    100: "Trying",
    180: "Ringing",
    181: "Call Is Being Forwarded",
    182: "Queued",
    183: "Session Progress",
    200: "OK",
    202: "Accepted",
    300: "Multiple Choices",
    301: "Moved Permanently",
    302: "Moved Temporarily",
    305: "Use Proxy",
    380: "Alternative Service",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    410: "Gone",
    413: "Request Entity Too Large",
    414: "Request-URI Too Long",
    415: "Unsupported Media Type",
    416: "Unsupported URI Scheme",
    420: "Bad Extension",
    421: "Extension Required",
    422: "Session Interval Too Small",
    423: "Interval Too Brief",
    433: "Anonymity Disallowed",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    483: "Too Many Hops",
    484: "Address Incomplete",
    485: "Ambiguous",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    489: "Bad Event",
    491: "Request Pending",
    493: "Undecipherable",
    494: "Security Agreement Required",
    500: "Server Internal Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Server Time-out",
    505: "Version Not Supported",
    513: "Message Too Large",
    580: "Precondition Failure",
    600: "Busy Everywhere",
    603: "Decline",
    604: "Does Not Exist Anywhere",
    606: "Not Acceptable",
    607: "Unwanted",
    608: "Rejected",
}
"""The reason phrase of each status (RFC 3261 section 21 and later RFCs)."""
