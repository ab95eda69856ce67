#!/bin/sh
# Hide and reveal through cnncrypt-batch, in the exact mode and with small networks: hide.sh PLUGIN BATCH MAKE_HIDE_MODEL.  Needs ImageMagick.
PLUGIN=$1 BATCH=$(realpath "$2") MAKE_HIDE_MODEL=$(realpath "$3")
. "$(dirname "$0")/commands.sh"

near () { # at least so many dB apart, whole numbers
  [ "$(compare -metric PSNR "$2" "$3" null: 2>&1 | cut -d. -f1)" -ge "$1" ]
}
lines () {
  wc -l <"$1"
}

mkdir "$WORK/tmp" "$WORK/src"
cd "$WORK/src" || exit 1
printf 'Zebra Kübel 17\r\nsecond line\n' >p1
printf 'something else\n' >p2
printf 'a third one\n' >p3
printf 'nobody knows\n' >wrong
convert -size 320x240 plasma:fractal -depth 8 -define png:color-type=2 cover.png
convert cover.png -set comment Geheim -quality 95 cover.jpg
convert -size 60x41 plasma:red-blue -depth 8 -define png:color-type=2 -set comment Geheim s1.png
convert -size 33x70 plasma:green-yellow -set comment Geheim -quality 90 "s 2.jpg"
convert -size 50x40 gradient: -alpha set -channel A -evaluate set 50% -define png:color-type=6 s3.png
convert -size 900x700 plasma:fractal -depth 8 large.png
convert -size 12x12 plasma:fractal -depth 8 tiny.png

batch hide --mode exact --cover cover.png --secret s1.png --passphrase-file p1 --out made/one.png; status=$?
ok $(is "$status $(ls -A made)" = "0 one.png") 'one picture is hidden'
ok $(is "$(grep -c 'one.png.*dB (PSNR).*every bit.*JPEG' "$WORK/out") $(lines "$WORK/err")" = "1 0") 'how good both are is told, and what destroys it'
ok $(is "$(identify -format '%wx%h %[channels] %[depth]' made/one.png)" = '320x240 srgb 8') 'the result has the size of the cover'
near 48 cover.png made/one.png; ok $? 'and looks like it'
ok $(is "$(grep -ac Geheim made/one.png)" = 0) 'no comment stands in it'
ok $(is "$(wc -c <made/one.png)" -lt 230400) 'it is compressed as PNG files are'
batch reveal --passphrase-file p1 --out back made/one.png; status=$?
ok $(is "$status $(ls -A back)" = "0 one.png") 'it is revealed'
same s1.png back/one.png; ok $? 'with every pixel'
ok $(is "$(grep -ac Geheim back/one.png)" = 0) 'metadata of a secret does not travel'

batch hide --mode exact --cover cover.jpg --secret s1.png --secret 's 2.jpg' --secret s3.png --passphrase-file p1 --passphrase-file p2 --passphrase-file p3 \
  --out made/three.png; status=$?
ok $(is "$status $(grep -c 'secret 3' "$WORK/out")" = "0 1") 'three are hidden, in a JPEG'
ok $(is "$(grep -c 'Secret 3 has transparent parts' "$WORK/out")" = 1) 'what is flattened is told'
batch reveal --passphrase-file p2 --passphrase-file p1 --passphrase-file p3 --out back made/three.png; status=$?
ok $(is "$status $(ls back | tr '\n' ' ')" = '0 one.png three-1.png three-2.png three-3.png ') 'three passphrases reveal three'
ok $(is "$(identify -format '%wx%h ' back/three-1.png back/three-2.png back/three-3.png)" = '33x70 60x41 50x40 ') 'each its own, at its own size'
same s1.png back/three-2.png; ok $? 'with every pixel'
batch reveal --passphrase-file p3 --passphrase-file wrong --out some made/three.png; status=$?
ok $(is "$status $(ls some) $(lines "$WORK/err")" = '1 three-1.png 1') 'one that fits and one that does not: one result, one line, status 1'
batch hide --mode exact --cover cover.png --secret large.png --passphrase-file p1 --out made/large.png && batch reveal --passphrase-file p1 --out back made/large.png; status=$?
ok $(is "$status $(identify -format '%wx%h' back/large.png)" = '0 900x700') 'a secret larger than the cover comes back at its size'
batch hide --mode exact --bits 2 --cover cover.png --secret large.png --passphrase-file p1 --out made/bits.png; status=$?
near 44 cover.png made/bits.png; ok $((status + $?)) 'two low bits may be asked for'

