#!/bin/sh
# tests/unit/train.sh: cnncrypt-train from end to end on a few random pictures: training, interruption, errors, evaluation.  Speaks TAP.
# $1: cnncrypt-train.
case $1 in /*) train=$1 ;; *) train=$PWD/$1 ;; esac
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
n=0
check () # NAME STATUS: STATUS is 0 if it is as it should be
{
  n=$((n + 1))
  if [ "$2" -eq 0 ]; then echo "ok $n $1"; else echo "not ok $n $1"; sed 's/^/# /' err; fi
}

# 48 pictures of 12x12 that follow from nothing but their number, as an idx file
mkdir data
{
  printf '\000\000\010\003\000\000\000\060\000\000\000\014\000\000\000\014'
  awk 'BEGIN { for (i = 0; i < 48; i++) for (y = 0; y < 12; y++) for (x = 0; x < 12; x++) printf "%c", 33 + (x * (i % 7) + y * (i % 5) + i) % 90 }'
} >data/train-images-idx3-ubyte
cat >r.ini <<END
[graph]
x = input channels=1
a = conv2d x channels=4 kernel=4 stride=2 pad=1 activation=sigmoid
z = round8 a
s = noise z scale=0.1 distribution=gaussian always=1 share=0.5
y = conv_transpose2d s channels=1 kernel=4 stride=2 pad=1 activation=sigmoid
outputs = y
latent = z
[data]
files = train-images*
validation = 0.2
[train]
seed = 5
batch = 8
steps = 30
learning_rate = 0.01
validate_every = 10
checkpoint_every = 10
[loss]
mse = 1
END

"$train" r.ini --data data --out a.safetensors --device cpu --log a.csv >out 2>err
check "trains" $?
[ -s a.safetensors ] && [ -s a.loss.png ] && [ -s a.samples.png ] && [ -s a.safetensors.checkpoint ] && [ "$(wc -l <a.csv)" -eq 4 ]
check "writes model, log, loss curve, samples and checkpoint" $?
"$train" r.ini --data data --out b.safetensors --device cpu >out 2>err && cmp a.safetensors b.safetensors >>err
check "same seed, same bytes" $?
"$train" r.ini --data data --out c.safetensors --device cpu --seed 6 >out 2>err && ! cmp -s a.safetensors c.safetensors
check "another seed, other bytes" $?

sed 's/^batch = 8/batch = 8\npatience = 1/' r.ini >early.ini
"$train" early.ini --data data --out d.safetensors --device cpu >out 2>err
check "with patience, ends too" $?
cp a.safetensors.checkpoint whole
"$train" r.ini --data data --out e.safetensors --device cpu --resume whole >out 2>err && cmp a.safetensors e.safetensors >>err
check "resumed at its end, gives the same model" $?
"$train" early.ini --data data --out f.safetensors --device cpu --resume whole >out 2>err
[ $? -eq 1 ] && grep -q 'another recipe' err
check "a checkpoint of another recipe is refused" $?

"$train" evaluate a.safetensors --data data --device cpu --json >out 2>err && grep -q '"pictures": 48, .*"psnr": [0-9.]*, .*"ssim": [-0-9.e]*, .*"bits_per_pixel": 8}' out
check "evaluate --json" $?
quiet=$(sed 's/.*"psnr": \([0-9]*\).*/\1/' out)
"$train" evaluate a.safetensors --data data --device cpu --json --noise --seed 3 >out 2>err && noisy=$(sed 's/.*"mse": \([0-9.e-]*\).*/\1/' out) && [ -n "$noisy" ] && [ -n "$quiet" ]
check "evaluate --noise" $?
"$train" evaluate a.safetensors --data data --device cpu >out 2>err && grep -q '^SSIM' out
check "evaluate for people" $?
"$train" info a.safetensors >out 2>err && grep -q 'conv_transpose2d *1x256x256' out && grep -q '^parameters   133$' out && grep -q 'sides in steps of 2' out
check "info" $?
"$train" devices >out 2>err && grep -q '^cpu' out
check "devices" $?

