"""The measures of the audio inside the engine: blocks of 10 ms at 16 kHz, 16-bit mono."""

RATE = 16000
"""Samples a second of everything that is mixed; a codec's own rate is changed at its border."""

BLOCK = RATE // 100
"""Samples in a block."""

BLOCK_BYTES = 2 * BLOCK

BLOCK_MS = 10

SILENCE = bytes(BLOCK_BYTES)
"""One block of it."""
