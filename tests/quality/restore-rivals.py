#!/usr/bin/python3
"""tests/quality/restore-rivals.py: what a linear code gives in the place of the networks of the method "restore".

Run: ./restore-rivals.py photos FOLDER   64 numbers for 8x8 pixels: those coefficients of an orthonormal transform that the pictures need most, all made equally
                                         large within the same part of the circle; keystream, order and channel as there; each weighed by what the channel
                                         did (Wiener), which it is told exactly
     ./restore-rivals.py mri FOLDER      brain pictures at 128x128 (FOLDER/train) and noise as strong as the numbers: the most that any linear code of
                                         blocks of a size can give, with its power dealt out ideally (Lee and Petersen 1976)
PSNR: R'G'B', mean over the pictures; mri: of the mean squared error of all.  Needs Debian's python3-numpy and python3-pil.
"""
import glob
import io
import sys

import numpy as np
from PIL import Image

AXES = np.array([[1, 1, 1], [1, 0, -1], [1, -2, 1]], float)
AXES /= np.linalg.norm(AXES, axis=1, keepdims=True)
EDGE = 0.44  # of the circle, which is 1: where the networks keep their numbers, too


def cosines(n):
    m = np.cos(np.pi * (2 * np.arange(n)[None] + 1) * np.arange(n)[:, None] / 2 / n) * np.sqrt(2 / n)
    m[0] /= np.sqrt(2)
    return m


def blocks(planes, n):  # (H, W, C) -> (H/n, W/n, C n n)
    h, w, c = planes.shape
    return np.einsum('ui,aibjc,vj->abcuv', cosines(n), planes.reshape(h // n, n, w // n, n, c), cosines(n), optimize=True).reshape(h // n, w // n, -1)


def planes(values, n, c):  # back
    a, b, _ = values.shape
    return np.einsum('ui,abcuv,vj->aibjc', cosines(n), values.reshape(a, b, c, n, n), cosines(n), optimize=True).reshape(a * n, b * n, c)


def jpeg(quality):
    def run(carrier):
        file = io.BytesIO()
        Image.fromarray(carrier).save(file, 'JPEG', quality=quality)
        return np.asarray(Image.open(file))
    return run


def photos(folder):
    rng = np.random.default_rng(1)

    def bytes_of(values):
        return np.clip(np.round(values), 0, 255).astype(np.uint8)

    channels = [('as it is', lambda c: c)] + [('JPEG %d' % q, jpeg(q)) for q in (95, 85, 75, 60, 40, 20)] + [
        ('noise 10', lambda c: bytes_of(c + rng.normal(0, 10, c.shape))), ('noise 25', lambda c: bytes_of(c + rng.normal(0, 25, c.shape))),
        ('Poisson noise', lambda c: bytes_of(rng.poisson(c.astype(float)))),
        ('3 % of pixels black', lambda c: np.where(rng.random(c.shape) < 0.03, 0, c).astype(np.uint8))]
    pictures = [np.asarray(Image.open(f).convert('RGB')).astype(float) for f in sorted(glob.glob(folder + '/*.png'))]
    pictures = [p[:p.shape[0] // 8 * 8, :p.shape[1] // 8 * 8] for p in pictures]
    spectra = [blocks(p @ AXES.T, 8) for p in pictures]
    mean = np.mean([s.mean((0, 1)) for s in spectra], 0)
    deviation = np.sqrt(np.mean([((s - mean) ** 2).mean((0, 1)) for s in spectra], 0))
    kept = np.argsort(-deviation)[:64]
    print('%-22s' % 'deviation of a number' + ''.join('%8.2f' % size for size in (0.11, 0.15)))
    table = {}
    for size in (0.11, 0.15):
        for picture, spectrum in zip(pictures, spectra):
            numbers = np.clip((spectrum[..., kept] - mean[kept]) / deviation[kept] * size, -EDGE, EDGE)
            stream = rng.integers(0, 256, numbers.shape)
            order = rng.permutation(numbers.size)
            sent = ((np.round(numbers * 256).astype(int) + stream) % 256).reshape(-1)[order].reshape(picture.shape[0], -1).astype(np.uint8)
            for name, channel in channels:
                got = np.empty(numbers.size, int)
                got[order] = channel(sent).reshape(-1)
                plain = ((got.reshape(numbers.shape) - stream + 128) % 256 - 128) / 256
                off = plain - numbers
                off -= np.floor(off + 0.5)
                guess = np.broadcast_to(mean, spectrum.shape).copy()
                guess[..., kept] += plain / size * deviation[kept] * size ** 2 / (size ** 2 + (off ** 2).mean())
                back = np.round(np.clip(planes(guess, 8, 3) @ AXES, 0, 255))
                table.setdefault((name, size), []).append(10 * np.log10(255 ** 2 / ((back - picture) ** 2).mean()))
    for name, _ in channels:
        print('%-22s' % name + ''.join('%8.2f' % np.mean(table[name, size]) for size in (0.11, 0.15)))


def mri(folder):
    def load(part):
        return [np.asarray(Image.open(f).convert('L').resize((128, 128), Image.BICUBIC)).astype(float)[..., None] for f in sorted(glob.glob(folder + '/' + part + '/*'))]
    train = load('train')
    for n in (8, 16, 32, 128):
        spectra = np.stack([blocks(p, n) for p in train])
        sizes = np.sort(np.sqrt(((spectra - spectra.mean((0, 1, 2))) ** 2).mean((0, 1, 2))))[::-1]
        best = np.inf
        for k in range(1, n * n + 1):  # power goes to the k largest ones
            level = sizes[:k].sum() / (n * n + k)
            if sizes[k - 1] < level:
                break
            best = min(best, (sizes[:k] * level).sum() + (sizes[k:] ** 2).sum())
        print('transform of %3d x %-3d: at most %.2f dB' % (n, n, 10 * np.log10(255 ** 2 / (best / n / n))))


if __name__ == '__main__':
    {'photos': photos, 'mri': mri}[sys.argv[1]](sys.argv[2])
