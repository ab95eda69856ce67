#!/usr/bin/python3
"""tests/reference/jpeg-values.py: what libjpeg makes of two pictures.

Writes jpeg-values.bin: for each size of SIZES a picture (smooth colours, an edge, noise; R'G'B', rows from the top, interleaved), then the same
picture coded by libjpeg (through Pillow) with 4:2:0 at each quality of QUALITIES, and decoded.  Needs Debian's python3-pil (9.4, libjpeg-turbo 2.1).
Run: ./jpeg-values.py
"""
import io
import math
import os

from PIL import Image

SIZES = [(48, 32), (29, 21)]
QUALITIES = [10, 50, 75, 90, 100]

out = bytearray()
for width, height in SIZES:
    s, pixels = 12345, bytearray()
    for y in range(height):
        for x in range(width):
            for c in range(3):
                s ^= (s << 13) & 0xFFFFFFFF
                s ^= s >> 17
                s ^= (s << 5) & 0xFFFFFFFF
                v = 128 + 70 * math.sin(0.2 * x + c) + 40 * math.cos(0.13 * y * (c + 1)) + (60 if x + y > 40 else 0) + (s >> 24) / 8 - 16
                pixels.append(max(0, min(255, round(v))))
    out += pixels
    for quality in QUALITIES:
        coded = io.BytesIO()
        Image.frombytes("RGB", (width, height), bytes(pixels)).save(coded, "JPEG", quality=quality, subsampling=2)
        out += Image.open(io.BytesIO(coded.getvalue())).tobytes()
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "jpeg-values.bin"), "wb") as file:
    file.write(out)
