"""tests/vectors/second-codec.py: methods 2 and 3 of second-reader.py: model files, the latent, the layers behind it (format.md, "Method 2", "Method 3").

Plain Python, written from the page alone: integers up to the numbers of the latent, which have to be the very same; then floating point
in twice the precision that the programs have, so that pixels may be one step off.
"""
import fractions
import hashlib
import json
import math
import struct

MAX_HEADER = 100 * 1000 * 1000  # what the safetensors library itself allows


class Wrong(Exception):
    """A model file that does not fit the page."""


def need(condition, why):
    if not condition:
        raise Wrong(why)


# --- the file


def no_twins(pairs):
    need(len(dict(pairs)) == len(pairs), "a key stands twice")
    return dict(pairs)


def read_safetensors(data):
    """Tensors as (dtype, shape, bytes), and the texts, by the rules that the format's own library checks."""
    need(len(data) >= 8, "no header")
    size, = struct.unpack_from("<Q", data)
    need(size <= MAX_HEADER and 8 + size <= len(data), "the header's length")
    need(data[8:9] == b"{" and size % 8 == 0, "the header begins with a brace, and values are aligned to 8 bytes")
    header = json.loads(data[8:8 + size].decode("utf-8"), object_pairs_hook=no_twins)
    texts = header.pop("__metadata__", {})
    need(all(isinstance(v, str) for v in texts.values()), "metadata are texts")
    values, at, tensors = data[8 + size:], 0, {}
    for name, t in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        need(set(t) == {"dtype", "shape", "data_offsets"}, "the keys of a tensor")
        begin, end = t["data_offsets"]
        width = {"F32": 4, "I32": 4, "F16": 2, "U16": 2, "U8": 1}[t["dtype"]]
        need(begin == at and end - begin == math.prod(t["shape"]) * width and begin % width == 0, "no gap, no overlap, aligned")
        tensors[name], at = (t["dtype"], t["shape"], values[begin:end]), end
    need(at == len(values), "nothing behind the last tensor")
    return tensors, texts


def numbers(tensor, dtypes, shape):
    dtype, got, data = tensor
    need(dtype in dtypes and got == list(shape), "type or shape of a tensor")
    return struct.unpack("<%d%s" % (math.prod(shape), {"F32": "f", "F16": "e", "I32": "i", "U16": "H"}[dtype]), data)


class Model:
    def __init__(self, data):
        self.sha256 = hashlib.sha256(data).digest()
        self.tensors, texts = read_safetensors(data)
        graph = json.loads(texts["graph"])
        need(graph["version"] == 1 and len(graph["inputs"]) == 1, "the graph")
        self.input, self.latent, self.output = graph["inputs"][0]["name"], graph["latent"], graph["outputs"][0]
        self.nodes = {node["name"]: node for node in graph["nodes"]}
        need(self.nodes[self.latent]["op"] == "quantise", "whole numbers are stored")
        self.channels, self.scale = self.follow(self.latent)
        self.read_tables(self.channels)

    def read_tables(self, c):
        self.mean = self.rows("latent.mean", ("I32",), (c, 7 + c))
        self.spread = self.rows("latent.spread", ("I32",), (c, 7 + c))
        self.limits = self.rows("latent.limits", ("I32",), (c, 15))
        frequencies = self.rows("latent.frequencies", ("U16",), (c * 16, 64), (c, 16, 64))
        need(all(f > 0 for row in frequencies for f in row) and all(sum(row) == 65536 for row in frequencies), "frequencies")
        need(all(row == sorted(row) for row in self.limits), "limits ascend")
        need(all(abs(w) <= (2**22 if i == 6 else 16383) for row in self.mean for i, w in enumerate(row)), "weights of the mean")
        need(all(abs(w) <= 16383 for row in self.spread for w in row), "weights of the spread")
        self.frequencies = [frequencies[16 * i:16 * i + 16] for i in range(c)]

    def rows(self, name, dtypes, shape, stored=None):
        flat = numbers(self.tensors[name], dtypes, stored or shape)
        return [list(flat[shape[1] * i:shape[1] * (i + 1)]) for i in range(shape[0])]

    def follow(self, name):
        """Channels of a value, and what a side of it is of a side of the picture."""
        if name == self.input:
            return 3, fractions.Fraction(1)
        node = self.nodes[name]
        op, a = node["op"], node.get("attributes", {})
        channels, scale = self.follow(node["inputs"][0])
        r = a.get("factor", 1)
        if op in ("conv2d", "conv_transpose2d"):
            return a["channels"], scale * a.get("stride", 1) if op == "conv_transpose2d" else scale / a.get("stride", 1)
        if op in ("max_pool", "average_pool"):
            return channels, scale / a.get("stride", a["kernel"])
        if op in ("upsample_nearest", "upsample_bilinear"):
            return channels, scale * r
        if op == "pixel_shuffle":
            return channels // r**2, scale * r
        if op == "pixel_unshuffle":
            return channels * r**2, scale / r
        if op == "concat":
            return sum(self.follow(i)[0] for i in node["inputs"]), scale
        return channels, scale

    def weights(self, node, index):
        dtype, shape, _ = tensor = self.tensors[node["weights"][index]]
        return shape, numbers(tensor, ("F32", "F16"), shape)


