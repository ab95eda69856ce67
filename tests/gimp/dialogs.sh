#!/bin/sh
# Every dialog, with everything that can be chosen in it, in English, German and French: dialogs.sh PLUGIN TRAIN CATALOGUES MODELS [LANGUAGE…].
# A module inside of the plug-in chooses one after the other, and looks at each state: no text cut off, nothing beyond the edge, nothing
# larger than a screen of 1280 × 800, a tooltip and an underlined letter for everything that can be used, no letter twice, a button for Enter,
# one for Help.  Every text is in the language.  A picture of each state is kept.
[ -n "${CNNCRYPT_WATCH:-}" ] || { echo '1..0 # SKIP CNNCRYPT_WATCH does not name the module that looks at dialogs'; exit 0; }
PLUGIN=$1 TRAIN=$(realpath "$2") CATALOGUES=$(realpath "$3") MODELS=$(realpath "$4")
shift 4
. "$(dirname "$0")/display.sh"
[ $# -gt 0 ] || set -- C de fr
case " $* " in *' de '*) ;; *) echo '# German is not tried here, but by meson test --suite languages' ;; esac
[ -f "$CATALOGUES/de/LC_MESSAGES/cnncrypt.mo" ] || set -- C
SECONDS_A_DIALOG=900
if [ -n "${ASAN_OPTIONS:-}" ]; then # ten times slower, and the same in every language
  SECONDS_A_DIALOG=2400
  set -- C
fi

# As people see them: with the theme of GIMP, which a GIMP without windows does not set up by itself.
THEME=/usr/share/gimp/2.0/themes/Dark/gtkrc
[ ! -f "$THEME" ] || echo "include \"$THEME\"" >"$WORK/gimp/themerc"

mkdir "$WORK/none"
for model in autoencoder hide hide-robust restore restore-mri sedd-demo; do echo nothing >"$WORK/none/$model.safetensors"; done
convert -size 400x300 plasma:fractal -depth 8 -define png:color-type=2 photo.png
convert -size 24x24 plasma:red-blue -depth 8 -define png:color-type=2 small.png
(umask 077 && echo 'six words' >pass && echo other >other && echo third >third)
"$TRAIN" keygen --passphrase-file pass --out anna >/dev/null || exit 1

