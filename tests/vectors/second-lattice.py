"""tests/vectors/second-lattice.py: the coefficients and the code of mode 2, from core/stego/format.md alone, in plain Python; for second-reveal.py.

Decodes by a search that keeps the likeliest few registers, which does for pictures that were not changed much.
"""
import cmath
import math

STEP = 80
BITS, BLOCKS = 2676, 1338
POLYNOMIALS = [0o42631, 0o47245, 0o56507, 0o73363, 0o77267, 0o64537]
KEPT = 300
COSINE = [[math.cos((2 * x + 1) * u * math.pi / 16) / 2 for x in range(8)] for u in range(3)]


def coefficients(samples, width, height, left, top):
    """(x, y, frequency 2 across and 1 down, 1 across and 2 down) of each whole block from (left, top) on."""
    sums = [sum(samples[i:i + 3]) / math.sqrt(3) for i in range(0, len(samples), 3)]
    for y in range((height - top) // 8):
        for x in range((width - left) // 8):
            one = two = 0
            for row in range(8):
                at = (top + 8 * y + row) * width + left + 8 * x
                across = [sum(a * b for a, b in zip(COSINE[u], sums[at:at + 8])) for u in (1, 2)]
                one += COSINE[1][row] * across[1]
                two += COSINE[2][row] * across[0]
            yield x, y, one, two


def places(samples, width, height, left=0, top=0, first=0):
    for x, y, one, two in coefficients(samples, width, height, left, top):
        number = (first + x + 305 * y) % BLOCKS
        yield 2 * number, one
        yield 2 * number + 1, two


def folded(values):
    """Sums over places of a turn for each half of a step: bits do not matter in it."""
    out = [0] * BITS
    for place, value in values:
        out[place] += cmath.exp(4j * math.pi * value / STEP)
    return out


def presence(fold, wanted, first=0):
    square = sum(abs(f) ** 2 for f in fold)
    shifted = wanted[2 * first:] + wanted[:2 * first]
    return sum((f * w).real for f, w in zip(fold, shifted)) / math.sqrt(square / 2) if square else 0


def decode(values, dither):
    soft = [0] * BITS
    for place, value in values:
        soft[389 * place % BITS] += math.cos(2 * math.pi * (value / STEP - dither[place]))
    best = [(0, 0, ())]  # what speaks for it, register, bits
    for t in range(432 + 14):
        grown = {}
        for score, register, bits in best:
            for bit in (0, 1) if t < 432 else (0,):
                now = (register << 1 | bit) & 0x7fff
                total = score
                for k, polynomial in enumerate(POLYNOMIALS):
                    total += soft[6 * t + k] * (-1 if bin(now & polynomial).count("1") % 2 else 1)
                state = now & 0x3fff
                if state not in grown or grown[state][0] < total:
                    grown[state] = (total, now, (bits, bit))
        best = sorted(grown.values(), key=lambda path: path[0], reverse=True)[:KEPT]
    bits, out = best[0][2], []
    while bits:
        bits, bit = bits
        out.append(bit)
    out = out[14:][::-1]
    return bytes(sum(bit << k for k, bit in enumerate(out[i:i + 8])) for i in range(0, 432, 8))


def find(samples, width, height, dither, right):
    """(record or None, whether there is a lattice, whether it begins elsewhere)."""
    if (width // 8) * (height // 8) < 64:
        return None, False, False
    values = list(places(samples, width, height))
    wanted = [cmath.exp(-4j * math.pi * d) for d in dither]
    present = presence(folded(values), wanted) > 7
    if present:
        record = decode(values, dither)
        return record if right(record) else None, True, False
    most, where = 8.5, None
    for phase in range(64):
        fold = folded(places(samples, width, height, phase % 8, phase // 8))
        used = [(i, f) for i, f in enumerate(fold) if f]
        scale = math.sqrt(sum(abs(f) ** 2 for f in fold) / 2)
        for first in range(BLOCKS):
            z = sum((f * wanted[(i + 2 * first) % BITS]).real for i, f in used) / scale if scale else 0
            if z > most:
                most, where = z, (phase % 8, phase // 8, first)
    if where is None:
        return None, False, False
    record = decode(list(places(samples, width, height, *where)), dither)
    return record if right(record) else None, True, True
