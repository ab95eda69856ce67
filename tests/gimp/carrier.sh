#!/bin/sh
# The methods with a grey carrier through cnncrypt-batch and cnncrypt-open: carrier.sh PLUGIN BATCH OPEN MAKE_RESTORE_MODEL.  Needs ImageMagick.
PLUGIN=$1 BATCH=$(realpath "$2") OPEN=$(realpath "$3") MAKE_MODEL=$(realpath "$4")
. "$(dirname "$0")/commands.sh"

opened () {
  isolated CNNCRYPT_MODEL_PATH="$MODELS" timeout --foreground -k 5 200 "$OPEN" --device cpu "$@" >"$WORK/out" 2>"$WORK/err"
}
near () { # at least so many dB apart, whole numbers
  distance=$(compare -metric PSNR "$2" "$3" null: 2>&1 | cut -d. -f1)
  [ "$distance" = inf ] || [ "$distance" -ge "$1" ]
}
lines () {
  wc -l <"$1"
}
# fails NAME WORDS: it does not open, and the one line that says so holds the words.
fails () {
  batch decrypt --passphrase-file pass --out none "$1"; status=$?
  ok $(is "$status $(lines "$WORK/err") $(grep -ciE "$2" "$WORK/err") $(ls -A none | wc -l)" = "1 1 1 0") "$3"
}

MODELS=$WORK/models LIMIT=400
mkdir "$WORK/tmp" "$WORK/src" "$MODELS"
"$MAKE_MODEL" "$MODELS" || exit 1
cd "$WORK/src" || exit 1
printf 'five unrelated words in here\n' >pass
printf 'something else\n' >wrong
# A picture with edges, smooth parts and texture.
convert -size 640x480 -seed 3 plasma:tan-steelblue -blur 0x2 \( -size 640x480 -seed 5 plasma:fractal -resize 25% -resize 400% \) -compose blend \
  -define compose:args=40 -composite -fill white -draw 'circle 200,200 260,230' -fill black -draw 'rectangle 400,300 520,420' -depth 8 -define png:color-type=2 \
  photo.png
convert photo.png -set comment Geheim -quality 95 note.jpg
convert photo.png -resize 60% -depth 8 small.png

