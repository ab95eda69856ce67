#!/usr/bin/env python3
"""tests/vectors/second-reveal.py: a reader of hidden pictures written from core/stego/format.md alone, in plain Python.

    second-reveal.py FOLDER     opens every vector of the folder and compares with what its head expects; speaks TAP

What it shares with second-reader.py is of the same kind: hashes, ChaCha20, chunks of the stream.  WebP files are opened by dwebp.
"""
import importlib.util
import pathlib
import hashlib
import shutil
import struct
import subprocess
import sys



def module(name, file):
    spec = importlib.util.spec_from_file_location(name, pathlib.Path(__file__).parent / file)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


reader, lattice = module("reader", "second-reader.py"), module("lattice", "second-lattice.py")
seal, need, Refused, blake2b, keystream = reader.seal, reader.need, reader.Refused, reader.blake2b, reader.keystream

MAGIC = b"CNNHIDE\x01"
PLACES = 2848


def words(seed):
    block = 0
    while True:
        yield from struct.unpack("<16I", keystream(seed, 64 * block, 64))
        block += 1


def places(width, height):
    n = 3 * width * height
    sign = 3 * min(height // 2 * width + (max((width - 43) // 2, 0)), (n - 128) // 3)
    draw = words(blake2b(b"cs1_plac" + struct.pack("<II", width, height)))
    out = [sign + i for i in range(128)]
    for i in range(PLACES - 128):
        low, high = i * (n - 128) // 2720, (i + 1) * (n - 128) // 2720
        rank = low + next(draw) % (high - low)
        out.append(rank if rank < sign else rank + 128)
    assert len(set(out)) == PLACES
    return out


def to_bytes(bits):
    return bytes(sum(bit << k for k, bit in enumerate(bits[i:i + 8])) for i in range(0, len(bits) - 7, 8))


def sign_elsewhere(samples, width, height):
    bits = "".join(str(s & 1) for s in samples)
    magic = "".join(str(byte >> k & 1) for byte in MAGIC for k in range(8))
    at = bits.find(magic)
    while at >= 0:
        if at % 3 == 0 and at + 128 <= len(bits):
            size = struct.unpack("<II", to_bytes([int(b) for b in bits[at + 64:at + 128]]))
            if all(1 <= s <= reader.MAX_SIDE for s in size):
                return size != (width, height)
        at = bits.find(magic, at + 1)
    return False


def read_record(samples, width, height):
    record = b""
    if len(samples) >= PLACES:
        record = to_bytes([samples[p] & 1 for p in places(width, height)])
    wrong = sum(bin(a ^ b).count("1") for a, b in zip(record, MAGIC)) if record else 64
    if wrong > 8:
        raise Refused("damaged" if sign_elsewhere(samples, width, height) else "not-encrypted")
    need(record[:7] == MAGIC[:7], "damaged")
    need(record[7] == 1, "bad-version")
    mode, count, bits, flags = record[16:20]
    need(1 <= count <= 3, "damaged")
    end = 76 + 88 * count
    need(blake2b(record[:end], 16) == record[end:end + 16], "damaged")
    need(struct.unpack_from("<II", record, 8) == (width, height), "damaged")
    need(mode in (1, 2, 3) and flags == 0, "bad-version")
    need(mode != 2, "bad-format")
    need(bits in ((1, 2) if mode == 3 else (0,)), "bad-format")
    need((record[44:76] == bytes(32)) == (mode == 3), "bad-format")
    return record[:end], mode, count, bits


def order_of(samples, taken, seed, n):
    order = [i for i in range(len(samples)) if i not in taken]
    draw = words(seed)
    m = len(order)
    for i in range(n):
        bound = m - i
        while True:
            product = next(draw) * bound
            if product % 2**32 >= 2**32 % bound:
                break
        r = product >> 32
        order[i], order[i + r] = order[i + r], order[i]
    return order


def size_of(five):
    both = int.from_bytes(five, "little")
    return both % 2**20 + 1, (both >> 20) + 1


def find_robust(samples, width, height):
    """The 54 bytes of mode 2."""
    dither = [d / 65536 for d in struct.unpack("<2676H", keystream(blake2b(b"cs1_latt"), 0, 5352))]

    def right(record):
        return blake2b(record[:50], 16)[:4] == record[50:]

    record, present, moved = lattice.find(samples, width, height, dither, right)
    need(present, "not-encrypted")
    need(record is not None and (record[0] == 1 or moved), "damaged" if record is None else "bad-version")
    need(not moved and size_of(record[4:9]) == (width, height), "damaged")
    return record


def reveal_robust(samples, width, height, kek):
    record = find_robust(samples, width, height)
    cost = int.from_bytes(record[1:4], "little")
    check_cost(kek, cost % 16 + 1, (cost >> 4) + 1)
    key = seal.child(kek, b"cs1_slot")
    need(blake2b(record[:34], 32, seal.child(key, b"cs1_comm"))[:16] == record[34:50], "wrong-key")
    assert size_of(seal.xor(record[29:34], keystream(seal.child(key, b"cs1_info"), 0, 5))) == (500, 400)
    raise Refused("model-missing")


def check_cost(kek, ops, memory):
    if kek is None:
        need(1 <= ops <= 16 and 65536 <= memory <= 1048576, "kdf-refused")
        raise AssertionError("these vectors come with a key")


def reveal(samples, width, height, kek):
    try:
        record, mode, count, bits = read_record(samples, width, height)
    except Refused as refused:
        if str(refused) != "not-encrypted":
            raise
        return reveal_robust(samples, width, height, kek)
    check_cost(kek, *struct.unpack_from("<II", record, 20))
    key = seal.child(kek, b"cs1_slot")
    slots = [record[76 + 88 * i:76 + 88 * (i + 1)] for i in range(count)]
    info = None
    for i, slot in enumerate(slots):
        if blake2b(record[:76] + bytes([i]) + slot[:56], 32, seal.child(key, b"cs1_comm")) == slot[56:]:
            info = seal.xor(slot[:56], keystream(seal.child(key, b"cs1_info"), 0, 56))
    need(info is not None, "wrong-key")
    need(mode == 3, "model-missing")
    own_width, own_height, start, length = struct.unpack_from("<IIQQ", info, 32)
    m = len(samples) - PLACES
    n = -(-8 * length // bits)
    need(length > 24 + 17 and start + n <= m and 1 <= own_width <= reader.MAX_SIDE and 1 <= own_height <= reader.MAX_SIDE, "bad-format")
    order = order_of(samples, set(places(width, height)), info[:32], start + n)
    message = [samples[order[start + k // bits]] >> k % bits & 1 for k in range(8 * length)]
    sealed = to_bytes(message)

    class Header:
        stream_header, tag = sealed[:24], blake2b(record)

    webp = reader.open_stream(Header, key, sealed[24:])
    done = subprocess.run(["dwebp", "-quiet", "-ppm", "-o", "-", "--", "-"], input=webp, capture_output=True)
    need(done.returncode == 0, "damaged")
    kind, size, most, pixels = done.stdout.split(b"\n", 3)
    w, h = map(int, size.split())
    need(w <= own_width and h <= own_height and own_width // w <= 16 and own_height // h <= 16, "damaged")
    return pixels if (w, h) == (own_width, own_height) else None


def main():
    if shutil.which("dwebp") is None:
        print("1..0 # SKIP dwebp is not installed (package webp)")
        return 0
    files = sorted(pathlib.Path(sys.argv[1]).glob("*.cct"))
    print("1..%d" % max(len(files), 1))
    if not files:
        print("not ok 1 no vectors")
    failed = not files
    for n, path in enumerate(files, 1):
        pairs, width, height, channels, size, samples = reader.load(path)
        head = dict(pairs)
        assert channels in (1, 3) and size == 1
        if channels == 1:
            samples = bytes(s for s in samples for _ in range(3))
        try:
            pixels = reveal(samples, width, height, bytes.fromhex(head["kek"]) if "kek" in head else None)
            outcome = "success"
        except Refused as refused:
            pixels, outcome = None, str(refused)
        good = outcome == head["expect"] and ("payload" not in head or hashlib.sha256(pixels or b"").hexdigest() == head["payload"])
        failed |= not good
        print("%sok %d %s%s" % ("" if good else "not ", n, path.stem, "" if good else ": " + outcome))
    return failed


sys.exit(main())
