#!/bin/sh
# The method with a public encoder in the dialogs, with the demonstration pair: sedd-ui.sh PLUGIN MODELS.
PLUGIN=$1 MODELS=$(realpath "$2")
. "$(dirname "$0")/display.sh"

EXTRA="$EXTRA CNNCRYPT_MODEL_PATH=$MODELS" # so that no method is grey
convert -size 300x200 plasma:fractal -depth 8 -define png:color-type=2 photo.png
cp "$MODELS/sedd-demo.encoder.safetensors" e.safetensors
cp "$MODELS/sedd-demo.safetensors" d.safetensors

dialog '(let* ((i (car (gimp-file-load 1 "photo.png" "x"))) (e (car (plug-in-cnncrypt-encrypt 0 i (car (gimp-image-get-active-drawable i)) 0 "" "sedd" "" 0 0 "" ""))))
  (file-png-save-defaults 1 e (car (gimp-image-get-active-drawable e)) "noise.png" "x"))'
wait_for has_window '^Encrypt$'; ok $? 'Encrypt opens its dialog'
sleep 1
xdotool windowfocus "$(window '^Encrypt$')"
xdotool key alt+m
xdotool key Down
xdotool key Down
sleep 2
shot '^Encrypt$' sedd-empty.png
xdotool key alt+e
sleep 1
has_window '^Encrypt$'; ok $? 'nothing is encrypted as long as there is no pair'
xdotool key alt+a
choose '^Public Keys' "$WORK/e.safetensors"
sleep 3
xdotool windowfocus "$(window '^Encrypt$')"
shot '^Encrypt$' sedd-demonstration.png
size=$(identify -format '%w %h' "$SHOTS/sedd-demonstration.png")
[ "${size% *}" -le 1000 ] && [ "${size#* }" -le 700 ]; ok $? "it fits on a small screen ($size)"
xdotool key alt+e
wait "$GIMP"
[ -f "$WORK/end" ] && [ -s noise.png ]; ok $? 'encrypts for the holder of the pair'
[ "$(convert noise.png -crop 10x1+0+0 rgb:- | od -An -tu1 -j28 -N1 | tr -d ' ')" = 3 ]; ok $? 'by that method'

dialog '(let* ((i (car (gimp-file-load 1 "noise.png" "x"))) (e (car (plug-in-cnncrypt-decrypt 0 i (car (gimp-image-get-active-drawable i)) "" "" ""))))
  (file-png-save-defaults 1 e (car (gimp-image-get-active-drawable e)) "again.png" "x"))'
wait_for has_window '^Decrypt$'; ok $? 'Decrypt opens its dialog'
sleep 1
xdotool windowfocus "$(window '^Decrypt$')"
xdotool key alt+i
choose '^Your Identity' "$WORK/d.safetensors"
sleep 1
xdotool windowfocus "$(window '^Decrypt$')"
shot '^Decrypt$' sedd-decoder.png
xdotool key Return
wait "$GIMP"
[ -f "$WORK/end" ] && [ "$(identify -format '%w %h' again.png)" = '300 200' ]; ok $? 'the decoder file opens it'
echo "1..$n"
