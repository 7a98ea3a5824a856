"""Messages that tests start from."""

from firmware.sip.headers import Headers
from firmware.sip.message import Request
from firmware.sip.uri import Uri

SDP = (
    b"v=0\r\no=alice 53655765 2353687637 IN IP4 192.0.2.101\r\ns=-\r\nc=IN IP4 192.0.2.101\r\nt=0 0\r\n"
    b"m=audio 49172 RTP/SAVP 96 9 8 0 101\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:9 G722/8000\r\n"
    b"a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
    b"a=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\na=rtcp-mux\r\n"
)

INVITE = (
    b"INVITE sip:bob@biloxi.example.com;transport=tcp SIP/2.0\r\n"
    b"Via: SIP/2.0/TCP proxy.biloxi.example.com:5060;branch=z9hG4bK2d4790.1;received=192.0.2.4\r\n"
    b"Via: SIP/2.0/UDP pc33.atlanta.example.com:5060;branch=z9hG4bK74bf9;rport=5062;received=192.0.2.101\r\n"
    b"Record-Route: <sip:proxy.biloxi.example.com;transport=tcp;lr>\r\n"
    b"Max-Forwards: 69\r\n"
    b'From: "Alice Liddell" <sip:alice@atlanta.example.com>;tag=9fxced76sl\r\n'
    b"To: Bob <sip:bob@biloxi.example.com>\r\n"
    b"Call-ID: 3848276298220188511@atlanta.example.com\r\n"
    b"CSeq: 1 INVITE\r\n"
    b"Contact: <sip:alice@pc33.atlanta.example.com:5060;transport=tcp>;"
    b'+sip.instance="<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>"\r\n'
    b"Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, UPDATE, PRACK\r\n"
    b"Supported: replaces, timer, outbound, 100rel\r\n"
    b"User-Agent: Example Phone 4.5.1\r\n"
    b"Session-Expires: 1800;refresher=uac\r\n"
    b"Min-SE: 90\r\n"
    b'P-Asserted-Identity: "Alice Liddell" <sip:+12125550100@atlanta.example.com;user=phone>\r\n'
    b"Accept: application/sdp\r\n"
    b"Content-Type: application/sdp\r\n"
    b"Content-Length: %d\r\n\r\n" % len(SDP)
) + SDP
"""An INVITE of 1.3 kB as a provider's proxy passes it on."""

RINGING = (
    b"SIP/2.0 180 Ringing\r\n"
    b"Via: SIP/2.0/UDP 192.0.2.101:5060;branch=z9hG4bK74bf9\r\n"
    b"From: Alice <sip:alice@atlanta.example.com>;tag=9fxced76sl\r\n"
    b"To: Bob <sip:bob@biloxi.example.com>;tag=8321234356\r\n"
    b"Call-ID: 3848276298220188511@atlanta.example.com\r\n"
    b"CSeq: 1 INVITE\r\n"
    b"Contact: <sip:bob@192.0.2.4>\r\n"
    b"Content-Length: 0\r\n\r\n"
)


def options(*fields: tuple[str, str], without: tuple[str, ...] = (), method: str = "OPTIONS") -> Request:
    """A small valid request with `fields` in place of its own of the same name, and none of `without`."""
    headers = Headers(
        [
            ("Via", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1"),
            ("From", "<sip:alice@example.com>;tag=1"),
            ("To", "<sip:bob@example.com>"),
            ("Call-ID", "1@192.0.2.1"),
            ("CSeq", f"1 {method}"),
            ("Contact", "<sip:alice@192.0.2.1>"),
            ("Max-Forwards", "70"),
        ]
    )
    for name, value in fields:
        headers = headers.with_(name, value)
    for name in without:
        headers = headers.without(name)
    return Request(method, Uri("sip", "bob", host="example.com"), headers)
