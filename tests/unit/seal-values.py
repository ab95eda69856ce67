#!/usr/bin/env python3
"""tests/unit/seal-values.py: the seal written from core/picture/format.md and the RFCs alone, without libsodium.

Prints seal-values.h (keys, a header) and writes seal-stream.bin (a sealed stream) beside itself; the tests open them.  BLAKE2b comes from Python, Argon2id from the program
"argon2" (Debian package of that name); ChaCha20, Poly1305 and the stream are below.  Run: ./seal-values.py > seal-values.h
"""
import hashlib
import pathlib
import struct
import subprocess

M = 0xFFFFFFFF


def rotate(v, n):
    return (v << n | v >> (32 - n)) & M


def quarter(s, a, b, c, d):
    s[a] = (s[a] + s[b]) & M
    s[d] = rotate(s[d] ^ s[a], 16)
    s[c] = (s[c] + s[d]) & M
    s[b] = rotate(s[b] ^ s[c], 12)
    s[a] = (s[a] + s[b]) & M
    s[d] = rotate(s[d] ^ s[a], 8)
    s[c] = (s[c] + s[d]) & M
    s[b] = rotate(s[b] ^ s[c], 7)


def rounds(key, last16):
    s = list(struct.unpack("<4I", b"expand 32-byte k") + struct.unpack("<8I", key) + struct.unpack("<4I", last16))
    first = s[:]
    for _ in range(10):
        for i in range(4):
            quarter(s, i, i + 4, i + 8, i + 12)
        for i in range(4):
            quarter(s, i, (i + 1) % 4 + 4, (i + 2) % 4 + 8, (i + 3) % 4 + 12)
    return first, s


def hchacha20(key, nonce16):
    _, s = rounds(key, nonce16)
    return struct.pack("<8I", *(s[:4] + s[12:]))


def chacha20(key, counter_and_nonce, size):
    """counter_and_nonce(block) -> 16 bytes."""
    out = b""
    block = 0
    while len(out) < size:
        first, s = rounds(key, counter_and_nonce(block))
        out += struct.pack("<16I", *((a + b) & M for a, b in zip(first, s)))
        block += 1
    return out[:size]


def ietf(key, nonce12, size, start=0):
    return chacha20(key, lambda block: struct.pack("<I", start + block) + nonce12, size)


def poly1305(key, data):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    s = int.from_bytes(key[16:32], "little")
    a = 0
    for i in range(0, len(data), 16):
        a = (a + int.from_bytes(data[i:i + 16] + b"\x01", "little")) * r % (2**130 - 5)
    return ((a + s) % 2**128).to_bytes(16, "little")


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def zeros_to_16(size):
    return bytes(-size % 16)


def aead_seal(key, nonce24, aad, plain):
    sub = hchacha20(key, nonce24[:16])
    nonce = bytes(4) + nonce24[16:]
    c = xor(plain, ietf(sub, nonce, len(plain), 1))
    data = aad + zeros_to_16(len(aad)) + c + zeros_to_16(len(c)) + struct.pack("<QQ", len(aad), len(c))
    return c + poly1305(ietf(sub, nonce, 32), data)


class Stream:
    """crypto_secretstream_xchacha20poly1305."""

    def __init__(self, key, header):
        self.key = hchacha20(key, header[:16])
        self.nonce = struct.pack("<I", 1) + header[16:]

    def push(self, plain, aad, tag):
        first = xor(bytes([tag]) + bytes(63), ietf(self.key, self.nonce, 64, 1))
        c = xor(plain, ietf(self.key, self.nonce, len(plain), 2))
        # The padding after the ciphertext is libsodium's: len & 15 zeros.
        data = aad + zeros_to_16(len(aad)) + first + c + bytes(len(c) & 15) + struct.pack("<QQ", len(aad), 64 + len(c))
        mac = poly1305(ietf(self.key, self.nonce, 32), data)
        counter = struct.unpack("<I", self.nonce[:4])[0] + 1
        self.nonce = struct.pack("<I", counter) + xor(self.nonce[4:], mac[:8])
        return first[:1] + c + mac


def child(key, context):
    return hashlib.blake2b(key=key, digest_size=32, salt=struct.pack("<QQ", 1, 0), person=context.ljust(16, b"\0")).digest()


def pattern(seed, size):
    return bytes((i * i * 7 + i * 13 + (i >> 8) * 5 + seed) & 255 for i in range(size))


def show(name, data):
    print("static const guint8 %s[%d] = {" % (name, len(data)))
    for i in range(0, len(data), 24):
        print("  " + ", ".join("%d" % b for b in data[i:i + 24]) + ",")
    print("};")


def main():
    OPS, MEMORY_KIB = 1, 64 * 1024
    PASSPHRASE = "Größe 7".encode()
    PLAIN_BYTES = 65536 + 10

    salt, file_key, nonce, stream_header = pattern(1, 16), pattern(2, 32), pattern(3, 24), pattern(4, 24)
    argon2 = ["argon2", salt, "-id", "-t", str(OPS), "-k", str(MEMORY_KIB), "-p", "1", "-l", "32", "-r"]
    kek = bytes.fromhex(subprocess.run(argon2, input=PASSPHRASE, stdout=subprocess.PIPE, check=True).stdout.decode())

    body = salt + struct.pack("<II", OPS, MEMORY_KIB) + child(kek, b"cc1_comm")
    body += nonce + aead_seal(child(kek, b"cc1_wrap"), nonce, body, file_key)

    plain = pattern(5, PLAIN_BYTES)
    sealed_length = PLAIN_BYTES + 2 * 17
    header_length = 32 + 3 + 128 + 24 + 16 + 32
    width = 64
    height = -(-(header_length + sealed_length) // (3 * width))
    header = b"CNNCRYP\x01" + struct.pack("<IIQIBHB", width, height, sealed_length, header_length, 1, 0, 1)
    header += struct.pack("<BH", 1, 128) + body + stream_header
    header += hashlib.blake2b(header, digest_size=16).digest()
    tag = hashlib.blake2b(header, digest_size=32, key=child(file_key, b"cc1_head")).digest()
    header += tag
    assert len(header) == header_length

    stream = Stream(child(file_key, b"cc1_strm"), stream_header)
    sealed = b"".join(stream.push(plain[i:i + 65536], tag, 3 if i + 65536 >= len(plain) else 0) for i in range(0, len(plain), 65536))
    assert len(sealed) == sealed_length

    print("/* tests/unit/seal-values.h: printed by seal-values.py; do not edit. */")
    print('static const char value_passphrase[] = "%s";' % "".join("\\%03o" % b for b in PASSPHRASE))
    show("value_kek", kek)
    show("value_file_key", file_key)
    for name in ("head", "strm", "chao", "cnn_", "iv__", "fill"):
        show("value_cc1_" + name.strip("_"), child(file_key, b"cc1_" + name.encode()))
    show("value_header", header)
    print("#define VALUE_PLAIN_BYTES %d" % PLAIN_BYTES)
    print("#define VALUE_SEALED_BYTES %d" % sealed_length)
    pathlib.Path(__file__).with_name("seal-stream.bin").write_bytes(sealed)
    far = 2**32 + 5
    show("value_keystream_0", chacha20(file_key, lambda block: struct.pack("<QQ", block, 0), 100))
    show("value_keystream_far", chacha20(file_key, lambda block: struct.pack("<QQ", far + block, 0), 100))


if __name__ == "__main__":
    main()
