#!/bin/bash
# tests/bench/bench-job.sh: the whole job on a picture of 24 megapixels, as a user does it, beside what others take for it.
#
#   bench-job.sh BUILD [PICTURE]        BUILD: the build folder; or: meson test --benchmark job -C BUILD --verbose
#
# PICTURE: any file GIMP opens.  Without it a mosaic of 6000 x 4000 pixels (mosaic.sh): of the photographs in the folders of CNNCRYPT_TEST_PICTURES, or
# of GIMP's splash picture.
# In one run, by turns, REPEATS times each (default 3), medians:
#   gimp      GIMP alone: start, load, save as PNG at level 1, without encryption;  of the picture, and of its encrypted picture
#   cnncrypt  cnncrypt-batch encrypt (its own check and the reading back of the file included) and decrypt
#   convert   ImageMagick's -encipher and -decipher, PNG to PNG (no key derivation, no seal: see README)
# Limits: encrypt and decrypt at most 2.0 x the plain run of GIMP on the same picture; the encrypted PNG below 0.75 x the raw pixels;
# peak memory of the plug-in at most 3 x the raster + 64 MiB.  What is taken and given back before any pixel is loaded is printed apart: Argon2id's
# 256 MiB, and babl's 340 MiB where the plug-in starts GEGL (bench-peak.c).  Status 1 if a limit is missed or a pixel differs.
set -u
build=$(realpath "${1:?the build folder}") || exit 2
picture=${2-}
repeats=${REPEATS:-3}
batch=$build/plugin/batch/cnncrypt-batch
peak=$build/tests/bench/bench-peak
magick=$(command -v convert-im6 || command -v convert) || { echo "ImageMagick is not installed" >&2; exit 2; }
for program in "$batch" "$peak"; do
  [ -x "$program" ] || { echo "$program is not there: meson compile -C $build" >&2; exit 2; }
done
. "$(dirname "$0")/mosaic.sh"
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
missed=0

die () { echo "$*" >&2; exit 2; }
median () { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
ratio () { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f", a / b }'; }
limit () # VALUE LIMIT
{
  if awk -v v="$1" -v l="$2" 'BEGIN { exit !(v <= l) }'; then echo "within $2"; else echo "OVER $2"; fi
}

plain_gimp () # IN OUT: load and save
{
  rm -f "$2"
  "$peak" gimp gimp -i -b "(let* ((image (car (gimp-file-load RUN-NONINTERACTIVE \"$1\" \"$1\")))) (file-png-save RUN-NONINTERACTIVE image
    (car (gimp-image-get-active-drawable image)) \"$2\" \"$2\" 0 1 0 0 0 1 0))" -b '(gimp-quit 0)' </dev/null >"$work/out" 2>"$work/err"
  [ -s "$2" ] || { cat "$work/out" "$work/err" >&2; die "GIMP did not write $2"; }
}

batch () # VERB IN OUT-FOLDER
{
  rm -rf "$3"
  mkdir "$3"
  "$peak" cnncrypt "$batch" "$1" --passphrase-file "$work/passphrase" --out "$3" "$2" </dev/null >"$work/out" 2>"$work/err" ||
    { cat "$work/out" "$work/err" >&2; die "cnncrypt-batch $1 failed"; }
}

# note NAME: keeps the figures of the run before: seconds, peak, peak while pixels are there
note ()
{
  local seconds high after
  read -r seconds high after < <(tail -n 1 "$work/out")
  echo "$seconds" >>"$work/s-$1"
  echo "$high" >>"$work/high-$1"
  echo "$after" >>"$work/after-$1"
}

echo 'a passphrase for measuring' >"$work/passphrase"
if [ -n "$picture" ]; then
  cp "$picture" "$work/picture.png" || exit 2
  echo "picture: $picture"
else
  make_mosaic "$work/picture.png" || die "The mosaic could not be made."
fi
read -r width height < <(identify -format '%w %h' "$work/picture.png")
raw=$((width * height * 3))
echo "$width x $height pixels, $raw bytes raw; $(nproc) cores; load $(cut -d' ' -f1 /proc/loadavg) at the start"

# Once unmeasured: GIMP remembers its plug-ins, the device its shaders.
plain_gimp "$work/picture.png" "$work/plain.png"
batch encrypt "$work/picture.png" "$work/encrypted"
encrypted=$(echo "$work"/encrypted/*.png)
for ((i = 0; i < repeats; i++)); do
  plain_gimp "$work/picture.png" "$work/plain.png"; note gimp
  batch encrypt "$work/picture.png" "$work/encrypted"; note encrypt
  [ "$i" = 0 ] && sed -n 's/^.*\.png, \(.*\), [0-9.]* s$/device: \1/p' "$work/out"
  plain_gimp "$encrypted" "$work/plain.png"; note gimp-noise
  batch decrypt "$encrypted" "$work/decrypted"; note decrypt
  "$peak" none "$magick" "$work/picture.png" -encipher "$work/passphrase" "$work/enciphered.png" >"$work/out"; note encipher
  "$peak" none "$magick" "$work/enciphered.png" -decipher "$work/passphrase" "$work/deciphered.png" >"$work/out"; note decipher
done

differing=$(compare -metric AE "$work/picture.png" "$(echo "$work"/decrypted/*)" null: 2>&1)
[ "$differing" = 0 ] || { echo "decrypted picture: $differing pixels DIFFER"; missed=1; }
[ "$differing" = 0 ] && echo "decrypted picture: the same, pixel for pixel"

t () { median "$work/s-$1"; }
row () { printf '%-46s %8.2f s%s\n' "$1" "$2" "${3:+   $3}"; }
row "GIMP alone, load and save" "$(t gimp)"
r=$(ratio "$(t encrypt)" "$(t gimp)"); row "cnncrypt-batch encrypt" "$(t encrypt)" "$r x GIMP alone: $(limit "$r" 2.0)"
row "GIMP alone, load and save the encrypted picture" "$(t gimp-noise)"
r2=$(ratio "$(t decrypt)" "$(t gimp)")
r3=$(ratio "$(t decrypt)" "$(t gimp-noise)")
row "cnncrypt-batch decrypt" "$(t decrypt)" "$r2 x GIMP alone on the picture: $(limit "$r2" 2.0); $r3 x on the encrypted one"
row "ImageMagick -encipher" "$(t encipher)"
row "ImageMagick -decipher" "$(t decipher)"
size=$(stat -c %s "$encrypted")
r4=$(ratio "$size" "$raw"); echo "encrypted PNG: $size bytes, $r4 x the raw pixels: $(limit "$r4" 0.75)"
allowed=$((raw * 3 / 1024 + 64 * 1024))
for verb in encrypt decrypt; do
  high=$(sort -n "$work/high-$verb" | tail -n 1) after=$(sort -n "$work/after-$verb" | tail -n 1)
  echo "plug-in, $verb: peak memory $((after / 1024)) MiB while pixels are there: $(limit "$after" "$allowed") KiB (3 x the raster + 64 MiB);" \
    "$((high / 1024)) MiB with what Argon2id and the start of GEGL take before"
  [ "$after" -le "$allowed" ] || missed=1
done
awk -v a="$r" -v b="$r2" -v c="$r4" 'BEGIN { exit !(a <= 2.0 && b <= 2.0 && c < 0.75) }' || missed=1
[ "$missed" = 0 ] && echo "all limits kept" || echo "limits MISSED"
exit "$missed"
