#!/bin/bash
# tests/bench/bench-codec-job.sh: the lossy method on a picture of 24 megapixels, as a user does it, and that its tiles leave no trace.
#
#   bench-codec-job.sh BUILD [PICTURE]        BUILD: the build folder; or: meson test --benchmark codec-job -C BUILD --verbose
#
# PICTURE: an opaque 8-bit RGB file.  Without it a mosaic of 6000 x 4000 pixels of the photographs in CNNCRYPT_TEST_PICTURES (mosaic.sh); without those
# the script is skipped (status 77).  The model: that of CNNCRYPT_MODEL_PATH, else an installed one, else models/ beside these sources; none: skipped.
# The device: CNNCRYPT_DEVICE, else what is taken by default.  It is the same for all steps, since pixels may differ by one step between devices.
# Prints seconds, bytes, and the peak memory of the plug-in in cnncrypt-batch encrypt and decrypt; then bench-codec does the steps alone, and everything
# once more in tiles of another size: the whole numbers of the latent, the pixels, and those that cnncrypt-batch gave back have to be the same.
# Limit: 1 GiB of memory at any time, Argon2id's 256 MiB included.  Status 1 if it is missed or anything differs.
set -u
build=$(realpath "${1:?the build folder}") || exit 2
picture=${2-}
batch=$build/plugin/batch/cnncrypt-batch
peak=$build/tests/bench/bench-peak
codec=$build/tests/bench/bench-codec
limit_kib=$((1024 * 1024))
magick=$(command -v convert-im6 || command -v convert) || { echo "ImageMagick is not installed" >&2; exit 2; }
for program in "$batch" "$peak" "$codec"; do
  [ -x "$program" ] || { echo "$program is not there: meson compile -C $build $(basename "$program")" >&2; exit 2; }
done
. "$(dirname "$0")/mosaic.sh"
export CNNCRYPT_MODEL_PATH="${CNNCRYPT_MODEL_PATH-}:$(realpath "$(dirname "$0")/../../models")"
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
missed=0

skip () { echo "skipped: $*"; exit 77; }
job () # VERB IN [ARGUMENT...]
{
  local verb=$1 in=$2 seconds high after
  shift 2
  mkdir "$work/$verb"
  "$peak" cnncrypt "$batch" "$verb" "$@" --passphrase-file "$work/passphrase" --out "$work/$verb" "$in" </dev/null >"$work/out" 2>"$work/err" ||
    { grep -q 'No model' "$work/err" && skip "no model that compresses photographs; set CNNCRYPT_MODEL_PATH"; cat "$work/out" "$work/err" >&2; exit 1; }
  sed -n "s/^.*\.png, \(.*\), [0-9.]* s.*$/device: \1/p; s/^.*\(What comes back.*\)$/\1/p" "$work/out"
  read -r seconds high after < <(tail -n 1 "$work/out")
  echo "cnncrypt-batch $verb: $seconds s; peak memory of the plug-in $((high / 1024)) MiB: $([ "$high" -le "$limit_kib" ] && echo "within" || echo "OVER") 1024 MiB"
  [ "$high" -le "$limit_kib" ] || missed=1
}

echo 'a passphrase for measuring' >"$work/passphrase"
mkdir "$work/plug"
ln -s "$build/plugin/cnncrypt" "$work/plug/cnncrypt"
export CNNCRYPT_PLUGIN_DIR=$work/plug
if [ -n "$picture" ]; then
  cp "$picture" "$work/picture.png" || exit 2
else
  [ -n "${CNNCRYPT_TEST_PICTURES-}" ] || skip "no photographs; set CNNCRYPT_TEST_PICTURES"
  make_mosaic "$work/picture.png" || exit 2
fi
read -r width height < <(identify -format '%w %h' "$work/picture.png")
echo "$width x $height pixels, $((width * height * 3)) bytes raw; $(nproc) cores; load $(cut -d' ' -f1 /proc/loadavg) at the start"
job encrypt "$work/picture.png" --method autoencoder
size=$(stat -c %s "$work"/encrypt/*.png)
echo "encrypted PNG: $size bytes, $(awk -v s="$size" -v n="$((width * height))" 'BEGIN { printf "%.3f", 8 * s / n }') bits a pixel"
job decrypt "$work"/encrypt/*.png
"$codec" "$work/picture.png" "$work"/decrypt/*.png || missed=1
[ "$missed" = 0 ] && echo "no seam, all limits kept" || echo "MISSED"
exit "$missed"
