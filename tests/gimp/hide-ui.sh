#!/bin/sh
# The dialogs of Hide and Reveal on a virtual display: hide-ui.sh PLUGIN.
PLUGIN=$1
. "$(dirname "$0")/display.sh"

# Models that are none, before any that is installed: the way that is taken by itself is then exact.
mkdir "$WORK/none"
for name in hide hide-robust; do echo nothing >"$WORK/none/$name.safetensors"; done
EXTRA="$EXTRA CNNCRYPT_MODEL_PATH=$WORK/none"

same () {
  [ "$(compare -metric AE "$1" "$2" null: 2>&1)" = 0 ]
}
save () { # an image of the script's, under a name
  echo "(file-png-save-defaults 1 $1 (car (gimp-image-get-active-drawable $1)) \"$2\" \"x\")"
}

convert -size 400x300 plasma:fractal -depth 8 -define png:color-type=2 cover.png
convert -size 60x40 plasma:red-blue -depth 8 -define png:color-type=2 open.png
convert -size 30x50 plasma:green-yellow -depth 8 -define png:color-type=2 file.png
cp cover.png before.png
dialog "(let* ((s (car (gimp-file-load 1 \"open.png\" \"x\"))) (i (car (gimp-file-load 1 \"cover.png\" \"x\")))
  (h (car (plug-in-cnncrypt-hide 0 i (car (gimp-image-get-active-drawable i)) \"\" 0 '() 0 '() 0 0 \"\"))))
  $(save h hidden.png) $(save i after.png))"
wait_for has_window '^Hide$'; ok $? 'Hide opens its dialog'
sleep 2
xdotool windowfocus "$(window '^Hide$')"
shot '^Hide$' hide-empty.png
size=$(identify -format '%w %h' "$SHOTS/hide-empty.png")
[ "${size% *}" -le 1000 ] && [ "${size#* }" -le 720 ]; ok $? "it fits on a small screen ($size)"
keys space Down Return Tab
printf 'six words' | typed
keys Tab
printf 'six words' | typed
# The second: a file.
keys Tab space End Return
wait_for has_window '^Choose a picture to hide$'; ok $? 'a file can be chosen'
sleep 1
xdotool windowfocus "$(window '^Choose a picture to hide$')"
keys slash slash # makes room for a path
sleep 1
keys ctrl+a
printf '%s' "$WORK/file.png" | typed
sleep 1
shot '^Choose a picture to hide$' hide-file.png
# The first may only take what the entry proposes.
for _ in 1 2 3; do
  has_window '^Choose a picture to hide$' || break
  keys Return
  sleep 1
done
wait_for no_window '^Choose a picture to hide$'
xdotool windowfocus "$(window '^Hide$')"
sleep 1
keys Tab
printf 'six words' | typed
keys Tab
printf 'six words' | typed
keys Return
sleep 1
has_window '^Hide$'; ok $? 'the same passphrase twice is not taken'
shot '^Hide$' hide-same.png
keys BackSpace
printf 'z' | typed
keys shift+Tab End BackSpace
printf 'z' | typed
sleep 3
shot '^Hide$' hide.png
ok $? 'a picture of the dialog is kept'
keys Return
wait_for no_window '^Hide$'
wait "$GIMP"
[ -f "$WORK/end" ] && [ "$(identify -format '%wx%h' hidden.png)" = 400x300 ] && ! same before.png hidden.png; ok $? 'Enter hides both'
same before.png after.png; ok $? 'and leaves the cover as it was'

dialog "(let* ((i (car (gimp-file-load 1 \"hidden.png\" \"x\"))) (r (plug-in-cnncrypt-reveal 0 i (car (gimp-image-get-active-drawable i)) 0 '() \"\"))
  (a (car r)) (b (cadr r))) $(save a one.png) $(save b two.png))"
wait_for has_window '^Reveal$'; ok $? 'Reveal opens its dialog'
sleep 1
xdotool windowfocus "$(window '^Reveal$')"
printf 'wrong' | typed
keys Return
sleep 4
has_window '^Reveal$'; ok $? 'a wrong passphrase is asked for again'
shot '^Reveal$' reveal-wrong.png
printf 'six wordz' | typed
keys Tab
printf 'six words' | typed
shot '^Reveal$' reveal.png
keys Return
wait "$GIMP"
[ -f "$WORK/end" ] && same open.png one.png && same file.png two.png; ok $? 'the right ones reveal both, in the order in which they were hidden'

dialog "(let* ((i (car (gimp-file-load 1 \"cover.png\" \"x\")))) (plug-in-cnncrypt-hide 2 i (car (gimp-image-get-active-drawable i)) \"\" 0 '() 0 '() 0 0 \"\"))"
wait_for has_window '^Hide$'; ok $? 'with the last values, it asks again'
sleep 1
xdotool windowfocus "$(window '^Hide$')"
keys Escape
wait_for no_window '^Hide$'; ok $? 'Escape closes the dialog'
wait "$GIMP"
[ -f "$WORK/end" ] && ! grep -q 'execution error' "$WORK/log"; ok $? 'and is no error'

dialog "(let* ((i (car (gimp-file-load 1 \"cover.png\" \"x\")))) (plug-in-cnncrypt-reveal 0 i (car (gimp-image-get-active-drawable i)) 0 '() \"\"))"
wait "$GIMP"
[ ! -f "$WORK/end" ] && grep -q 'othing is hidden' "$WORK/log"; ok $? 'where nothing is hidden, Reveal says so and asks nothing'
echo "1..$n"
