#!/bin/sh
# tests/quality/hide.sh: pictures hidden in pictures, every mode side by side; and the figures of one picture by ImageMagick.
#
#   hide.sh BUILD KODAK [ORDINARY...]     BUILD: a build folder; KODAK, ORDINARY: folders of PNG or JPEG pictures; CNNCRYPT_MODEL_PATH: where models lie
#
# Each picture of KODAK hides the one, or the three, after it, in its own size, through a PNG file.  The tables are those of quality-hide; below
# them, for the first cover of each row, PSNR by ImageMagick's compare beside ours, which have to agree.  Nothing must be found in the pictures
# as they are, nor in those of ORDINARY.  Status: 0 if every bar is kept.
set -u
[ $# -ge 2 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 2; }
build=$(realpath "$1")
shift
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
status=0
"$build/tests/quality/quality-hide" --full --save "$work" "$@" || status=1
psnr () { compare -metric PSNR "$1" "$2" null: 2>&1 | awk '{ print $1 }'; }
echo
echo "first cover: PSNR of cover and first secret by ImageMagick, and ours"
for cover in "$work"/*-cover.ppm; do
  row=${cover%-cover.ppm}
  c=$(psnr "$cover" "$row-result.ppm") s=$(psnr "$row-secret.ppm" "$row-back.ppm")
  echo "$(basename "$row") $c $s $(cat "$row-psnr.txt")"
  echo "$c $s $(cat "$row-psnr.txt")" | awk '{ exit !(($1 - $3) ^ 2 < 0.0001 && ($2 == "inf" || ($2 - $4) ^ 2 < 0.0001)) }' || { echo "hide.sh: these differ" >&2; status=1; }
done
exit $status
