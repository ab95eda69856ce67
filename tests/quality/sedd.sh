#!/bin/sh
# tests/quality/sedd.sh: the method "sedd" at 128x128 pixels and at most 1,024 bytes, beside rivals at no more bytes, all in one run.
#
#   sedd.sh BUILD KODAK [PAIR]     BUILD: a build folder; KODAK: a folder of PNG pictures; CNNCRYPT_MODEL_PATH: where the pair lies (sedd-demo)
#
# Of each picture the 128x128 pixels in its middle, and the square in its middle reduced to that size.  Bytes of "sedd": the vector and its step, without the seal.  Rivals: the
# best quality of JPEG (optimised Huffman tables, 4:2:0) and WebP (method 6) whose file has no more than 1,024 bytes (quality 1 where none has), and a thumbnail of
# 18x18 pixels of three bytes (972), enlarged again.  PSNR over R'G'B', mean of the pictures.  Then the time of the encoder.  Needs ImageMagick with WebP.
set -u
[ $# -ge 2 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2; }
build=$(realpath "$1") kodak=$(realpath "$2") pair=${3:-sedd-demo}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
MOST=1024

psnr () { # PICTURE PICTURE
  compare -metric PSNR "$1" "$2" null: 2>&1 | awk '{ print $1 }'
}
encode () { # FORMAT PICTURE QUALITY
  if [ "$1" = jpg ]; then
    convert "$2" -strip -sampling-factor 4:2:0 -define jpeg:optimize-coding=true -interlace none -quality "$3" "$work/try.jpg"
  else
    convert "$2" -strip -define webp:method=6 -quality "$3" "$work/try.webp"
  fi
}
best () { # FORMAT PICTURE
  low=1 high=100
  while [ "$low" -lt "$high" ]; do
    middle=$(((low + high + 1) / 2))
    encode "$1" "$2" "$middle"
    if [ "$(stat -c %s "$work/try.$1")" -le "$MOST" ]; then low=$middle; else high=$((middle - 1)); fi
  done
  encode "$1" "$2" "$low"
}

set -- "$kodak"/*.png
[ -e "$1" ] || { echo "sedd.sh: $kodak holds no PNG files" >&2; exit 1; }
mkdir "$work/pictures"
for picture; do
  name=$(basename "$picture" .png)
  side=$(identify -format '%[fx:min(w,h)]' "$picture")
  convert "$picture" -gravity center -crop 128x128+0+0 +repage -strip "$work/pictures/$name-crop.png"
  convert "$picture" -gravity center -crop "${side}x$side+0+0" +repage -filter Lanczos -resize 128x128! -strip "$work/pictures/$name-small.png"
done
"$build/tests/quality/quality-sedd" "$pair" "$work"/pictures/*.png >"$work/ours" || exit 1
echo "picture  sedd: bytes, step, dB  JPEG: bytes, dB  WebP: bytes, dB  thumbnail: dB"
while read -r name bytes step ours; do
  picture=$work/pictures/$name
  best jpg "$picture"
  best webp "$picture"
  convert "$picture" -filter Lanczos -resize 18x18! -depth 8 "$work/thumb.png"
  convert "$work/thumb.png" -filter Catrom -resize 128x128! -depth 8 "$work/large.png"
  echo "$name $bytes $step $ours $(stat -c %s "$work/try.jpg") $(psnr "$picture" "$work/try.jpg") $(stat -c %s "$work/try.webp") $(psnr "$picture" "$work/try.webp") $(psnr "$picture" "$work/large.png")"
done <"$work/ours" | awk '
  function row(name, b, s, p, jb, jp, wb, wp, t) { printf "%-20s %4.0f %4.1f %.2f   %4.0f %.2f   %4.0f %.2f   %.2f\n", name, b, s, p, jb, jp, wb, wp, t }
  { row($1, $2, $3, $4, $5, $6, $7, $8, $9)
    n++; b += $2; s += $3; p += $4; jb += $5; jp += $6; wb += $7; wp += $8; t += $9; if ($2 > most) most = $2
    if ($4 < least || n == 1) least = $4 }
  END { row("mean of " n, b / n, s / n, p / n, jb / n, jp / n, wb / n, wp / n, t / n)
    printf "sedd: at most %d bytes, at least %.2f dB\n", most, least }'
"$build/tests/quality/quality-sedd" --time "$pair"
