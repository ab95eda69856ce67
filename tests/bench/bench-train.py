#!/usr/bin/python3
"""tests/bench/bench-train.py: training steps of the recipe models/autoencoder.ini beside the same network in PyTorch, in one run.

Run: ./bench-train.py BUILD DATA [STEPS [DEVICE...]]   DATA: a folder of photographs; devices as for cnncrypt-train, "cpu" and "software" without
Prints images a second, of the last of the steps that cnncrypt-train reports and of PyTorch's median step, before or after.  PyTorch trains on random
pictures, without reading any.  Needs Debian's python3-torch.
"""
import os
import re
import subprocess
import sys
import tempfile
import time

import torch
import torch.nn.functional as F
from torch import nn

build, data = sys.argv[1], sys.argv[2]
steps = sys.argv[3] if len(sys.argv) > 3 else "40"
devices = sys.argv[4:] or ["cpu", "software"]
precisions = {"cpu": ["single", "half"]}
here = os.path.dirname(os.path.abspath(__file__))
torch.set_num_threads(len(os.sched_getaffinity(0)))


class Network(nn.Module):
    """What models/autoencoder.ini says."""

    def __init__(self):
        super().__init__()
        self.e1, self.e2 = nn.Conv2d(3, 64, 5, 2, 2), nn.Conv2d(64, 64, 5, 2, 2)
        self.e3, self.e4, self.e5 = nn.Conv2d(64, 64, 3, 1, 1), nn.Conv2d(64, 64, 3, 1, 1), nn.Conv2d(64, 96, 5, 2, 2)
        self.d1, self.d2, self.d3, self.d4 = (nn.Conv2d(96, c, 3, 1, 1) for c in (96, 96, 96, 192))
        self.d6, self.d7, self.d8, self.y = nn.Conv2d(48, 48, 3, 1, 1), nn.Conv2d(48, 48, 3, 1, 1), nn.Conv2d(48, 192, 3, 1, 1), nn.Conv2d(12, 3, 3, 1, 1)
        self.l2, self.m1 = nn.Conv2d(192, 96, 1), nn.Conv2d(96, 192, 1)
        self.prior = nn.Parameter(torch.zeros(96, 6))

    def forward(self, x):
        x = 2 * x - 1
        e2 = F.leaky_relu(self.e2(F.leaky_relu(self.e1(x), 0.1)), 0.1)
        e4 = self.e4(F.leaky_relu(self.e3(e2), 0.1)) + e2
        z = 8 * (self.e5(e4) + self.l2(F.pixel_unshuffle(x, 8)))
        z = z + torch.rand_like(z) - 0.5
        d1 = F.leaky_relu(self.d1(z / 8), 0.1)
        d3 = self.d3(F.leaky_relu(self.d2(d1), 0.1)) + d1
        d5 = F.pixel_shuffle(self.d4(d3), 2)
        d7 = self.d7(F.leaky_relu(self.d6(d5), 0.1)) + d5
        return (self.y(F.pixel_shuffle(self.d8(d7), 4)) + F.pixel_shuffle(self.m1(z / 8), 8)) / 2 + 0.5, z

    def bits(self, z):
        q = self.prior.reshape(1, 96, 6, 1, 1)
        away = z.unsqueeze(2) - q[:, :, 2:4]
        scale = q[:, :, 4:6].exp()
        mass = torch.sigmoid((away + 0.5) / scale) - torch.sigmoid((away - 0.5) / scale)
        return -torch.log2((torch.softmax(q[:, :, 0:2], 2) * mass).sum(2).clamp_min(2.0**-30)).sum()


def pytorch():
    network = Network()
    optimiser = torch.optim.Adam(network.parameters(), 1e-4)
    x = torch.rand(8, 3, 128, 128)
    seconds = []
    for _ in range(int(steps)):
        start = time.monotonic()
        optimiser.zero_grad()
        y, z = network(x)
        loss = 2250 * F.mse_loss(y, x) + network.bits(z) / (8 * 128 * 128)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1)
        optimiser.step()
        seconds.append(time.monotonic() - start)
    return 8 / sorted(seconds)[len(seconds) // 2]


rates = {}
before = pytorch()
with tempfile.TemporaryDirectory() as folder:
    for device, precision in [(d, p) for d in devices for p in precisions.get(d, ["single"])]:
        recipe = os.path.join(folder, "autoencoder.ini")
        with open(os.path.join(here, "../../models/autoencoder.ini")) as original, open(recipe, "w") as changed:
            changed.write(re.sub("precision = .*", "precision = " + precision, original.read()))
        done = subprocess.run([os.path.join(build, "models/cnncrypt-train"), recipe, "--data", data, "--out", os.path.join(folder, "model.safetensors"),
                               "--device", device, "--steps", steps], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
        rates[device + ", " + precision] = float(re.findall(r"([0-9.]+) images/s", done.stdout)[-1])
best = max(before, pytorch())
print("%-16s %6.1f images/s" % ("PyTorch", best))
for device, rate in rates.items():
    print("%-16s %6.1f images/s (%.2f)" % (device, rate, rate / best))
