"""The vectors of RFC 3711 appendix B and RFC 7714 sections 16 and 17."""

import pytest

from firmware.rtp.errors import AuthenticationFailed, LocalProtocolError
from firmware.rtp.srtp_transform import RTP_LABEL, SUITES, AesCounterMode, AesGcm, derive

RTP_HEADER = bytes.fromhex("8040f17b8041f8d35501a0b2")
RTP_PAYLOAD = b"Gallia est omnis divisa in partes tres"
RTCP_HEADER = bytes.fromhex("81c8000d4d617273")
RTCP_PAYLOAD = bytes.fromhex("4e5450314e545032525450200000042a0000e9304c756e61" + "deadbeef" * 5)
SALT = b"Quid pro quo"
SEALED_RTP = {
    16: "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833"
    "899d7f27beb16a9152cf765ee4390cce",
    32: "32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b"
    "7aa3db36dfffd6b0f9bb7878d7a76c13",
}
SEALED_RTCP = {
    16: "63e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded"
    "0bb9275bc84aa45896cf4d2fc5abf87245d9eade800005d4",
    32: "d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61de047"
    "6f1b6fad1d1eb30c4446839f57ff6f6cb26ac3be800005d4",
}


@pytest.mark.parametrize("length", [16, 32])
def test_gcm_rtp_vectors(length: int) -> None:
    """RFC 7714 sections 16.1 and 16.2."""
    cipher = AesGcm(bytes(range(length)), SALT)
    sealed = cipher.seal(RTP_HEADER, RTP_PAYLOAD, 0x5501A0B2, 0xF17B)
    assert sealed.hex() == SEALED_RTP[length]
    assert cipher.open(RTP_HEADER, sealed, 0x5501A0B2, 0xF17B) == RTP_PAYLOAD


@pytest.mark.parametrize("length", [16, 32])
def test_gcm_rtcp_vectors(length: int) -> None:
    """RFC 7714 sections 17.1 and 17.2."""
    cipher = AesGcm(bytes(range(length)), SALT)
    sealed = cipher.seal_rtcp(RTCP_HEADER, RTCP_PAYLOAD, 0x4D617273, 0x5D4)
    assert sealed.hex() == SEALED_RTCP[length]
    assert cipher.open_rtcp(RTCP_HEADER, sealed, 0x4D617273) == (RTCP_PAYLOAD, 0x5D4)


def test_counter_mode_key_stream() -> None:
    """RFC 3711 appendix B.2."""
    key, salt = (
        bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c"),
        bytes.fromhex("f0f1f2f3f4f5f6f7f8f9fafbfcfd"),
    )
    stream = AesCounterMode(key, salt, bytes(20)).seal(b"", bytes(48), 0, 0)[:-10]
    assert stream.hex() == (
        "e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab41e95b3bb0a2e8dd477901e4fca894c0"
    )


@pytest.mark.parametrize(
    ("label", "derived"),
    [
        (0, "c61e7a93744f39ee10734afe3ff7a087"),
        (2, "30cbbc08863d8c85d49db34a9ae1"),
        (1, "cebe321f6ff7716b6fd4ab49af256a156d38baa4"),
    ],
)
def test_key_derivation(label: int, derived: str) -> None:
    """RFC 3711 appendix B.3: encryption key, salt, authentication key."""
    key = bytes.fromhex("e1f97a0d3e018be0d64fa32c06de4139")
    salt = bytes.fromhex("0ec675ad498afeebb6960b3aabe6")
    assert derive(key, salt, label, len(derived) // 2).hex() == derived


@pytest.mark.parametrize("suite", SUITES.values(), ids=list(SUITES))
@pytest.mark.parametrize("length", [0, 1, -1])
def test_a_key_of_another_length_is_refused(suite: object, length: int) -> None:
    """One octet too few or too many, or none at all."""
    wrong = {0: 0, 1: suite.master_length + 1, -1: suite.master_length - 1}[length]  # type: ignore[attr-defined]
    with pytest.raises(LocalProtocolError):
        suite.transform(bytes(wrong), RTP_LABEL)  # type: ignore[attr-defined]


@pytest.mark.parametrize("suite", SUITES.values(), ids=list(SUITES))
def test_every_changed_bit_is_noticed(suite: object) -> None:
    transform = suite.transform(bytes(range(suite.master_length)), RTP_LABEL)  # type: ignore[attr-defined]
    sealed = transform.seal(RTP_HEADER, RTP_PAYLOAD, 7, 1)
    for bit in range(0, 8 * len(sealed), 7):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(AuthenticationFailed):
            transform.open(RTP_HEADER, bytes(changed), 7, 1)
    with pytest.raises(AuthenticationFailed):
        transform.open(RTP_HEADER, sealed, 7, 0x10001)  # another roll-over counter
    with pytest.raises(AuthenticationFailed):
        transform.open(RTP_HEADER, b"", 7, 1)
