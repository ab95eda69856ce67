#!/bin/sh
# What cnncrypt-batch encrypts through GIMP, cnncrypt-open gives back without it.  open.sh PLUGIN BATCH OPEN.  Needs ImageMagick for pictures and
# comparisons.
PLUGIN=$1 BATCH=$(realpath "$2") OPEN=$(realpath "$3")
. "$(dirname "$0")/commands.sh"

mkdir "$WORK/tmp" "$WORK/src"
cd "$WORK/src" || exit 1
echo 'Zebra 17' >pass
convert -size 90x61 plasma:fractal -depth 8 -density 120 -units PixelsPerInch -define png:color-type=2 rgb.png
convert rgb.png -set comment Geheim -quality 95 photo.jpg
convert -size 40x33 gradient: -depth 16 -define png:color-type=0 -define png:bit-depth=16 grey16.png
convert rgb.png -alpha set -channel A -evaluate set 50% -define png:color-type=6 rgba.png
convert rgb.png -colors 13 -define png:color-type=3 palette.png
convert rgb.png -depth 32 -define quantum:format=floating-point float.tif
pictures='rgb.png photo.jpg grey16.png rgba.png palette.png float.tif'

# shellcheck disable=SC2086
isolated CNNCRYPT_PLUGIN_DIR="$WORK/plug-ins/cnncrypt" CNNCRYPT_DEVICE=cpu TMPDIR="$WORK/tmp" timeout --foreground -k 5 300 \
  "$BATCH" encrypt --passphrase-file pass --out enc $pictures >"$WORK/out" 2>"$WORK/err"
ok $? 'pictures of six kinds are encrypted through GIMP'
isolated "$OPEN" --device cpu --check --passphrase-file pass enc/*.png >"$WORK/out" 2>"$WORK/err"
ok $? 'cnncrypt-open finds them whole'
isolated "$OPEN" --device cpu --passphrase-file pass --out plain enc/*.png >"$WORK/out" 2>"$WORK/err"
ok $? 'and opens them'
for picture in $pictures; do
  # Decoders of JPEG differ in the last bit.
  [ "$picture" != photo.jpg ] || continue
  result=$(ls plain/"${picture%.*}".*)
  same "$picture" "$result"
  ok $? "$picture has the same pixels as $result"
done
[ "$(identify -format '%x %U' plain/rgb.png)" = "$(identify -format '%x %U' rgb.png)" ]
ok $? 'the resolution is kept'
identify -verbose plain/photo.png | grep -q Geheim
ok $? 'and the comment'
echo "1..$n"
