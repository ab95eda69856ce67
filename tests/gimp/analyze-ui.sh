#!/bin/sh
# The dialog of Analyze on a virtual display: analyze-ui.sh PLUGIN.
PLUGIN=$1
. "$(dirname "$0")/display.sh"
SECONDS_A_KEY=0.4

dialog () { # longer than for the others: much is looked at
  rm -f "$WORK/end"
  gimp_console 400 -b "(begin $1 (close-output-port (open-output-file \"$WORK/end\")))" -b '(gimp-quit 1)' >"$WORK/log" 2>&1 &
  GIMP=$!
}
colours () { # how many a screenshot has
  identify -format '%k' "$SHOTS/$1"
}
path_in () { # into the file dialog of that title
  xdotool windowfocus "$(window "$1")"
  keys slash slash # makes room for a path
  sleep 1
  keys ctrl+a
  printf '%s' "$2" | typed
  sleep 1
  for _ in 1 2 3; do # the first may only take what the entry proposes
    has_window "$1" || break
    keys Return
    sleep 1
  done
  wait_for no_window "$1"
}

convert -size 300x200 plasma:fractal -depth 8 -define png:color-type=2 photo.png
convert photo.png -modulate 90 -define png:color-type=2 open.png
python3 -c 'import random, sys; sys.stdout.buffer.write(random.Random(1).randbytes(180000))' >noise.rgb
convert -size 300x200 -depth 8 rgb:noise.rgb -define png:color-type=2 noise.png
cp photo.png before.png
dialog "(let* ((o (car (gimp-file-load 1 \"open.png\" \"x\"))) (i (car (gimp-file-load 1 \"photo.png\" \"x\"))) (d (car (gimp-image-get-active-drawable i)))
  (r (plug-in-cnncrypt-analyze 0 i d \"\" \"\" \"\" \"\")) (p (open-output-file \"table\"))) (display (car r) p) (close-output-port p)
  (file-png-save-defaults 1 i d \"after.png\" \"x\"))"
wait_for has_window '^Analyze$'; ok $? 'Analyze opens its dialog'
sleep 6
xdotool windowfocus "$(window '^Analyze$')"
shot '^Analyze$' analyze-alone.png
size=$(identify -format '%w %h' "$SHOTS/analyze-alone.png")
[ "${size% *}" -le 1240 ] && [ "${size#* }" -le 740 ]; ok $? "it fits on a small screen ($size)"
keys alt+l
sleep 2
shot '^Analyze$' analyze-plots-alone.png
[ "$(colours analyze-plots-alone.png)" -gt 800 ]; ok $? 'it shows plots'

# Another open image.
keys alt+w space Down Return
sleep 8
shot '^Analyze$' analyze-plots.png
[ "$(compare -metric AE "$SHOTS/analyze-plots.png" "$SHOTS/analyze-plots-alone.png" null: 2>&1)" -gt 20000 ]; ok $? 'another image is chosen by keys, and its plots are shown, too'
keys alt+v
sleep 1
shot '^Analyze$' analyze-image.png

# A file.
keys alt+w space End Return
wait_for has_window '^Choose a picture to compare with$'; ok $? 'a file can be chosen'
sleep 1
path_in '^Choose a picture to compare with$' "$WORK/noise.png"
sleep 8
xdotool windowfocus "$(window '^Analyze$')"
shot '^Analyze$' analyze-file.png

# Two keys.
keys alt+k space Down Return
sleep 10
shot '^Analyze$' analyze-keys.png
[ "$(compare -metric AE "$SHOTS/analyze-keys.png" "$SHOTS/analyze-file.png" null: 2>&1)" -gt 1000 ]; ok $? 'key sensitivity is shown'

keys alt+s
wait_for has_window '^Save the report as PNG or SVG$'; ok $? 'the report can be saved'
sleep 1
path_in '^Save the report as PNG or SVG$' "$WORK/report.svg"
sleep 2
[ "$(python3 -c 'import xml.dom.minidom; print(xml.dom.minidom.parse("report.svg").documentElement.tagName)')" = svg ]; ok $? 'as SVG'
xdotool windowfocus "$(window '^Analyze$')"
keys alt+o
wait_for has_window '^Save the values as JSON$'
sleep 1
path_in '^Save the values as JSON$' "$WORK/values.json"
sleep 2
python3 -c 'import json
v = json.load(open("values.json"))
assert v["picture"]["name"].startswith("photo") and v["against"]["name"] == "noise.png", v["picture"]["name"]
assert v["against"]["terms"]["entropy"]["pass"] and not v["picture"]["terms"]["entropy"]["pass"]
assert v["both"]["terms"]["npcr"]["pass"] and v["keys"]["terms"]["key-npcr"]["value"] > 99'; ok $? 'the values as JSON are those of the three choices'
xdotool windowfocus "$(window '^Analyze$')"
keys alt+j
sleep 1
shot '^Analyze$' analyze-saved.png
size=$(identify -format '%w %h' "$SHOTS/analyze-saved.png")
[ "${size% *}" -le 1240 ] && [ "${size#* }" -le 760 ]; ok $? "it still fits ($size)"
keys Return
wait_for no_window '^Analyze$'; ok $? 'Enter closes the dialog'
wait "$GIMP"
[ -f "$WORK/end" ] && grep -q 'Another key: NPCR' table; ok $? 'and the procedure returns the last values'
[ "$(compare -metric AE before.png after.png null: 2>&1)" = 0 ]; ok $? 'the image is as it was'

# Escape in the middle of the work.
convert -size 4000x3000 plasma:fractal -depth 8 -define png:color-type=2 large.png
dialog "(let* ((i (car (gimp-file-load 1 \"large.png\" \"x\")))) (plug-in-cnncrypt-analyze 0 i (car (gimp-image-get-active-drawable i)) \"\" \"\" \"\" \"\"))"
wait_for has_window '^Analyze$'
sleep 0.5
shot '^Analyze$' analyze-busy.png
xdotool windowfocus "$(window '^Analyze$')"
xdotool key Escape
wait_for no_window '^Analyze$'; ok $? 'Escape closes the dialog, also in the middle of the work'
wait "$GIMP"
[ -f "$WORK/end" ] && ! grep -q 'execution error' "$WORK/log"; ok $? 'and is no error'
[ -z "$(find "$WORK" -maxdepth 1 -name 'gimp-*' -o -maxdepth 1 -name '*.tmp')" ]; ok $? 'nothing is left behind'
echo "1..$n"
