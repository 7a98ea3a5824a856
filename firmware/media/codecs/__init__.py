"""The codecs, by the names that session descriptions call them.

`CODECS` lists them in the order this phone prefers; `find` looks one up. Opus is listed where libopus is
installed.
"""

from firmware.media.codecs import opus
from firmware.media.codecs.codec import Codec, Decoder, Encoder
from firmware.media.codecs.g711 import PCMA, PCMU
from firmware.media.codecs.g722 import G722

CODECS: tuple[Codec, ...] = (*opus.CODECS, G722(), PCMA, PCMU)

_BY_NAME = {codec.name: codec for codec in CODECS}


def find(name: str) -> Codec | None:
    """The codec of an rtpmap's encoding name (RFC 8866 section 6.6; case means nothing), if we have it."""
    return _BY_NAME.get(name.upper())


__all__ = ["CODECS", "Codec", "Decoder", "Encoder", "find"]
