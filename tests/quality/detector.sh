#!/bin/sh
# tests/quality/detector.sh: how often the network that tells encrypted pictures from others is wrong.
#
#   detector.sh [--pictures DIR] [--percent N] [--model FILE] BUILD DATA
#
# DATA holds photos/kodak, photos/train/photos-train.tar, sipi and cifar10.  Printed is the confusion matrix of the network (models/detector.safetensors)
# and of the two thresholds that are best for its training pictures, on all test pictures and on the hard subset.  Status 0 if no ordinary photograph is
# called encrypted and at least 99.5 % of the hard subset are called what they are.  --percent: of the test pictures, for a trial.
#
# Ordinary photographs: Kodak's 24, those of SIPI (without its three drawn charts) and the 200 of BSDS500's folder test, whole, then parts of 256 x 256 of
# them, together 1,000; and 100 pictures of CIFAR-10's test set, made larger.  All others, the hard subset among them, are made of Kodak and SIPI alone.
# Trained on were BSDS500's train and val, Sun and Hays' 80 pictures and the wallpapers.  With --pictures the test pictures stay in DIR/test, and those to
# train on are made in DIR/train.
set -u
pictures='' percent=100 model=''
while [ $# -gt 2 ]; do
  case $1 in
    --pictures) pictures=$2 ;;
    --percent) percent=$2 ;;
    --model) model=$(realpath "$2") ;;
    *) break ;;
  esac
  shift 2
done
[ $# -eq 2 ] || { sed -n '2,15s/^# \{0,1\}//p' "$0"; exit 2; }
build=$(realpath "$1") data=$(realpath "$2")
top=$(dirname "$(realpath "$0")")/../..
[ -n "$model" ] || model=$top/models/detector.safetensors
CNNCRYPT_MODEL_PATH=${CNNCRYPT_MODEL_PATH:-$top/models}
export CNNCRYPT_MODEL_PATH
make=$build/tests/quality/detector-data train=$build/models/cnncrypt-train
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
[ -n "$pictures" ] && mkdir -p "$pictures" || pictures=$work

tar -C "$work" -xf "$data/photos/train/photos-train.tar" || exit 1
mkdir "$work/sipi" || exit 1
for file in "$data"/sipi/*.png; do
  case $file in *gray21* | *ruler* | *resolution_chart*) ;; *) ln -s "$file" "$work/sipi" ;; esac
done
if [ "$pictures" != "$work" ] && [ ! -d "$pictures/train" ]; then
  "$make" --percent 200 --out "$pictures/train" "$work/bsds500/train" "$work/bsds500/val" "$work/sun-hays80" "$work/hires" || exit 1
fi
if [ ! -d "$pictures/test" ]; then
  "$make" --test --percent "$percent" --kinds photograph --out "$pictures/test" "$data/photos/kodak" "$work/sipi" "$work/bsds500/test" || exit 1
  "$make" --test --percent "$percent" --out "$pictures/test" \
    --kinds "drawing screenshot texture hard-* hybrid* autoencoder sedd layer-* aes" "$data/photos/kodak" "$work/sipi" || exit 1
  xz -dc "$data/cifar10/test_batch.bin.xz" >"$work/cifar" || exit 1
  i=0
  while [ $i -lt $((percent)) ]; do # a label, then planes of 32 x 32
    tail -c +$((i * 3073 + 2)) "$work/cifar" | head -c 3072 >"$work/one"
    convert -size 32x32 -depth 8 -interlace plane rgb:"$work/one" -filter Lanczos -resize 256x256 "png24:$pictures/test/plain/cifar-$(printf %04d $i).png" || exit 1
    i=$((i + 1))
  done
fi
"$train" evaluate "$model" --data "$pictures/test" || exit 1
"$train" evaluate "$model" --data "$pictures/test" --json >"$work/json" || exit 1
"$train" evaluate "$model" --data "$pictures/test" --files "plain/photograph-* plain/cifar-* encrypted/aes-*" --json >"$work/ordinary" || exit 1
right=$(sed -n 's/.*"hard": {[^}]*"right": \([0-9.]*\).*/\1/p' "$work/json")
called=$(sed -n 's/.*"all": {"plain": \([0-9]*\), "called_encrypted": \([0-9]*\).*/\2 of \1/p' "$work/ordinary")
printf '\nordinary photographs called encrypted: %s (has to be 0)\nright on the hard subset: %s (has to be 0.995)\n' "$called" "$right"
[ "${called%% *}" = 0 ] && awk -v r="$right" 'BEGIN { exit !(r >= 0.995) }'
