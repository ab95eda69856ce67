#!/usr/bin/env python3
"""tests/vectors/second-carrier.py: a reader of carriers of "share" written from core/channel/format.md alone, in plain Python.

    second-carrier.py FOLDER     opens every vector of the folder and compares with what its head expects; speaks TAP

It reads whole pictures that were not scaled, turned or not; files whose carrier has to be looked for are passed over.  What it shares with second-reader.py is
of the same kind: hashes, ChaCha20, chunks of the stream, inner headers.  WebP files are opened by dwebp.
"""
import hashlib
import importlib.util
import pathlib
import shutil
import struct
import subprocess
import sys


def module(name, file):
    spec = importlib.util.spec_from_file_location(name, pathlib.Path(__file__).parent / file)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


reader = module("reader", "second-reader.py")
seal, need, Refused, blake2b, keystream = reader.seal, reader.need, reader.Refused, reader.blake2b, reader.keystream

COUNTS = 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024


class Field:
    def __init__(self, bits, polynomial):
        self.size = (1 << bits) - 1
        self.exp, self.log = [0] * (2 * self.size), [0] * (self.size + 1)
        x = 1
        for i in range(self.size):
            self.exp[i] = self.exp[i + self.size] = x
            self.log[x] = i
            x <<= 1
            if x >> bits:
                x ^= polynomial

    def times(self, a, b):
        return self.exp[self.log[a] + self.log[b]] if a and b else 0

    def over(self, a, b):
        return self.exp[self.log[a] - self.log[b] + self.size] if a else 0

    def at(self, polynomial, x):
        """Its value; the lowest coefficient comes first."""
        value = 0
        for c in reversed(polynomial):
            value = self.times(value, x) ^ c
        return value

    def repair(self, word, parity):
        """Peterson, Gorenstein and Zierler's problem by Berlekamp and Massey, then Chien and Forney; None: beyond repair."""
        syndromes = [self.at(word[::-1], self.exp[i]) for i in range(1, parity + 1)]
        if not any(syndromes):
            return word
        locator, before, length, gap, last = [1], [1], 0, 1, 1
        for n in range(parity):
            d = syndromes[n]
            for i in range(1, length + 1):
                if i < len(locator):
                    d ^= self.times(locator[i], syndromes[n - i])
            if d == 0:
                gap += 1
                continue
            factor, old = self.over(d, last), locator
            locator = locator + [0] * max(0, len(before) + gap - len(locator))
            for i, c in enumerate(before):
                locator[i + gap] ^= self.times(factor, c)
            if 2 * length <= n:
                length, before, last, gap = n + 1 - length, old, d, 1
            else:
                gap += 1
        if 2 * length > parity:
            return None
        values = [0] * parity  # the evaluator
        for i, c in enumerate(locator):
            for k in range(parity - i):
                values[i + k] ^= self.times(c, syndromes[k])
        slope = [c if i % 2 == 0 else 0 for i, c in enumerate(locator[1:])]
        word, found = list(word), 0
        for k in range(len(word)):
            power = len(word) - 1 - k
            inverse = self.exp[(self.size - power) % self.size]
            if self.at(locator, inverse) == 0:
                found += 1
                word[k] ^= self.over(self.at(values, inverse), self.at(slope, inverse))
        return word if found == length else None


BYTES, ELEVENS = Field(8, 0x11d), Field(11, 0x805)


def edge(width, cells, k):
    return (2 * k * width + cells) // (2 * cells)


def views(rows):
    for mirrored in False, True:
        for _ in range(4):
            yield [row[::-1] for row in rows] if mirrored else rows
            rows = [list(column) for column in zip(*rows)][::-1]  # a quarter turn back


