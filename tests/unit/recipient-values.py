#!/usr/bin/env python3
"""tests/unit/recipient-values.py: keys and sealed boxes written from core/seal/keyfile.h, RFC 7748 and the Salsa20 papers alone, without libsodium.

Prints recipient-values.h, which the tests read.  X25519, Salsa20 and the box are below; BLAKE2b and base64 come from Python, Poly1305 and the passphrase
stanza's seal from seal-values.py, Argon2id from the program "argon2" (Debian package of that name).  Run: ./recipient-values.py > recipient-values.h
"""
import base64
import hashlib
import importlib.util
import pathlib
import struct
import subprocess

P = 2**255 - 19
M = 0xFFFFFFFF

_spec = importlib.util.spec_from_file_location("seal", pathlib.Path(__file__).with_name("seal-values.py"))
seal_values = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(seal_values)


def x25519(secret, point):
    """RFC 7748, section 5: the ladder."""
    k = int.from_bytes(secret, "little") & ~7 & (2**255 - 1) | 2**254
    x1 = int.from_bytes(point, "little") & (2**255 - 1)
    x2, z2, x3, z3, swap = 1, 0, x1, 1, 0
    for t in reversed(range(255)):
        bit = k >> t & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        da, cb, aa, bb = d * a % P, c * b % P, a * a % P, b * b % P
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % P, x1 * (da - cb) ** 2 % P
        x2, z2 = aa * bb % P, e * (aa + 121665 * e) % P
    if swap:
        x2, x3, z2, z3 = x3, x2, z3, z2
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


def public(secret):
    return x25519(secret, (9).to_bytes(32, "little"))


def _rotate(v, n):
    return (v << n | v >> (32 - n)) & M


def _salsa(key, sixteen):
    """20 rounds over the matrix of D. J. Bernstein's Salsa20 specification, without the sum at the end: before, after."""
    k, n, c = struct.unpack("<8I", key), struct.unpack("<4I", sixteen), struct.unpack("<4I", b"expand 32-byte k")
    x = [c[0], k[0], k[1], k[2], k[3], c[1], n[0], n[1], n[2], n[3], c[2], k[4], k[5], k[6], k[7], c[3]]
    y = x[:]
    columns = [(0, 4, 8, 12), (5, 9, 13, 1), (10, 14, 2, 6), (15, 3, 7, 11)]
    rows = [(0, 1, 2, 3), (5, 6, 7, 4), (10, 11, 8, 9), (15, 12, 13, 14)]
    for _ in range(10):
        for a, b, c_, d in columns + rows:
            y[b] ^= _rotate((y[a] + y[d]) & M, 7)
            y[c_] ^= _rotate((y[b] + y[a]) & M, 9)
            y[d] ^= _rotate((y[c_] + y[b]) & M, 13)
            y[a] ^= _rotate((y[d] + y[c_]) & M, 18)
    return x, y


def hsalsa20(key, sixteen):
    _, y = _salsa(key, sixteen)
    return struct.pack("<8I", *(y[i] for i in (0, 5, 10, 15, 6, 7, 8, 9)))


def xsalsa20(key, nonce24, size):
    sub, out = hsalsa20(key, nonce24[:16]), b""
    for block in range(-(-size // 64)):
        x, y = _salsa(sub, nonce24[16:] + struct.pack("<Q", block))
        out += struct.pack("<16I", *((a + b) & M for a, b in zip(x, y)))
    return out[:size]


def _box(secret, point, nonce, data):
    """The keystream behind its first 32 bytes XOR data, and the key of Poly1305."""
    stream = xsalsa20(hsalsa20(x25519(secret, point), bytes(16)), nonce, 32 + len(data))
    return bytes(a ^ b for a, b in zip(data, stream[32:])), stream[:32]


def _nonce(ephemeral, recipient):
    return hashlib.blake2b(ephemeral + recipient, digest_size=24).digest()


def box_seal(plain, recipient, ephemeral_secret):
    """crypto_box_seal, with the one-time key given."""
    ephemeral = public(ephemeral_secret)
    sealed, key = _box(ephemeral_secret, recipient, _nonce(ephemeral, recipient), plain)
    return ephemeral + seal_values.poly1305(key, sealed) + sealed


def has_low_order(point):
    return not any(x25519(bytes(32), point))


def box_open(body, secret):
    """The plaintext, or None."""
    ephemeral, tag, sealed = body[:32], body[32:48], body[48:]
    plain, key = _box(secret, ephemeral, _nonce(ephemeral, public(secret)), sealed)
    return plain if seal_values.poly1305(key, sealed) == tag else None


def line(name, data):
    check = hashlib.blake2b(name.encode() + data, digest_size=16).digest()[:4]
    return name + base64.urlsafe_b64encode(data + check).decode()


def locked(secret, passphrase, salt, nonce, ops, memory_kib):
    argon2 = ["argon2", salt, "-id", "-t", str(ops), "-k", str(memory_kib), "-p", "1", "-l", "32", "-r"]
    kek = bytes.fromhex(subprocess.run(argon2, input=passphrase, stdout=subprocess.PIPE, check=True).stdout.decode())
    body = salt + struct.pack("<II", ops, memory_kib) + seal_values.child(kek, b"cc1_comm")
    return body + nonce + seal_values.aead_seal(seal_values.child(kek, b"cc1_wrap"), nonce, body, secret)


def main():
    pattern, show = seal_values.pattern, seal_values.show
    secret, other, ephemeral, file_key = pattern(11, 32), pattern(12, 32), pattern(13, 32), pattern(2, 32)
    # RFC 7748, section 6.1.
    alice = bytes.fromhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
    bob = bytes.fromhex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
    assert x25519(alice, bob).hex() == "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"
    assert box_open(box_seal(file_key, public(secret), ephemeral), secret) == file_key
    passphrase = "Schlüssel 9".encode()
    print("/* tests/unit/recipient-values.h: printed by recipient-values.py; do not edit. */")
    print('static const char value_passphrase[] = "%s";' % "".join("\\%03o" % b for b in passphrase))
    show("value_secret", secret)
    show("value_public", public(secret))
    show("value_other", other)
    show("value_file_key", file_key)
    show("value_sealed", box_seal(file_key, public(secret), ephemeral))
    print('static const char value_public_line[] = "%s";' % line("cncpub1", public(secret)))
    print('static const char value_open_line[] = "%s";' % line("cncsec1", secret))
    body = locked(secret, passphrase, pattern(1, 16), pattern(3, 24), 1, 65536)
    print('static const char value_locked_line[] = "%s";' % line("cnclock1", body))
    print('static const char value_costly_line[] = "%s";' % line("cnclock1", body[:16] + struct.pack("<I", 17) + body[20:]))
    print('static const char value_altered_line[] = "%s";' % line("cnclock1", body[:80] + bytes([body[80] ^ 1]) + body[81:]))
    digest = hashlib.blake2b(public(secret), digest_size=32).hexdigest()[:20]
    print('static const char value_fingerprint[] = "%s";' % " ".join(digest[i:i + 4] for i in range(0, 20, 4)))


if __name__ == "__main__":
    main()
