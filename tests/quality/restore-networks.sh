#!/bin/bash
# tests/quality/restore-networks.sh: restore-mri and restore-mnist under the conditions of the published networks that they answer.
#
#   restore-networks.sh BUILD DATA   BUILD: a build folder; DATA: holds brain-mri/brain-mri.tar and mnist/t10k-images-idx3-ubyte.gz;
#                                    CNNCRYPT_MODEL_PATH: where models lie
#
# Brain pictures of test/, brought to 128x128, and the 10,000 test digits: Gaussian noise is added to the numbers between encoder and decoder, on the circle on which
# they go round with the keystream; its deviation is that of the picture's own numbers, or a multiple of it.  PSNR and SSIM of what comes back, means over the pictures.
# The published networks add noise that no key undoes, and hand the encoder's maps past it; these do not.  Needs ImageMagick.
set -eu
[ $# -eq 2 ] || { sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 2; }
measure=$(realpath "$1")/tests/quality/restore-measure
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
mkdir "$work/mri" "$work/small"
tar xf "$2/brain-mri/brain-mri.tar" -C "$work/mri"
for file in "$work"/mri/test/*; do convert "$file" -colorspace Gray -resize '128x128!' "$work/small/$(basename "${file%.*}").png"; done
gzip -dc "$2/mnist/t10k-images-idx3-ubyte.gz" >"$work/t10k-images-idx3-ubyte"
# a network that is not there is told, and the other one is measured
mri=$("$measure" --model restore-mri --noise 0 --limit 1 ring "$work"/small/*.png 2>&1) || { echo "brain pictures: not measured: $mri"; mri=; }
for noise in ${mri:+1 0.5 0}; do
  printf 'brain pictures, noise %s times as strong as the numbers: ' $noise
  "$measure" --model restore-mri --noise $noise ring "$work"/small/*.png
done
echo 'brain pictures, published network (its decoder sees the maps of its encoder): 21.60 dB, SSIM 0.7995 (ssim3-floats: by scikit-image, windows of 3, of floats)'
for noise in 1 0.755 0; do
  printf 'digits, noise %s times as strong as the numbers: ' $noise
  "$measure" --model restore-mnist --noise $noise ring "$work/t10k-images-idx3-ubyte"
done
echo 'digits, published network (noise of 0.3 of the range of its numbers, as 0.755 is here): 22.56 dB, SSIM 0.9334'
