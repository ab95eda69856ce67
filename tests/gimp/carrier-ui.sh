#!/bin/sh
# The dialogs for grey carriers on a virtual display: carrier-ui.sh PLUGIN MAKE_RESTORE_MODEL.
PLUGIN=$1 MAKE_MODEL=$(realpath "$2")
. "$(dirname "$0")/display.sh"
mkdir "$WORK/models"
"$MAKE_MODEL" "$WORK/models" || exit 1
EXTRA="$EXTRA CNNCRYPT_MODEL_PATH=$WORK/models"

# encrypt KEYS…: opens the dialog, presses the keys after the method's shortcut, waits for the estimates, keeps a picture as SHOT, types the passphrase.
encrypt () {
  dialog '(let* ((i (car (gimp-file-load 1 "photo.png" "x"))) (e (car (plug-in-cnncrypt-encrypt 0 i (car (gimp-image-get-active-drawable i)) 0 "" "" "" 0 0 "" ""))))
    (file-png-save-defaults 1 e (car (gimp-image-get-active-drawable e)) "carrier.png" "x"))'
  wait_for has_window '^Encrypt$'
  sleep 1
  xdotool windowfocus "$(window '^Encrypt$')"
  xdotool key alt+m "$@"
  xdotool key alt+p
  printf 'six words' | typed
  xdotool key Tab
  printf 'six words' | typed
  sleep 6
  import -window "$(window '^Encrypt$')" "$SHOTS/$SHOT.png"
  # Not of the picture, which ends where the screen does.
  size=$(xdotool getwindowgeometry "$(window '^Encrypt$')" | sed -n 's/.*Geometry: \([0-9]*\)x\([0-9]*\)/\1 \2/p')
  xdotool key Return
  wait "$GIMP"
}
# The upper part of the dialog, with the entry, as it was when nothing was typed: but for the cursor.
entry_empty () {
  import -window "$(window '^Decrypt$')" -crop x90+0+0 +repage now.png
  [ "$(compare -metric AE empty.png now.png null: 2>&1)" -lt 150 ]
}
entry_filled () {
  ! entry_empty
}
# decrypt FILE RESULT: a wrong passphrase first.
decrypt () {
  dialog "(let* ((i (car (gimp-file-load 1 \"$1\" \"x\"))) (e (car (plug-in-cnncrypt-decrypt 0 i (car (gimp-image-get-active-drawable i)) \"\" \"\" \"\"))))
    (file-png-save-defaults 1 e (car (gimp-image-get-active-drawable e)) \"$2\" \"x\"))"
  wait_for has_window '^Decrypt$'
  sleep 1
  xdotool windowfocus "$(window '^Decrypt$')"
  sleep 1
  import -window "$(window '^Decrypt$')" -crop x90+0+0 +repage empty.png
  printf 'six wordz' | typed
  wait_for entry_filled
  xdotool key Return
  wait_for entry_empty && has_window '^Decrypt$'; asked=$? # it is emptied once the passphrase was tried
  import -window "$(window '^Decrypt$')" "$SHOTS/$SHOT-decrypt.png"
  printf 'six words' | typed
  xdotool key Return
  wait "$GIMP"
}

convert -size 900x600 -seed 4 plasma:tan-steelblue -blur 0x3 -fill white -draw 'circle 300,200 360,230' -depth 8 -define png:color-type=2 photo.png

SHOT=share
encrypt End Up
[ -f "$WORK/end" ] && [ "$(identify -format '%[colorspace] %[bit-depth]' carrier.png)" = 'Gray 8' ]; ok $? 'share is chosen in the dialog, and gives a grey picture'
[ "${size% *}" -le 1000 ] && [ "${size#* }" -le 700 ]; ok $? "the dialog fits on a small screen ($size)"
convert carrier.png -quality 75 carrier.jpg
decrypt carrier.jpg again.png
ok $asked 'of a JPEG of it, a wrong passphrase is asked for again'
[ -f "$WORK/end" ] && [ "$(compare -metric PSNR photo.png again.png null: 2>&1 | cut -d. -f1)" -ge 30 ]; ok $? 'the right one brings a good copy'

SHOT=share-large
encrypt End Up alt+z Down Down alt+t Down
[ -f "$WORK/end" ] && [ "$(identify -format '%[fx:max(w,h)]' carrier.png)" = 1600 ]; ok $? 'the longest side is chosen in the dialog'
[ "$(convert carrier.png -gravity center -crop 400x200+0+0 +repage -unique-colors txt: | grep -c '^[0-9]')" = 2 ]; ok $? 'and two steps of grey'

SHOT=restore
encrypt End
[ -f "$WORK/end" ] && [ "$(identify -format '%[colorspace] %[bit-depth]' carrier.png)" = 'Gray 8' ]; ok $? 'restore is chosen in the dialog, and gives a grey picture'
[ "${size% *}" -le 1000 ] && [ "${size#* }" -le 700 ]; ok $? "the dialog fits on a small screen ($size)"
convert carrier.png -rotate 90 -quality 60 carrier.jpg
rm -f again.png
decrypt carrier.jpg again.png
ok $asked 'of a turned JPEG of it, a wrong passphrase is asked for again'
[ -f "$WORK/end" ] && [ "$(identify -format '%wx%h' again.png)" = 900x600 ]; ok $? 'the right one brings the picture at its size'
grep -q 'only the header is authenticated' "$WORK/log"; ok $? 'and what is not promised is said'
echo "1..$n"
