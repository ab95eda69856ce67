#!/bin/bash
# tests/bench/bench-menu.sh: from pressing OK to the result, for every method and 1, 12 and 24 megapixels.
#
#   bench-menu.sh BUILD [MEGAPIXELS...]        BUILD: the build folder; or: meson test --benchmark menu -C BUILD --verbose
#
# What a procedure takes inside of GIMP, once the picture is open: key, pixels, cipher, its own check, the new image; neither starting GIMP nor files.
# Encrypt and Decrypt by each method (sedd with the demonstration pair, from the first folder of CNNCRYPT_MODEL_PATH), Hide and Reveal of one picture by each
# way, Analyze alone and beside another picture.  One run each, seconds that pass.  The picture is a part of
# the mosaic of mosaic.sh.  A method that cannot run here (no network installed) is told and passed over; status 1 if one fails otherwise.
set -u
build=$(realpath "${1:?the build folder}") || exit 2
shift
sizes=("$@")
[ $# -gt 0 ] || sizes=(1 12 24)
magick=$(command -v convert-im6 || command -v convert) || { echo "ImageMagick is not installed" >&2; exit 2; }
here=$(dirname "$0")
. "$here/mosaic.sh"
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
pair=${CNNCRYPT_MODEL_PATH:-$here/../../models}
pair=${pair%%:*}/sedd-demo
failed=0

mkdir -p "$work/plug-ins/cnncrypt" "$work/gimp"
ln -s "$build/plugin/cnncrypt" "$work/plug-ins/cnncrypt/cnncrypt"
for name in script-fu file-png; do ln -s "/usr/lib/gimp/2.0/plug-ins/$name" "$work/plug-ins/$name"; done
printf '(plug-in-path "%s")\n' "$work/plug-ins" >"$work/gimprc"
echo 'a passphrase for measuring' >"$work/passphrase"
make_mosaic "$work/mosaic.png" || exit 2
"$magick" "$work/mosaic.png" -crop 1024x768+0+0 +repage "png24:$work/secret.png"

# one NAME PICTURE SCRIPT...: scripts that make "r" of "i" and "d"; prints seconds of each
one ()
{
  local name=$1 picture=$2 scripts=() script
  shift 2
  for script in "$@"; do
    scripts+=("(set! t (now)) (set! i (car $script)) (set! d (car (gimp-image-get-active-drawable i))) (set! log (string-append log \" \" (number->string (- (now) t))))")
  done
  rm -f "$work/times"
  GIMP2_DIRECTORY=$work/gimp gimp -i -d -f -g "$work/gimprc" -b "(begin
    (define (now) (let ((t (gettimeofday))) (+ (car t) (/ (cadr t) 1000000))))
    (define t 0) (define log \"\") (define pass \"file:$work/passphrase\")
    (define i (car (gimp-file-load RUN-NONINTERACTIVE \"$picture\" \"x\"))) (define d (car (gimp-image-get-active-drawable i)))
    ${scripts[*]}
    (let ((p (open-output-file \"$work/times\"))) (display log p) (close-output-port p)))" -b '(gimp-quit 1)' </dev/null >"$work/log" 2>&1
  if [ -s "$work/times" ]; then
    awk -v n="$name" '{ printf "%-26s", n; for (i = 1; i <= NF; i++) printf "%10.2f", $i; print "" }' "$work/times"
  elif grep -qE 'is not here|not installed|is missing' "$work/log"; then
    echo "$name: cannot run here: $(grep -m 1 -oE '[^:]*(is not here|not installed|is missing).*' "$work/log")"
  else
    echo "$name: FAILED: $(grep -m 1 -i error "$work/log")"
    failed=1
  fi
}

for size in "${sizes[@]}"; do
  case $size in
    24) geometry=6000x4000 ;;
    12) geometry=4243x2828 ;;
    *) geometry=$(awk -v s="$size" 'BEGIN { w = int (sqrt (s * 1500000)); printf "%dx%d", w, int (s * 1000000 / w) }') ;;
  esac
  "$magick" "$work/mosaic.png" -crop "$geometry+0+0" +repage -quality 11 "png24:$work/picture.png"
  printf '%s megapixels (%s), seconds; load %s\n%-26s%10s%10s\n' "$size" "$geometry" "$(cut -d' ' -f1 /proc/loadavg)" '' there back
  for method in hybrid autoencoder share restore; do
    one "$method" "$work/picture.png" "(plug-in-cnncrypt-encrypt RUN-NONINTERACTIVE i d 0 pass \"$method\" \"\" 0 0 \"\" \"\")" \
      '(plug-in-cnncrypt-decrypt RUN-NONINTERACTIVE i d pass "" "")'
  done
  one sedd "$work/picture.png" "(plug-in-cnncrypt-encrypt RUN-NONINTERACTIVE i d 0 \"\" \"sedd\" \"\" 0 0 \"\" \"$pair.encoder.safetensors\")" \
    "(plug-in-cnncrypt-decrypt RUN-NONINTERACTIVE i d \"\" \"\" \"$pair.safetensors\")"
  for mode in cnn robust exact; do
    one "hide, $mode" "$work/picture.png" "(plug-in-cnncrypt-hide RUN-NONINTERACTIVE i d \"$mode\" 1 '(\"file:$work/secret.png\") 1 (list pass) 0 0 \"\")" \
      '(plug-in-cnncrypt-reveal RUN-NONINTERACTIVE i d 1 (list pass) "")'
  done
  # Beside itself: that the two are the same makes nothing shorter.
  one 'analyze, alone and pair' "$work/picture.png" '(begin (plug-in-cnncrypt-analyze RUN-NONINTERACTIVE i d "" "" "" "") (list i))' \
    '(begin (plug-in-cnncrypt-analyze RUN-NONINTERACTIVE i d (string-append "image:" (number->string i)) "" "" "") (list i))'
  one 'stages' "$work/picture.png" '(plug-in-cnncrypt-stages RUN-NONINTERACTIVE i d 0 "")'
done
exit $failed
