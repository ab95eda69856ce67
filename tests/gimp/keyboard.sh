#!/bin/sh
# Every dialog by keyboard alone, in English, German and French: keyboard.sh PLUGIN CATALOGUES [LANGUAGE…].  Tab comes round to where it
# began, and Shift+Tab goes back; each underlined letter leads somewhere; Enter with nothing typed does nothing; Escape closes; nothing
# is larger than a small screen.  A picture of each dialog is kept.
PLUGIN=$1 CATALOGUES=$(realpath "$2")
shift 2
. "$(dirname "$0")/display.sh"
[ $# -gt 0 ] || set -- C de fr
[ -f "$CATALOGUES/de/LC_MESSAGES/cnncrypt.mo" ] || set -- C

# A cursor that blinks would be a change of its own.
echo 'gtk-cursor-blink = 0' >gtkrc
use () { # LANGUAGE
  EXTRA="DISPLAY=$DISPLAY CNNCRYPT_DEVICE=cpu CNNCRYPT_LOCALE_DIR=$CATALOGUES LC_ALL=C.UTF-8 LANGUAGE=$1 GTK2_RC_FILES=$WORK/gtkrc"
  rm -f "$WORK/gimp/pluginrc"
}
shot () { import -window "$ID" "$WORK/$1.ppm" 2>/dev/null; }
seen () { shot now && cksum <now.ppm; }
settled () { # the window stops changing: what is estimated is there
  last=
  for _ in $(seq 60); do
    this=$(seen)
    [ -n "$last" ] && [ "$this" = "$last" ] && return 0
    last=$this
    sleep 1
  done
  return 1
}
press () { xdotool key --window 0 "$1"; sleep 0.4; }

# walk NAME LETTERS SCRIPT: opens the dialog that the script opens.
walk () {
  dialog "$3"
  wait_for has_window .; ID=$(window .)
  [ -n "$ID" ]; ok $? "$LANG_NAME, $1: opens"
  [ -n "$ID" ] || { wait "$GIMP"; return; }
  # Nor shall a tooltip come up; the server puts the pointer back into the middle whenever its last client goes.
  xdotool mousemove 1279 799 windowfocus "$ID"
  settled; ok $? "$LANG_NAME, $1: comes to rest"
  import -window "$ID" "$SHOTS/keyboard-$1-$LANG_NAME.png"
  size=$(identify -format '%w %h' "$SHOTS/keyboard-$1-$LANG_NAME.png")
  [ "${size% *}" -le 1280 ] && [ "${size#* }" -le 760 ]; ok $? "$LANG_NAME, $1: fits on 1280 × 800 ($size)"

  case $1 in encrypt | decrypt | reveal)
    press Return
    has_window .; ok $? "$LANG_NAME, $1: Enter with nothing typed does nothing" ;;
  esac

  start=$(seen) steps=0 states=
  while [ $steps -lt 40 ]; do
    press Tab
    steps=$((steps + 1))
    this=$(seen)
    [ "$this" = "$start" ] && break
    case "$states" in *"<$this>"*) ;; *) states="$states<$this>" ;; esac
  done
  places=$(printf '%s' "$states" | tr -cd '<' | wc -c)
  [ $steps -lt 40 ] && [ "$places" -ge 3 ]; ok $? "$LANG_NAME, $1: Tab comes round, over $((places + 1)) places"
  press shift+Tab
  [ "$(seen)" != "$start" ]; ok $? "$LANG_NAME, $1: Shift+Tab goes back"
  press Tab
  [ "$(seen)" = "$start" ]; ok $? "$LANG_NAME, $1: and Tab there again"

  for letter in $2; do
    before=$(seen)
    press "alt+$letter"
    [ "$(seen)" != "$before" ]; ok $? "$LANG_NAME, $1: Alt+$letter leads somewhere"
  done
  xdotool key --window 0 Escape
  wait_for no_window .; ok $? "$LANG_NAME, $1: Escape closes it"
  wait "$GIMP"
  [ -f "$WORK/end" ] && ! grep -q 'execution error' "$WORK/log"; ok $? "$LANG_NAME, $1: and is no error"
}

convert -size 400x300 plasma:fractal -depth 8 -define png:color-type=2 photo.png
convert -size 24x24 plasma:red-blue -depth 8 -define png:color-type=2 small.png
(umask 077 && echo 'six words' >pass)
open='(i (car (gimp-file-load 1 "photo.png" "x"))) (d (car (gimp-image-get-active-drawable i)))'
use C
dialog "(let* ($open (e (car (plug-in-cnncrypt-encrypt 1 i d 0 \"file:$WORK/pass\" \"\" \"\" 0 0 \"\" \"\"))))
  (file-png-save-defaults 1 e (car (gimp-image-get-active-drawable e)) \"noise.png\" \"x\"))"
wait "$GIMP"
dialog "(let* ($open
    (h (car (plug-in-cnncrypt-hide 1 i d \"exact\" 1 '(\"file:$WORK/small.png\") 1 '(\"file:$WORK/pass\") 0 0 \"\"))))
  (file-png-save-defaults 1 h (car (gimp-image-get-active-drawable h)) \"hidden.png\" \"x\"))"
wait "$GIMP"
[ -s noise.png ] && [ -s hidden.png ]; ok $? 'pictures to open are made'
noise=$(printf %s "$open" | sed s/photo/noise/)
hidden=$(printf %s "$open" | sed s/photo/hidden/)

for language in "$@"; do
  LANG_NAME=$language
  use "$language"
  case $language in # what is underlined, and neither a button that ends the dialog nor one that is grey
    de) encrypt='p w g' decrypt='p g' hide='1 z' reveal='p g' analyze='v e' ;;
    fr) encrypt='p r q' decrypt='p q' hide='1 d' reveal='p q' analyze='c l' ;;
    *) encrypt='p r v' decrypt='p v' hide='1 t' reveal='p v' analyze='w k' ;;
  esac
  # The first letter leads to where the dialog begins; it is tried last.
  walk encrypt "$(echo "$encrypt" | awk '{ for (i = 2; i <= NF; i++) printf "%s ", $i; print $1 }')" \
    "(let* ($open) (plug-in-cnncrypt-encrypt 0 i d 0 \"\" \"\" \"\" 0 0 \"\" \"\"))"
  walk decrypt "$(echo "$decrypt" | awk '{ print $2, $1 }')" "(let* ($noise) (plug-in-cnncrypt-decrypt 0 i d \"\" \"\" \"\"))"
  walk hide "$(echo "$hide" | awk '{ print $2, $1 }')" "(let* ($open) (plug-in-cnncrypt-hide 0 i d \"\" 0 '() 0 '() 0 0 \"\"))"
  walk reveal "$(echo "$reveal" | awk '{ print $2, $1 }')" "(let* ($hidden) (plug-in-cnncrypt-reveal 0 i d 0 '() \"\"))"
  walk analyze "$analyze" "(let* ($open) (plug-in-cnncrypt-analyze 0 i d \"\" \"\" \"\" \"\"))"
done
echo "1..$n"
