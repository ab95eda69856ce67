#!/usr/bin/env python3
"""tests/reference/chaos.py: the chaotic layers again, from the text of core/picture/format.md and with Python's integers.

Prints the values that tests/unit/test-chaos.c holds; run it to check them.
"""
import hashlib
import struct

MASK = (1 << 64) - 1


def logistic(state):
    x, w, s = struct.unpack("<QQQ", state)
    s |= 1
    n = 0
    while True:
        w = (w + s) & MASK
        x = (((x * (MASK - x)) >> 62) + w) & MASK
        if n >= 64:
            yield (x >> 16) & 0xFFFFFFFF
        n += 1


def keystream(states, size):
    out = bytearray()
    for chunk in range((size + 65535) // 65536):
        left = min(65536, size - chunk * 65536)
        words = logistic(states[24 * chunk : 24 * chunk + 24])
        part = b"".join(struct.pack("<I", next(words)) for _ in range((left + 3) // 4))
        out += part[:left]
    return bytes(out)


def permute(state, data):
    n = len(data) // 64
    blocks = [data[64 * i : 64 * i + 64] for i in range(n)]
    words = logistic(state)
    for i in range(n - 1, 0, -1):
        j = (next(words) * (i + 1)) >> 32
        blocks[i], blocks[j] = blocks[j], blocks[i]
    return b"".join(blocks) + data[64 * n :]


def counted(n):
    return bytes((i * 7 + i // 256) & 255 for i in range(n))


for name, state in (("zeros", bytes(24)), ("ones", b"\xff" * 24), ("counted", bytes(range(24)))):
    words = logistic(state)
    print("words", name, " ".join("%08x" % next(words) for _ in range(8)))
stream = keystream(counted(24 * 4), 65536 * 3 + 5)
print("keystream", hashlib.sha256(stream).hexdigest())
print("permuted", hashlib.sha256(permute(counted(24), counted(64 * 1000 + 13))).hexdigest())
