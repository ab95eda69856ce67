#!/usr/bin/python3
"""tests/reference/train-values.py: what PyTorch says that twenty steps of training give.

Writes train-values.h: for each of four small networks, the recipe's text, the loss of every step and the loss of the validation pictures after
the last one, all computed in double.  Pictures and first weights are drawn again by the test; the generators are written here from their
description (SplitMix64, xorshift32).  Needs Debian's python3-torch (1.13).  Run: ./train-values.py > train-values.h
"""
import math

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
MASK = (1 << 64) - 1
COUNT, BATCH, STEPS = 16, 8, 20


def random64(seed, counter):
    x = (seed + (counter + 1) * 0x9E3779B97F4A7C15) & MASK
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB & MASK
    return x ^ (x >> 31)


def shuffle(count, seed, epoch):
    own = random64(random64(seed, 1), epoch)
    order = list(range(count))
    for i in range(count, 1, -1):
        k = ((random64(own, i) >> 32) * i) >> 32
        order[k], order[i - 1] = order[i - 1], order[k]
    return order


def pictures(side):
    s, out = 12345 + side, []
    for _ in range(COUNT * side * side):
        s ^= (s << 13) & 0xFFFFFFFF
        s ^= s >> 17
        s ^= (s << 5) & 0xFFFFFFFF
        out.append((s >> 24) / 255)
    return torch.tensor(out).reshape(COUNT, 1, side, side)


