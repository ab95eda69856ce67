#!/usr/bin/python3
"""tests/bench/bench-ncnn.py: 3x3 convolutions of 32 and 64 channels at 256x256 on our Vulkan devices beside ncnn's Vulkan path and CPU path, in one run.

Run: ./bench-ncnn.py BUILD [LIBNCNN [SECONDS]]    after   meson compile -C BUILD
LIBNCNN: a shared library of ncnn built with Vulkan (cmake -DNCNN_SHARED_LIB=ON -DNCNN_VULKAN=ON; with Debian's glslang-dev, -DNCNN_SYSTEM_GLSLANG=ON);
without it the library that the system has.  Ends with a message, and well, where there is none.
Prints GFLOP/s, forward, single precision, the best of many passes, and ours as a multiple of ncnn's Vulkan path.  ncnn is measured before and after, and
the better counts.  A pass of ncnn goes through a chain of layers; what a chain of one takes, with the way to the device and back, is not counted.
"""
import ctypes
import ctypes.util
import os
import random
import struct
import subprocess
import sys
import time

SIDE, LAYERS, CHANNELS = 256, 9, (32, 64)
build = sys.argv[1]
library = sys.argv[2] if len(sys.argv) > 2 else ctypes.util.find_library("ncnn")
seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 3.0
try:
    ncnn = ctypes.CDLL(library) if library else None
    ncnn.ncnn_net_create.restype  # built without its C interface: AttributeError
except (OSError, AttributeError):
    print("SKIP: no library of ncnn here; name one: bench-ncnn.py BUILD LIBNCNN")
    sys.exit(0)
for name in ("ncnn_net_create", "ncnn_option_create", "ncnn_extractor_create", "ncnn_mat_create_external_3d", "ncnn_mat_create_3d", "ncnn_mat_get_data"):
    getattr(ncnn, name).restype = ctypes.c_void_p
pointer = ctypes.c_void_p


def network(channels, layers, vulkan):
    """A chain of 3x3 convolutions with random weights; the text and the weights, in 32 bits, must stay."""
    text = "7767517\n%d %d\nInput x0 0 1 x0\n" % (layers + 1, layers + 1)
    for i in range(layers):
        text += "Convolution c%d 1 1 x%d x%d 0=%d 1=3 4=1 5=1 6=%d\n" % (i, i, i + 1, channels, 9 * channels * channels)
    weights = [random.uniform(-0.1, 0.1) for _ in range(9 * channels * channels)]
    layer = struct.pack("<I", 0) + struct.pack("<%df" % len(weights), *weights) + bytes(4 * channels)
    option = pointer(ncnn.ncnn_option_create())
    ncnn.ncnn_option_set_num_threads(option, len(os.sched_getaffinity(0)))
    ncnn.ncnn_option_set_use_vulkan_compute(option, int(vulkan))
    for what in ("fp16_packed", "fp16_storage", "fp16_arithmetic", "bf16_storage"):
        getattr(ncnn, "ncnn_option_set_use_" + what)(option, 0)
    net = pointer(ncnn.ncnn_net_create())
    ncnn.ncnn_net_set_option(net, option)
    data = ctypes.create_string_buffer(layer * layers)
    if ncnn.ncnn_net_load_param_memory(net, text.encode()) != 0 or ncnn.ncnn_net_load_model_memory(net, data) == 0:
        sys.exit("ncnn does not take the network")
    return net, data, "x%d" % layers


def once(net, channels, picture):
    extractor, result = pointer(ncnn.ncnn_extractor_create(net[0])), pointer()
    mat = pointer(ncnn.ncnn_mat_create_external_3d(SIDE, SIDE, channels, picture, None))
    ncnn.ncnn_extractor_input(extractor, b"x0", mat)
    start = time.monotonic()
    if ncnn.ncnn_extractor_extract(extractor, net[2].encode(), ctypes.byref(result)) != 0:
        sys.exit("ncnn does not run the network")
    taken = time.monotonic() - start
    ncnn.ncnn_mat_destroy(result)
    ncnn.ncnn_mat_destroy(mat)
    ncnn.ncnn_extractor_destroy(extractor)
    return taken


def peer(channels, vulkan):
    """GFLOP/s."""
    short, long = network(channels, 1, vulkan), network(channels, LAYERS, vulkan)
    picture = (ctypes.c_float * (channels * SIDE * SIDE))(*([0.5] * (channels * SIDE * SIDE)))
    best = [once(short, channels, picture), once(long, channels, picture)]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        best = [min(best[0], once(short, channels, picture)), min(best[1], once(long, channels, picture))]
    return 2 * 9 * channels**2 * SIDE**2 * 1e-9 * (LAYERS - 1) / (best[1] - best[0])


before = {(c, v): peer(c, v) for c in CHANNELS for v in (False, True)}
ours = subprocess.run([os.path.join(build, "tests/bench/bench-ops"), str(seconds), "vulkan"], capture_output=True, text=True, check=True).stdout
rate = {key: max(before[key], peer(*key)) for key in before}
print("%-40s %8s %16s" % ("%d threads" % len(os.sched_getaffinity(0)), "channels", "GFLOP/s"))
for c in CHANNELS:
    print("%-40s %8d %16.1f" % ("ncnn, CPU", c, rate[c, False]))
    print("%-40s %8d %16.1f" % ("ncnn, Vulkan", c, rate[c, True]))
for line in ours.splitlines():
    name, channels, forward, _ = line.split("\t")
    print("%-40s %8d %16.1f   %.2f of ncnn's Vulkan path" % (name, int(channels), float(forward), float(forward) / rate[int(channels), True]))
