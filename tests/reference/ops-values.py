#!/usr/bin/python3
"""tests/reference/ops-values.py: what PyTorch says that the operations of core/nn/ops.h give.

Writes ops-values.h, a table of cases (operation, shapes, ranges of the inputs, place of the first expected value), and ops-values.bin, the
expected outputs as little-endian float32, computed in double from inputs that the tests draw again by themselves.  Gradients are PyTorch's own.  What PyTorch lacks (the counter-based draws, the rate of a
latent, similarity) is written here from the definitions in ops.h, in operations of PyTorch whose gradients it derives.
Needs Debian's python3-torch (1.13).  Run: ./ops-values.py
"""
import math
import os

import numpy
import torch
import torch.nn.functional as F

torch.set_num_threads(1)
cases = []
values = []

ACTIVATIONS = {
    None: lambda x: x,
    "RELU": torch.relu,
    "LEAKY_RELU": lambda x: F.leaky_relu(x, 0.125),
    "SIGMOID": torch.sigmoid,
    "TANH": torch.tanh,
}
SLOPE = 0.125


def words(seed, count):
    """xorshift32, as case_words in cipher-case.h."""
    out = numpy.empty(count, dtype=numpy.uint32)
    s = seed
    for i in range(count):
        s ^= (s << 13) & 0xFFFFFFFF
        s ^= s >> 17
        s ^= (s << 5) & 0xFFFFFFFF
        out[i] = s
    return out


def draw(seed, shape, low, high):
    w = words(seed, math.prod(shape)) >> 8
    x = (low + (high - low) * (w.astype(numpy.float64) / 2**24)).astype(numpy.float32)
    return torch.from_numpy(x.astype(numpy.float64)).reshape(shape)


def case(name, kind, inputs, function, **fields):
    """inputs: shapes, or (shape, low, high).  function: tensors to the tuple of the outputs."""
    ranges = [(i, -1.0, 1.0) if isinstance(i[0], int) else i for i in inputs]
    tensors = [draw(977 * (len(cases) + 1) + k, s, lo, hi).requires_grad_(True) for k, (s, lo, hi) in enumerate(ranges)]
    outputs = function(*tensors)
    outputs = [o.detach() for o in (outputs if isinstance(outputs, (tuple, list)) else (outputs,))]
    outputs = [o.reshape((1, -1, 1, 1)) if o.dim() < 2 else o.reshape(tuple(o.shape) + (1,) * (4 - o.dim())) for o in outputs]
    cases.append((name, kind, ranges, fields, [tuple(o.shape) for o in outputs], len(values)))
    for o in outputs:
        values.extend(o.reshape(-1).tolist())


def gradients(function, inputs, dy, wanted):
    """The gradients of inputs[wanted], where function (inputs) receives dy."""
    return torch.autograd.grad(function(*inputs), [inputs[i] for i in wanted], dy)


# ---- convolutions ----

