#!/bin/sh
# tests/quality/codec.sh: the lossy method beside JPEG and WebP at the same bytes, all in one run.
#
#   codec.sh BUILD KODAK [PICTURE-PATTERN]     BUILD: a build folder; KODAK: a folder of PNG pictures; CNNCRYPT_MODEL_PATH: where the model lies
#
# Each picture is encrypted and decrypted by cnncrypt-batch.  "file" counts every byte of the encrypted PNG file: the latent, header, seal, fill and PNG itself.  JPEG (optimised Huffman
# tables, 4:2:0) and WebP (method 6) get the best quality whose file is no larger.  PSNR over R'G'B', mean of the pictures.  Needs GIMP and ImageMagick with WebP.
set -u
[ $# -ge 2 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 2; }
build=$(realpath "$1") kodak=$(realpath "$2") pattern=${3:-*.png}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
PLUGIN=$build/plugin/cnncrypt
mkdir -p "$work/plug"
ln -s "$PLUGIN" "$work/plug/cnncrypt"
printf 'five unrelated words in here\n' >"$work/pass"

batch () {
  CNNCRYPT_PLUGIN_DIR=$work/plug "$build/plugin/batch/cnncrypt-batch" "$@"
}
psnr () { # PICTURE PICTURE
  compare -metric PSNR "$1" "$2" null: 2>&1 | awk '{ print $1 }'
}
# The best quality of FORMAT whose file is no larger than BYTES.
best () { # FORMAT PICTURE BYTES
  low=1 high=100
  while [ "$low" -lt "$high" ]; do
    middle=$(((low + high + 1) / 2))
    encode "$1" "$2" "$middle"
    if [ "$(stat -c %s "$work/try.$1")" -le "$3" ]; then low=$middle; else high=$((middle - 1)); fi
  done
  encode "$1" "$2" "$low"
}
encode () { # FORMAT PICTURE QUALITY
  if [ "$1" = jpg ]; then
    convert "$2" -strip -sampling-factor 4:2:0 -define jpeg:optimize-coding=true -interlace none -quality "$3" "$work/try.jpg"
  else
    convert "$2" -strip -define webp:method=6 -quality "$3" "$work/try.webp"
  fi
}

set -- "$kodak"/$pattern
[ -e "$1" ] || { echo "codec.sh: $kodak holds no $pattern" >&2; exit 1; }
batch encrypt --method autoencoder --passphrase-file "$work/pass" --out "$work/enc" "$@" >"$work/log" || exit 1
batch decrypt --passphrase-file "$work/pass" --out "$work/dec" "$work"/enc/*.png >>"$work/log" || exit 1
echo "picture  bits a pixel  cnncrypt dB  JPEG: bits a pixel, dB  WebP: bits a pixel, dB"
for picture; do
  name=$(basename "$picture")
  pixels=$(identify -format '%[fx:w*h]' "$picture")
  bytes=$(stat -c %s "$work/enc/$name")
  best jpg "$picture" "$bytes"
  best webp "$picture" "$bytes"
  echo "$name $pixels $bytes $(psnr "$picture" "$work/dec/$name") $(stat -c %s "$work/try.jpg") $(psnr "$picture" "$work/try.jpg") $(stat -c %s "$work/try.webp") $(psnr "$picture" "$work/try.webp")"
done | awk '
  function row(name, b, p, jb, jp, wb, wp) { printf "%-14s %.4f %.2f   %.4f %.2f   %.4f %.2f\n", name, b, p, jb, jp, wb, wp }
  { row($1, 8 * $3 / $2, $4, 8 * $5 / $2, $6, 8 * $7 / $2, $8)
    n++; b += 8 * $3 / $2; p += $4; jb += 8 * $5 / $2; jp += $6; wb += 8 * $7 / $2; wp += $8 }
  END { row("mean of " n, b / n, p / n, jb / n, jp / n, wb / n, wp / n) }'