open='(i (car (gimp-file-load 1 "photo.png" "x"))) (d (car (gimp-image-get-active-drawable i)))'
encrypted () { # ARGUMENTS FILE
  echo "(let* ($open (e (car (plug-in-cnncrypt-encrypt 1 i d $1)))) (file-png-save-defaults 1 e (car (gimp-image-get-active-drawable e)) \"$2\" \"x\"))"
}
# Two regions: the left half, then the right one.
halves="(let* ($open) (gimp-image-select-rectangle i 2 0 0 160 300) (plug-in-cnncrypt-encrypt 1 i d 2 \"file:$WORK/pass\" \"\" \"\" 0 0 \"\" \"\")
  (gimp-image-select-rectangle i 2 200 0 160 300) (plug-in-cnncrypt-encrypt 1 i d 2 \"file:$WORK/pass\" \"\" \"\" 0 0 \"\" \"\")
  (file-png-save-defaults 1 i d \"regions.png\" \"x\"))"
dialog "(begin $(encrypted "0 \"file:$WORK/pass\" \"\" \"\" 0 0 \"\" \"\"" noise.png) $(encrypted "0 \"\" \"\" \"\" 0 0 \"\" \"$WORK/anna.pub\"" keys.png)
  $(encrypted "0 \"file:$WORK/pass\" \"share\" \"\" 0 0 \"\" \"\"" carrier.png)
  (let* ($open (h (car (plug-in-cnncrypt-hide 1 i d \"exact\" 3 '(\"file:$WORK/small.png\" \"file:$WORK/small.png\" \"file:$WORK/small.png\")
    3 '(\"file:$WORK/pass\" \"file:$WORK/other\" \"file:$WORK/third\") 0 0 \"\")))) (file-png-save-defaults 1 h (car (gimp-image-get-active-drawable h)) \"hidden.png\" \"x\")))"
wait "$GIMP"
cp log made.log
convert photo.png -blur 0x20 smooth.png # compresses so well that it fits where it stood
dialog "$(echo "$halves" | sed 's/photo/smooth/')"
wait "$GIMP"
[ -s noise.png ] && [ -s keys.png ] && [ -s carrier.png ] && [ -s hidden.png ] && [ -s regions.png ]; ok $? 'pictures to open are made'

# complaints KIND…: none of the lines “wrong” is of these kinds
complaints () {
  for kind in "$@"; do grep "^wrong	$kind" "$LOOKED"; done | sort | uniq -c | head -n 12 >"$WORK/log"
  [ ! -s "$WORK/log" ]
}

# walk NAME MODELS SCRIPT STATES: the dialog that the script opens, which has at least so many states
walk () {
  LOOKED=$WORK/$1-$LANG_NAME.walk
  rm -rf "$SHOTS/dialogs/$1-$LANG_NAME"
  mkdir -p "$SHOTS/dialogs/$1-$LANG_NAME"
  EXTRA="DISPLAY=$DISPLAY CNNCRYPT_DEVICE=cpu CNNCRYPT_LOCALE_DIR=$CATALOGUES LC_ALL=C.UTF-8 LANGUAGE=$LANG_NAME CNNCRYPT_MODEL_PATH=$2 CNNCRYPT_WALK=$LOOKED CNNCRYPT_PICTURES=$SHOTS/dialogs/$1-$LANG_NAME"
  dialog "$3"
  wait "$GIMP"
  cp "$WORK/log" "$WORK/gimp.log"
  states=$(sed -n 's/^done	//p' "$LOOKED" 2>/dev/null)
  [ -f "$WORK/end" ] && [ "${states:-0}" -ge "$4" ]; ok $? "$LANG_NAME, $1: ${states:-no} states are looked at"
  [ -n "${states:-}" ] || return
  complaints 'text cut off' 'has to be scrolled'; ok $? "$LANG_NAME, $1: no text is cut off"
  complaints 'beyond the edge' 'larger than'; ok $? "$LANG_NAME, $1: all of it is on a screen of 1280 × 800"
  complaints 'no tooltip'; ok $? "$LANG_NAME, $1: everything has a tooltip"
  complaints 'nothing is underlined' 'its letter'; ok $? "$LANG_NAME, $1: everything has a letter of its own"
  complaints 'Enter leads nowhere' 'no Help'; ok $? "$LANG_NAME, $1: Enter leads somewhere, and there is a button for Help"
}

for language in "$@"; do
  LANG_NAME=$language
  rm -f "$WORK/gimp/pluginrc"
  walk encrypt "$MODELS" "(let* ($open) (plug-in-cnncrypt-encrypt 0 i d 0 \"\" \"\" \"\" 0 0 \"\" \"\"))" 25
  walk encrypt-selection "$WORK/none" "(let* ($open) (gimp-image-select-rectangle i 2 10 10 100 100) (plug-in-cnncrypt-encrypt 0 i d 0 \"\" \"\" \"\" 0 0 \"\" \"\"))" 6
  for picture in noise keys carrier regions; do
    walk "decrypt-$picture" "$MODELS" "(let* ($(echo "$open" | sed "s/photo/$picture/")) (plug-in-cnncrypt-decrypt 0 i d \"\" \"\" \"\"))" 2
  done
  walk hide "$MODELS" "(let* ((o (car (gimp-file-load 1 \"small.png\" \"x\"))) $open) (plug-in-cnncrypt-hide 0 i d \"\" 0 '() 0 '() 0 0 \"\"))" 12
  walk hide-exact "$WORK/none" "(let* ($open) (plug-in-cnncrypt-hide 0 i d \"\" 0 '() 0 '() 0 0 \"\"))" 8
  walk reveal "$MODELS" "(let* ($(echo "$open" | sed s/photo/hidden/)) (plug-in-cnncrypt-reveal 0 i d 0 '() \"\"))" 2
  walk analyze "$MODELS" "(let* ((o (car (gimp-file-load 1 \"noise.png\" \"x\"))) (p (car (gimp-file-load 1 \"smooth.png\" \"x\"))) $open) (plug-in-cnncrypt-analyze 0 i d \"\" \"\" \"\" \"\"))" 10
done

# The judge judges: with large letters, the largest dialog is larger than the screen.
echo 'gtk-font-name = "Sans 20"' >gtkrc
LOOKED=$WORK/large.judged
EXTRA="DISPLAY=$DISPLAY CNNCRYPT_DEVICE=cpu LC_ALL=C.UTF-8 CNNCRYPT_MODEL_PATH=$MODELS CNNCRYPT_WALK=$LOOKED GTK2_RC_FILES=$WORK/gtkrc"
rm -f "$WORK/gimp/pluginrc"
dialog "(let* ($open) (plug-in-cnncrypt-hide 0 i d \"\" 0 '() 0 '() 0 0 \"\"))"
wait "$GIMP"
! complaints 'larger than'; ok $? 'with letters twice as large, one that is too large is found'

# Whatever is said at all is said in every language: what is the same in two is a name, a number, or a word that both have.  What is wrong
# with a damaged network is for those who make one, and stays English.
texts () {
  sed -n 's/^text	//p' "$WORK"/*-"$1".walk | grep -E '[[:alpha:]]{3}' | grep -vE '[.]safetensors |^(noise|photo|smooth|small|carrier|keys|regions|hidden)' | sort -u
}
if [ -f "$WORK/encrypt-C.walk" ]; then
  texts C >"$WORK/english"
  [ "$(wc -l <"$WORK/english")" -gt 150 ]; ok $? "there are texts ($(wc -l <"$WORK/english"))"
  for language in "$@"; do
    [ "$language" != C ] || continue
    case $language in
      de) same='Passphrase|Passphrase:' ;;
      fr) same='Exact|Verdict' ;;
    esac
    texts "$language" | comm -12 "$WORK/english" - | grep -vxE "$same|[0-9.]+ bits|Chaos [+] CNN|MSE|NPCR|PSNR|SSIM|UACI|RGB" >"$WORK/log"
    [ ! -s "$WORK/log" ]; ok $? "$language: all of it is translated"
  done
fi
echo "1..$n"