CONVS = [
    # x, weight, stride, pad, dilation, extra inputs, activation
    ((1, 1, 5, 7), (1, 1, 3, 3), 1, 1, 1, 0, None),
    ((2, 3, 9, 7), (5, 3, 3, 3), 2, 1, 1, 1, None),
    ((1, 13, 6, 5), (4, 13, 1, 1), 1, 0, 1, 1, "RELU"),
    ((2, 4, 8, 11), (6, 4, 5, 5), 2, 2, 1, 2, "LEAKY_RELU"),
    ((1, 3, 11, 10), (2, 3, 3, 3), 1, 2, 2, 1, "TANH"),
    ((3, 2, 7, 5), (13, 2, 3, 2), 1, 0, 1, 1, "SIGMOID"),
    ((1, 2, 4, 35), (5, 2, 3, 3), 1, 1, 1, 2, "RELU"),
    ((1, 2, 4, 4), (3, 2, 1, 1), 1, 1, 1, 1, None),
    ((1, 2, 13, 12), (3, 2, 4, 4), 3, 4, 2, 1, None),
    ((2, 9, 5, 18), (8, 9, 3, 3), 1, 1, 1, 1, None),
]
for x, w, stride, pad, dilation, extra, act in CONVS:
    def conv(a, b, bias=None, residual=None):
        y = F.conv2d(a, b, None if bias is None else bias.reshape(-1), stride, pad, dilation)
        return y if residual is None else y + residual
    y = tuple(F.conv2d(torch.zeros(x), torch.zeros(w), None, stride, pad, dilation).shape)
    name = "%dx%dx%dx%d kernel %dx%dx%d stride %d pad %d dilation %d" % (*x, w[0], w[2], w[3], stride, pad, dilation)
    fields = dict(stride=stride, pad=pad, dilation=dilation)
    more = [(1, w[0], 1, 1), y][:extra]
    case("conv2d " + name, "CONV2D", [x, w] + more, lambda *t: ACTIVATIONS[act](conv(*t)), activation=act, **fields)
    case("conv2d_backward_data " + name, "CONV2D_BACKWARD_DATA", [y, w],
         lambda dy, b: gradients(conv, [torch.zeros(x, dtype=torch.double, requires_grad=True), b], dy, [0]), **fields)
    case("conv2d_backward_weight " + name, "CONV2D_BACKWARD_WEIGHT", [x, y],
         lambda a, dy: gradients(conv, [a, torch.zeros(w, dtype=torch.double, requires_grad=True),
                                        torch.zeros((1, w[0], 1, 1), dtype=torch.double, requires_grad=True)], dy, [1, 2]), **fields)

for x, w, stride, pad, dilation, output_pad, bias, act in [
    ((1, 1, 4, 5), (1, 1, 3, 3), 2, 1, 1, 1, False, None),
    ((2, 3, 5, 4), (3, 5, 4, 4), 2, 1, 1, 0, True, "RELU"),
    ((1, 13, 3, 4), (13, 2, 3, 3), 1, 1, 1, 0, True, None),
    ((1, 2, 4, 3), (2, 13, 3, 2), 3, 2, 2, 2, True, "TANH"),
    ((2, 4, 6, 17), (4, 3, 5, 5), 1, 2, 1, 0, True, "LEAKY_RELU"),
    ((1, 6, 5, 7), (6, 4, 5, 5), 2, 2, 1, 1, True, None),
]:
    case("conv_transpose2d %dx%dx%dx%d to %d kernel %dx%d stride %d pad %d dilation %d output_pad %d" % (*x, *w[1:], stride, pad, dilation, output_pad),
         "CONV_TRANSPOSE2D", [x, w] + [(1, w[1], 1, 1)] * bias,
         lambda a, b, c=None: ACTIVATIONS[act](F.conv_transpose2d(a, b, None if c is None else c.reshape(-1), stride, pad, output_pad, 1, dilation)),
         stride=stride, pad=pad, dilation=dilation, output_pad=output_pad, activation=act)
case("channel_sum", "CHANNEL_SUM", [(2, 13, 5, 3)], lambda dy: dy.sum((0, 2, 3)))

# ---- matrix products ----

for x, m, act in [((1, 1, 1, 1), 1, None), ((3, 2, 5, 7), 13, "SIGMOID"), ((5, 13, 1, 1), 9, "LEAKY_RELU"), ((2, 300, 1, 1), 3, None)]:
    k = x[1] * x[2] * x[3]
    name = "%dx%d to %d" % (x[0], k, m)
    def dense(a, b, c=None):
        return F.linear(a.reshape(a.shape[0], -1), b.reshape(b.shape[0], -1), None if c is None else c.reshape(-1))
    case("dense " + name, "DENSE", [x, (m, k, 1, 1), (1, m, 1, 1)], lambda *t: ACTIVATIONS[act](dense(*t)), activation=act)
    case("dense_backward_data " + name, "DENSE_BACKWARD_DATA", [(x[0], m, 1, 1), (m, k, 1, 1)],
         lambda dy, b: gradients(dense, [torch.zeros(x, dtype=torch.double, requires_grad=True), b], dy.reshape(x[0], m), [0]))
    case("dense_backward_weight " + name, "DENSE_BACKWARD_WEIGHT", [x, (x[0], m, 1, 1)],
         lambda a, dy: gradients(dense, [a, torch.zeros((m, k, 1, 1), dtype=torch.double, requires_grad=True),
                                         torch.zeros((1, m, 1, 1), dtype=torch.double, requires_grad=True)], dy.reshape(x[0], m), [1, 2]))

