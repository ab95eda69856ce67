#!/usr/bin/env python3
"""tests/reference/shuffle.py: the shuffle again, from the text of core/picture/format.md and with Python's integers.

Prints the values that tests/unit/test-shuffle.c holds; run it to check them.  The last lines are the Lyapunov exponents of the maps, in floating
point and from the formulas alone.
"""
import hashlib
import math
import struct
from fractions import Fraction


def signed(v):
    return (v + (1 << 63)) % (1 << 64) - (1 << 63)


def times(a, b):
    return signed((a * b) >> 60)


def number(decimal):
    """The nearest whole number of 2^-60."""
    return math.floor(Fraction(decimal) * (1 << 60) + Fraction(1, 2))


A1, A2, B1, K, ONE = number("0.05"), number("2.64"), number("1.32"), number("1.77"), 1 << 60


def start(v):
    return (v >> 4) - (ONE >> 1)


def hyper(state):
    x, y, z, w, s = struct.unpack("<QQQII", state)
    x, y, z, s = start(x), start(y) + B1, start(z), s | 1
    n = 0
    while True:
        w = (w + s) % (1 << 32)
        x, y, z = signed(times(A1, x) + times(y, signed(A2 - y)) + w), signed(B1 + z), x
        if n >= 512:
            yield (x >> 12) % (1 << 36)
        n += 1


def memristor(state):
    x, q, w, s = struct.unpack("<QQII", state)
    x, q, s = start(x), start(q), s | 1
    n = 0
    while True:
        w = (w + s) % (1 << 32)
        x, q = signed(times(times(K, signed(times(q, q) - ONE)), x) + w), signed(q + x)
        if n >= 512:
            yield (x >> 12) % (1 << 36)
        n += 1


def shuffle(states, data):
    data = bytearray(data)
    for first, last, map_of in ((0, 32, hyper), (32, 56, memristor)):
        for i in range(len(data) - 1, -1, -1):
            if i == len(data) - 1 or i % 65536 == 65535:
                chunk = 56 * (i // 65536)
                words = map_of(states[chunk + first : chunk + last])
            j = (next(words) * (i + 1)) >> 36
            data[i], data[j] = data[j], data[i]
    return bytes(data)


def counted(n):
    return bytes((i * 7 + i // 256) & 255 for i in range(n))


def lyapunov(step, jacobian, state, steps):
    """Exponents of an orbit, by orthonormalising its tangents (Benettin et al. 1980)."""
    size = len(state)
    tangents = [[float(i == k) for k in range(size)] for i in range(size)]
    sums = [0.0] * size
    for n in range(steps + 500):
        rows = jacobian(*state)
        state = step(*state)
        tangents = [[sum(r * t for r, t in zip(row, tangent)) for row in rows] for tangent in tangents]
        for i in range(size):
            for k in range(i):
                dot = sum(a * b for a, b in zip(tangents[i], tangents[k]))
                tangents[i] = [a - dot * b for a, b in zip(tangents[i], tangents[k])]
            length = math.sqrt(sum(a * a for a in tangents[i]))
            tangents[i] = [a / length for a in tangents[i]]
            if n >= 500:
                sums[i] += math.log(length)
    return [s / steps for s in sums]


if __name__ == "__main__":
    print("constants", A1, A2, B1, K)
    for name, fill in (("zeros", bytes(32)), ("ones", b"\xff" * 32), ("counted", bytes(range(32)))):
        for map_name, map_of, size in (("hyper", hyper, 32), ("memristor", memristor, 24)):
            words = map_of(fill[:size])
            print(map_name, name, " ".join("0x%09x" % next(words) for _ in range(6)))
    for n in (1, 2, 7, 256):
        print("shuffled", n, shuffle(counted(56), bytes(range(n)))[:16].hex())
    print("shuffled", hashlib.sha256(shuffle(counted(56 * 3), counted(2 * 65536 + 321))).hexdigest())
    print("lyapunov hyper", lyapunov(lambda x, y, z: (0.05 * x + 2.64 * y - y * y, 1.32 + z, x),
                                     lambda x, y, z: ((0.05, 2.64 - 2 * y, 0), (0, 0, 1), (1, 0, 0)), (0.1, 1.2, 0.3), 200000))
    print("lyapunov memristor", lyapunov(lambda x, q: (1.77 * (q * q - 1) * x, q + x),
                                         lambda x, q: ((1.77 * (q * q - 1), 2 * 1.77 * q * x), (1, 1)), (0.3, 0.1), 200000))
