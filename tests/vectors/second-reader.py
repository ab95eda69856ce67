#!/usr/bin/env python3
"""tests/vectors/second-reader.py: a reader of encrypted pictures written from core/picture/format.md alone, in plain Python.

    second-reader.py FOLDER [MODELS]   opens every vector of the folder and compares with what its head expects; speaks TAP

Models are looked for in FOLDER; those in MODELS are only read, by the rules of their format.

It shares no code with the core.  libzstd and, for the vectors with a passphrase, libsodium's Argon2id are called as libraries; all else is
here, in second-codec.py (methods 2 and 3), in tests/unit/seal-values.py (ChaCha20, Poly1305, the chunks of the stream) and in
tests/unit/recipient-values.py (X25519, Salsa20, sealed boxes).  Slow on purpose, so that it can be read beside the page.
"""
import ctypes
import ctypes.util
import hashlib
import importlib.util
import pathlib
import struct
import sys
import unicodedata

MAX_SIDE = 524288
CHUNK = 65536



def module(name, path):
    spec = importlib.util.spec_from_file_location(name, pathlib.Path(__file__).parent / path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


seal = module("seal", "../unit/seal-values.py")
boxes = module("boxes", "../unit/recipient-values.py")
codec = module("codec", "second-codec.py")


class Refused(Exception):
    """Its text is one of the outcomes in README.md."""


def need(condition, outcome):
    if not condition:
        raise Refused(outcome)


def blake2b(data, size=32, key=b""):
    return hashlib.blake2b(data, digest_size=size, key=key).digest()


def keystream(seed, at, size):
    return seal.chacha20(seed, lambda block: struct.pack("<QQ", at // 64 + block, 0), size)


# --- the picture around it


def load(path):
    """The head as a list of pairs; width, height, samples a pixel, bytes a sample, samples (16 bits: big-endian)."""
    data = path.read_bytes()
    head, rest = data.split(b"\n\n", 1)
    pairs = [line.split(": ", 1) for line in head.decode().split("\n")]
    if rest.startswith(b"P7"):
        lines, rest = rest.split(b"ENDHDR\n", 1)
        values = dict(line.split(b" ", 1) for line in lines.split(b"\n")[1:] if line)
        width, height, channels, most = (int(values[k]) for k in (b"WIDTH", b"HEIGHT", b"DEPTH", b"MAXVAL"))
    else:
        kind, size, most, rest = rest.split(b"\n", 3)
        width, height = map(int, size.split())
        channels, most = {b"P5": 1, b"P6": 3}[kind], int(most)
    return pairs, width, height, channels, 1 if most == 255 else 2, rest


def normalise(width, height, channels, size, samples):
    need(channels >= 3, "not-encrypted")
    if size == 2:
        need(samples[0::2] == samples[1::2], "not-encrypted")
        samples = samples[0::2]
    if channels == 4:
        need(samples[3::4] == b"\xff" * (width * height), "not-encrypted")
        samples = b"".join(samples[i:i + 3] for i in range(0, len(samples), 4))
    return samples


def regions(width, height, pixels):
    """Of (width, height, bytes); the whole picture is one of them, or there is none."""
    found = []
    at = pixels.find(b"CNNCRYP\x01")
    while at >= 0:
        x, y = at // 3 % width, at // 3 // width
        if at % 3 == 0 and width - x >= 8:
            w, h, length = struct.unpack_from("<IIQ", pixels, at + 8)
            fits = 8 <= w <= width - x and 1 <= h <= height - y and 0 < length < w * h * 3
            if fits and not any(x < a + c and a < x + w and y < b + d and b < y + h for a, b, c, d in found):
                found.append((x, y, w, h))
        at = pixels.find(b"CNNCRYP\x01", at + 1)
    return [(w, h, b"".join(pixels[3 * ((y + r) * width + x):][:3 * w] for r in range(h))) for x, y, w, h in found]


# --- header and keys


class Header:
    def __init__(self, data, width, height):
        need(len(data) >= 24 and data[:7] == b"CNNCRYP", "not-encrypted")
        need(data[7] == 1, "bad-version")
        self.width, self.height, self.stream_length = struct.unpack_from("<IIQ", data, 8)
        need((self.width, self.height) == (width, height), "damaged")
        need(len(data) >= 32, "damaged")
        self.length, self.method, flags, n = struct.unpack_from("<IBHB", data, 24)
        need(self.length <= len(data) or self.length > 4096, "damaged")
        need(8 <= self.width <= MAX_SIDE and 1 <= self.height <= MAX_SIDE, "bad-format")
        need(32 + 72 <= self.length <= 4096, "bad-format")
        need(1 <= self.stream_length <= self.width * self.height * 3 - self.length, "bad-format")
        need(1 <= n <= 32, "bad-format")
        self.stanzas, at, end, unknown = [], 32, self.length - 72, False
        for _ in range(n):
            need(at + 3 <= end, "bad-format")
            kind, size = struct.unpack_from("<BH", data, at)
            need(at + 3 + size <= end and kind != 0 and size == {1: 128, 2: 80}.get(kind, size), "bad-format")
            unknown = unknown or kind > 2
            self.stanzas.append((kind, data[at + 3:at + 3 + size]))
            at += 3 + size
        need(at == end, "bad-format")
        need(n == 1 or all(kind != 1 for kind, _ in self.stanzas), "bad-format")
        need(self.method in (1, 2, 3) and flags == 0 and not unknown, "bad-version")
        self.stream_header, self.checksum, self.tag = data[end:end + 24], data[end + 24:end + 40], data[end + 40:end + 72]
        self.bytes = data[:self.length]
        need(blake2b(self.bytes[:-48], 16) == self.checksum, "damaged")


def argon2id(passphrase, salt, ops, memory_kib):
    sodium = ctypes.CDLL(ctypes.util.find_library("sodium") or "libsodium.so.23")
    out = ctypes.create_string_buffer(32)
    status = sodium.crypto_pwhash(out, ctypes.c_ulonglong(32), passphrase, ctypes.c_ulonglong(len(passphrase)), salt, ctypes.c_ulonglong(ops),
                                  ctypes.c_size_t(memory_kib * 1024), 2)
    assert status == 0
    return out.raw


def aead_open(key, nonce, aad, sealed):
    """By sealing: the keystream turns the ciphertext into the plaintext, whose seal must be the same."""
    plain = seal.aead_seal(key, nonce, aad, sealed[:-16])[:-16]
    return plain if seal.aead_seal(key, nonce, aad, plain) == sealed else None


def unlock_identity(stanzas, identity):
    """The file key of the stanza that is for this secret key."""
    need(all(kind == 2 for kind, _ in stanzas), "bad-argument")
    need(not any(boxes.has_low_order(body[:32]) for _, body in stanzas), "bad-format")
    opened = [key for key in (boxes.box_open(body, identity) for _, body in stanzas) if key is not None]
    need(opened, "wrong-key")
    return opened[0]


def unlock(header, kek, passphrase, identity):
    if identity is not None:
        file_key = unlock_identity(header.stanzas, identity)
        need(blake2b(header.bytes[:-32], 32, seal.child(file_key, b"cc1_head")) == header.tag, "damaged")
        return file_key
    if passphrase is not None:
        need(passphrase != b"", "bad-argument")
    kind, body = header.stanzas[0]
    need(kind == 1, "bad-argument")
    ops, memory_kib = struct.unpack_from("<II", body, 16)
    need(1 <= ops <= 16 and 65536 <= memory_kib <= 1048576, "kdf-refused")
    if passphrase is not None:
        kek = argon2id(unicodedata.normalize("NFC", passphrase.decode()).encode(), body[:16], ops, memory_kib)
    need(seal.child(kek, b"cc1_comm") == body[24:56], "wrong-key")
    file_key = aead_open(seal.child(kek, b"cc1_wrap"), body[56:80], body[:56], body[80:])
    need(file_key is not None, "damaged")
    need(blake2b(header.bytes[:-32], 32, seal.child(file_key, b"cc1_head")) == header.tag, "damaged")
    return file_key


def open_stream(header, file_key, sealed):
    """A chunk is opened by sealing it: its ciphertext pushed gives the plaintext, which pushed again must give the chunk."""
    rest = len(sealed) % (CHUNK + 17)
    need(rest == 0 or rest > 17, "damaged")
    stream = seal.Stream(seal.child(file_key, b"cc1_strm"), header.stream_header)
    plain = b""
    for at in range(0, len(sealed), CHUNK + 17):
        chunk = sealed[at:at + CHUNK + 17]
        last = at + len(chunk) == len(sealed)
        key, nonce = stream.key, stream.nonce
        piece = stream.push(chunk[1:-16], header.tag, 0)[1:-16]
        stream.key, stream.nonce = key, nonce
        need(stream.push(piece, header.tag, 3 if last else 0) == chunk, "damaged")
        plain += piece
    return plain


# --- the layers


def geometry(n):
    words = max(-(-n // 4), 1)
    segments = -(-words // 131072)
    half = max(-(-words // (2 * segments)), 16)
    w = 4
    while w < 256 and -(-half // w) >= 2 * w:
        w *= 2
    return segments, w, -(-half // w)


def logistic(state):
    x, w, s = struct.unpack("<QQQ", state)
    s |= 1
    n = 0
    while True:
        w = (w + s) % 2**64
        x = (4 * x * (2**64 - 1 - x) // 2**64 + w) % 2**64
        if n >= 64:
            yield x >> 16 & 0xFFFFFFFF
        n += 1


def logistic_xor(seed, data):
    n = -(-len(data) // 65536)
    states = keystream(seed, 64, 24 * n)
    out = b""
    for i in range(n):
        words = logistic(states[24 * i:24 * i + 24])
        part = data[65536 * i:65536 * (i + 1)]
        out += seal.xor(part, b"".join(struct.pack("<I", next(words)) for _ in range(-(-len(part) // 4))))
    return out


def unpermute(seed, data):
    n = len(data) // 64
    blocks = [data[64 * i:64 * i + 64] for i in range(n)]
    words = logistic(keystream(seed, 0, 24))
    swaps = [(i, next(words) * (i + 1) >> 32) for i in range(n - 1, 0, -1)]
    for i, j in reversed(swaps):
        blocks[i], blocks[j] = blocks[j], blocks[i]
    return b"".join(blocks) + data[64 * n:]


def minus(a, b):
    """Each of the four bytes modulo 256."""
    return ((a | 0x80808080) - (b & 0x7F7F7F7F)) ^ ((a ^ ~b) & 0x80808080)


def tables(seed, w, h):
    size = 36 + 4 + 4 * h + 4 * w + h + w
    words = struct.unpack("<%dI" % (10 * size), keystream(seed, 0, 40 * size))
    out = []
    for r in range(10):
        t = words[r * size:(r + 1) * size]
        rows, columns = t[40:40 + 4 * h], t[40 + 4 * h:40 + 4 * h + 4 * w]
        shifts = t[40 + 4 * h + 4 * w:]
        out.append(([k | 1 for k in t[:36]], [m | 1 for m in t[36:40]], rows, columns, [v % w for v in shifts[:h]], [v % h for v in shifts[h:]]))
    return out


def inverse_round(table, w, h, source, target):
    kernel, mix, rows, columns, row_shift, column_shift = table
    result = [0] * (w * h)
    for y in range(h):
        above, here, below = (source[(y + d) % h * w:][:w] for d in (-1, 0, 1))
        for x in range(w):
            left, right = x - 1, (x + 1) % w
            nine = (above[left], above[x], above[right], here[left], here[x], here[right], below[left], below[x], below[right])
            out = 0
            for c in range(4):
                acc = rows[4 * y + c] + columns[4 * x + c]
                for k, s in zip(kernel[9 * c:9 * c + 9], nine):
                    acc += k * s
                acc &= 0xFFFFFFFF
                out += mix[c] * ((acc - 2**32) >> 5 if acc >> 31 else acc)
            out &= 0xFFFFFFFF
            out ^= out >> 16
            x1 = (x + row_shift[y]) % w
            y1 = (y + column_shift[x1]) % h
            result[y * w + x] = minus(target[y1 * w + x1], out)
    return result


def decipher(seed, data):
    segments, w, h = geometry(len(data))
    n = w * h
    table = tables(seed, w, h)
    words = struct.unpack("<%dI" % (len(data) // 4), data)
    s = [[list(words[2 * n * i:2 * n * i + n]), list(words[2 * n * i + n:2 * n * (i + 1)])] for i in range(segments)]
    for order, rounds, step in ((range(segments), (9, 8, 7, 6, 5), 1), (range(segments - 1, -1, -1), (4, 3, 2, 1, 0), -1)):
        for i in order:
            for r in rounds:
                s[i][r % 2] = inverse_round(table[r], w, h, s[i][1 - r % 2], s[i][r % 2])
            if 0 <= i + step < segments:
                s[i] = [[minus(a, b) for a, b in zip(mine, near)] for mine, near in zip(s[i], s[i + step])]
    return struct.pack("<%dI" % (len(data) // 4), *(v for pair in s for half in pair for v in half))


# --- the inner header and the raster


def read_info(info):
    """Geometry, and the checks of the page that a reader can make without writing the block again."""
    need(len(info) >= 22, "bad-format")
    width, height, model, sample, curve, alpha, source, raw, packed = struct.unpack_from("<IIBBBBBBQ", info)
    need(1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE and model <= 2 and sample <= 5 and curve <= 1 and alpha <= 1 and source <= 2 and raw <= 1
         and packed >= 1 and (model != 2 or (sample, curve) == (0, 1)), "bad-format")
    channels, size = (3 if model == 1 else 1) + alpha, (1, 2, 4, 2, 4, 8)[sample]
    need(not raw or packed == width * height * channels * size, "bad-format")
    at, before, seen = 22, 0, []
    while at < len(info):
        need(at + 5 <= len(info), "bad-format")
        tag, length = struct.unpack_from("<BI", info, at)
        need(1 <= tag <= 6 and (tag > before or tag == before == 6) and at + 5 + length <= len(info), "bad-format")
        before, at = tag, at + 5 + length
        seen.append(tag)
    need((4 in seen) == (model == 2), "bad-format")
    return width, height, channels, size, sample >= 3, raw, packed


zstd = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
zstd.ZSTD_decompress.restype = ctypes.c_size_t
zstd.ZSTD_decompress.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]


def inflate(frame, size):
    out = ctypes.create_string_buffer(size)
    need(zstd.ZSTD_decompress(out, size, frame, len(frame)) == size, "damaged")
    return out.raw


def unpredict(residual, width, modulus):
    values = []
    for i, r in enumerate(residual):
        x, y = i % width, i // width
        if y == 0:
            prediction = values[i - 1] if x else 0
        elif x == 0:
            prediction = values[i - width]
        else:
            a, b, c = values[i - 1], values[i - width], values[i - width - 1]
            prediction = min(a, b) if c >= max(a, b) else max(a, b) if c <= min(a, b) else a + b - c
        values.append((prediction + r) % modulus)
    return values


def predicted_band(body, width, rows, channels, size, real):
    pixels, bits, streams = width * rows, 8 * size, []
    at = 4 * channels * size
    for i in range(channels * size):
        length, = struct.unpack_from("<I", body, 4 * i)
        need(length <= pixels and at + length <= len(body), "damaged")
        streams.append(body[at:at + length] if length == pixels else inflate(body[at:at + length], pixels))
        at += length
    need(at == len(body), "damaged")
    residual = []
    for c in range(channels):
        plane = [int.from_bytes(bytes(part), "big") for part in zip(*streams[c * size:(c + 1) * size])]
        residual.append(plane if size == 1 else [f >> 1 if f % 2 == 0 else -((f + 1) >> 1) for f in plane])
    planes = [unpredict(residual[c], width, 2**bits) for c in range(channels)]
    if channels >= 3:
        half = 2**(bits - 1)
        planes[0] = [(r + g - half) % 2**bits for r, g in zip(planes[0], planes[1])]
        planes[2] = [(b + (r + g) // 2 - half) % 2**bits for r, g, b in zip(*planes[:3])]
    out = bytearray(pixels * channels * size)
    for c in range(channels):
        for i, v in enumerate(planes[c]):
            if real:
                v = v ^ 1 << (bits - 1) if v >> (bits - 1) else v ^ (2**bits - 1)
            out[(i * channels + c) * size:(i * channels + c + 1) * size] = v.to_bytes(size, "little")
    return bytes(out)


def band_of_values(body, width, rows, channels, size):
    lists, at = [], 0
    for _ in range(2 if channels in (2, 4) else 1):
        need(at < len(body), "damaged")
        n, at = body[at] + 1, at + 1
        need(at + n * size <= len(body), "damaged")
        lists.append([body[at + i * size:at + (i + 1) * size] for i in range(n)])
        at += n * size
    out = []
    for i, rank in enumerate(predicted_band(body[at:], width, rows, channels, 1, False)):
        values = lists[-1 if i % channels == channels - 1 else 0]
        need(rank < len(values), "damaged")
        out.append(values[rank])
    return b"".join(out)


def unpack(packed, width, height, channels, size, real):
    row = width * channels * size
    rows = max(1, 1048576 // row)
    n = -(-height // rows)
    out, at = b"", 4 * n
    for i in range(n):
        length, = struct.unpack_from("<I", packed, 4 * i)
        band, at = packed[at:at + length], at + length
        count = min(rows, height - i * rows)
        need(band[:1] in (b"\0", b"\1", b"\2") or (band[:1] == b"\3" and size > 1), "damaged")
        out += (band[1:] if band[0] == 0 else inflate(band[1:], count * row) if band[0] == 2
                else band_of_values(band[1:], width, count, channels, size) if band[0] == 3
                else predicted_band(band[1:], width, count, channels, size, real))
    need(at == len(packed) and len(out) == row * height, "damaged")
    return out


def open_model_body(body, info, models, pair):
    """Methods 2 and 3 (pair): the samples, and the hash of the numbers of the latent."""
    width, height, channels, size, perceptual, indexed, raw = info
    need(not raw and size == 1 and perceptual and not indexed and len(body) > 33 and 1 <= body[32] <= 64 and len(body) >= 37 + body[32], "damaged")
    name = body[33:33 + body[32]]
    try:
        name.decode()
    except UnicodeDecodeError:
        raise Refused("damaged")
    at, step = 33 + len(name), None
    if pair:
        need(len(body) >= at + 5 and body[at] < 32 and width >= 16 and height >= 16, "damaged")
        at, step = at + 1, body[at]
    latent, = struct.unpack_from("<I", body, at)
    coded, rest = body[at + 4:at + 4 + latent], body[at + 4 + latent:]
    alpha = channels in (2, 4)
    need(b"\0" not in name and len(coded) == latent and (rest != b"") == alpha, "damaged")
    model = next((m for m in models if m.sha256 == body[:32]), None)
    need(model is not None, "model-missing")
    numbers, colours = codec.decode(model, coded, width, height, channels < 3, lambda good: need(good, "damaged"), step)
    if alpha:
        planes, n = unpack(rest, width, height, 1, 1, False), channels - 1
        colours = b"".join(colours[n * i:n * i + n] + planes[i:i + 1] for i in range(width * height))
    return colours, hashlib.sha256(numbers).hexdigest(), channels


def open_carrier(width, height, data, kek, passphrase, identity, models):
    """The samples, and of method 2 the hash of the latent's numbers and how many channels have colours and alpha."""
    header = Header(data, width, height)
    file_key = unlock(header, kek, passphrase, identity)
    stream, fill = data[header.length:header.length + header.stream_length], data[header.length + header.stream_length:]
    need(keystream(seal.child(file_key, b"cc1_fill"), 0, len(fill)) == fill, "damaged")
    plain = open_stream(header, file_key, stream)
    need(len(plain) >= 68, "damaged")
    iv, length = plain[32:64], struct.unpack_from("<I", plain, 64)[0]
    need(68 + length <= len(plain), "damaged")
    info, payload = plain[68:68 + length], plain[68 + length:]
    w, h, channels, size, real, raw, packed = read_info(info)
    segments, a, b = geometry(packed)
    need(packed <= len(payload) == segments * 8 * a * b, "damaged")
    chaos = blake2b(iv, 32, seal.child(file_key, b"cc1_chao"))
    payload = decipher(blake2b(iv, 32, seal.child(file_key, b"cc1_cnn_")), payload)
    payload = unpermute(chaos, logistic_xor(chaos, payload))
    need(not any(payload[packed:]), "wrong-result")
    need(blake2b(plain[:32] + info + payload[:packed], 32, seal.child(file_key, b"cc1_iv__")) == iv, "wrong-result")
    if header.method in (2, 3):
        return open_model_body(payload[:packed], (w, h, channels, size, info[10] == 1, info[8] == 2, raw), models, header.method == 3)
    return payload[:packed] if raw else unpack(payload[:packed], w, h, channels, size, real), None, 0


def about(samples, expected, channels):
    """Colours one step off at one place in fifty at most, alpha not at all."""
    off = [abs(a - b) for a, b in zip(samples, expected)]
    exact = channels in (1, 3) or not any(off[channels - 1::channels])
    return len(samples) == len(expected) and exact and max(off) <= 1 and sum(off) <= 1 + len(off) // 50


def outcome(path, models):
    """What is expected, and what comes: each a list, of an outcome and hashes of samples.  With several identities, the first that differs."""
    pairs, width, height, channels, size, samples = load(path)
    head = dict(pairs)
    kek = bytes.fromhex(head["kek"]) if "kek" in head else None
    passphrase = bytes.fromhex(head["passphrase"]) if "passphrase" in head else None
    want = [head["expect"]] + [value for key, value in pairs if key in ("payload", "latent")]
    for identity in [bytes.fromhex(value) for key, value in pairs if key == "identity"] or [None]:
        try:
            pixels = normalise(width, height, channels, size, samples)
            got = ["success"]
            for part in regions(width, height, pixels) or [(width, height, pixels)]:
                opened, latent, n = open_carrier(*part, kek, passphrase, identity, models)
                got.append(latent or hashlib.sha256(opened).hexdigest())
                if latent and not about(opened, bytes.fromhex(head["about"]), n):
                    got.append("other pixels: " + opened.hex())
        except Refused as refused:
            got = [str(refused)]
        if want != got:
            break
    return want, got


def main():
    folder = pathlib.Path(sys.argv[1])
    models = [model for model in (codec.read_model(path.read_bytes()) for path in sorted(folder.glob("*.safetensors"))) if model]
    paths = sorted(folder.glob("*.cct"))
    shipped = [path for other in sys.argv[2:] for path in sorted(pathlib.Path(other).glob("*.safetensors"))]
    print("1..%d" % (len(paths) + len(shipped)))
    for i, path in enumerate(paths):
        want, got = outcome(path, models)
        print("%s %d %s" % ("ok" if want == got else "not ok", i + 1, path.stem))
        if want != got:
            print("# expected %s, got %s" % (want, got))
    for i, path in enumerate(shipped):
        try:
            codec.read_safetensors(path.read_bytes())
            print("ok %d %s" % (len(paths) + i + 1, path.name))
        except (codec.Wrong, KeyError, ValueError) as error:
            print("not ok %d %s\n# %r" % (len(paths) + i + 1, path.name, error))


if __name__ == "__main__":
    main()