# ---- elementwise ----

S = (2, 13, 3, 5)
for act, f in ACTIVATIONS.items():
    case("activation %s" % act, "ACTIVATION", [(S, -4, 4)], f, activation=act)
    # from the output: x is what gives y
    inverse = {None: lambda y: y, "RELU": lambda y: y, "LEAKY_RELU": lambda y: torch.where(y > 0, y, y / SLOPE),
               "SIGMOID": torch.logit, "TANH": torch.atanh}[act]
    low, high = {"SIGMOID": (0.01, 0.99), "RELU": (0, 2), "TANH": (-0.98, 0.98)}.get(act, (-2, 2))
    case("activation_backward %s" % act, "ACTIVATION_BACKWARD", [(S, low, high), S],
         lambda y, dy: gradients(f, [inverse(y)], dy, [0]), activation=act)
    case("add %s" % act, "ADD", [S, S], lambda a, b: f(a + b), activation=act)
case("affine", "AFFINE", [S], lambda x: -1.75 * x + 0.375, scale=-1.75, shift=0.375)
case("subtract", "SUBTRACT", [S, S], lambda a, b: a - b)
case("multiply", "MULTIPLY", [S, S], lambda a, b: a * b)
case("fill", "FILL", [], lambda: torch.full((1, 3, 5, 2), 0.6875), shift=0.6875)
case("round8", "ROUND8", [(S, -0.3, 1.3)], lambda x: torch.floor(255 * x.clamp(0, 1) + 0.5) / 255)
case("round", "ROUND", [(S, -5, 5)], torch.round)
case("clamp", "CLAMP", [(S, -2, 2)], lambda x: x.clamp(-0.5, 1.25), shift=-0.5, scale=1.25)
case("clamp_backward", "CLAMP_BACKWARD", [(S, -2, 2), S], lambda x, dy: gradients(lambda a: a.clamp(-0.5, 1.25), [x], dy, [0]), shift=-0.5, scale=1.25)


def pcg(v):
    state = v * 747796405 + 2891336453 & 0xFFFFFFFF
    word = ((state >> (state >> 28) + 4) ^ state) * 277803737 & 0xFFFFFFFF
    return word >> 22 ^ word


def draws(seed, shape, k):
    low, high = seed & 0xFFFFFFFF, seed >> 32
    return torch.tensor([(pcg(pcg(low + i * 0x9E3779B9 & 0xFFFFFFFF) + high + k * 0x85EBCA6B & 0xFFFFFFFF) >> 8) / 2**24
                         for i in range(math.prod(shape))], dtype=torch.double).reshape(shape)


SEED = 0xFEDCBA9876543210
case("dropout", "DROPOUT", [S], lambda x: torch.where(draws(SEED, S, 0) < 0.375, 0, x / 0.625), scale=0.375, seed=SEED)
case("noise uniform", "NOISE", [S], lambda x: x + 0.75 * (draws(SEED, S, 0) - 0.5), scale=0.75, seed=SEED)
case("noise gaussian", "NOISE", [S], lambda x: x + 0.25 * torch.sqrt(-2 * torch.log(draws(SEED, S, 0) + 2**-24)) * torch.cos(2 * math.pi * draws(SEED, S, 1)),
     scale=0.25, seed=SEED, distribution=1)

# ---- pools, up-sampling, layout ----

