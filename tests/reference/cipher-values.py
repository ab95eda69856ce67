#!/usr/bin/env python3
"""tests/reference/cipher-values.py: one cipher round and the sum of bytes, written from the definition in core/nn/backend.h alone.

Prints cipher-values.h: the SHA-256 of each result as little-endian words.  It shares no code with the C reference; slow on
purpose, so that it can be read beside the definition.  Run: ./cipher-values.py > cipher-values.h
"""
import hashlib
import struct

SHAPES = [(4, 4), (4, 5), (8, 4), (8, 7), (16, 9), (4, 256), (32, 33), (64, 37), (64, 100), (128, 255), (256, 4), (256, 256)]
M = 0xFFFFFFFF


def words(seed, count):
    """xorshift32; the tests fill their buffers with the same numbers."""
    out = []
    s = seed
    for _ in range(count):
        s ^= (s << 13) & M
        s ^= s >> 17
        s ^= (s << 5) & M
        out.append(s)
    return out


def signed(v):
    return v - 2**32 if v >= 2**31 else v


def bytewise(a, b, sign):
    return sum((((a >> s & 255) + sign * (b >> s & 255)) % 256) << s for s in (0, 8, 16, 24))


def tables(w, h):
    t = words(77, 36 + 4 + 4 * h + 4 * w + h + w)
    kernel, mix, rest = t[:36], [m | 1 for m in t[36:40]], t[40:]
    row_bias, rest = rest[:4 * h], rest[4 * h:]
    column_bias, rest = rest[:4 * w], rest[4 * w:]
    return kernel, mix, row_bias, column_bias, [v % w for v in rest[:h]], [v % h for v in rest[h:]]


def cipher_round(w, h, source, target, inverse):
    kernel, mix, row_bias, column_bias, row_shift, column_shift = tables(w, h)
    result = [None] * (w * h)
    for y in range(h):
        for x in range(w):
            out = 0
            for c in range(4):
                acc = row_bias[4 * y + c] + column_bias[4 * x + c]
                for dy in (-1, 0, 1):
                    for dx in (-1, 0, 1):
                        acc += kernel[9 * c + 3 * (dy + 1) + dx + 1] * source[(y + dy) % h * w + (x + dx) % w]
                acc = signed(acc & M)
                out += mix[c] * (acc >> 5 if acc < 0 else acc)
            out &= M
            out ^= out >> 16
            x1 = (x + row_shift[y]) % w
            y1 = (y + column_shift[x1]) % h
            if inverse:
                result[y * w + x] = bytewise(target[y1 * w + x1], out, -1)
            else:
                result[y1 * w + x1] = bytewise(target[y * w + x], out, 1)
    return result


def digest(values):
    return hashlib.sha256(struct.pack("<%dI" % len(values), *values)).hexdigest()


def main():
    print("/* tests/reference/cipher-values.h: printed by cipher-values.py; do not edit. */")
    print("static const struct { guint32 width, height; const char *forward, *inverse, *sum, *difference; } cipher_values[] = {")
    for w, h in SHAPES:
        source, target = words(11, w * h), words(22, w * h)
        rows = [digest(cipher_round(w, h, source, target, False)), digest(cipher_round(w, h, source, target, True)),
                digest([bytewise(a, b, 1) for a, b in zip(target, source)]),
                digest([bytewise(a, b, -1) for a, b in zip(target, source)])]
        print("  { %d, %d,\n    %s }," % (w, h, ",\n    ".join('"%s"' % r for r in rows)))
    print("};")


if __name__ == "__main__":
    main()
