#!/usr/bin/python3
"""tests/quality/rivals.py: what plain means give on the test pictures of autoencoder-mnist and autoencoder-cifar, with the same
number of bytes.

Run: ./rivals.py DATA [BYTES]        DATA: a folder with mnist/ (idx.gz) and cifar10/ (binary, xz), as in models/MANIFEST;
                                     BYTES: of a picture of CIFAR-10, on average (427)
A linear code (PCA of the training pictures, coefficients of 8 bits between the least and the greatest of the training pictures), for MNIST also with
N(0, 0.3) added to the coefficients in [0, 1] and the linear decoder that is best for that; JPEG and WebP of one sheet of all pictures, so that no picture
pays for headers.  PSNR: mean over the pictures; SSIM: Gaussian window of 11, deviation 1.5.  Needs Debian's python3-numpy and python3-pil.
"""
import gzip
import io
import lzma
import sys

import numpy as np
from PIL import Image


def psnr(a, b):
    return float(np.mean(-10 * np.log10(np.maximum(np.mean((a - b) ** 2, axis=1), 1e-10))))


def ssim(a, b, side):
    """Mean over pictures; a, b: pictures of side x side in [0, 1], one a row."""
    g = np.exp(-((np.arange(11) - 5) ** 2) / (2 * 1.5**2))
    g /= g.sum()
    blur = np.zeros((side - 10, side))
    for i in range(side - 10):
        blur[i, i:i + 11] = g

    def mean(x):
        return np.einsum("ij,njk,lk->nil", blur, x.reshape(-1, side, side), blur, optimize=True)
    ma, mb = mean(a), mean(b)
    va, vb, cov = mean(a * a) - ma * ma, mean(b * b) - mb * mb, mean(a * b) - ma * mb
    return float(np.mean((2 * ma * mb + 1e-4) * (2 * cov + 9e-4) / ((ma**2 + mb**2 + 1e-4) * (va + vb + 9e-4))))


def finish(x):
    """As an 8-bit picture would hold it."""
    return np.round(255 * np.clip(x, 0, 1)) / 255


class Linear:
    def __init__(self, train, count):
        self.mean = train.mean(0)
        values, vectors = np.linalg.eigh((train - self.mean).T @ (train - self.mean))
        self.axes = vectors[:, np.argsort(values)[::-1][:count]]
        codes = (train - self.mean) @ self.axes
        self.low, self.range = codes.min(0), np.maximum(codes.max(0) - codes.min(0), 1e-9)
        unit = (codes - self.low) / self.range
        self.unit_mean, self.unit_variance = unit.mean(0), unit.var(0)

    def encode(self, x):
        return np.round(255 * np.clip(((x - self.mean) @ self.axes - self.low) / self.range, 0, 1)) / 255

    def decode(self, z):
        return finish((z * self.range + self.low) @ self.axes.T + self.mean)

    def decode_noisy(self, z, deviation):
        gain = self.unit_variance / (self.unit_variance + deviation**2)
        return self.decode(self.unit_mean + gain * (z - self.unit_mean))


def idx(path):
    return np.frombuffer(gzip.open(path).read()[16:], np.uint8).reshape(-1, 784) / 255


def cifar(path):
    return np.frombuffer(lzma.open(path).read(), np.uint8).reshape(-1, 3073)[:, 1:] / 255


def sheet(x):
    return Image.fromarray((255 * x).astype(np.uint8).reshape(100, 100, 3, 32, 32).transpose(0, 3, 1, 4, 2).reshape(3200, 3200, 3))


def from_sheet(image):
    return np.asarray(image, np.float64).reshape(100, 32, 100, 32, 3).transpose(0, 2, 4, 1, 3).reshape(-1, 3072) / 255


def best(image, form, limit, **options):
    """The best quality whose file is no larger than limit: (bytes, picture)."""
    low, high = 1, 100
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if len(encode(image, form, middle, options)) <= limit else (low, middle - 1)
    data = encode(image, form, low, options)
    return len(data), Image.open(io.BytesIO(data)).convert("RGB")


def encode(image, form, quality, options):
    out = io.BytesIO()
    image.save(out, form, quality=quality, **options)
    return out.getvalue()


data, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 427
train, test = idx(data + "/mnist/train-images-idx3-ubyte.gz"), idx(data + "/mnist/t10k-images-idx3-ubyte.gz")
linear = Linear(train, 392)
z = linear.encode(test)
noisy = linear.decode_noisy(z + np.random.RandomState(1).normal(0, 0.3, z.shape), 0.3)
for name, result in (("PCA, 392 coefficients of 8 bits", linear.decode(z)), ("the same under noise N(0, 0.3)", noisy)):
    print("MNIST     %-40s %6.2f dB  SSIM %.4f" % (name, psnr(result, test), ssim(result, test, 28)), flush=True)
train = np.concatenate([cifar(data + "/cifar10/data_batch_%d.bin.xz" % i) for i in (1, 2)])
test = cifar(data + "/cifar10/test_batch.bin.xz")
linear = Linear(train, count)
print("CIFAR-10  %-40s %6.2f dB  %.1f bytes a picture" % ("PCA, %d coefficients of 8 bits" % count, psnr(linear.decode(linear.encode(test)), test), count), flush=True)
for form, options in (("JPEG", {"optimize": True, "subsampling": 2}), ("JPEG", {"optimize": True, "subsampling": 0}), ("WEBP", {"method": 6})):
    size, image = best(sheet(test), form, count * len(test), **options)
    name = form + (" 4:%d, one sheet" % (20 if options["subsampling"] else 44) if form == "JPEG" else ", one sheet")
    name = name.replace("4:20", "4:2:0").replace("4:44", "4:4:4")
    print("CIFAR-10  %-40s %6.2f dB  %.1f bytes a picture" % (name, psnr(from_sheet(image), test), size / len(test)), flush=True)