class Decoder(Model):
    """The decoder of a pair: what is known is its input, the vector in steps and the step."""

    def __init__(self, data):
        self.sha256 = hashlib.sha256(data).digest()
        self.tensors, texts = read_safetensors(data)
        need(texts["kind"] == "sedd-decoder", "what it is")
        graph = json.loads(texts["graph"])
        need(graph["version"] == 1 and len(graph["inputs"]) == 1, "the graph")
        self.latent, self.output = graph["inputs"][0]["name"], graph["outputs"][0]
        self.nodes = {node["name"]: node for node in graph["nodes"]}
        self.channels, self.scale = graph["inputs"][0]["channels"] - 1, fractions.Fraction(1, 8)
        self.read_tables(self.channels)


def read_model(data):
    """A model, a decoder, or None for the encoder of a pair, which no reader needs."""
    kind = read_safetensors(data)[1].get("kind")
    return None if kind == "sedd-encoder" else Decoder(data) if kind == "sedd-decoder" else Model(data)


# --- the numbers of the latent


class RangeDecoder:
    def __init__(self, data, need):
        self.need = need
        need(len(data) >= 5 and data[0] == 0)
        self.data, self.at = data, 5
        self.range, self.code = 2**32 - 1, int.from_bytes(data[1:5], "big")

    def place(self, bits):
        self.range >>= bits
        place = self.code // self.range
        self.need(place < 2**bits)
        return place

    def take(self, start, size):
        self.code -= start * self.range
        self.range *= size
        while self.range < 2**24:
            self.need(self.at < len(self.data))
            self.code = self.code << 8 | self.data[self.at]
            self.range <<= 8
            self.at += 1

    def bit(self):
        bit = self.place(1)
        self.take(bit, 1)
        return bit

    def symbol(self, frequencies):
        place, start, symbol = self.place(16), 0, 0
        while start + frequencies[symbol] <= place:
            start += frequencies[symbol]
            symbol += 1
        self.take(start, frequencies[symbol])
        return symbol


def read_rest(coder, frequencies, need):
    symbol = coder.symbol(frequencies)
    if symbol != 63:
        return symbol - 31
    negative, n, value = coder.bit(), 0, 1
    while coder.bit():
        n += 1
        need(n <= 16)
    for _ in range(n):
        value = 2 * value + coder.bit()
    return -(value + 31) if negative else value + 31


def clip(v):
    return max(-255, min(255, v))