# What goes wrong.
before=$(sha256sum made/one.png)
batch hide --mode exact --cover cover.png --secret s1.png --passphrase-file p1 --out made/one.png; status=$?
ok $(is "$status $before" = "1 $(sha256sum made/one.png)") 'a file that exists is an error and is not touched'
batch reveal --passphrase-file wrong --out x made/one.png; status=$?
ok $(is "$status $(grep -c passphrase "$WORK/err") $(ls -A x | wc -l)" = "1 1 0") 'a wrong passphrase is an error of its own'
batch reveal --passphrase-file p1 --out x cover.png cover.jpg; status=$?
ok $(is "$status $(grep -c 'othing is hidden' "$WORK/err")" = "1 2") 'so is a picture in which nothing is hidden'
convert made/one.png -quality 95 resaved.jpg
convert made/one.png -crop 300x240+0+0 +repage cropped.png
convert made/one.png -colorspace gray -define png:color-type=0 grey.png
batch reveal --passphrase-file p1 --out x resaved.jpg cropped.png grey.png; status=$?
ok $(is "$status $(lines "$WORK/err") $(grep -c 'passphrase' "$WORK/err") $(ls -A x | wc -l)" = "1 3 0 0") 'JPEG, cropped, grey: each is said, and no passphrase is blamed'
ok $(is "$(grep -c '^cropped.png: .*320' "$WORK/err")" = 1) 'the size that a cropped one had is told'
convert made/one.png -alpha on -define png:color-type=6 added.png
convert made/one.png resaved.tif
batch reveal --passphrase-file p1 --out again added.png resaved.tif; status=$?
ok $(is "$status" = 0) 'it opens after others re-saved it without loss'
same s1.png again/added.png && same s1.png again/resaved.png; ok $? 'with every pixel'
batch hide --mode exact --cover tiny.png --secret s1.png --passphrase-file p1 --out x/a.png; status=$?
ok $(is "$status $(grep -c 'too small' "$WORK/err") $(ls -A x | wc -l)" = "1 1 0") 'a cover that is too small is an error'
batch hide --mode exact --cover cover.png --secret s1.png --secret s3.png --passphrase-file p1 --passphrase-file p1 --out x/a.png; status=$?
ok $(is "$status $(grep -c 'same passphrase' "$WORK/err")" = "1 1") 'the same passphrase twice is an error'
batch hide --mode exact --cover cover.png --secret none.png --passphrase-file p1 --out x/a.png; status=$?
ok $(is "$status $(grep -c 'none.png' "$WORK/err")" = "1 1") 'a secret that is not there is named'
batch hide --mode rot13 --cover cover.png --secret s1.png --passphrase-file p1 --out x/a.png; status=$?
ok $(is "$status $(grep -c exact "$WORK/err")" = "1 1") 'an unknown mode is an error that lists the modes'
mkdir "$WORK/none"
for name in hide hide-robust; do echo nothing >"$WORK/none/$name.safetensors"; done # before any that is installed
EXTRA=CNNCRYPT_MODEL_PATH=$WORK/none
for mode in cnn robust; do
  batch hide --mode $mode --cover cover.png --secret s1.png --passphrase-file p1 --out x/a.png; status=$?
  ok $(is "$status $(grep -c 'cannot be used to hide' "$WORK/err")" = "1 1") "a model that is none is named, in the mode $mode"