for x, kh, kw, stride in [((1, 1, 4, 4), 2, 2, 2), ((2, 13, 7, 5), 2, 2, 2), ((2, 3, 7, 9), 3, 2, 1), ((1, 2, 11, 10), 3, 3, 4)]:
    name = "%dx%dx%dx%d window %dx%d stride %d" % (*x, kh, kw, stride)
    fields = dict(kernel_h=kh, kernel_w=kw, stride=stride)
    for kind, pool in ("MAX_POOL", F.max_pool2d), ("AVERAGE_POOL", F.avg_pool2d):
        y = tuple(pool(torch.zeros(x), (kh, kw), stride).shape)
        case(kind.lower() + " " + name, kind, [x], lambda a: pool(a, (kh, kw), stride), **fields)
        if kind == "MAX_POOL":
            case("max_pool_backward " + name, "MAX_POOL_BACKWARD", [x, y], lambda a, dy: gradients(lambda t: pool(t, (kh, kw), stride), [a], dy, [0]), **fields)
        else:
            case("average_pool_backward " + name, "AVERAGE_POOL_BACKWARD", [y],
                 lambda dy: gradients(lambda t: pool(t, (kh, kw), stride), [torch.zeros(x, dtype=torch.double, requires_grad=True)], dy, [0]), **fields)
for x, r in [((1, 1, 3, 5), 2), ((2, 3, 2, 3), 3), ((1, 13, 1, 1), 2)]:
    y = (x[0], x[1], x[2] * r, x[3] * r)
    for kind, mode in ("UPSAMPLE_NEAREST", dict(mode="nearest")), ("UPSAMPLE_BILINEAR", dict(mode="bilinear", align_corners=False)):
        name = "%dx%dx%dx%d by %d" % (*x, r)
        case(kind.lower() + " " + name, kind, [x], lambda a: F.interpolate(a, scale_factor=r, **mode), stride=r)
        case(kind.lower() + "_backward " + name, kind + "_BACKWARD", [y],
             lambda dy: gradients(lambda a: F.interpolate(a, scale_factor=r, **mode), [torch.zeros(x, dtype=torch.double, requires_grad=True)], dy, [0]), stride=r)
    shuffled = (x[0], x[1] * r * r, x[2], x[3])
    case("pixel_shuffle %dx%dx%dx%d by %d" % (*shuffled, r), "PIXEL_SHUFFLE", [shuffled], lambda a: F.pixel_shuffle(a, r), stride=r)
    case("pixel_unshuffle %dx%dx%dx%d by %d" % (*y, r), "PIXEL_UNSHUFFLE", [y], lambda a: F.pixel_unshuffle(a, r), stride=r)
case("concat", "CONCAT", [(2, 3, 3, 5), (2, 1, 3, 5), (2, 13, 3, 5)], lambda *t: torch.cat(t, 1))
case("concat of one", "CONCAT", [(2, 3, 3, 5)], lambda t: t)
case("split", "SPLIT", [(2, 17, 3, 5)], lambda x: torch.split(x, [3, 1, 13], 1))

# ---- batch normalisation ----

for x in [(2, 13, 3, 5), (4, 1, 1, 1), (1, 3, 9, 7)]:
    v, n = (1, x[1], 1, 1), x[0] * x[2] * x[3]
    name = "%dx%dx%dx%d" % x

    def norm(a, gamma, beta):
        mean = a.mean((0, 2, 3))
        y = F.batch_norm(a, None, None, gamma.reshape(-1), beta.reshape(-1), True, 0, 1e-3)
        return y, mean, 1 / torch.sqrt(a.var((0, 2, 3), unbiased=False) + 1e-3)
    case("batch_norm " + name, "BATCH_NORM", [(x, -3, 5), (v, 0.5, 2), v], norm, epsilon=1e-3)
    case("batch_norm_backward " + name, "BATCH_NORM_BACKWARD", [(x, -3, 5), x, (v, 0.5, 2), v, (v, 0.5, 3)],
         lambda a, dy, gamma, mean, inverse: torch.ops.aten.native_batch_norm_backward(
             dy, a, gamma.reshape(-1), None, None, mean.reshape(-1), inverse.reshape(-1), True, 1e-3, [True, True, True]))


