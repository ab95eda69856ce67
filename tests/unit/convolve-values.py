#!/usr/bin/env python3
"""tests/unit/convolve-values.py: what libfec's decoder (Debian package libfec0) makes of noisy coded bits; prints convolve-values.h.

The encoder is this file's own, from the polynomials of libfec's fec.h.  Bits go in lowest first, so bytes are turned round on the way in and out of
libfec, which takes the highest first.  Run: ./convolve-values.py > convolve-values.h
"""
import ctypes
import random

POLYNOMIALS = [0o42631, 0o47245, 0o56507, 0o73363, 0o77267, 0o64537]
SIZE, MEMORY = 54, 14
fec = ctypes.CDLL("libfec.so.0")
fec.create_viterbi615.restype = ctypes.c_void_p


def encode(data):
    bits = [byte >> k & 1 for byte in data for k in range(8)] + [0] * MEMORY
    register, coded = 0, []
    for bit in bits:
        register = (register << 1 | bit) & 0x7fff
        coded += [bin(register & p).count("1") & 1 for p in POLYNOMIALS]
    return coded


def decode(symbols):
    symbols = [0] * 6 * 16 + symbols  # two bytes of zeros in front: libfec only leans towards starting from zero
    steps = len(symbols) // 6 - MEMORY
    viterbi = ctypes.c_void_p(fec.create_viterbi615(steps))
    fec.set_viterbi615_polynomial((ctypes.c_int * 6)(*POLYNOMIALS))
    fec.init_viterbi615(viterbi, 0)
    fec.update_viterbi615_blk(viterbi, (ctypes.c_ubyte * len(symbols))(*symbols), steps + MEMORY)
    out = (ctypes.c_ubyte * (steps // 8))()
    fec.chainback_viterbi615(viterbi, out, steps, 0)
    fec.delete_viterbi615(viterbi)
    return [int("{:08b}".format(byte)[::-1], 2) for byte in out[2:]]


def show(name, rows):
    print("static const guint8 %s[][%d] = {" % (name, len(rows[0])))
    for row in rows:
        print("  {")
        for i in range(0, len(row), 32):
            print("    " + ", ".join(map(str, row[i:i + 32])) + ",")
        print("  },")
    print("};")


draw = random.Random(15)
data, noisy, decoded = [], [], []
for noise in (0.5, 1.2, 1.6, 2.2):  # of the distance from the middle to a bit, which is 40 of 127
    data.append([draw.randrange(256) for _ in range(SIZE)])
    noisy.append([min(255, max(0, round(127.5 + 40 * (2 * bit - 1 + draw.gauss(0, noise))))) for bit in encode(data[-1])])
    decoded.append(decode(noisy[-1]))
right = [a == b for a, b in zip(data, decoded)]
assert right == [True, True, True, False], right
print("/* tests/unit/convolve-values.h: printed by convolve-values.py; do not edit.  The last of the four has too much noise to come back. */")
print("#include <glib.h>\n")
show("value_data", data)
show("value_noisy", noisy)
show("value_decoded", decoded)
