#!/usr/bin/python3
# tests/unit/sedd-values.py > tests/unit/sedd-values.h: what the encoder of a pair gives for a made-up one and a made-up picture, from numpy's 64-bit numbers and from
# core/picture/format.md ("Method 3") alone.
import numpy as np

HIDDEN, CHANNELS, WIDTH, HEIGHT = 7, 5, 21, 13
FIRST_SHIFT, SLOPE, SECOND_SHIFT = 9, 2, 12


def numbers(name, kind, values, per_line=24):
    values = [str(int(v)) for v in np.asarray(values).reshape(-1)]
    print(f"static const {kind} {name}[] = {{")
    for i in range(0, len(values), per_line):
        print("  " + ", ".join(values[i:i + per_line]) + ",")
    print("};")


def shift(value, by):
    return np.clip((value + (1 << (by - 1))) // (1 << by), -32767, 32767)


def encode(picture, first, first_bias, second, second_bias):
    height, width = picture.shape[:2]
    down, across = -(-height // 8), -(-width // 8)
    fine = np.zeros((CHANNELS, down, across), np.int64)
    padded = np.pad(picture, ((0, 8 * down - height), (0, 8 * across - width), (0, 0)), mode="edge").astype(np.int64)
    for i in range(down):
        for j in range(across):
            block = 2 * padded[8 * i:8 * i + 8, 8 * j:8 * j + 8].reshape(-1) - 255
            hidden = shift(first.astype(np.int64) @ block + first_bias, FIRST_SHIFT)
            hidden = np.where(hidden < 0, hidden // (1 << SLOPE), hidden)
            fine[:, i, j] = shift(second.astype(np.int64) @ hidden + second_bias, SECOND_SHIFT)
    return fine


def rounded(fine, step):
    inverse = int(np.floor(32768 * 2 ** (-step / 4) + 0.5))
    size = (np.abs(fine) * inverse + 27525) // 65536
    return np.sign(fine) * size


random = np.random.RandomState(33)
picture = random.randint(0, 256, (HEIGHT, WIDTH, 3))
picture[:, :8] = 0
picture[:8, 8:16] = 255
first = random.randint(-900, 901, (HIDDEN, 192))
first[0], first[1] = 16383, -16383  # cut off at both ends
first_bias = random.randint(-100000, 100001, HIDDEN)
second = random.randint(-3000, 3001, (CHANNELS, HIDDEN))
second[4] *= 3  # cut off
second_bias = random.randint(-1000000, 1000001, CHANNELS)
fine = encode(picture, first, first_bias, second, second_bias)
assert np.abs(fine).max() == 32767 and np.abs(fine).min() < 3000
print("/* tests/unit/sedd-values.h: written by sedd-values.py. */")
print("#include <stdint.h>\n")
for name, value in (("HIDDEN", HIDDEN), ("CHANNELS", CHANNELS), ("WIDTH", WIDTH), ("HEIGHT", HEIGHT), ("FIRST_SHIFT", FIRST_SHIFT), ("SLOPE", SLOPE),
                    ("SECOND_SHIFT", SECOND_SHIFT)):
    print(f"#define SEDD_{name} {value}u")
print()
numbers("sedd_picture", "uint8_t", picture)
numbers("sedd_first", "int16_t", first)
numbers("sedd_first_bias", "int32_t", first_bias)
numbers("sedd_second", "int16_t", second)
numbers("sedd_second_bias", "int32_t", second_bias)
print("/* channels * down * across */")
numbers("sedd_fine", "int16_t", fine)
print("/* the same, rounded with each of the 32 steps */")
numbers("sedd_rounded", "int16_t", np.stack([rounded(fine, step) for step in range(32)]))