def track(mean, inverse):
    """A batch of two with just that mean and deviation."""
    away = torch.sqrt(1 / inverse**2 - 1e-3)
    batch = torch.cat([mean - away, mean + away], 0).detach()
    running_mean, running_variance = draw(5, (13,), -1, 1), draw(6, (13,), 0.5, 2)
    F.batch_norm(batch, running_mean, running_variance, None, None, True, 0.125, 1e-3)
    return running_mean, running_variance


case("batch_norm_track", "BATCH_NORM_TRACK", [(1, 13, 1, 1), ((1, 13, 1, 1), 0.5, 3)], track, epsilon=1e-3, scale=2, shift=0.125)

# ---- losses ----


def gauss():
    g = torch.exp(-torch.arange(-5, 6, dtype=torch.double) ** 2 / (2 * 1.5**2))
    return (g / g.sum()).reshape(1, 1, 11) * (g / g.sum()).reshape(1, 11, 1)


def ssim(x, t):
    def filt(a):
        return F.conv2d(a.reshape(-1, 1, a.shape[2], a.shape[3]), gauss().reshape(1, 1, 11, 11))
    a, b = filt(x), filt(t)
    p, q, r = filt(x * x) - a * a, filt(t * t) - b * b, filt(x * t) - a * b
    s = (2 * a * b + 1e-4) * (2 * r + 9e-4) / ((a * a + b * b + 1e-4) * (p + q + 9e-4))
    return 1 - s.mean()


def rate(x, parameters):
    q = parameters.reshape(1, -1, 6, 1, 1)
    z = x.unsqueeze(2) - q[:, :, 2:4]
    mass = torch.sigmoid((z + 0.5) / q[:, :, 4:6].exp()) - torch.sigmoid((z - 0.5) / q[:, :, 4:6].exp())
    p = (torch.softmax(q[:, :, 0:2], 2) * mass).sum(2)
    return -torch.log2(p.clamp_min(2.0**-30)).mean()


def with_gradients(f, scale, wanted):
    def run(*t):
        loss = scale * f(*t)
        return (loss,) + tuple(torch.autograd.grad(loss, [t[i] for i in wanted]))
    return run


for x in [(2, 13, 3, 5), (1, 1, 1, 1)]:
    name = " %dx%dx%dx%d" % x
    case("mse" + name, "MSE", [x, x], with_gradients(F.mse_loss, 1.5, [0]), scale=1.5)
    case("l1" + name, "L1", [x, x], with_gradients(F.l1_loss, 1.5, [0]), scale=1.5)
    case("bce" + name, "BCE", [(x, 0.02, 0.98), (x, 0, 1)], with_gradients(lambda a, b: F.binary_cross_entropy(a, b.detach()), 1.5, [0]), scale=1.5)
for x in [(1, 1, 11, 11), (2, 3, 13, 17)]:
    case("ssim %dx%dx%dx%d" % x, "SSIM", [(x, 0, 1), (x, 0, 1)], with_gradients(ssim, 2, [0]), scale=2)
for x in [(2, 13, 3, 5), (1, 1, 1, 3)]:
    case("rate %dx%dx%dx%d" % x, "RATE", [(x, -6, 6), ((x[1], 6, 1, 1), -1, 1)], with_gradients(rate, 1.5, [0, 1]), scale=1.5)
case("squared_sum", "SQUARED_SUM", [(2, 13, 3, 5)], lambda x: (x * x).sum())

