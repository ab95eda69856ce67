#!/bin/sh
# Encrypting for recipients, and decrypting with an identity, in the dialogs: recipients-ui.sh PLUGIN TRAIN.
PLUGIN=$1 TRAIN=$(realpath "$2")
SECONDS_A_DIALOG=300
. "$(dirname "$0")/display.sh"

convert -size 300x200 plasma:fractal -depth 8 -define png:color-type=2 photo.png
printf 'her own words\n' >pass
"$TRAIN" keygen --out anna --passphrase-file pass >log 2>&1 && "$TRAIN" keygen --out bob --no-passphrase >>log 2>&1
ok $? 'keys for two people'
# Until the plug-in has done nothing for two seconds.
settled () {
  now=
  for _ in $(seq 30); do
    before=$now
    now=$(cut -d' ' -f14 "/proc/$(pgrep -f "$WORK/plug-ins/cnncrypt/cnncrypt" | tail -n 1)/stat")
    [ "$before" = "$now" ] && return
    sleep 2
  done
}

dialog '(let* ((i (car (gimp-file-load 1 "photo.png" "x"))) (e (car (plug-in-cnncrypt-encrypt 0 i (car (gimp-image-get-active-drawable i)) 0 "" "" "" 0 0 "" ""))))
  (file-png-save-defaults 1 e (car (gimp-image-get-active-drawable e)) "noise.png" "x"))'
wait_for has_window '^Encrypt$'; ok $? 'Encrypt opens its dialog'
sleep 1
xdotool windowfocus "$(window '^Encrypt$')"
xdotool key alt+o
xdotool key Down
sleep 1
shot '^Encrypt$' recipients-empty.png
xdotool key alt+e
sleep 1
has_window '^Encrypt$'; ok $? 'nothing is encrypted as long as there is no recipient'
xdotool key alt+a
choose '^Public Keys' "$WORK/anna.identity"
sleep 1
xdotool windowfocus "$(window '^Encrypt$')"
shot '^Encrypt$' recipients-refused.png
for who in anna bob anna; do
  xdotool key alt+a
  choose '^Public Keys' "$WORK/$who.pub"
  sleep 1
  xdotool windowfocus "$(window '^Encrypt$')"
done
sleep 1
shot '^Encrypt$' recipients.png
size=$(identify -format '%w %h' "$SHOTS/recipients.png")
[ "${size% *}" -le 1000 ] && [ "${size#* }" -le 700 ]; ok $? "it fits on a small screen ($size)"
xdotool key alt+e
wait "$GIMP"
[ -f "$WORK/end" ] && [ -s noise.png ]; ok $? 'encrypts for those that are listed'
n_keys=$(convert noise.png -crop 11x1+0+0 rgb:- | od -An -tu1 -j31 -N1 | tr -d ' ')
[ "$n_keys" = 2 ]; ok $? "each once ($n_keys keys)"

dialog '(let* ((i (car (gimp-file-load 1 "noise.png" "x"))) (e (car (plug-in-cnncrypt-decrypt 0 i (car (gimp-image-get-active-drawable i)) "" "" ""))))
  (file-png-save-defaults 1 e (car (gimp-image-get-active-drawable e)) "again.png" "x"))'
wait_for has_window '^Decrypt$'; ok $? 'Decrypt opens its dialog'
sleep 1
xdotool windowfocus "$(window '^Decrypt$')"
shot '^Decrypt$' identity-none.png
xdotool key alt+i
choose '^Your Identity' "$WORK/anna.pub"
sleep 1
xdotool windowfocus "$(window '^Decrypt$')"
shot '^Decrypt$' identity-refused.png
xdotool key alt+i
choose '^Your Identity' "$WORK/anna.identity"
sleep 1
xdotool windowfocus "$(window '^Decrypt$')"
printf 'not hers' | typed
xdotool key Return
sleep 1
settled
has_window '^Decrypt$'; ok $? 'a wrong passphrase of the identity is asked for again'
shot '^Decrypt$' identity-wrong.png
printf 'her own words' | typed
xdotool key Return
wait "$GIMP"
[ -f "$WORK/end" ] && [ "$(compare -metric AE photo.png again.png null: 2>&1)" = 0 ]; ok $? 'the right one decrypts, and every pixel is back'

dialog '(let* ((i (car (gimp-file-load 1 "noise.png" "x"))) (e (car (plug-in-cnncrypt-decrypt 0 i (car (gimp-image-get-active-drawable i)) "" "" ""))))
  (file-png-save-defaults 1 e (car (gimp-image-get-active-drawable e)) "open.png" "x"))'
wait_for has_window '^Decrypt$'
sleep 1
xdotool windowfocus "$(window '^Decrypt$')"
xdotool key alt+i
choose '^Your Identity' "$WORK/bob.identity"
sleep 1
xdotool windowfocus "$(window '^Decrypt$')"
shot '^Decrypt$' identity-open.png
xdotool key Return
wait "$GIMP"
[ -f "$WORK/end" ] && [ "$(compare -metric AE photo.png open.png null: 2>&1)" = 0 ]; ok $? 'an identity that is not locked needs no passphrase'
echo "1..$n"