# A latent of whole numbers: tables for the range coder come with the model.
mkdir colours
# 24 records as CIFAR-10 has them: a label, then 32x32 pixels in three planes
awk 'BEGIN { for (r = 0; r < 24; r++) { printf "%c", 1; for (i = 0; i < 3072; i++) printf "%c", 33 + (i % 7 * 5 + int (i / 64) + r * 3 + (i % 11) * (i % 13)) % 90 } }' >colours/data_batch_1.bin
cat >codec.ini <<END
[graph]
x = input channels=3
e = conv2d x channels=6 kernel=4 stride=2 pad=1 activation=leaky_relu
f = conv2d e channels=4 kernel=4 stride=2 pad=1
g = affine f scale=8
z = quantise g prior=1
h = affine z scale=0.125
k = conv2d h channels=48 kernel=3 pad=1
y = pixel_shuffle k factor=4
outputs = y
latent = z
[train]
seed = 5
batch = 4
steps = 20
learning_rate = 0.01
[loss]
mse = 300
rate = 1
END
"$train" codec.ini --data colours --out k.safetensors --device cpu >out 2>err && grep -aq 'latent.frequencies' k.safetensors
check "a model with a quantised latent gets its tables" $?
"$train" tables k.safetensors --data colours --out l.safetensors --device cpu >out 2>err && cmp k.safetensors l.safetensors >>err
check "tables made again are the same, and so is the file" $?
"$train" evaluate l.safetensors --data colours --device cpu --json >out 2>err && cp out plain && awk -F'[:,}]' '
  { for (i = 1; i < NF; i++) { if ($i ~ /"bits_per_pixel_of_prior"/) prior = $(i + 1); if ($i ~ /"bits_per_pixel"/) coded = $(i + 1) } }
  END { exit !(coded > 0.01 && coded < prior) }' out
check "evaluate counts coded bytes, and they are fewer than the prior says" $?
sed 's/^steps = 20/steps = 20\nsettle = 500/' codec.ini >settled.ini
"$train" settled.ini --data colours --out s.safetensors --device cpu >out 2>err && grep -q 'settling, step 500' err \
  && "$train" evaluate s.safetensors --data colours --device cpu --json >settled 2>>err && awk -F'[:,}]' '
  { for (i = 1; i < NF; i++) if ($i ~ /"psnr"/) psnr[FILENAME] = $(i + 1); else if ($i ~ /"bits_per_pixel"/) bits[FILENAME] = $(i + 1) }
  END { exit !(psnr["settled"] > psnr["plain"] && bits["settled"] == bits["plain"]) }' plain settled
check "a decoder that settled is better at the same bytes" $?
"$train" settled.ini --data colours --out s.safetensors --device cpu --steps 5 >out 2>err && ! grep -q 'settling' err
check "a short trial does not settle for longer" $?
sed 's/^steps/settle = 5\nsteps/' r.ini >bad.ini
"$train" bad.ini --data data --out g.safetensors --device cpu >out 2>err
[ $? -eq 1 ] && grep -q 'settle needs' err && [ ! -e g.safetensors ]
check "settling without whole numbers is refused" $?
"$train" tables a.safetensors --data data --out m.safetensors --device cpu >out 2>err
[ $? -eq 1 ] && grep -q 'no whole numbers' err && [ ! -e m.safetensors ]
check "tables for a model without whole numbers are refused" $?

# Two pictures and a key; sides in steps of 4.
cat >hide.ini <<END
[graph]
c = input channels=1
s = input channels=1
k = input channels=4 divide=4 key=1
f = conv2d s channels=4 kernel=4 stride=4 activation=tanh
a = add f k
m = wrap a
u = upsample_nearest m factor=4
j = concat c u
h = conv2d j channels=1 kernel=3 pad=1
o = round8 h
q = conv2d o channels=4 kernel=4 stride=4
v = subtract q k
w = wrap v
r = conv_transpose2d w channels=1 kernel=4 stride=4
outputs = r o
[data]
validation = 0.2
[train]
seed = 5
batch = 8
steps = 20
validate_every = 10
[loss]
targets = o c 1 r s 0.75
ramp = 0.5 10
mse = 1
END
"$train" hide.ini --data data --out n.safetensors --device cpu --log n.csv >out 2>err && [ -s n.samples.png ] && grep -q ', o [0-9.]* dB, r [0-9.]* dB' err \
  && awk -F, 'NR == 1 && $6 "," $7 != "mse_o,mse_r" || NR > 1 && !($6 > 0 && $7 > 0 && ($6 + 0.75 * $7 - $3) ^ 2 < 1e-10) { exit 1 }' n.csv