batch encrypt --method share --passphrase-file pass --out enc photo.png note.jpg; status=$?
ok $(is "$status $(ls enc | tr '\n' ' ')" = "0 note.png photo.png ") 'a picture is encrypted for sharing'
ok $(is "$(grep -c 'dB (PSNR)' "$WORK/out")" = 2) 'how close it comes back is told'
carrier=$(identify -format '%w %h' enc/photo.png)
ok $(is "$(identify -format '%[png:IHDR.color_type]/%[bit-depth]' enc/photo.png | sed 's/^0 .*\//grey /')" = 'grey 8') 'the result is an 8-bit grey PNG'
ok $(is $((${carrier% *} * ${carrier#* })) -le $((640 * 480))) "it has no more pixels than the picture ($carrier)"
ok $(is "$(grep -ac Geheim enc/note.png)" = 0) 'no comment stands in it'
ok $(is "$(wc -c <enc/photo.png)" -lt $((${carrier% *} * ${carrier#* } * 2 / 5))) 'its few values are coded shortly'
batch decrypt --passphrase-file pass --out dec enc/photo.png enc/note.png; status=$?
ok $(is "$status $(identify -format '%wx%h' dec/photo.png)" = "0 640x480") 'it opens at its own size'
near 30 photo.png dec/photo.png; ok $? 'and is a good copy'
ok $(is "$(identify -format '%c' dec/note.png | grep -c Geheim)" -ge 1) 'the comment comes back'
ok $(is "$(grep -c 'without an error' "$WORK/out")" = 2) 'that nothing happened to it is told'

# What messengers and web sites do.
mkdir way
for quality in 95 85 75 60; do
  convert enc/photo.png -sampling-factor 4:2:0 -quality $quality "way/a-$quality.jpg"
  convert enc/photo.png -colorspace sRGB -type TrueColor -sampling-factor 4:4:4 -quality $quality "way/b-$quality.jpg"
done
convert enc/photo.png -quality 85 first.jpg && convert first.jpg -quality 75 way/twice.jpg
convert enc/photo.png -rotate 90 -quality 80 way/turned-90.jpg
convert enc/photo.png -rotate 180 way/turned-180.png
convert enc/photo.png -rotate 270 way/turned-270.png
convert enc/photo.png -flop -quality 80 way/mirrored.jpg
convert enc/photo.png -flop -rotate 90 way/mirrored-turned.png
convert enc/photo.png -colorspace sRGB -type TrueColorAlpha -alpha set -depth 8 way/rgba.png
convert enc/photo.png -colorspace sRGB -type TrueColor -depth 16 -define png:bit-depth=16 way/deep.png
convert enc/photo.png -depth 16 -define png:bit-depth=16 way/deep-grey.png
convert enc/photo.png -colors 200 -define png:color-type=3 way/palette.png
convert enc/photo.png way/grey.tif
convert -size 1100x900 gradient:navy-white -fill black -draw 'text 100,40 "Look at this picture"' -draw 'rectangle 0,0 60,900' enc/photo.png -geometry +123+77 -composite \
  -depth 8 way/screenshot.png
if cwebp -quiet -q 80 enc/photo.png -o way/lossy.webp 2>/dev/null; then cwebp -quiet -lossless enc/photo.png -o way/exact.webp; fi
ways=$(ls way | wc -l)
batch decrypt --passphrase-file pass --out back way/*; status=$?
ok $(is "$status $(ls back | wc -l) $(lines "$WORK/err")" = "0 $ways 0") "it opens after each of $ways ways"
differ=
for picture in back/*; do same dec/photo.png "$picture" || differ="$differ $picture"; done
ok $(is -z "$differ") "every bit is the same after all of them$differ"
ok $(is "$(grep -c '^way/b-60.jpg.*repaired' "$WORK/out")" = 1) 'what was repaired is told'
ok $(is "$(grep -E '^way/(turned|mirrored)' "$WORK/out" | grep -cE 'had been (mirrored|turned by|mirrored and turned by) ?[0-9]*')" = 5) 'that it was turned or mirrored, too'
opened --passphrase-file pass --out opened way/a-75.jpg way/b-60.jpg way/turned-90.jpg way/screenshot.png way/rgba.png way/palette.png way/deep.png; status=$?
ok $(is "$status $(ls opened | wc -l)" = "0 7") 'cnncrypt-open opens them without GIMP'
differ=
for picture in opened/*; do same dec/photo.png "$picture" || differ="$differ $picture"; done
ok $(is -z "$differ") "with the same pixels$differ"
opened --check --passphrase-file pass way/a-75.jpg; status=$?
ok $(is "$status $(grep -c 'whole, and opens' "$WORK/out")" = "0 1") 'and finds them whole'

# What goes wrong, each in its own words.
batch decrypt --passphrase-file wrong --out none enc/photo.png way/a-60.jpg way/screenshot.png way/mirrored.jpg; status=$?
ok $(is "$status $(grep -c 'passphrase is wrong' "$WORK/err") $(ls -A none | wc -l)" = "1 4 0") 'a wrong passphrase is recognised in each way'
opened --check --passphrase-file wrong way/a-60.jpg; status=$?
ok $(is "$status $(grep -c 'passphrase is wrong' "$WORK/err")" = "1 1") 'by cnncrypt-open, too'
convert enc/photo.png -quality 8 broken.jpg
fails broken.jpg 'compressed|repair' 'what is compressed beyond repair'
convert enc/photo.png -gravity NorthWest -crop 80%x100%+0+0 +repage cropped.png
fails cropped.png 'crop' 'what is cropped at the side'
convert enc/photo.png -gravity NorthWest -crop 100%x70%+0+0 +repage low.png
fails low.png "crop" 'what is cropped below'
convert enc/photo.png -resize 50% half.png
fails half.png "${carrier% *}.*${carrier#* }" 'what is scaled to half of its sides names both sizes'
convert enc/photo.png -virtual-pixel white -distort SRT 7 tilted.png
fails tilted.png 'turned|crop|damaged' 'what is turned by another angle'
batch encrypt --method share --passphrase-file pass --out two small.png photo.png
convert enc/photo.png -bordercolor white -border 12 two/small.png -background white -gravity center +append two.png
fails two.png '(two|2) .*crop' 'two carriers in one picture'
convert photo.png -colorspace Gray grey.png
convert -size 400x300 xc:gray50 -seed 2 +noise Random -colorspace Gray noise.png
fails photo.png 'not an encrypted picture|no encrypted picture' 'a picture that is none'
fails grey.png 'encrypted' 'a grey picture that is none'
fails noise.png 'encrypted|carrier' 'noise that is none'

# Sizes and strength.
batch encrypt --method share --longest-side 1280 --passphrase-file pass --out big photo.png && batch decrypt --passphrase-file pass --out big-back big/photo.png; status=$?
ok $(is "$status $(identify -format '%[fx:max(w,h)]' big/photo.png)" = "0 1280") 'the longest side may be chosen'
near 38 photo.png big-back/photo.png; ok $? 'and a larger carrier holds more'
batch encrypt --method share --levels 2 --passphrase-file pass --out strong photo.png && convert strong/photo.png -quality 30 strong.jpg \
  && batch decrypt --passphrase-file pass --out strong-back strong.jpg strong/photo.png; status=$?
same strong-back/strong.png strong-back/photo.png; ok $((status + $?)) 'two steps of grey bear JPEG 30'
convert -size 20x16 plasma: -depth 8 tiny.png
batch encrypt --method share --passphrase-file pass --out tiny tiny.png && batch decrypt --passphrase-file pass --out tiny-back tiny/tiny.png; status=$?
ok $(is "$status $(identify -format '%wx%h' tiny-back/tiny.png)" = '0 20x16') 'a tiny picture gets the carrier that it needs'
batch encrypt --method share --longest-side 60 --passphrase-file pass --out none tiny.png; status=$?
ok $(is "$status $(lines "$WORK/err") $(grep -c 'small' "$WORK/err")" = "1 1 1") 'a longest side at which no carrier has room is refused'
convert -size 300x200 gradient: -depth 16 -define png:color-type=4 -alpha set -channel A -evaluate set 40% greya16.png
convert photo.png -colors 60 -define png:color-type=3 indexed.png
batch encrypt --method share --passphrase-file pass --out kinds greya16.png indexed.png && batch decrypt --passphrase-file pass --out kinds-back kinds/*; status=$?
ok $(is "$status $(identify -format '%wx%h %[bit-depth] %[channels],' kinds-back/greya16.png)" = '0 300x200 8 graya,') 'grey with alpha comes back as that, with 8 bits'
near 25 indexed.png kinds-back/indexed.png; ok $? 'a palette picture comes back as its colours'

# A network that restores.
batch encrypt --method restore --passphrase-file pass --out soft photo.png; status=$?
ok $(is "$status $(identify -format '%[png:IHDR.color_type]' soft/photo.png | cut -c1) $(grep -c 'dB (PSNR)' "$WORK/out")" = "0 0 1") 'a picture is encrypted by a network'
convert soft/photo.png -quality 75 soft.jpg
convert soft/photo.png -rotate 270 -quality 40 soft-40.jpg
batch decrypt --passphrase-file pass --out soft-back soft/photo.png soft.jpg soft-40.jpg; status=$?
ok $(is "$status $(identify -format '%wx%h ' soft-back/photo.png soft-back/soft.png soft-back/soft-40.png)" = '0 640x480 640x480 640x480 ') 'it opens as it is and after JPEG'
ok $(is "$(grep -c 'only the header is authenticated' "$WORK/out")" = 3) 'that its pixels are not authenticated is told'
ok $(is "$(sed -n 's/.*changed its pixels by \([0-9]*\).*/\1/p' "$WORK/out" | sort -n | uniq | wc -l)" = 3) 'how much the way did is told for each'
batch decrypt --passphrase-file wrong --out none soft.jpg; status=$?
ok $(is "$status $(grep -c 'passphrase is wrong' "$WORK/err")" = "1 1") 'a wrong passphrase is recognised'
opened --passphrase-file pass --out soft-opened soft.jpg; status=$?
near 40 soft-back/soft.png soft-opened/soft.png; ok $((status + $?)) 'cnncrypt-open does the same'
batch encrypt --method restore --model restore-mri --longest-side 320 --passphrase-file pass --out brain small.png; status=$?
ok $(is "$status $(identify -format '%[fx:max(w,h)<=320]' brain/small.png) $(grep -c 'colours are left out' "$WORK/out")" = "0 1 1") 'another network may be named; that it drops colours is told'
batch decrypt --passphrase-file pass --out brain-back brain/small.png; status=$?
ok $(is "$status $(identify -format '%wx%h %[channels]' brain-back/small.png)" = '0 384x288 gray') 'and is found again by itself'
MODELS=$WORK/none
if [ ! -e /usr/local/share/cnncrypt/restore.safetensors ]; then
  fails soft.jpg 'model' 'a network that is missing is named'
  batch encrypt --method restore --passphrase-file pass --out none photo.png; status=$?
  ok $(is "$status $(grep -ci 'restore' "$WORK/err")" = "1 1") 'encrypting without it says so'
fi
MODELS=$WORK/models

# Command lines that are refused.
refused () {
  what=$1
  shift
  batch "$@" --passphrase-file pass --out none photo.png; status=$?
  ok $(is "$status $(lines "$WORK/err")" = "2 1") "$what is refused"
}
refused 'four steps of grey' encrypt --method share --levels 4
refused '--levels for hybrid' encrypt --levels 2
refused '--levels for restore' encrypt --method restore --levels 2
refused '--model for share' encrypt --method share --model x
refused '--longest-side for hybrid' encrypt --longest-side 1280
refused '--longest-side for decrypt' decrypt --longest-side 1280
batch encrypt --method restore --model ../x --passphrase-file pass --out none photo.png; status=$?
ok $(is "$status" = 1) 'a network of no such name is refused'
ok $(is "$(ls -A none | wc -l) $(ls -A "$WORK/tmp" | wc -l)" = "0 0") 'nothing is left behind'
echo "1..$n"
