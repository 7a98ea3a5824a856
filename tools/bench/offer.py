"""What the bench's own caller offers: one codec, in the clear, as plain as it gets."""

RTPMAPS = {"pcmu": (0, "PCMU/8000"), "opus": (96, "opus/48000/2")}


def offer(port: int, codec: str = "pcmu") -> bytes:
    """A description with one stream, to be sent to `port` on loopback."""
    payload_type, encoding = RTPMAPS[codec]
    return (
        "v=0\r\no=bench 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP {payload_type}\r\na=rtpmap:{payload_type} {encoding}\r\n"
        "a=ptime:20\r\na=sendrecv\r\n"
    ).encode()


def address_of(answer: bytes) -> tuple[str, int]:
    """Where the answer wants its RTP."""
    lines = answer.decode().splitlines()
    host = next(line.split()[-1] for line in lines if line.startswith("c="))
    port = next(line.split()[1] for line in lines if line.startswith("m=audio"))
    return host, int(port)
