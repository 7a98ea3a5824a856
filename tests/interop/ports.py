"""Free ports on loopback."""

import random
import socket

# Below the range that the kernel gives to connecting sockets, so that none of those takes a port meanwhile.
FIRST, LAST = 12_000, 30_000
_random = random.SystemRandom()


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(family, kind) as probe:
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True


def free_port(count: int = 1) -> int:
    """The first of `count` consecutive ports, each free for UDP and TCP, beginning at an even number."""
    while True:
        first = _random.randrange(FIRST, LAST - count, 2)
        if all(is_free(first + offset) for offset in range(count)):
            return first