check "two pictures and a key: figures of each target" $?
"$train" hide.ini --data data --out p.safetensors --device cpu --resume n.safetensors.checkpoint >out 2>err && cmp n.safetensors p.safetensors >>err
check "resumed at its end, gives the same model" $?
"$train" evaluate n.safetensors --data data --device cpu --json >out 2>err && text=$(tr -d '\n' <out) && case $text in
  '{"pictures": 48, "skipped": 0, "cropped": 0, "targets": [{"output": "o", "input": "c", "psnr": '*'}, {"output": "r", "input": "s", "psnr": '*'}]}') true ;; *) false ;; esac
check "evaluate --json for each target" $?
mkdir uneven
{ printf '\000\000\010\003\000\000\000\003\000\000\000\015\000\000\000\016'; awk 'BEGIN { for (i = 0; i < 546; i++) printf "%c", 33 + i % 90 }'; } >uneven/t10k-images-idx3-ubyte
"$train" evaluate n.safetensors --data uneven --device cpu >out 2>err && grep -q '^3 of them were cut at their edges' out && grep -q '^o as c: PSNR [0-9.]* dB' out
check "evaluate cuts pictures that do not fit, and says so" $?
# Somebody without the key, who knows the network.
sed -e 's/^outputs.*/b = conv2d o channels=4 kernel=4 stride=4\ng = conv_transpose2d b channels=1 kernel=4 stride=4\noutputs = g/' \
  -e 's/^targets.*/targets = g s 1/' -e '/^ramp/d' -e 's/^seed.*/seed = 6\nfrom = n.safetensors\nfrozen = f.* h.* q.* r.*/' hide.ini >attack.ini
"$train" attack.ini --data data --out o.safetensors --device cpu >out 2>err && grep -q '^8 of 12 parameters are taken from n.safetensors: f.weight' err \
  && grep -q '^8 of 12 parameters are not trained' err && "$train" evaluate o.safetensors --data data --device cpu >out 2>>err && grep -q '^g as s: PSNR' out
check "trains a part against weights of another model" $?
sed -e 's/^outputs = g/outputs = g o/' -e 's/^targets.*/targets = g s 1 g o 0/' attack.ini >outputs.ini
"$train" outputs.ini --data data --out t.safetensors --device cpu >out 2>err && "$train" evaluate t.safetensors --data data --device cpu >out 2>>err \
  && grep -q '^g as s: PSNR .*correlation -*[0-9.]* (at most' out && grep -q '^g as o: PSNR .*best single colour [0-9.]* dB' out
check "compares an output with another output" $?
sed 's/^from.*/from = q.safetensors/' attack.ini >bad.ini
"$train" bad.ini --data data --out q.safetensors --device cpu >out 2>err
[ $? -eq 1 ] && grep -q 'bad.ini:23: .*q.safetensors' err
check "names the line of a model that is not there" $?

"$train" r.ini --data nowhere --out g.safetensors >out 2>err
[ $? -eq 1 ] && grep -q 'no folder or file nowhere' err
check "names a missing folder" $?
sed 's/^steps/stepz/' r.ini >bad.ini
"$train" bad.ini --data data --out g.safetensors >out 2>err
[ $? -eq 1 ] && grep -q 'bad.ini:15: .*did you mean "steps"' err
check "names line and nearest key" $?
if [ -w /dev/full ]; then
  ln -s /dev/full h.safetensors.checkpoint.partial
  "$train" r.ini --data data --out h.safetensors --device cpu >out 2>err
  [ $? -eq 1 ] && grep -q 'h.safetensors.checkpoint could not be written' err
  check "a full disk" $?
fi
# A sixteenth power over weights that move by 10 in the first step: finite there, and not in the second.
cat >explode.ini <<END
[graph]
x = input channels=1
a = conv2d x channels=1 kernel=1 activation=tanh
h = conv2d a channels=1 kernel=1
b = multiply h h
c = multiply b b
d = multiply c c
y = multiply d d
outputs = y
[train]
batch = 8
steps = 40
learning_rate = 10
schedule = constant
checkpoint_every = 1
[loss]
mse = 1
END
"$train" explode.ini --data data --out i.safetensors --device cpu >out 2>err
[ $? -eq 1 ] && grep -q 'not a number any more' err && grep -q 'last good checkpoint is i.safetensors.checkpoint' err && [ ! -e i.safetensors ]
check "stops where the loss is not a number" $?
head -c 1000 a.safetensors >cut.safetensors
"$train" info cut.safetensors >out 2>err
[ $? -eq 1 ] && grep -q 'cut.safetensors' err
check "a cut model file" $?
echo "1..$n"
