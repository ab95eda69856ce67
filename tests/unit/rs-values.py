#!/usr/bin/env python3
# tests/unit/rs-values.py > tests/unit/rs-values.h: code words of carriers' codes, by polynomial division as core/channel/format.md describes it.


def multiply(a, b, bits, field):
    r = 0
    while b:
        if b & 1:
            r ^= a
        a <<= 1
        if a >> bits:
            a ^= field
        b >>= 1
    return r


def encode(data, parity, bits, field):
    generator, root = [1], 1
    for _ in range(parity):
        root = multiply(root, 2, bits, field)  # x + root
        generator = [a ^ multiply(b, root, bits, field) for a, b in zip(generator + [0], [0] + generator)]
    rest = list(data) + [0] * parity
    for i in range(len(data)):
        factor = rest[i]
        for k, g in enumerate(generator):
            rest[i + k] ^= multiply(factor, g, bits, field)
    return list(data) + rest[len(data):]


def draw(count, bits):
    state, out = 12345, []
    for _ in range(count):
        state = (state * 1103515245 + 12345) % 2**31
        out.append(state >> 15 & (1 << bits) - 1)
    return out


print("/* Made by rs-values.py. */")
for name, bits, field, count, parity in ("bytes", 8, 0x11d, 56, 40), ("elevens", 11, 0x805, 90, 14):
    word = encode(draw(count, bits), parity, bits, field)
    print(f"#define RS_{name.upper()}_PARITY {parity}u")
    print(f"static const guint16 rs_{name}[] = {{ {', '.join(map(str, word))} }};")
