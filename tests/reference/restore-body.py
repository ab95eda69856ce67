#!/usr/bin/env python3
"""tests/reference/restore-body.py: the body of method "restore" again, from the text of core/channel/format.md and with Python alone.

Prints what tests/unit/test-restore.c holds; run it to check.  The carrier key is 00 01 02 .. 1f, the values are counted.
"""
import hashlib
import struct

import shuffle


def child(key, context):
    """crypto_kdf of libsodium: BLAKE2b, the number as salt, the context as personalisation."""
    return hashlib.blake2b(digest_size=32, key=key, salt=struct.pack("<QQ", 1, 0), person=context + bytes(8)).digest()


def rotate(v, n):
    return (v << n | v >> (32 - n)) & 0xFFFFFFFF


def quarter(s, a, b, c, d):
    for x, y, z, n in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        s[x] = (s[x] + s[y]) & 0xFFFFFFFF
        s[z] = rotate(s[z] ^ s[x], n)


def chacha20(key, size):
    out = bytearray()
    for counter in range((size + 63) // 64):
        start = [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574, *struct.unpack("<8I", key), counter & 0xFFFFFFFF, counter >> 32, 0, 0]
        s = start[:]
        for _ in range(10):
            for places in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15), (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
                quarter(s, *places)
        out += struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(s, start)))
    return bytes(out[:size])


def lock(key, values):
    states = chacha20(child(key, b"cg1_chao"), 56 * ((len(values) + 65535) // 65536))
    moved = shuffle.shuffle(states, values)
    stream = chacha20(child(key, b"cg1_keys"), len(values))
    return bytes((a + b) & 255 for a, b in zip(moved, stream))


if __name__ == "__main__":
    key = bytes(range(32))
    assert chacha20(bytes(32), 4) == bytes.fromhex("76b8e0ad")  # RFC 7539, A.1
    for n in (16, 66000):
        body = lock(key, shuffle.counted(n))
        print(n, body[:16].hex(), hashlib.sha256(body).hexdigest())
