#!/bin/sh
# The dialogs and Undo on a virtual display: ui.sh PLUGIN CHECKS MAKE_MODEL.
PLUGIN=$1 CHECKS=$2 MAKE_MODEL=$(realpath "$3")
. "$(dirname "$0")/display.sh"

convert -size 300x200 plasma:fractal -depth 8 -define png:color-type=2 photo.png
dialog '(let* ((i (car (gimp-file-load 1 "photo.png" "x"))) (e (car (plug-in-cnncrypt-encrypt 0 i (car (gimp-image-get-active-drawable i)) 0 "" "" "" 0 0 "" ""))))
  (file-png-save-defaults 1 e (car (gimp-image-get-active-drawable e)) "noise.png" "x"))'
wait_for has_window '^Encrypt$'; ok $? 'Encrypt opens its dialog'
sleep 1
xdotool windowfocus "$(window '^Encrypt$')"
printf 'six words' | typed
xdotool key Return
sleep 1
has_window '^Encrypt$'; ok $? 'Enter does nothing as long as the passphrase was not repeated'
xdotool key Tab
printf 'six wordz' | typed
xdotool key Return
sleep 1
has_window '^Encrypt$'; ok $? 'nor while the two differ'
import -window "$(window '^Encrypt$')" "$SHOTS/encrypt-differ.png"
xdotool key BackSpace
printf s | typed
sleep 1
import -window "$(window '^Encrypt$')" "$SHOTS/encrypt.png"
ok $? 'a picture of the dialog is kept'
size=$(identify -format '%w %h' "$SHOTS/encrypt.png")
[ "${size% *}" -le 1000 ] && [ "${size#* }" -le 700 ]; ok $? "it fits on a small screen ($size)"
xdotool key Return
wait "$GIMP"
[ -f "$WORK/end" ] && [ -s noise.png ] && [ "$(compare -metric AE photo.png noise.png null: 2>&1)" != 0 ]; ok $? 'Enter encrypts once both are equal'

dialog '(let* ((i (car (gimp-file-load 1 "noise.png" "x"))) (e (car (plug-in-cnncrypt-decrypt 0 i (car (gimp-image-get-active-drawable i)) "" "" ""))))
  (file-png-save-defaults 1 e (car (gimp-image-get-active-drawable e)) "again.png" "x"))'
wait_for has_window '^Decrypt$'; ok $? 'Decrypt opens its dialog'
sleep 1
xdotool windowfocus "$(window '^Decrypt$')"
printf 'six wordz' | typed
xdotool key Return
sleep 4
has_window '^Decrypt$'; ok $? 'a wrong passphrase is asked for again'
import -window "$(window '^Decrypt$')" "$SHOTS/decrypt-wrong.png"
printf 'six words' | typed
xdotool key Return
wait "$GIMP"
[ -f "$WORK/end" ] && [ "$(compare -metric AE photo.png again.png null: 2>&1)" = 0 ]; ok $? 'the right one decrypts, and every pixel is back'

dialog '(let* ((i (car (gimp-file-load 1 "photo.png" "x")))) (plug-in-cnncrypt-encrypt 2 i (car (gimp-image-get-active-drawable i)) 0 "" "" "" 0 0 "" ""))'
wait_for has_window '^Encrypt$'; ok $? 'with the last values, the passphrase is asked for again'
sleep 1
xdotool windowfocus "$(window '^Encrypt$')"
xdotool key Escape
wait_for no_window '^Encrypt$'; ok $? 'Escape closes the dialog'
wait "$GIMP"
[ -f "$WORK/end" ] && ! grep -q 'execution error' "$WORK/log"; ok $? 'and is no error'