done
mkdir "$WORK/models"
"$MAKE_HIDE_MODEL" "$WORK/models" || exit 1
EXTRA=CNNCRYPT_MODEL_PATH=$WORK/models
convert -size 403x350 plasma:fractal -depth 8 -define png:color-type=2 wide.png
batch hide --cover wide.png --secret s1.png --secret 's 2.jpg' --passphrase-file p1 --passphrase-file p2 --out made/cnn.png; status=$?
ok $(is "$status $(grep -c 'cnn.png.*dB (PSNR).*secret 2' "$WORK/out") $(identify -format '%wx%h %[channels] %[depth]' made/cnn.png)" = '0 1 403x350 srgb 8') \
  'where its network is there, the mode cnn is taken without asking'
near 38 wide.png made/cnn.png; ok $? 'the result looks like the cover'
batch reveal --passphrase-file p2 --passphrase-file p1 --out net made/cnn.png; status=$?
ok $(is "$status $(identify -format '%wx%h ' net/cnn-1.png net/cnn-2.png)" = '0 33x70 60x41 ') 'both come back, at their own sizes'
near 9 net/cnn-2.png s1.png; ok $? 'as far as so small a network can'
batch reveal --passphrase-file wrong --out x made/cnn.png; status=$?
ok $(is "$status $(grep -c passphrase "$WORK/err") $(ls -A x | wc -l)" = "1 1 0") 'a wrong passphrase is an error of its own'
batch hide --cover tiny.png --secret s1.png --passphrase-file p1 --out x/a.png; status=$?
ok $(is "$status $(grep -c 'too small' "$WORK/err")" = "1 1") 'a cover that is too small for the network is an error'
batch hide --mode robust --cover wide.png --secret s1.png --passphrase-file p1 --out made/robust.png; status=$?
ok $(is "$status $(lines "$WORK/err")" = '0 0') 'the mode robust hides one'
convert made/robust.png -quality 90 -sampling-factor 1x1 robust.jpg
batch reveal --passphrase-file p1 --out net robust.jpg; status=$?
ok $(is "$status $(identify -format '%wx%h' net/robust.png)" = '0 60x41') 'which opens after JPEG'
EXTRA=CNNCRYPT_MODEL_PATH=$WORK/none
batch reveal --passphrase-file p1 --out x made/cnn.png; status=$?
ok $(is "$status $(grep -c 'SHA-256' "$WORK/err")" = '1 1') 'without the model, the one that is missing is named'
EXTRA=
refused () { # DESCRIPTION OPTION…: before GIMP starts
  what=$1
  shift
  batch "$@"; status=$?
  ok $(is "$status $(lines "$WORK/err")" = "2 1") "$what: an error of one line"
}
refused 'four secrets' hide --cover cover.png --secret a --secret b --secret c --secret d --passphrase-file p1 --passphrase-file p1 --passphrase-file p1 --passphrase-file p1 --out x/a.png
refused 'no cover' hide --secret s1.png --passphrase-file p1 --out x/a.png
refused 'no secret' hide --cover cover.png --passphrase-file p1 --out x/a.png
refused 'fewer passphrases than secrets' hide --cover cover.png --secret s1.png --secret s3.png --passphrase-file p1 --out x/a.png
refused 'a result that is no PNG' hide --cover cover.png --secret s1.png --passphrase-file p1 --out x/a.jpg
refused 'three bits' hide --bits 3 --cover cover.png --secret s1.png --passphrase-file p1 --out x/a.png
refused 'a picture beside --cover' hide --cover cover.png --secret s1.png --passphrase-file p1 --out x/a.png s3.png
refused '--secret for reveal' reveal --secret s1.png --passphrase-file p1 --out x cover.png
refused 'two passphrases for decrypt' decrypt --passphrase-file p1 --passphrase-file p2 --out x cover.png
ok $(is "$(ls -A x | wc -l) $(ls -A "$WORK/tmp" | wc -l)" = "0 0") 'nothing is left behind'
echo "1..$n"