for decoupled in 0, 1:
    for step in 1, 7:
        def adam(p, g, m, v):
            p = p.detach().clone().requires_grad_(True)
            kind = torch.optim.AdamW if decoupled else torch.optim.Adam
            optimiser = kind([p], lr=0.01, betas=(0.875, 0.96875), eps=1e-4, weight_decay=0.125)
            p.grad = 0.5 * g.detach()
            optimiser.state[p] = dict(step=torch.tensor(step - 1.0), exp_avg=m.detach().clone(), exp_avg_sq=v.detach().clone())
            optimiser.step()
            return p, optimiser.state[p]["exp_avg"], optimiser.state[p]["exp_avg_sq"]
        case("adam%s step %d" % ("w" if decoupled else "", step), "ADAM", [(1, 13, 3, 1), (1, 13, 3, 1), (1, 13, 3, 1), ((1, 13, 3, 1), 0.01, 1)], adam,
             scale=0.01, shift=0.5, beta1=0.875, beta2=0.96875, epsilon=1e-4, weight_decay=0.125, step=step, decoupled=decoupled)

# ---- into [-1/2, 1/2) ----

for shape in S, (1, 8, 4, 4):
    case("wrap %d" % math.prod(shape), "WRAP", [(shape, -3, 3)], lambda x: x - torch.floor(x + 0.5))

# ---- what pictures go through ----

TABLES = [
    [16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
     18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99],
    [17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66] + 38 * [99]]
DCT = torch.tensor([[math.sqrt((1 if u == 0 else 2) / 8) * math.cos((2 * x + 1) * u * math.pi / 16) for x in range(8)] for u in range(8)],
                   dtype=torch.double)


def through(x, y):
    """y, with the gradient of x."""
    return x + (y - x).detach()