def read_latent(model, data, w, h, need):
    """channels x h x w numbers.  need (False) is called for what is damaged."""
    coder = RangeDecoder(data, need)
    z = [[[0] * w for _ in range(h)] for _ in range(model.channels)]
    size = [[[0] * w for _ in range(h)] for _ in range(model.channels)]

    def at(plane, x, y):
        return plane[y][x] if 0 <= x < w and 0 <= y < h else 0

    for c in range(model.channels):
        mean_of, spread_of = model.mean[c], model.spread[c]
        for y in range(h):
            for x in range(w):
                near = ((x - 1, y), (x, y - 1), (x - 1, y - 1), (x + 1, y - 1), (x - 2, y), (x, y - 2))
                m = sum(mean_of[i] * clip(at(z[c], *p)) for i, p in enumerate(near)) + mean_of[6]
                m += sum(mean_of[7 + k] * clip(z[k][y][x]) for k in range(c))
                mean = max(-32768, min(32767, (m + 2048) // 4096))
                around = sum(at(size[k], *p) for k in range(c) for p in ((x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)))
                s = sum(spread_of[i] * at(size[c], *p) for i, p in enumerate(near)) + spread_of[6] * min(around, 4095)
                s += sum(spread_of[7 + k] * size[k][y][x] for k in range(c))
                context = sum(limit <= s for limit in model.limits[c])
                rest = read_rest(coder, model.frequencies[c][context], need)
                need(-32768 <= mean + rest <= 32767)
                z[c][y][x], size[c][y][x] = mean + rest, min(abs(rest), 63)
    need(coder.at == len(data) and coder.code == 0)
    return z


# --- the layers: values are lists of channels, of rows, of numbers


def act(v, a):
    kind = a.get("activation", "none")
    if kind == "relu":
        return max(v, 0.0)
    if kind == "leaky_relu":
        return v if v >= 0 else a.get("slope", 0.01) * v
    if kind == "sigmoid":
        return 1 / (1 + math.exp(-v)) if v > -700 else 0.0
    return math.tanh(v) if kind == "tanh" else v


def each(f, *planes):
    return [[[f(*v) for v in zip(*rows)] for rows in zip(*channel)] for channel in zip(*planes)]


def conv2d(model, node, a, x, *second):
    shape, weight = model.weights(node, 0)
    m_count, c_count, k, _ = shape
    bias = model.weights(node, 1)[1] if a.get("bias", 1) else [0.0] * m_count
    s, pad, d = a.get("stride", 1), a.get("pad", 0), a.get("dilation", 1)
    h, w = len(x[0]), len(x[0][0])
    rows, columns = ((side + 2 * pad - d * (k - 1) - 1) // s + 1 for side in (h, w))
    y = []
    for m in range(m_count):
        plane = [[bias[m]] * columns for _ in range(rows)]
        for c in range(c_count):
            for p in range(k):
                for q in range(k):
                    value = weight[((m * c_count + c) * k + p) * k + q]
                    for i in range(rows):
                        u = i * s + p * d - pad
                        if 0 <= u < h:
                            for j in range(columns):
                                v = j * s + q * d - pad
                                if 0 <= v < w:
                                    plane[i][j] += value * x[c][u][v]
        y.append(plane)
    return each(lambda *v: act(sum(v), a), y, *second)


def conv_transpose2d(model, node, a, x):
    shape, weight = model.weights(node, 0)
    c_count, m_count, k, _ = shape
    bias = model.weights(node, 1)[1] if a.get("bias", 1) else [0.0] * m_count
    s, pad, d, more = a.get("stride", 1), a.get("pad", 0), a.get("dilation", 1), a.get("output_pad", 0)
    h, w = len(x[0]), len(x[0][0])
    rows, columns = ((side - 1) * s - 2 * pad + d * (k - 1) + more + 1 for side in (h, w))
    y = [[[bias[m]] * columns for _ in range(rows)] for m in range(m_count)]
    for c in range(c_count):
        for m in range(m_count):
            for p in range(k):
                for q in range(k):
                    value = weight[((c * m_count + m) * k + p) * k + q]
                    for i in range(h):
                        u = i * s + p * d - pad
                        if 0 <= u < rows:
                            for j in range(w):
                                v = j * s + q * d - pad
                                if 0 <= v < columns:
                                    y[m][u][v] += value * x[c][i][j]
    return each(lambda v: act(v, a), y)


def upsample_bilinear(a, x):
    r = a["factor"]

    def place(i, side):
        u = min(max((i + 0.5) / r - 0.5, 0), side - 1)
        return int(u), min(int(u) + 1, side - 1), u - int(u)

    def plane(p):
        h, w = len(p), len(p[0])
        out = []
        for i in range(r * h):
            y0, y1, fy = place(i, h)
            row = [(1 - fy) * a + fy * b for a, b in zip(p[y0], p[y1])]
            out.append([(1 - f) * row[x0] + f * row[x1] for x0, x1, f in (place(j, w) for j in range(r * w))])
        return out
    return [plane(p) for p in x]


def pixel_shuffle(a, x):
    r, h, w = a["factor"], len(x[0]), len(x[0][0])
    return [[[x[c * r * r + i % r * r + j % r][i // r][j // r] for j in range(r * w)] for i in range(r * h)] for c in range(len(x) // r**2)]


def layer(model, node, x):
    op, a = node["op"], node.get("attributes", {})
    if op == "conv2d":
        return conv2d(model, node, a, *x)
    if op == "conv_transpose2d":
        return conv_transpose2d(model, node, a, *x)
    if op == "upsample_nearest":
        r = a["factor"]
        return [[[v for v in row for _ in range(r)] for row in plane for _ in range(r)] for plane in x[0]]
    if op == "upsample_bilinear":
        return upsample_bilinear(a, x[0])
    if op == "pixel_shuffle":
        return pixel_shuffle(a, x[0])
    if op == "concat":
        return [plane for value in x for plane in value]
    if op == "add":
        return each(lambda v, w: act(v + w, a), *x)
    if op == "activation":
        return each(lambda v: act(v, a), x[0])
    if op == "affine":
        return each(lambda v: a.get("scale", 1) * v + a.get("shift", 0), x[0])
    if op == "clamp":
        return each(lambda v: min(max(v, a["low"]), a["high"]), x[0])
    raise Wrong("no vector has the layer %s, so it is not here" % op)


def run(model, latent):
    values = {model.latent: latent}
    needed, todo = [], [model.output]
    while todo:
        name = todo.pop()
        if name != model.latent and name not in needed:
            needed.append(name)
            todo += model.nodes[name]["inputs"]
    for name, node in model.nodes.items():  # in the order of the file, which is that of the computation
        if name in needed:
            values[name] = layer(model, node, [values[i] for i in node["inputs"]])
    return values[model.output]


def decode(model, coded, width, height, grey, need, step=None):
    """The numbers as little-endian bytes, and the colours: 8 bits, interleaved."""
    w, h = (math.ceil(side * model.scale) for side in (width, height))
    latent = read_latent(model, coded, w, h, need)
    flat = [v for plane in latent for row in plane for v in row]
    if step is not None:
        unit = 4096 / math.floor(32768 * 2 ** (-step / 4) + 0.5)
        latent = [[[unit * v for v in row] for row in plane] for plane in latent] + [[[step] * w for _ in range(h)]]
    y = run(model, latent)
    out = bytearray()
    for i in range(height):
        for j in range(width):
            colours = [plane[i][j] for plane in y]
            for v in [sum(colours) / 3] if grey else colours:
                out.append(math.floor(255 * min(max(v, 0), 1) + 0.5))
    return struct.pack("<%dh" % len(flat), *flat), bytes(out)
