#!/bin/sh
# The method sedd with the demonstration pair, through cnncrypt-batch, the procedures and cnncrypt-open.  sedd.sh PLUGIN BATCH OPEN MODELS.  Needs ImageMagick.
PLUGIN=$1 BATCH=$(realpath "$2") OPEN=$(realpath "$3") DEMO=$(realpath "$4")
. "$(dirname "$0")/commands.sh"

said () { cat "$WORK/out" "$WORK/err" | grep -c "$1"; }
db () { compare -metric PSNR "$1" "$2" null: 2>&1 | sed 's/\..*//'; }

mkdir "$WORK/tmp" "$WORK/src" "$WORK/none"
cd "$WORK/src" || exit 1
MODELS=$WORK/none
cp "$DEMO/sedd-demo.encoder.safetensors" enc.safetensors
cp "$DEMO/sedd-demo.safetensors" dec.safetensors
printf 'Zebra\n' >pass
convert -size 160x120 gradient:red-blue -depth 8 -define png:color-type=2 a.png

batch encrypt --method sedd --recipient enc.safetensors --out e a.png; status=$?
ok $(is "$status $(ls e)" = "0 a.png") 'encrypts with the encoder file alone, without a passphrase'
ok $(is "$(said 'demonstration pair: everybody')" -ge 1) 'the demonstration pair is marked as such'
ok $(is "$(said 'is not on this computer')" -ge 1) 'and it is said that the decoder is not here'
batch decrypt --identity dec.safetensors --out d e/a.png; status=$?
ok $(is "$status" = 0) 'the decoder file opens it, from any path'
ok $(is "$(db a.png d/a.png)" -ge 25) 'and what comes back is close'
CNNCRYPT_MODEL_PATH=$WORK/none isolated CNNCRYPT_DEVICE=cpu "$OPEN" --identity dec.safetensors --out o e/a.png >"$WORK/out" 2>"$WORK/err"; status=$?
ok $(is "$status $(ls o)" = "0 a.png") 'cnncrypt-open opens it, too'
batch encrypt --method sedd --passphrase-file pass --out e2 a.png; status=$?
ok $(is "$status $(said 'needs a pair')" = "1 1") 'a passphrase in the place of a pair'
batch encrypt --recipient enc.safetensors --out e3 a.png && batch decrypt --identity dec.safetensors --out d3 e3/a.png
ok $(is "$? $(compare -metric AE a.png d3/a.png null: 2>&1)" = "0 0") 'the key of a pair serves other methods, too'
batch decrypt --identity enc.safetensors --out d4 e/a.png; status=$?
ok $(is "$status $(said 'carries no identity')" = "1 1") 'an encoder file where the decoder is needed'
batch decrypt --passphrase-file pass --out d4 e/a.png; status=$?
ok $(is "$status $(said 'identity file')" = "1 1") 'a passphrase does not open it'
convert -size 15x40 xc:red small.png
batch encrypt --method sedd --recipient enc.safetensors --out e4 small.png; status=$?
ok $(is "$status $(said 'at least 16')" = "1 1") 'a picture that is too small'
head -c 100000 enc.safetensors >cut.safetensors
batch encrypt --method sedd --recipient cut.safetensors --out e5 a.png; status=$?
ok $(is "$status $(ls -A e5 | wc -l)" = "1 0") 'an encoder file that is cut off'
echo "1..$n"