# Stage by stage: a second new image, with a layer for each.
dialog '(let* ((i (car (gimp-file-load 1 "photo.png" "x"))) (e (car (plug-in-cnncrypt-encrypt 0 i (car (gimp-image-get-active-drawable i)) 0 "" "" "" 0 0 "" "")))
  (images (gimp-image-list)) (out (open-output-file "stages")))
  (for-each (lambda (image) (display (car (gimp-image-get-layers image)) out) (display " " out)) (vector->list (cadr images))) (close-output-port out))'
wait_for has_window '^Encrypt$'
sleep 1
xdotool windowfocus "$(window '^Encrypt$')"
printf 'six words' | typed
xdotool key Tab
printf 'six words' | typed
xdotool key alt+g
sleep 2
import -window "$(window '^Encrypt$')" "$SHOTS/encrypt-stages.png"
xdotool key Return
wait "$GIMP"
[ -f "$WORK/end" ] && [ "$(tr ' ' '\n' <stages | grep . | sort | tr '\n' ' ')" = '1 1 7 ' ]; ok $? "stages are shown where that is chosen ($(cat stages 2>/dev/null))"

# The lossy method: chosen in the list, told of before the start; without its model it cannot be chosen.
dialog '(let* ((i (car (gimp-file-load 1 "photo.png" "x")))) (plug-in-cnncrypt-encrypt 0 i (car (gimp-image-get-active-drawable i)) 0 "" "" "" 0 0 "" ""))'
wait_for has_window '^Encrypt$'
sleep 2
import -window "$(window '^Encrypt$')" "$SHOTS/encrypt-no-model.png"
xdotool windowfocus "$(window '^Encrypt$')"
xdotool key Escape
wait_for no_window '^Encrypt$'
wait "$GIMP"
mkdir -p "$WORK/models"
"$MAKE_MODEL" "$WORK/models/autoencoder.safetensors"
EXTRA="$EXTRA CNNCRYPT_MODEL_PATH=$WORK/models"
dialog '(let* ((i (car (gimp-file-load 1 "photo.png" "x"))) (e (car (plug-in-cnncrypt-encrypt 0 i (car (gimp-image-get-active-drawable i)) 0 "" "" "" 0 0 "" ""))))
  (file-png-save-defaults 1 e (car (gimp-image-get-active-drawable e)) "small.png" "x"))'
wait_for has_window '^Encrypt$'
sleep 1
xdotool windowfocus "$(window '^Encrypt$')"
xdotool key alt+m
xdotool key Down
xdotool key alt+p
printf 'six words' | typed
xdotool key Tab
printf 'six words' | typed
sleep 3
import -window "$(window '^Encrypt$')" "$SHOTS/encrypt-lossy.png"
xdotool key Return
wait "$GIMP"
[ -f "$WORK/end" ] && [ -s small.png ] && [ "$(convert small.png -crop 11x1+0+0 rgb:- | od -An -tu1 -j28 -N1 | tr -d ' ')" = 2 ]; ok $? 'the lossy method is chosen in the dialog, and does the work'

# GIMP with its windows: the menu, and Undo.
isolated DISPLAY="$DISPLAY" openbox >/dev/null 2>&1 &
started="$started $!"
: >"$WORK/tap"
rm -rf "$WORK/gimp/backups"
isolated ${EXTRA} CNNCRYPT_TAP="$WORK/tap" timeout --foreground -k 5 180 gimp -n -s -d -f -g "$WORK/gimprc" \
  --batch-interpreter plug-in-cnncrypt-checks -b undo </dev/null >"$WORK/log" 2>&1 &
GIMP=$!
wait_for grep -q . "$WORK/tap"
sleep 1
import -window root "$SHOTS/gimp.png"
wait "$GIMP"
while read -r word rest; do
  case "$word $rest" in
    ok\ *) ok 0 "${rest#* - }" ;;
    not\ ok\ *) ok 1 "${rest#* - }" ;;
    1..*) complete=yes ;;
  esac
done <"$WORK/tap"
[ -n "${complete:-}" ]; ok $? 'the checks in GIMP came to their end'
echo "1..$n"
