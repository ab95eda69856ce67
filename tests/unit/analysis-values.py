#!/usr/bin/env python3
"""tests/unit/analysis-values.py: values that core/measure/analysis.c is tested against, from programs that are not ours.

SSIM, PSNR and MSE come from scikit-image, entropy from scikit-image, chi-square from SciPy, correlations from NumPy, PSNR of the brightness from
scikit-image on NumPy's weighted sum; NPCR and UACI are NumPy's means of their definitions.  Where uniformly random bytes lie (mean and standard
deviation of UACI, MSE and SSIM against a picture that is not random) is simulated with NumPy's generator.  Prints analysis-values.h.
Run: ./analysis-values.py > analysis-values.h    (packages: python3-skimage python3-scipy python3-numpy)
"""
import numpy
from scipy.stats import chisquare
from skimage.measure import shannon_entropy
from skimage.metrics import mean_squared_error, peak_signal_noise_ratio, structural_similarity

M = 0xFFFFFFFF
TRIES = 400


def noise(seed, count):
    """xorshift32, one byte (bits 8..15) of each state; the test fills its pictures with the same."""
    out = numpy.empty(count, numpy.uint8)
    for i in range(count):
        seed ^= (seed << 13) & M
        seed ^= seed >> 17
        seed ^= (seed << 5) & M
        out[i] = (seed >> 8) & 255
    return out


def slope(width, height, seed):
    """A smooth picture with a little noise; channels differ."""
    x, y, c = numpy.meshgrid(numpy.arange(width), numpy.arange(height), numpy.arange(3), indexing="xy")
    grain = noise(seed, width * height * 3).reshape(height, width, 3).astype(int) & 7
    return ((x * (c + 1) // 2 + 2 * y + 40 * c + grain) % 224 + 8 * c).astype(numpy.uint8)


def grey(width, height, seed):
    return numpy.repeat(slope(width, height, seed)[:, :, 1:2], 3, axis=2)


def correlation(plane, down, right):
    h, w = plane.shape
    return numpy.corrcoef(plane[: h - down, : w - right].ravel().astype(float), plane[down:, right:].ravel().astype(float))[0, 1]


def luma(p):
    return p.astype(float) @ numpy.array([0.299, 0.587, 0.114])


def ssim(a, b):
    return numpy.mean([structural_similarity(a[:, :, c], b[:, :, c], gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255)
                       for c in range(a.shape[2])])


def numbers(values):
    return ", ".join("%.12g" % v for v in values)


def case(name, width, height, a, b):
    channels = 1 if (a == a[:, :, :1]).all() else 3
    both = 1 if channels == 1 and (b == b[:, :, :1]).all() else 3
    planes = [a[:, :, c] for c in range(channels)]
    alone = [shannon_entropy(numpy.concatenate([p.ravel() for p in planes])),
             chisquare(numpy.bincount(numpy.concatenate([p.ravel() for p in planes]), minlength=256)).statistic]
    alone += [numpy.mean([correlation(p, d, r) for p in planes]) for d, r in ((0, 1), (1, 0), (1, 1))]
    d = a.astype(int) - b.astype(int)
    pair = [numpy.mean(d != 0), numpy.mean(abs(d)) / 255, mean_squared_error(a, b), peak_signal_noise_ratio(a, b, data_range=255),
            peak_signal_noise_ratio(luma(a), luma(b), data_range=255), ssim(a[:, :, :both], b[:, :, :both])]
    rng = numpy.random.default_rng(1)
    tries = []
    for _ in range(TRIES):
        r = rng.integers(0, 256, a.shape, dtype=numpy.uint8)
        if channels == 1:
            r = numpy.repeat(r[:, :, :1], 3, axis=2)
        e = r.astype(int) - b.astype(int)
        tries.append([numpy.mean(abs(e)) / 255, numpy.mean(e * e), numpy.mean((luma(r) - luma(b)) ** 2), ssim(r[:, :, :both], b[:, :, :both])])
    tries = numpy.array(tries)
    print('  { "%s", %d, %d, %d,\n    { %s },\n    { %s },\n    { %s },\n    { %s } },'
          % (name, width, height, channels, numbers(alone), numbers(pair), numbers(tries.mean(axis=0)), numbers(tries.std(axis=0, ddof=1))))


print("/* Made by analysis-values.py: do not edit. */")
print("static const Expected EXPECTED[] = {")
W, H = 96, 80
case("photograph against noise", W, H, slope(W, H, 3), noise(2, W * H * 3).reshape(H, W, 3))
case("noise against photograph", W, H, noise(2, W * H * 3).reshape(H, W, 3), slope(W, H, 3))
case("two alike", W, H, slope(W, H, 3), slope(W, H, 4))
case("grey against grey", W, H, grey(W, H, 5), grey(W, H, 6))
case("noise against grey", W, H, noise(7, W * H * 3).reshape(H, W, 3), grey(W, H, 6))
print("};")
