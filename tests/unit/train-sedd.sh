#!/bin/sh
# tests/unit/train-sedd.sh: cnncrypt-train sedd from end to end: a pair, its passphrase, going on, and what is refused.  Speaks TAP.  $1: cnncrypt-train.
case $1 in /*) train=$1 ;; *) train=$PWD/$1 ;; esac
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
n=0
check () # NAME STATUS: STATUS is 0 if it is as it should be
{
  n=$((n + 1))
  if [ "$2" -eq 0 ]; then echo "ok $n $1"; else echo "not ok $n $1"; sed 's/^/# /' out err; fi
}

# six colour pictures of 48x40 that follow from nothing but their number
mkdir data
for i in 1 2 3 4 5 6; do
  { printf 'P6\n48 40\n255\n'
    awk -v i=$i 'BEGIN { for (y = 0; y < 40; y++) for (x = 0; x < 48; x++) for (c = 0; c < 3; c++) printf "%c", 33 + (x * i + y * (c + 2) + (x > y ? 20 : 0)) % 90 }'
  } >data/$i.ppm
done
cat >p.ini <<END
[graph]
x = input channels=3
e1 = conv2d x channels=6 kernel=8 stride=8 activation=leaky_relu slope=0.5
e2 = conv2d e1 channels=4 kernel=1
e3 = affine e2 scale=8
z = quantise e3 prior=1
d = conv2d z channels=192 kernel=1
y = pixel_shuffle d factor=8
outputs = y
latent = z
[data]
crop = 32
crops = 2
validation = 0.2
[train]
seed = 5
batch = 2
steps = 12
learning_rate = 0.01
validate_every = 6
checkpoint_every = 6
[loss]
mse = 100
rate = 1
[decoder graph]
x = input channels=3
z = input channels=5 divide=8
d = conv2d z channels=192 kernel=3 pad=1
y = pixel_shuffle d factor=8
outputs = y
[decoder train]
seed = 5
batch = 2
steps = 14
learning_rate = 0.01
validate_every = 7
checkpoint_every = 7
store = half
[decoder loss]
mse = 1
END
printf 'Zebra\n' >pass

"$train" sedd p.ini --data data --out a --device cpu --passphrase-file pass >out 2>err
check "trains a pair" $?
[ -s a.encoder.safetensors ] && [ -s a.safetensors ] && [ -s a.checkpoint ] && [ -s a.encoder.checkpoint ] && [ -s a.loss.png ]
check "writes both files, checkpoints and a loss curve" $?
[ "$(stat -c %a a.safetensors)" = 600 ] && grep -aq 'cnclock1' a.safetensors && ! grep -aq 'cncsec1' a.safetensors
check "the decoder file is its owner's alone, its key locked" $?
grep -aq 'cncpub1' a.encoder.safetensors && ! grep -aq 'cnclock1' a.encoder.safetensors && grep -aq "$(sha256sum <a.safetensors | cut -c1-64)" a.encoder.safetensors
check "the encoder file has the public key and the decoder's hash" $?
grep -q 'multiplications a pixel' err && grep -q "$(grep -a -o 'cncpub1[A-Za-z0-9_-]*' a.encoder.safetensors)" out
check "says what the encoder costs, and the public key" $?
cp a.safetensors before
"$train" sedd p.ini --data data --out a --device cpu --passphrase-file pass >out 2>err
[ $? -eq 1 ] && grep -q 'is there already' err && cmp a.safetensors before
check "a decoder file that is there is not touched" $?
mv a.safetensors away
"$train" sedd p.ini --data data --out a --device cpu --no-passphrase --resume a.checkpoint >out 2>err && grep -aq 'cncsec1' a.safetensors && grep -q 'NOT locked' out
check "goes on from its checkpoints, with other keys" $?
"$train" sedd p.ini --data data --out b --device cpu --no-passphrase --resume a.checkpoint >out 2>err
[ $? -eq 1 ] && grep -q 'not from another checkpoint' err
check "the checkpoint of another pair" $?
"$train" sedd p.ini --data data --out b --device cpu --no-passphrase --passphrase-file pass >out 2>err
[ $? -eq 1 ] && grep -q 'exclude each other' err
check "a passphrase and none" $?
"$train" sedd p.ini --data data --out sedd-demo --device cpu --passphrase-file pass >out 2>err
[ $? -eq 1 ] && grep -q 'choose another name' err
check "the name of the demonstration pair" $?
sed 's/divide=8/divide=4/' p.ini >q.ini
"$train" sedd q.ini --data data --out c --device cpu --no-passphrase >out 2>err
[ $? -eq 1 ] && grep -q 'divide=8' err
check "a decoder for other blocks" $?
"$train" sedd p.ini --device cpu >out 2>err
[ $? -eq 1 ] && grep -q 'sedd needs one recipe' err
check "no data" $?
"$train" p.ini --data data --out d.safetensors --device cpu >out 2>err
[ $? -eq 1 ] && grep -q 'decoder' err
check "the recipe of a pair is none of a network" $?
echo "1..$n"
