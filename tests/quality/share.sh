#!/bin/sh
# tests/quality/share.sh: what comes back of the method "share" after what messengers and web sites do to pictures, and where that ends.
#
#   share.sh BUILD KODAK [LEVELS [SIDE]]     BUILD: a build folder; KODAK: a folder of PNG pictures; LEVELS: 3 or 2; SIDE: the carrier's longest side (0: the picture's own)
#
# First a table of changes: how many carriers came back with exactly the picture that the unchanged carrier holds, its PSNR over R'G'B' (mean and least), which share of the code's
# symbols was wrong, how many wrong keys were recognised as such, and, below, the sentences of those that were refused.  Then what WebP (method 6) and JPEG (optimised Huffman tables,
# 4:2:0) make of the same pictures in as many bytes as the carriers have room, without encryption and without any channel: the best that could come back.
# CNNCRYPT_MODEL_PATH says where the network lies that competes with WebP inside.  Needs ImageMagick with WebP, cwebp and dwebp.
set -u
[ $# -ge 2 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2; }
build=$(realpath "$1") kodak=$(realpath "$2") levels=${3:-3} side=${4:-0}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

encode () { # FORMAT PICTURE QUALITY
  if [ "$1" = jpg ]; then
    convert "$2" -strip -sampling-factor 4:2:0 -define jpeg:optimize-coding=true -interlace none -quality "$3" "$work/try.jpg"
  else
    convert "$2" -strip -define webp:method=6 -quality "$3" "$work/try.webp"
  fi
}
# PSNR of the best quality of FORMAT whose file is no larger than BYTES.
best () { # FORMAT PICTURE BYTES
  low=1 high=100
  while [ "$low" -lt "$high" ]; do
    middle=$(((low + high + 1) / 2))
    encode "$1" "$2" "$middle"
    if [ "$(stat -c %s "$work/try.$1")" -le "$3" ]; then low=$middle; else high=$((middle - 1)); fi
  done
  encode "$1" "$2" "$low"
  compare -metric PSNR "$2" "$work/try.$1" null: 2>&1 | awk '{ print $1 }'
}

"$build/tests/quality/quality-share" --full "$kodak" "$levels" "$side" >"$work/table" 2>"$work/pictures"
status=$?
cat "$work/table"
echo
echo "in the same bytes, dB: share, WebP, JPEG"
# Each picture's line: its file, "room", bytes, "dB", PSNR.
while read -r file room bytes db psnr; do
  [ "$room $db" = "room dB" ] || continue
  echo "$(basename "$file") $bytes $psnr $(best webp "$file" "$bytes") $(best jpg "$file" "$bytes")"
done <"$work/pictures" | awk '
  { printf "%-14s %8d bytes %8.2f %8.2f %8.2f\n", $1, $2, $3, $4, $5; n++; b += $2; s += $3; w += $4; j += $5 }
  END { if (n) printf "mean of %-6d %8d bytes %8.2f %8.2f %8.2f\n", n, b / n, s / n, w / n, j / n }'
exit $status