class Net:
    """Parameters in the order in which the layers name them."""

    def __init__(self, seed):
        self.seed, self.index, self.parameters, self.made = seed, 0, [], {}

    def uniform(self, name, shape, fan_in, rectified):
        if name not in self.made:
            own = random64(self.seed, self.index)
            reach = math.sqrt((2 if rectified else 1) / fan_in) * math.sqrt(3)
            n = math.prod(shape)
            values = [((random64(own, i) >> 11) / 4503599627370496.0 - 1) * reach for i in range(n)]
            self.keep(name, torch.tensor(values).float().double().reshape(shape))
        return self.made[name]

    def constant(self, name, count, value):
        if name not in self.made:
            self.keep(name, torch.full((count,), float(value)))
        return self.made[name]

    def keep(self, name, tensor, trained=True):
        tensor.requires_grad_(trained)
        self.made[name] = tensor
        self.index += 1
        if trained:
            self.parameters.append(tensor)

    def conv(self, name, x, outputs, kernel, rectified=False, bias=True, **options):
        w = self.uniform(name + ".weight", (outputs, x.shape[1], kernel, kernel), x.shape[1] * kernel * kernel, rectified)
        return F.conv2d(x, w, self.constant(name + ".bias", outputs, 0) if bias else None, **options)

    def transposed(self, name, x, outputs, kernel, stride, rectified=False, **options):
        fan_in = max(1, x.shape[1] * kernel * kernel // (stride * stride))
        w = self.uniform(name + ".weight", (x.shape[1], outputs, kernel, kernel), fan_in, rectified)
        return F.conv_transpose2d(x, w, self.constant(name + ".bias", outputs, 0), stride=stride, **options)

    def dense(self, name, x, outputs, rectified=False):
        x = x.flatten(1)
        w = self.uniform(name + ".weight", (outputs, x.shape[1]), x.shape[1], rectified)
        return F.linear(x, w, self.constant(name + ".bias", outputs, 0))

    def norm(self, name, x, training):
        scale, shift = self.constant(name + ".scale", x.shape[1], 1), self.constant(name + ".shift", x.shape[1], 0)
        for part, value in (("mean", 0), ("variance", 1)):
            if name + "." + part not in self.made:
                self.keep(name + "." + part, torch.full((x.shape[1],), float(value)), trained=False)
        return F.batch_norm(x, self.made[name + ".mean"], self.made[name + ".variance"], scale, shift, training, 0.1, 1e-5)


def plain(net, x, training):
    a = torch.relu(net.conv("a", x, 6, 3, True, padding=1))
    b = F.leaky_relu(net.conv("c", F.max_pool2d(a, 2), 4, 3, True, padding=2, dilation=2), 0.2)
    d = torch.tanh(net.transposed("d", b, 5, 4, 2, padding=1))
    e = torch.cat([d, a], 1)
    return torch.sigmoid(net.conv("y", e, 1, 3, padding=1))


def residual(net, x, training):
    # Without a bias: behind it stands a normalisation, so its gradient is nothing but rounding, which Adam makes as large as any other.
    a = net.conv("a", x, 8, 4, bias=False, stride=2, padding=1)
    b = F.leaky_relu(net.norm("b", a, training), 0.1)
    c = F.relu(net.conv("c", b, 8, 3, True, padding=1) + b)
    d = F.pixel_shuffle(c, 2)
    e = F.interpolate(F.avg_pool2d(d, 2), scale_factor=2, mode="bilinear", align_corners=False)
    f = F.interpolate(F.max_pool2d(d, 2), scale_factor=2, mode="nearest")
    g = 0.5 * e + f * d - d
    return net.conv("y", g, 1, 1)


def flat(net, x, training):
    a = torch.relu(net.dense("a", x, 20, True))
    b = torch.sigmoid(net.dense("b", a, 6))
    return torch.sigmoid(net.dense("y", b, 144)).reshape(x.shape)


def through(x, y):
    """y, with the gradient of x."""
    return x + (y - x).detach()


def wrap(x):
    return through(x, x - torch.floor(x + 0.5))


def hiding(net, inputs, training):
    c, s, k = inputs
    m = wrap(0.45 * torch.tanh(net.conv("f", s, 6, 4, stride=4)) + k)
    e = F.leaky_relu(net.conv("e", torch.cat([c, F.interpolate(m, scale_factor=4, mode="nearest")], 1), 8, 3, True, padding=1), 0.01)
    i = c + 0.25 * net.conv("h", e, 1, 3, padding=1)
    o = through(i, torch.floor(255 * i.clamp(0, 1) + 0.5) / 255)
    w = wrap(net.conv("q", o, 6, 4, stride=4) - k)
    return o, F.pixel_shuffle(net.conv("l", w, 16, 1), 4)


RECIPES = [
    (plain, 12, {"mse": 1}, "adam", {"learning_rate": 0.01, "schedule": "cosine", "clip": 0.05},
     ["x = input channels=1", "a = conv2d x channels=6 kernel=3 pad=1 activation=relu", "b = max_pool a kernel=2",
      "c = conv2d b channels=4 kernel=3 pad=2 dilation=2 activation=leaky_relu slope=0.2",
      "d = conv_transpose2d c channels=5 kernel=4 stride=2 pad=1 activation=tanh", "e = concat d a",
      "y = conv2d e channels=1 kernel=3 pad=1 activation=sigmoid"]),
    (residual, 12, {"l1": 0.5, "mse": 2}, "adamw", {"learning_rate": 0.005, "schedule": "step", "decay_every": 7, "weight_decay": 0.1},
     ["x = input channels=1", "a = conv2d x channels=8 kernel=4 stride=2 pad=1 bias=0", "b = batch_norm a", "l = activation b activation=leaky_relu slope=0.1",
      "c = conv2d l l channels=8 kernel=3 pad=1 activation=relu", "d = pixel_shuffle c factor=2", "p = average_pool d kernel=2",
      "e = upsample_bilinear p factor=2", "m = max_pool d kernel=2", "f = upsample_nearest m factor=2", "h = affine e scale=0.5",
      "i = multiply f d", "j = add h i", "g = subtract j d", "y = conv2d g channels=1 kernel=1"]),
    (flat, 12, {"bce": 1}, "adam", {"learning_rate": 0.02, "schedule": "constant", "warmup": 5, "weight_decay": 0.001},
     ["x = input channels=1 height=12 width=12", "a = dense x channels=20 activation=relu", "b = dense a channels=6 activation=sigmoid",
      "y = dense b channels=1 height=12 width=12 activation=sigmoid"]),
    (hiding, 12, {"mse": 1, "l1": 0.25}, "adam", {"learning_rate": 0.003, "schedule": "cosine"},
     ["c = input channels=1", "s = input channels=1", "k = input channels=6 divide=4 key=1", "f = conv2d s channels=6 kernel=4 stride=4 activation=tanh",
      "g = affine f scale=0.45", "a = add g k", "m = wrap a", "u = upsample_nearest m factor=4", "j = concat c u",
      "e = conv2d j channels=8 kernel=3 pad=1 activation=leaky_relu", "h = conv2d e channels=1 kernel=3 pad=1", "d = affine h scale=0.25",
      "i = add c d", "o = round8 i", "q = conv2d o channels=6 kernel=4 stride=4", "v = subtract q k", "w = wrap v", "l = conv2d w channels=16 kernel=1",
      "r = pixel_shuffle l factor=4"]),
]
TARGETS = [(0, 0, 1), (1, 1, 0.75)]  # of the hiding network: output, input, weight
RAMP = (0.25, 8)


def key(seed, shape):
    return torch.tensor([(random64(seed, i) >> 40) / 2**24 - 0.5 for i in range(math.prod(shape))]).reshape(shape)


def samples(x, order, step):
    """What the three inputs of the hiding network show in a step, counted from 1; 0: the validation."""
    c, s, k = [], [], []
    shown = shuffle(BATCH, 7, step - 1) if step > 0 else range(BATCH)
    for index in range(BATCH):
        n = (step - 1) * BATCH + index if step > 0 else index
        first = order[shown[index] + (0 if step > 0 else BATCH)]
        c.append(x[first])
        if step > 0:
            own, attempt = random64(random64(7, (1 << 32) + 1), n), 16
            while order[random64(own, attempt) % BATCH] == first:
                attempt += 1
            s.append(x[order[random64(own, attempt) % BATCH]])
        else:
            s.append(x[order[BATCH + (index + 1) % BATCH]])
        k.append(key(random64(random64(7, ((1 if step > 0 else 2) << 32) + 2), n), (6, 3, 3)))
    return torch.stack(c), torch.stack(s), torch.stack(k)


def rate(options, step):
    full = options["learning_rate"]
    if step <= options.get("warmup", 0):
        return full * step / options["warmup"]
    if options["schedule"] == "cosine":
        return full * 0.5 * (1 + math.cos(math.pi * (step - 1) / STEPS))
    if options["schedule"] == "step":
        return full * 0.5 ** ((step - 1) // options["decay_every"])
    return full


def judge(losses, y, x):
    terms = {"mse": lambda: F.mse_loss(y, x), "l1": lambda: F.l1_loss(y, x), "bce": lambda: F.binary_cross_entropy(y, x)}
    return sum(weight * terms[name]() for name, weight in losses.items())


def judge_all(losses, y, x, step):
    if not isinstance(y, tuple):
        return judge(losses, y, x)
    ramp = RAMP[0] + (1 - RAMP[0]) * min(1, (step - 1) / RAMP[1]) if step > 0 else 1
    return sum((ramp if i == 0 else 1) * weight * judge(losses, y[output], x[given]) for i, (output, given, weight) in enumerate(TARGETS))


def text(losses, optimiser, options, graph):
    lines = ["[graph]"] + graph + ["outputs = o r" if "c = input channels=1" in graph else "outputs = y", "[data]", "validation = 0.5", "[train]", "seed = 7", "batch = %d" % BATCH, "steps = %d" % STEPS,
                                   "optimiser = " + optimiser]
    lines += ["%s = %s" % (k, v) for k, v in options.items()] + ["[loss]"] + ["%s = %s" % (k, v) for k, v in losses.items()]
    if "c = input channels=1" in graph:
        lines += ["targets = o c 1 r s 0.75", "ramp = %g %d" % RAMP]
    return "\\n".join(lines) + "\\n"


print("/* tests/reference/train-values.h: written by train-values.py. */")
print("#define TRAIN_SIDE 12u\n#define TRAIN_COUNT %du\n#define TRAIN_STEPS %du" % (COUNT, STEPS))
print("static const struct\n{\n  const char *recipe;\n  double losses[TRAIN_STEPS];\n  double validation;\n} train_values[] = {")
for forward, side, losses, optimiser, options, graph in RECIPES:
    x = pictures(side)
    order = shuffle(COUNT, 7, MASK)
    train, kept = x[order[:BATCH]], x[order[BATCH:]]
    net = Net(7)
    with torch.no_grad():
        forward(net, samples(x, order, 0) if forward is hiding else train[:2], False)  # makes the weights
    decay = options.get("weight_decay", 0)
    groups = [{"params": [p for p in net.parameters if p.dim() > 1], "weight_decay": decay},
              {"params": [p for p in net.parameters if p.dim() == 1], "weight_decay": 0}]
    optimizer = (torch.optim.AdamW if optimiser == "adamw" else torch.optim.Adam)(groups, lr=1, eps=1e-8)
    values = []
    for step in range(1, STEPS + 1):
        for group in optimizer.param_groups:
            group["lr"] = rate(options, step)
        optimizer.zero_grad()
        given = samples(x, order, step) if forward is hiding else train
        loss = judge_all(losses, forward(net, given, True), given, step)
        loss.backward()
        if "clip" in options:
            torch.nn.utils.clip_grad_norm_(net.parameters, options["clip"])
        optimizer.step()
        values.append(loss.item())
    with torch.no_grad():
        given = samples(x, order, 0) if forward is hiding else kept
        kept_loss = judge_all(losses, forward(net, given, False), given, 0).item()
    print('  { "%s",\n    { %s },\n    %.10g },' % (text(losses, optimiser, options, graph), ", ".join("%.10g" % v for v in values), kept_loss))
print("};")
