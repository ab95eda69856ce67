#!/bin/sh
# The table of the layers for a scene that is drawn here: table.sh QUALITY-TABLE READMEPICTURE.  Speaks TAP.
table=$1 scene=$2
for tool in convert identify; do
  command -v $tool >/dev/null || { echo "1..0 # SKIP $tool is not installed"; exit 0; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0
ok () {
  n=$((n + 1))
  if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; sed 's/^/# /' "$work/out"; fi
}
"$scene" --scene "$work/scene.png" >/dev/null 2>&1
convert "$work/scene.png" -colorspace gray -resize 128x128! "$work/grey.png"
"$table" --sheet "$work/sheet.png" "colour=$work/scene.png" "grey=$work/grey.png" >"$work/out" 2>&1
ok $? 'every layer passes, and what it encrypted comes back'
[ "$(grep -c '^  Entropy' "$work/out") $(grep -c 'decrypted equals the input  *yes  *yes  *yes  *yes' "$work/out")" = "2 2" ]
ok $? 'a table for each picture'
[ "$(grep -c '^  One bit changed: NPCR, %  *99.*0.00..!.*0.00..!' "$work/out")" = 2 ]
ok $? 'one changed bit spreads through the CNN layer, and through no keystream'
[ "$(identify -format '%m' "$work/sheet.png")" = PNG ] && [ "$(identify -format '%k' "$work/sheet.png")" -gt 1000 ]
ok $? 'the sheet is drawn'
cp "$work/out" "$work/first"
"$table" "colour=$work/scene.png" "grey=$work/grey.png" >"$work/out" 2>&1
grep -v ' saved\|^  [EC]' "$work/out" >"$work/again"; grep -v ' saved\|^  [EC]' "$work/first" | cmp -s - "$work/again"
ok $? 'the same keys give the same figures' # but for the saved picture, which holds chance of its own
echo "1..$n"
