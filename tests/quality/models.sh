#!/bin/sh
# tests/quality/models.sh: the shipped model for photographs beside JPEG at the same number of bits, on pictures that it was not trained on.
#
#   models.sh CNNCRYPT-TRAIN MODEL SCENE-MAKER
#
# The pictures: GIMP's splash (photograph or painting, where GIMP is installed), the scene of readme-picture.sh, and every PNG of the folders that
# CNNCRYPT_TEST_PICTURES names (separated by ":"; three of each folder).  Ours counts the bytes of the range coder, JPEG (optimised Huffman tables, 4:2:0)
# the whole file without metadata, of the best quality that is no larger.  PSNR over R'G'B'.  Quick; codec.sh does it for whole folders, with everything counted.
set -u
[ $# = 3 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 2; }
train=$1 model=$2 scene=$3
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
count=0 failed=0

result () { # STATUS TEXT
  count=$((count + 1))
  if [ "$1" = 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; failed=1; fi
}
jpeg () { # QUALITY
  convert "$work/in/picture.png" -strip -sampling-factor 4:2:0 -define jpeg:optimize-coding=true -interlace none -quality "$1" "$work/try.jpg"
}

[ -f "$model" ] || { echo "1..0 # SKIP there is no shipped model"; exit 0; }
mkdir "$work/in"
"$scene" --scene "$work/scene.png" >/dev/null 2>&1
set -- "$work/scene.png" /usr/share/gimp/2.0/images/gimp-splash.png
old_ifs=$IFS
IFS=:
for folder in ${CNNCRYPT_TEST_PICTURES:-}; do
  IFS=$old_ifs
  n=0
  for picture in "$folder"/*.png; do
    [ -f "$picture" ] && [ "$n" -lt 3 ] && set -- "$@" "$picture" && n=$((n + 1))
  done
done
IFS=$old_ifs
for picture; do
  [ -f "$picture" ] || continue
  rm -f "$work"/in/*
  convert "$picture" -strip -background white -alpha remove -alpha off -colorspace sRGB -type TrueColor -depth 8 "PNG24:$work/in/picture.png" || exit 1
  "$train" evaluate "$model" --data "$work/in" --device cpu --json >"$work/out" 2>"$work/err" || { sed 's/^/# /' "$work/err"; result 1 "$picture"; continue; }
  psnr=$(sed 's/.*"psnr": \([0-9.]*\).*/\1/' "$work/out")
  bits=$(sed 's/.*"bits_per_pixel": \([0-9.]*\).*/\1/' "$work/out")
  limit=$(identify -format '%[fx:w*h]' "$work/in/picture.png" | awk -v bits="$bits" '{ printf "%d", $1 * bits / 8 }')
  low=1 high=100
  while [ "$low" -lt "$high" ]; do
    middle=$(((low + high + 1) / 2))
    jpeg "$middle"
    if [ "$(stat -c %s "$work/try.jpg")" -le "$limit" ]; then low=$middle; else high=$((middle - 1)); fi
  done
  jpeg "$low"
  rival=$(compare -metric PSNR "$work/in/picture.png" "$work/try.jpg" null: 2>&1 | awk '{ print $1 }')
  awk -v a="$psnr" -v b="$rival" 'BEGIN { exit !(a > b) }'
  result $? "$(basename "$picture"): $psnr dB at $bits bits a pixel, JPEG $rival dB"
done
echo "1..$count"
exit "$failed"