def layout(width):
    cells = max(n for n in COUNTS if width >= 4 * n)
    count = -(-768 // cells)
    return cells, count, edge(width, cells, count)


def read_strip(rows, top, inverted, width):
    cells, count, strip = layout(width)
    bits = [0] * 768
    for k in range(min(cells * count, 768)):
        y = (edge(width, cells, k // cells) + edge(width, cells, k // cells + 1)) // 2 + top
        x = (edge(width, cells, k % cells) + edge(width, cells, k % cells + 1)) // 2
        bits[k] = (rows[y][x] >= 128) != inverted
    coded = bytes(sum(bits[8 * b + i] << i for i in range(8)) for b in range(96))
    word = BYTES.repair(list(seal.xor(coded, keystream(blake2b(b"cg1_mask"), 0, 96))), 40)
    header = bytes(word[:56]) if word else b""
    return header if header and blake2b(header[:52], 16)[:4] == header[52:] else None


def size_of(five):
    both = int.from_bytes(five, "little")
    return both % 2**20 + 1, (both >> 20) + 1


def find(rows):
    for view in views(rows):
        width, height = len(view[0]), len(view)
        if width < 64 or height <= 2 * layout(width)[2]:
            continue
        for top, inverted in (0, False), (height - layout(width)[2], True):
            header = read_strip(view, top, inverted, width)
            if header:
                return header, view
    raise Refused("not-encrypted")


def spread(total):
    step = int(total * 0.6180339887) | 1

    def divisor(a, b):
        return divisor(b, a % b) if b else a

    while divisor(total, step) != 1:
        step += 1
    return step


def band_rows(width, count):
    return -(-1947 * count // width)


def read_band(pixels, count):
    """The keys, 80 bytes each."""
    total = 177 * count
    step = spread(total)
    masks = struct.unpack("<%dH" % total, keystream(blake2b(b"cg1_band"), 0, 2 * total)[:2 * total])
    symbols = [sum((pixels[11 * p + k] >= 128) << k for k in range(11)) ^ masks[p] & 2047 for p in range(total)]
    keys = []
    for c in range(count):
        word = ELEVENS.repair([symbols[(j * count + c) * step % total] for j in range(177)], 118)
        need(word is not None, "damaged")
        whole = sum(s << 11 * i for i, s in enumerate(word[:59]))
        need(whole >> 640 == 0, "damaged")
        keys.append(whole.to_bytes(80, "little"))
    return keys


def body_bytes(pixels, levels):
    per, numbers = (7, 2187) if levels == 3 else (11, 2048)
    total = len(pixels) // per
    count = -(-total // 2047)
    length, longer = divmod(total, count)
    parity = 2 * -(-length // 16)
    step = spread(total)
    shifts = struct.unpack("<%dI" % total, keystream(blake2b(b"cg1_levl"), 0, 4 * total))
    symbols = []
    for p in range(total):
        number = 0
        for value in reversed(pixels[per * p:per * p + per]):
            number = number * levels + (value * (levels - 1) + 127) // 255
        symbols.append((number - (shifts[p] * numbers >> 32)) % numbers)
    data = []
    for c in range(count):
        own = length + (c < longer)
        word = [symbols[(j * count + c) * step % total] for j in range(own)]
        word = ELEVENS.repair([s if s < 2048 else 0 for s in word], parity)
        need(word is not None, "damaged")
        data += word[:own - parity]
    whole = sum(s << 11 * i for i, s in enumerate(data))
    room = 11 * len(data) // 8
    return (whole & ((1 << 8 * room) - 1)).to_bytes(room, "little")


def open_share(rows, kek, identity):
    header, view = find(rows)
    width, height = size_of(header[6:11])
    need(header[0] == 1 and header[1] in (4, 5) and header[2] < 8, "bad-version")
    cost, levels, keys = int.from_bytes(header[3:6], "little"), header[2] & 3, []
    need(header[2] < 4 or 1 <= cost <= 32, "bad-format")
    need(levels >= 2 if header[1] == 4 else levels == 0, "bad-format")
    need((width, height) == (len(view[0]), len(view)), "damaged")
    strip = layout(width)[2]
    band = band_rows(width, cost) if header[2] >= 4 else 0
    if band:
        keys = read_band([v for row in view[strip:strip + band] for v in row], cost)
        need(identity is not None, "bad-argument")
        kek = reader.unlock_identity([(2, one) for one in keys], identity)
    elif kek is None:
        need(65536 <= (cost >> 4) + 1 <= 1048576, "kdf-refused")
        raise AssertionError("these vectors come with a key")
    key = seal.child(kek, b"cg1_carr")
    said = header[:36] + (blake2b(b"".join(keys)) if keys else b"")
    need(blake2b(said, 32, seal.child(key, b"cg1_comm"))[:16] == header[36:52], "damaged" if keys else "wrong-key")
    inside = size_of(seal.xor(header[31:36], keystream(seal.child(key, b"cg1_size"), 0, 5)))
    room = body_bytes([v for row in view[strip + band:height - strip] for v in row], levels)
    chunks, rest = divmod(len(room) - 24, 65553)
    stream = chunks * 65553 + (rest if rest > 17 else 0)
    fill = room[24 + stream:]
    need(fill == keystream(seal.child(key, b"cg1_fill"), 0, len(fill))[:len(fill)], "damaged")

    class Header:
        stream_header, tag = room[:24], blake2b(header[:36])

    plain = reader.open_stream(Header, key, room[24:24 + stream])
    info, size = struct.unpack_from("<II", plain)
    need(info + size + 8 <= len(plain) and not any(plain[8 + info + size:]), "bad-format")
    read = reader.read_info(plain[8:8 + info])
    own, webp = plain[8:8 + 12], plain[8 + info:8 + info + size]
    need(struct.unpack_from("<II", own) == inside, "bad-format")
    need(header[27:31] == bytes(4) and read, "model-missing")
    done = subprocess.run(["dwebp", "-quiet", "-ppm", "-o", "-", "--", "-"], input=webp, capture_output=True)
    need(done.returncode == 0, "damaged")
    kind, size, most, pixels = done.stdout.split(b"\n", 3)
    need(tuple(map(int, size.split())) == inside, "damaged")
    return pixels if own[8] == 1 else pixels[::3]


def main():
    if shutil.which("dwebp") is None:
        print("1..0 # SKIP dwebp is not installed (package webp)")
        return 0
    files = sorted(pathlib.Path(sys.argv[1]).glob("*.cct"))
    print("1..%d" % max(len(files), 1))
    failed = not files
    if failed:
        print("not ok 1 no vectors")
    for n, path in enumerate(files, 1):
        pairs, width, height, channels, size, samples = reader.load(path)
        head = dict(pairs)
        assert channels == 1 and size == 1
        if path.stem in ("success-within", "cropped-left", "two-carriers"):
            print("ok %d %s # SKIP it has to be looked for" % (n, path.stem))
            continue
        rows = [list(samples[y * width:y * width + width]) for y in range(height)]
        kek = bytes.fromhex(head["kek"]) if "kek" in head else None
        for identity in [bytes.fromhex(value) for key, value in pairs if key == "identity"] or [None]:
            try:
                pixels, outcome = open_share(rows, kek, identity), "success"
            except Refused as refused:
                pixels, outcome = None, str(refused)
            good = outcome == head["expect"] and ("payload" not in head or hashlib.sha256(pixels or b"").hexdigest() == head["payload"])
            if not good:
                break
        failed |= not good
        print("%sok %d %s%s" % ("" if good else "not ", n, path.stem, "" if good else ": " + outcome))
    return failed


sys.exit(main())
