#!/bin/sh
# tests/gimp/language.sh: menus, errors and dialogs of the plug-in in other languages.  language.sh PLUGIN CATALOGUES.  Speaks TAP.
PLUGIN=$1 CATALOGUES=$(realpath "$2")
[ -f "$CATALOGUES/de/LC_MESSAGES/cnncrypt.mo" ] || { echo '1..0 # SKIP the catalogues were not built (msgfmt is missing)'; exit 0; }
. "$(dirname "$0")/display.sh"

convert -size 300x200 plasma:fractal -depth 8 -define png:color-type=2 photo.png
in_language () { # any locale will do but C: LANGUAGE has the last word
  EXTRA="DISPLAY=$DISPLAY CNNCRYPT_DEVICE=cpu CNNCRYPT_LOCALE_DIR=$CATALOGUES LC_ALL=C.UTF-8 LANGUAGE=$1"
  rm -f gimp/pluginrc
}
image='(i (car (gimp-file-load 1 "photo.png" "x"))) (d (car (gimp-image-get-active-drawable i)))'

try_language () { # LANGUAGE TITLE-OF-ENCRYPT ERROR MENU
  in_language "$1"
  dialog "(let* ($image) (plug-in-cnncrypt-encrypt 1 i d 2 \"file:/nowhere\" \"\" \"\" 0 0 \"\" \"\"))"
  wait "$GIMP"
  grep -qF "$3" log; ok $? "$1: an error: $3"

  dialog "(let* ($image) (plug-in-cnncrypt-encrypt 0 i d 0 \"\" \"\" \"\" 0 0 \"\" \"\"))"
  wait_for has_window "^$2\$"; ok $? "$1: the dialog “$2” opens"
  sleep 2
  import -window "$(window "^$2\$")" "$SHOTS/encrypt-$1.png"
  size=$(identify -format '%w %h' "$SHOTS/encrypt-$1.png")
  [ "${size% *}" -le 1280 ] && [ "${size#* }" -le 750 ]; ok $? "$1: it fits on a small screen ($size)"
  xdotool windowfocus "$(window "^$2\$")"
  xdotool key Escape
  wait_for no_window "^$2\$"; ok $? "$1: Escape closes it"
  wait "$GIMP"
}
try_language de 'Verschlüsseln' 'Es ist nichts ausgewählt'
try_language fr 'Chiffrer' 'Rien n’est sélectionné'
# A language without a catalogue, and none at all.
try_language nl 'Encrypt' 'Nothing is selected'

# cnncrypt-batch starts GIMP with another procedure, whose words are English like the program's own.
in_language de

dialog '(plug-in-cnncrypt-job 1 "run")'
wait "$GIMP"
grep -q 'This procedure is for cnncrypt-batch alone' log; ok $? "what cnncrypt-batch prints is English"
echo "1..$n"
