#!/bin/sh
# The lossy method through GIMP: autoencoder.sh PLUGIN BATCH OPEN MAKE_MODEL.  Needs ImageMagick.
PLUGIN=$1 BATCH=$(realpath "$2") OPEN=$(realpath "$3") MAKE_MODEL=$(realpath "$4")
. "$(dirname "$0")/commands.sh"

MODELS=$WORK/models

mkdir "$WORK/tmp" "$WORK/src" "$MODELS"
"$MAKE_MODEL" "$MODELS/autoencoder.safetensors" || exit 1
cd "$WORK/src" || exit 1
printf 'five unrelated words in here\n' >pass
convert -size 130x91 plasma:fractal -depth 8 -define png:color-type=2 a.png
convert a.png -set comment Geheim -quality 95 b.jpg
convert -size 70x33 gradient: -depth 16 -define png:color-type=0 -define png:bit-depth=16 grey16.png
convert a.png -alpha set -channel A -fx 'i/w' -depth 8 -define png:color-type=6 rgba.png
convert a.png -colors 13 -define png:color-type=3 palette.png

batch encrypt --method autoencoder --passphrase-file pass --out enc a.png b.jpg grey16.png rgba.png palette.png; status=$?
ok $(is "$status $(ls enc | wc -l)" = "0 5") 'pictures of several kinds are compressed and encrypted'
ok $(is "$(grep -c 'dB (PSNR)' "$WORK/out")" = 5) 'the quality is told for each'
batch decrypt --passphrase-file pass --out dec enc/*.png; status=$?
ok $(is "$status $(ls dec | wc -l)" = "0 5") 'all of them open'
ok $(is "$(identify -format '%wx%h %z %[channels],' dec/a.png dec/grey16.png dec/palette.png)" = '130x91 8 srgb,70x33 8 gray,130x91 8 srgb,') 'size is kept; 8 bits come back'
convert rgba.png -alpha extract -depth 8 want.png
convert dec/rgba.png -alpha extract -depth 8 got.png
same want.png got.png; ok $? 'alpha comes back exactly'
ok $(is "$(identify -format '%c' dec/b.png | grep -c Geheim)" -ge 1) 'the comment comes back'
CNNCRYPT_MODEL_PATH=$MODELS CNNCRYPT_DEVICE=cpu "$OPEN" --passphrase-file pass --out opened enc/a.png enc/rgba.png >"$WORK/out" 2>"$WORK/err"; status=$?
ok $(is $status = 0) 'cnncrypt-open opens them without GIMP'
same dec/a.png opened/a.png; ok $? 'with the same pixels'
MODELS=$WORK/none
batch decrypt --passphrase-file pass --out dec2 enc/a.png; status=$?
ok $(is "$status $(grep -c 'model “autoencoder” (SHA-256 [0-9a-f]\{64\})' "$WORK/err") $(ls -A dec2 | wc -l)" = "1 1 0") 'a model that is missing is named with its hash'
if [ ! -e /usr/local/share/cnncrypt/autoencoder.safetensors ]; then
  batch encrypt --method autoencoder --passphrase-file pass --out enc2 a.png; status=$?
  ok $(is "$status $(grep -c 'No model' "$WORK/err")" = "1 1") 'encrypting without a model says so'
fi
echo "1..$n"
