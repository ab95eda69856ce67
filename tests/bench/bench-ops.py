#!/usr/bin/python3
"""tests/bench/bench-ops.py: 3x3 convolutions of 32 and 64 channels at 256x256 on our devices beside PyTorch, in one run.

Run: ./bench-ops.py BUILD [SECONDS [DEVICE...]]    after   meson compile -C BUILD; devices: reference, cpu, vulkan
Prints GFLOP/s, forward, and forward with both gradients, the best of many passes, and each as a share of PyTorch's.  PyTorch is measured before and
after, and the better counts.  Needs Debian's python3-torch.
"""
import os
import subprocess
import sys
import time

import torch
import torch.nn.functional as F

build = sys.argv[1]
seconds = sys.argv[2] if len(sys.argv) > 2 else "2"
threads = len(os.sched_getaffinity(0))
torch.set_num_threads(threads)


def best(run):
    run()
    end = time.monotonic() + float(seconds)
    least = float("inf")
    while time.monotonic() < end:
        start = time.monotonic()
        run()
        least = min(least, time.monotonic() - start)
    return least


def pytorch(channels):
    x = torch.rand(1, channels, 256, 256, requires_grad=True)
    w = torch.rand(channels, channels, 3, 3, requires_grad=True)
    b = torch.rand(channels, requires_grad=True)
    dy = torch.rand(1, channels, 256, 256)
    gflop = 2 * 9 * channels**2 * 256**2 / 1e9

    def forward():
        with torch.no_grad():
            F.conv2d(x, w, b, padding=1)

    def both():
        torch.autograd.grad(F.conv2d(x, w, b, padding=1), (x, w, b), dy)
    return gflop / best(forward), 3 * gflop / best(both)


before = {c: pytorch(c) for c in (32, 64)}
ours = subprocess.run([os.path.join(build, "tests/bench/bench-ops"), seconds] + sys.argv[3:], capture_output=True, text=True, check=True).stdout
after = {c: pytorch(c) for c in (32, 64)}
torch_rate = {c: [max(p) for p in zip(before[c], after[c])] for c in (32, 64)}
print("%-40s %8s %16s %24s" % ("%d threads" % threads, "channels", "forward", "forward and backward"))
for c in (32, 64):
    print("%-40s %8d %8.1f %17.1f" % ("PyTorch " + torch.__version__, c, *torch_rate[c]))
for line in ours.splitlines():
    name, channels, forward, both = line.split("\t")
    c = int(channels)
    print("%-40s %8d %8.1f (%4.2f) %15.1f (%4.2f)" % (name, c, float(forward), float(forward) / torch_rate[c][0], float(both), float(both) / torch_rate[c][1]))
