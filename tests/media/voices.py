"""What the engine's tests say, encrypt and look at."""

import numpy as np

from firmware.control import voice
from firmware.rtp.packet import RtpPacket
from tests.media.network import RATE, Network
from tests.media.pcm import noise

KEY = b"k" * 30
OTHER_KEY = b"o" * 30
SUITE = "AES_CM_128_HMAC_SHA1_80"


def keys(send: bytes, receive: bytes) -> voice.Srtp:
    return voice.Srtp(suite=SUITE, send=voice.Key(master=send), receive=voice.Key(master=receive))


def speech(seconds: float, seed: int = 1):
    """Noise in the telephone band, in syllables: correlates with itself at one place only."""
    wide = noise(seconds, RATE, 9000, seed).astype(float)
    spectrum = np.fft.rfft(wide)
    frequencies = np.fft.rfftfreq(len(wide), 1 / RATE)
    spectrum[(frequencies < 300) | (frequencies > 3000)] = 0
    return (3 * np.fft.irfft(spectrum, len(wide))).astype(np.int16)


def packets_of(network: Network, host: str, port: int = 4000) -> list[RtpPacket]:
    rtp = [datagram for source, _, datagram in network.sent if source == (host, port)]
    return [RtpPacket.parse(datagram) for datagram in rtp if not 192 <= datagram[1] <= 223]