def coded(plane, table, quality):
    """Planes of levels from -128, by blocks."""
    h, w = plane.shape[-2:]
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    steps = torch.tensor([min(255, max(1, (t * scale + 50) // 100)) for t in TABLES[table]], dtype=torch.double).reshape(8, 8)
    p = F.pad(plane, (0, -w % 8, 0, -h % 8), mode="replicate")
    blocks = p.unfold(2, 8, 8).unfold(3, 8, 8)
    c = DCT @ blocks @ DCT.T
    eighths = torch.round(8 * c.abs()) / 8
    back = DCT.T @ through(c, c.sign() * torch.floor(eighths / steps + 0.5) * steps) @ DCT
    y = back.permute(0, 1, 2, 4, 3, 5).reshape(p.shape)[..., :h, :w]
    return through(y, torch.floor(y + 0.5))


def jpeg_image(x, quality):
    h, w = x.shape[-2:]
    r, g, b = (255 * x).split(1, 1)
    luma = 0.299 * r + 0.587 * g + 0.114 * b
    luma = coded(through(luma, torch.floor(luma + 0.5)) - 128, 0, quality) + 128
    chroma = []
    for c in (-0.168736 * r - 0.331264 * g + 0.5 * b, 0.5 * r - 0.418688 * g - 0.081312 * b):
        c = F.pad(through(c, torch.floor(c + 0.4999)), (0, w % 2, 0, h % 2), mode="replicate")
        c = F.avg_pool2d(c, 2)
        c = through(c, torch.floor(c + (1 + torch.arange(c.shape[-1]) % 2) / 4))
        assert c.shape[-1] % 8 == 0 and c.shape[-2] % 8 == 0  # else what stands beyond the edge would be the last column of pixels, not of means
        c = coded(c, 1, quality)
        up = F.interpolate(c, scale_factor=2, mode="bilinear", align_corners=False)[..., :h, :w]
        chroma.append(through(up, torch.floor(up + (8 - torch.arange(w) % 2) / 16)))
    cb, cr = chroma
    parts = [1.402 * cr, -0.344136 * cb - 0.714136 * cr, 1.772 * cb]
    return torch.cat([(luma + through(p, torch.floor(p + 0.5))) / 255 for p in parts], 1)


def jpeg(x, low, high, seed):
    qualities = [low + int(d * 2**24 * (high - low + 1)) // 2**24 for d in draws(seed, (x.shape[0],), 0).tolist()]
    return torch.cat([jpeg_image(x[i:i + 1], q) for i, q in enumerate(qualities)])


def blur(x, low, high, seed):
    reach, out = math.ceil(3 * high), []
    for i, d in enumerate(draws(seed, (x.shape[0],), 0).tolist()):
        sigma = low + (high - low) * d
        k = torch.exp(-torch.arange(-reach, reach + 1, dtype=torch.double) ** 2 / (2 * sigma ** 2))
        k = (k[:, None] * k[None, :])[None, None]
        plane = x[i][:, None]
        out.append((F.conv2d(plane, k, padding=reach) / F.conv2d(torch.ones_like(plane), k, padding=reach)).reshape(x[i].shape))
    return torch.stack(out)


for x, low, high in ((2, 3, 16, 32), 40, 70), ((1, 3, 15, 31), 90, 90), ((3, 3, 32, 16), 5, 30):
    fields = dict(shift=float(low), scale=float(high), seed=SEED)
    case("jpeg %dx%dx%dx%d" % x, "JPEG", [(x, 0, 1)], lambda a: jpeg(a, low, high, SEED), **fields)
    case("jpeg_backward %dx%dx%dx%d" % x, "JPEG_BACKWARD", [x],
         lambda dy: gradients(lambda a: jpeg(a, low, high, SEED), [torch.full(x, 0.5, dtype=torch.double, requires_grad=True)], dy, [0]), **fields)
for x, low, high in ((2, 3, 7, 9), 0.5, 1.5), ((1, 2, 30, 13), 2.75, 3.0), ((1, 1, 1, 2), 0.25, 0.25):
    fields = dict(shift=low, scale=high, seed=SEED)
    case("blur %dx%dx%dx%d" % x, "BLUR", [x], lambda a: blur(a, low, high, SEED), **fields)
    case("blur_backward %dx%dx%dx%d" % x, "BLUR_BACKWARD", [x],
         lambda dy: gradients(lambda a: blur(a, low, high, SEED), [torch.zeros(x, dtype=torch.double, requires_grad=True)], dy, [0]), **fields)

for x, first, count in ((2, 17, 3, 5), 3, 9), ((1, 4, 2, 3), 0, 4), ((3, 5, 1, 7), 4, 1):
    name, fields = "%dx%dx%dx%d" % x, dict(first=first, channels=count)
    case("slice " + name, "SLICE", [x], lambda a: a[:, first:first + count], **fields)
    case("slice_backward " + name, "SLICE_BACKWARD", [(x[0], count, x[2], x[3])],
         lambda dy: gradients(lambda a: a[:, first:first + count], [torch.zeros(x, dtype=torch.double, requires_grad=True)], dy, [0]), **fields)

# ---- the files ----


def shape(s):
    return "{ %d, %d, %d, %d }" % s


folder = os.path.dirname(os.path.abspath(__file__))
numpy.array(values, dtype="<f4").tofile(os.path.join(folder, "ops-values.bin"))
lines = ["/* tests/reference/ops-values.h: written by ops-values.py (PyTorch %s); see there. */" % torch.__version__.split("a")[0],
         "static const OpsCase ops_cases[] = {"]
for name, kind, ranges, fields, outs, first in cases:
    text = [".kind = CNC_OP_" + kind]
    for key, value in fields.items():
        if key == "activation":
            if value is not None:
                text.append(".activation = CNC_ACTIVATION_%s, .slope = %s" % (value, SLOPE))
        elif key == "seed":
            text.append(".seed = G_GUINT64_CONSTANT (0x%X)" % value)
        elif isinstance(value, float):
            text.append(".%s = %sf" % (key, repr(value)))
        else:
            text.append(".%s = %d" % (key, value))
    inputs = ", ".join("{ %s, %r, %r }" % (shape(s), float(lo), float(hi)) for s, lo, hi in ranges)
    lines.append('  { "%s", { %s }, %d, { %s }, %d, { %s }, %d },' % (
        name, ", ".join(text), len(ranges), inputs or "{ { 0, 0, 0, 0 }, 0, 0 }", len(outs), ", ".join(map(shape, outs)), first))
lines.append("};")
with open(os.path.join(folder, "ops-values.h"), "w") as header:
    header.write("\n".join(lines) + "\n")
