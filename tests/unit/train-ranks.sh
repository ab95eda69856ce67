#!/bin/sh
# tests/unit/train-ranks.sh: two ranks under mpirun against one with twice the batch, with one input and with several.  Speaks TAP.  $1: cnncrypt-train, $2: mpirun.
case $1 in /*) train=$1 ;; *) train=$PWD/$1 ;; esac
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
mkdir data
{
  printf '\000\000\010\003\000\000\000\060\000\000\000\014\000\000\000\014'
  awk 'BEGIN { for (i = 0; i < 48; i++) for (y = 0; y < 12; y++) for (x = 0; x < 12; x++) printf "%c", 33 + (x * (i % 7) + y * (i % 5) + i) % 90 }'
} >data/train-images-idx3-ubyte
cat >two.ini <<END
[graph]
x = input channels=1
a = conv2d x channels=4 kernel=4 stride=2 pad=1 activation=tanh
y = conv_transpose2d a channels=1 kernel=4 stride=2 pad=1 activation=sigmoid
outputs = y
[data]
validation = 0.2
[train]
seed = 5
batch = 4
steps = 20
learning_rate = 0.01
clip = 0.05
validate_every = 1
[loss]
mse = 1
END
sed 's/^batch = 4/batch = 8/' two.ini >one.ini
echo 1..5
"$train" one.ini --data data --out one.safetensors --device cpu --log one.csv 2>err || sed 's/^/# /' err
# as root, and with more ranks than cores, only if it is said
OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_btl_vader_single_copy_mechanism=none \
  "$2" -n 2 "$train" two.ini --data data --out two.safetensors --device cpu --log two.csv >err 2>&1
if [ $? -eq 0 ] && [ -s two.safetensors ]; then echo "ok 1 two ranks train"; else sed 's/^/# /' err; echo "not ok 1 two ranks train"; fi
paste -d, one.csv two.csv | awk -F, 'NR > 1 { n++; for (i = 2; i <= 3; i++) { d = ($i - $(i + 5)) / $i; if (d < 0) d = -d; if (d > worst) worst = d } }
  END { printf "# %d steps, largest relative difference %g\n", n, worst; exit !(n == 20 && worst < 1e-5) }'
if [ $? -eq 0 ]; then echo "ok 2 losses of one rank with twice the batch"; else echo "not ok 2 losses of one rank with twice the batch"; fi
if [ "$(grep -c 'pictures to train on' err)" -eq 1 ]; then echo "ok 3 one rank speaks"; else echo "not ok 3 one rank speaks"; fi
# two pictures and a key; layers that are scaled by the data, which each rank has a part of
for batch in 4 8; do
  cat >hide-$batch.ini <<END
[graph]
c = input channels=1
s = input channels=1
k = input channels=4 divide=4 key=1
f = conv2d s channels=4 kernel=4 stride=4 activation=tanh
a = add f k
m = wrap a
u = upsample_nearest m factor=4
j = concat c u
o = conv2d j channels=1 kernel=3 pad=1
q = conv2d o channels=4 kernel=4 stride=4
v = subtract q k
w = wrap v
r = conv_transpose2d w channels=1 kernel=4 stride=4
outputs = o r
[data]
validation = 0.2
[train]
seed = 5
normalise = o q
batch = $batch
steps = 20
learning_rate = 0.003
validate_every = 1
[loss]
targets = o c 1 r s 0.75
mse = 1
END
done
"$train" hide-8.ini --data data --out one.safetensors --device cpu --log one.csv 2>err || sed 's/^/# /' err
OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_btl_vader_single_copy_mechanism=none \
  "$2" -n 2 "$train" hide-4.ini --data data --out two.safetensors --device cpu --log two.csv >err 2>&1 || sed 's/^/# /' err
paste -d, one.csv two.csv | awk -F, 'NR > 1 { n++; for (i = 2; i <= 7; i++) if (i < 4 || i > 5) { d = ($i - $(i + 7)) / $i; if (d < 0) d = -d; if (d > worst) worst = d } }
  END { printf "# %d steps, largest relative difference %g\n", n, worst; exit !(n == 20 && worst < 1e-5) }'
if [ $? -eq 0 ]; then echo "ok 4 two pictures and a key, likewise"; else echo "not ok 4 two pictures and a key, likewise"; fi
# each rank would draw its own noise, and train another part
sed -e 's/^w = wrap v/n = noise v scale=0.1 distribution=gaussian share=0.5\nw = wrap n/' -e 's/^seed = 5/seed = 5\nquiet = q.*/' hide-4.ini >quiet.ini
OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_btl_vader_single_copy_mechanism=none \
  "$2" -n 2 "$train" quiet.ini --data data --out quiet.safetensors --device cpu >err 2>&1
if [ $? -ne 0 ] && grep -q 'is trained by one process; leave mpirun out' err && [ ! -e quiet.safetensors ]; then echo "ok 5 quiet is refused"; else sed 's/^/# /' err; echo "not ok 5 quiet is refused"; fi
