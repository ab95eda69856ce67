#!/bin/sh
# Analyze from the command line and from scripts: analyze.sh PLUGIN BATCH.  Needs ImageMagick for pictures and for values to compare with.
PLUGIN=$1 BATCH=$(realpath "$2")
. "$(dirname "$0")/commands.sh"

value () { # of the JSON that was printed: both npcr value
  python3 -c 'import json, sys
v = json.load(open(sys.argv[1]))
for name in sys.argv[2:]:
    v = v[int(name)] if isinstance(v, list) else v[name]
print(v)' "$WORK/out" "$@"
}
near () { # NUMBER NUMBER SLACK
  awk -v a="$1" -v b="$2" -v s="$3" 'BEGIN { exit !(a - b <= s && b - a <= s) }'
}

mkdir "$WORK/tmp" "$WORK/src"
cd "$WORK/src" || exit 1
convert -size 160x120 plasma:fractal -depth 8 -define png:color-type=2 a.png
convert -size 160x120 plasma:fractal -depth 8 -define png:color-type=2 b.png
convert a.png -colorspace gray -define png:color-type=0 grey.png
convert -size 160x120 gradient: -depth 16 -define png:color-type=0 -define png:bit-depth=16 deep.png
convert a.png -alpha set -channel A -evaluate set 50% -define png:color-type=6 alpha.png
convert a.png -colors 13 -define png:color-type=3 palette.png
convert -size 90x90 xc:'#336699' -depth 8 -define png:color-type=2 flat.png
convert a.png -crop 5x4+0+0 +repage -define png:color-type=2 tiny.png
convert a.png -crop 160x119+0+0 +repage -define png:color-type=2 lower.png
python3 -c 'import random, sys; sys.stdout.buffer.write(random.Random(1).randbytes(57600))' >noise.rgb # the same each time: chance fails no test
convert -size 160x120 -depth 8 rgb:noise.rgb -define png:color-type=2 noise.png
echo 'this is no picture' >text.png
cp a.png "it's \"q\" ü.png"

batch analyze a.png; status=$?
ok $(is "$status $(grep -c '^  Entropy  ' "$WORK/out") $(grep -c 'does not look like random' "$WORK/out")" = "0 1 1") 'a photograph does not look like random bytes, in a table'
ok $(is "$(grep -c '^  Entropy: ' "$WORK/out") $(grep -c '^  NPCR: ' "$WORK/out")" = "1 0") 'each term that is there is explained in a sentence'
batch analyze noise.png; status=$?
ok $(is "$status $(grep -c 'looks like random bytes in all' "$WORK/out")" = "0 1") 'noise does'
batch analyze --json noise.png; status=$?
ok $(is "$status $(value picture terms entropy pass) $(value picture channels)" = "0 True 3") 'and passes in JSON'

