#!/usr/bin/env python3
"""tests/unit/statistics-values.py: values that core/measure/statistics.c is tested against, from programs that are not ours.

Entropy and chi-square come from ent, mean squared error and PSNR from ImageMagick's compare; NPCR, UACI, differing bits and
correlation are computed here from their definitions in exact fractions.  Prints statistics-values.h.
Run: ./statistics-values.py > statistics-values.h    (packages: ent imagemagick)
"""
import os
import re
import subprocess
import tempfile
from fractions import Fraction
from math import sqrt

M = 0xFFFFFFFF


def noise(seed, count):
    """xorshift32, one byte (bits 8..15) of each state; the tests fill their planes with the same."""
    out = bytearray()
    for _ in range(count):
        seed ^= (seed << 13) & M
        seed ^= seed >> 17
        seed ^= (seed << 5) & M
        out.append((seed >> 8) & 255)
    return bytes(out)


def slope(width, height, seed):
    """A smooth picture with a little noise: what a photograph looks like to these figures."""
    grain = noise(seed, width * height)
    return bytes((3 * x + 2 * y + (grain[y * width + x] & 7)) & 255 for y in range(height) for x in range(width))


def correlation(p, width, height, right, down):
    a = [p[y * width + x] for y in range(height - down) for x in range(width - right)]
    b = [p[(y + down) * width + x + right] for y in range(height - down) for x in range(width - right)]
    n = len(a)
    ma, mb = Fraction(sum(a), n), Fraction(sum(b), n)
    cov = sum((u - ma) * (v - mb) for u, v in zip(a, b))
    va, vb = sum((u - ma) ** 2 for u in a), sum((v - mb) ** 2 for v in b)
    return float(cov) / sqrt(float(va) * float(vb))


def ent(path):
    line = subprocess.run(["ent", "-t", path], capture_output=True, text=True, check=True).stdout.splitlines()[1].split(",")
    return line[2], line[3]


def compare(metric, size, a, b):
    # -depth 8 raw grey; ImageMagick scales to 16 bits inside, MSE in brackets is relative to full scale.
    err = subprocess.run(["compare", "-size", size, "-depth", "8", "-metric", metric, "gray:" + a, "gray:" + b, "null:"],
                         capture_output=True, text=True).stderr
    return err


CASES = [  # name, width, height, plane a, plane b
    ("noise", 64, 50, lambda: noise(1, 3200), lambda: noise(2, 3200)),
    ("slope", 61, 47, lambda: slope(61, 47, 3), lambda: slope(61, 47, 4)),
    ("mixed", 32, 32, lambda: slope(32, 32, 5), lambda: noise(6, 1024)),
]

print("/* Made by statistics-values.py: do not edit. */")
print("static const Expected EXPECTED[] = {")
for name, width, height, make_a, make_b in CASES:
    a, b = make_a(), make_b()
    n = len(a)
    with tempfile.TemporaryDirectory() as folder:
        pa, pb = os.path.join(folder, "a"), os.path.join(folder, "b")
        open(pa, "wb").write(a)
        open(pb, "wb").write(b)
        entropy, chi = ent(pa)
        size = "%dx%d" % (width, height)
        mse = float(re.search(r"\(([0-9.e+-]+)\)", compare("MSE", size, pa, pb)).group(1)) * 255 * 255
        psnr = float(compare("PSNR", size, pa, pb).split()[0])
    npcr = Fraction(sum(u != v for u, v in zip(a, b)), n)
    uaci = Fraction(sum(abs(u - v) for u, v in zip(a, b)), 255 * n)
    bits = Fraction(sum(bin(u ^ v).count("1") for u, v in zip(a, b)), 8 * n)
    h, v, d = (correlation(a, width, height, *s) for s in ((1, 0), (0, 1), (1, 1)))
    print('  { "%s", %d, %d, %s, %s, %.12f, %.12f, %.12f, %.6g, %.4f, { %.12f, %.12f, %.12f } },'
          % (name, width, height, entropy, chi, npcr, uaci, bits, mse, psnr, h, v, d))
print("};")
