#!/bin/sh
# The manual: manual.sh PLUGIN HELP MODELS PICTURE.  GIMP with its windows: each command's dialog is opened on PICTURE (three pictures side by side: the first
# counts), F1 is pressed in it, and the page that reaches the web browser is compared.  A picture of each dialog is kept in SHOTS/manual: those are the
# pictures of the manual (HELP/en/images).
PLUGIN=$1 HELP=$(realpath "$2") MODELS=$(realpath "$3") PICTURE=$(realpath "$4")
. "$(dirname "$0")/display.sh"
for name in help web-browser; do ln -s "$SYSTEM_PLUG_INS/$name" "$WORK/plug-ins/$name"; done
echo '(help-browser web-browser)' >>"$WORK/gimprc"

# A web browser that writes down what it is asked for.
mkdir -p "$WORK/home/.local/share/applications" "$WORK/home/.config" "$SHOTS/manual"
printf '#!/bin/sh\nprintf "%%s\\n" "$1" >>"%s/pages"\n' "$WORK" >"$WORK/browser"
chmod +x "$WORK/browser"
printf '[Desktop Entry]\nType=Application\nName=Pages\nExec=%s %%u\nMimeType=text/html;application/xhtml+xml;x-scheme-handler/file;x-scheme-handler/http;\n' "$WORK/browser" >"$WORK/home/.local/share/applications/pages.desktop"
printf '[Default Applications]\ntext/html=pages.desktop\napplication/xhtml+xml=pages.desktop\nx-scheme-handler/file=pages.desktop\n' >"$WORK/home/.config/mimeapps.list"

width=$(identify -format '%w' "$PICTURE")
convert "$PICTURE" -crop "$((width / 3 - 8))x+0+0" +repage -depth 8 -define png:color-type=2 photo.png
printf 'six words' >passphrase
isolated DISPLAY="$DISPLAY" openbox >/dev/null 2>&1 &
started="$started $!"

# shown COMMAND TITLE PAGE SCRIPT: the script opens the dialog
shown () {
  : >"$WORK/pages"
  rm -f "$WORK/end"
  isolated ${EXTRA} CNNCRYPT_HELP_DIR="$HELP" CNNCRYPT_MODEL_PATH="$MODELS" timeout --foreground -k 5 180 gimp -n -s -d -f -g "$WORK/gimprc" \
    -b "(begin (let* ((i (car (gimp-file-load 1 \"photo.png\" \"x\"))) (d (car (gimp-image-get-active-drawable i)))) $4) (close-output-port (open-output-file \"$WORK/end\")) (gimp-quit 1))" </dev/null >"$WORK/log" 2>&1 &
  GIMP=$!
  wait_for has_window "^$2\$"; ok $? "$1 opens its dialog in GIMP"
  sleep 4
  xdotool windowactivate --sync "$(window "^$2\$")"
  xdotool mousemove 1279 799
  sleep 1
  import -window "$(window "^$2\$")" -strip +dither -colors 64 "PNG8:$SHOTS/manual/$1.png"; ok $? 'a picture of it is kept'
  xdotool windowfocus "$(window "^$2\$")"
  xdotool key F1
  wait_for test -s "$WORK/pages"
  grep -qxE "(file://)?$HELP/en/$3" "$WORK/pages"; ok $? "Help shows $3 ($(head -n 1 "$WORK/pages"))"
  xdotool windowfocus "$(window "^$2\$")"
  xdotool key Escape
  wait "$GIMP"
  [ -f "$WORK/end" ]; ok $? 'and Escape ends it'
}

shown encrypt Encrypt encrypt.html '(gimp-display-new i) (plug-in-cnncrypt-encrypt 0 i d 0 "" "" "" 0 0 "" "")'
shown decrypt Decrypt decrypt.html '(let ((e (car (plug-in-cnncrypt-encrypt 1 i d 0 "file:passphrase" "" "" 0 0 "" ""))))
  (gimp-display-new e) (plug-in-cnncrypt-decrypt 0 e (car (gimp-image-get-active-drawable e)) "" "" ""))'
shown hide Hide hide.html "(gimp-display-new i) (plug-in-cnncrypt-hide 0 i d \"\" 0 '() 0 '() 0 0 \"\")"
shown reveal Reveal reveal.html "(let ((e (car (plug-in-cnncrypt-hide 1 i d \"exact\" 1 '(\"file:photo.png\") 1 '(\"file:passphrase\") 1 0 \"\"))))
  (gimp-display-new e) (plug-in-cnncrypt-reveal 0 e (car (gimp-image-get-active-drawable e)) 0 '() \"\"))"
shown analyze Analyze analyze.html '(let ((e (car (plug-in-cnncrypt-encrypt 1 i d 0 "file:passphrase" "" "" 0 0 "" ""))))
  (gimp-display-new e) (plug-in-cnncrypt-analyze 0 e (car (gimp-image-get-active-drawable e)) "" "" "" ""))'
echo "1..$n"