batch analyze --json --against b.png a.png; status=$?
ok $(is $status = 0) 'two pictures are compared'
magick=$(compare -metric PSNR a.png b.png null: 2>&1)
near "$(value both terms psnr value)" "$magick" 0.001; ok $? "PSNR is ImageMagick's ($magick)"
magick=$(compare -metric MAE a.png b.png null: 2>&1 | sed 's/.*(\(.*\))/\1/')
near "$(value both terms uaci value)" "$(awk -v v="$magick" 'BEGIN { print 100 * v }')" 0.001; ok $? "UACI is ImageMagick's mean absolute error ($magick)"
magick=$(convert a.png -channel R -separate -format '%[fx:mean]' info:)
mean=$(python3 -c 'import json, sys
h = json.load(open(sys.argv[1]))["picture"]["histogram"][0]
print(sum(i * n for i, n in enumerate(h)) / sum(h) / 255)' "$WORK/out")
near "$mean" "$magick" 0.0001; ok $? "the histogram's mean is ImageMagick's ($magick)"
batch analyze --json --against a.png a.png; status=$?
ok $(is "$status $(value both equal) $(value both terms psnr value) $(value both terms ssim value)" = "0 True None 1.0") 'equal pictures are said to be equal'
batch analyze --against noise.png a.png; status=$?
ok $(is "$status $(grep -c '^  NPCR .*pass' "$WORK/out")" = "0 1") 'random bytes beside a photograph pass NPCR'

batch analyze --against lower.png a.png; status=$?
ok $(is "$status $(grep -c 'differ in size' "$WORK/out") $(grep -c '^  Entropy  ' "$WORK/out")" = "0 1 2") 'pictures of different sizes: each alone, and why no more'
batch analyze --json grey.png; status=$?
ok $(is "$status $(value picture channels)" = "0 1") 'a grey picture has one channel'
batch analyze deep.png alpha.png palette.png; status=$?
ok $(is "$status $(grep -c 'reduced to 8' "$WORK/out") $(grep -c 'put on white' "$WORK/out") $(grep -c 'a palette' "$WORK/out")" = "0 1 1 1") '16 bits, transparency and a palette are told of'
batch analyze flat.png tiny.png; status=$?
ok $(is "$status $(grep -c 'one colour only' "$WORK/out") $(grep -c 'too small to say' "$WORK/out")" = "0 1 1") 'one colour, and a tiny picture: what cannot be computed says so'
batch analyze text.png a.png none.png; status=$?
ok $(is "$status $(wc -l <"$WORK/err") $(grep -c '^  Entropy  ' "$WORK/out")" = "1 2 1") 'what is no picture is one line on standard error, the rest is done'
batch analyze --against none.png a.png; status=$?
ok $(is "$status $(grep -c 'none.png' "$WORK/err")" = "1 1") 'another picture that is not there is named'
batch analyze --against text.png a.png; status=$?
ok $(is "$status $(grep -c 'text.png' "$WORK/err")" = "1 1") 'and one that is no picture'
batch analyze --json "it's \"q\" ü.png"; status=$?
ok $(is "$status $(value picture name)" = "0 it's \"q\" ü.png") 'names are what they are'
batch analyze; status=$?
ok $(is $status = 2) 'no picture is an error'
batch analyze --key-sensitivity warp a.png; status=$?
ok $(is "$status $(grep -c 'chaos, cnn or seal' "$WORK/err")" = "1 1") 'unknown layers are an error that lists them'
batch analyze --report x.pdf a.png; status=$?
ok $(is $status = 2) 'a report in another format is an error'
for layers in all chaos cnn seal; do
  for _ in 1 2 3; do # other keys each time, and random bytes fail a term once in 1,000 cases
    batch analyze --json --key-sensitivity $layers a.png; status=$?
    case "$(value keys terms key-npcr pass)$(value keys terms key-uaci pass)$(value keys terms key-psnr pass)" in *False*) ;; *) break ;; esac
  done
  ok $(is "$status $(value keys terms key-npcr pass) $(value keys terms key-uaci pass) $(value keys terms key-psnr pass)" = "0 True True True") "keys that differ in one bit ($layers)"
done

batch analyze --against noise.png --key-sensitivity chaos --report new/r.png a.png; status=$?
ok $(is "$status $(identify -format '%m %w' new/r.png)" = "0 PNG 1132") 'the report is a PNG'
[ "$(identify -format '%k' new/r.png)" -gt 500 ]; ok $? 'in which something is drawn'
sum=$(sha256sum new/r.png)
batch analyze --report new/r.png a.png; status=$?
ok $(is "$status $sum" = "1 $(sha256sum new/r.png)") 'a report that is there is not touched'
batch analyze --report r.svg a.png; status=$?
ok $(is "$status $(python3 -c 'import xml.dom.minidom; print(xml.dom.minidom.parse("r.svg").documentElement.tagName)')" = "0 svg") 'or an SVG'
ok $(is "$(ls -A "$WORK/tmp" | wc -l) $(ls -A . new | grep -c cnncrypt)" = "0 0") 'no temporary file is left'

# The procedure itself.
gimp_console 60 -b '(let* ((i (car (gimp-file-load 1 "a.png" "x"))) (d (car (gimp-image-get-active-drawable i))) (b (car (gimp-file-load 1 "b.png" "x")))
    (r (plug-in-cnncrypt-analyze 1 i d (string-append "image:" (number->string b)) "" "proc.png" ""))
    (p (open-output-file "table"))) (display (car r) p) (close-output-port p)
    (let ((q (open-output-file "json"))) (display (cadr r) q) (close-output-port q)))' -b '(gimp-quit 1)' >"$WORK/out" 2>"$WORK/err"
ok $(is -s table -a -s proc.png) 'the procedure returns a table and writes a report'
cp json "$WORK/out"
batch analyze --json --against b.png a.png
ok $(is "$(value both terms mse value)" = "$(cp json "$WORK/out"; value both terms mse value)") 'and the same JSON'
gimp_console 60 -b '(let* ((i (car (gimp-file-load 1 "a.png" "x")))) (plug-in-cnncrypt-analyze 1 i -1 "picture:3" "" "" ""))' -b '(gimp-quit 1)' >"$WORK/out" 2>"$WORK/err"
ok $(is "$(grep -c 'is named as' "$WORK/err")" -ge 1) 'a wrong argument says what it should be'
echo "1..$n"
