#!/bin/sh
# tests/quality/cryptanalysis.sh: how far somebody without the key gets who has pairs of pictures, plain and enciphered by one layer alone.
#
#   cryptanalysis.sh BUILD DATA [SIDE [PAIRS [STEPS]]]     the whole table; half an hour of two cores
#   cryptanalysis.sh --quick PROGRAM TRAIN                 as a test: drawn pictures, few steps
#
# BUILD: a build folder; DATA: a folder with CIFAR-10's binary files (in it or below); SIDE: 16 (default), 32 or 64; PAIRS: to learn from (20000); STEPS: of each
# training (1000).  PROGRAM, TRAIN: tests/quality/cryptanalysis and models/cnncrypt-train of a build.
#
# Networks (cryptanalysis/invert.ini) learn from known pairs, of photographs, and from chosen ones, of noise, which show every bit both ways; they are judged
# on photographs that they have not seen.  The same recipe has to break two controls first.  Beside them stand the classical attacks with chosen pictures.
# The vectors of the method sedd are attacked before they are sealed, by a network (cryptanalysis/vectors.ini) that learns from pairs alone: anybody who has the encoder file can
# make such pairs.  Once with an encoder whose weights are drawn, once, where it is there, with the demonstration pair, beside what its decoder file makes of the same vectors.
# fixed: one key and one IV for all pictures; fresh-iv: one key; fresh-key: as cnncrypt uses its layers.
# dB, SSIM, correlation: of the guess; mean: dB of the mean of all pictures learnt from; flat: of the one grey that is best; wrong: of the guess for another
# picture; z: how surely guesses fit their own pictures (cryptanalysis/judge.c).  broken: 6 dB above the mean, and correlation 0.75; chance: within 0.1 dB of the mean or below it,
# and |z| up to 4; partly: what lies between.  The XOR control shows through fresh keys, too, as its bytes are neither evenly spread nor independent: the attack would see the like in a
# layer.  Status: 0 if the controls, and the chaos layer under one key and IV, are broken, and every layer stays at chance under fresh keys.
set -u
quick=0
[ "${1:-}" = --quick ] && { quick=1; shift; }
[ $# -ge 2 ] && [ $# -le 5 ] || { sed -n '2,24s/^# \{0,1\}//p' "$0"; exit 2; }
here=$(dirname "$(realpath "$0")")/cryptanalysis
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
missed=0 count=0

if [ "$quick" = 1 ]; then
  program=$(realpath "$1") train=$(realpath "$2") side=16 pairs=4000 steps=300
  "$program" draw "$work/learnt-idx3-ubyte" 16 "$pairs" 1 && "$program" draw "$work/judged-idx3-ubyte" 16 400 2 || exit 1
else
  program=$(realpath "$1/tests/quality/cryptanalysis") train=$(realpath "$1/models/cnncrypt-train") side=${3:-16} pairs=${4:-20000} steps=${5:-1000}
  "$program" pictures "$work/learnt-idx3-ubyte" "$side" "$pairs" "$2" '*data_batch_*' 3 || exit 1
  "$program" pictures "$work/judged-idx3-ubyte" "$side" 1000 "$2" '*test_batch*' 3 || exit 1
  "$program" noise "$work/noise-idx3-ubyte" "$side" "$pairs" 3 || exit 1
fi
step=8 many=10000 # of the vectors; pairs to learn from
if [ "$quick" = 1 ]; then
  many=2000
  "$program" draw "$work/large-learnt-idx3-ubyte" 32 "$many" 4 && "$program" draw "$work/large-judged-idx3-ubyte" 32 400 5 || exit 1
else
  "$program" pictures "$work/large-learnt-idx3-ubyte" 32 "$many" "$2" '*data_batch_*' 3 \
    && "$program" pictures "$work/large-judged-idx3-ubyte" 32 1000 "$2" '*test_batch*' 3 || exit 1
fi
sed "s/=48\>/=$((3 * side))/g; s/=16\>/=$side/g" "$here/invert.ini" >"$work/invert.ini"

# One line of the table, and what it should have been.
line () { # ATTACK CIPHER SETTING FIGURES WANTED
  verdict=$(echo "$4" | awk '{ for (i = 1; i <= NF; i++) { split($i, part, "="); f[part[1]] = part[2] }
    if (f["psnr"] >= f["mean"] + 6 && f["correlation"] >= 0.75) print "broken"
    else if (f["psnr"] <= f["mean"] + 0.1 && f["z"] <= 4 && f["z"] >= -4) print "chance"
    else print "partly" }')
  [ "$5" = any ] || [ "$5" = "$verdict" ]
  good=$?
  [ "$good" = 0 ] || missed=1
  text=$(echo "$4" | awk -v attack="$1" -v cipher="$2" -v setting="$3" -v verdict="$verdict" '{
    for (i = 1; i <= NF; i++) { split($i, part, "="); f[part[1]] = part[2] }
    printf "%-10s %-10s %-20s %6d %7.2f %7.4f %8.4f %7.2f %7.2f %7.2f %7.2f  %s", cipher, setting, attack, f["queries"], f["psnr"], f["ssim"], f["correlation"],
      f["mean"], f["flat"], f["wrong"], f["z"], verdict }')
  if [ "$quick" = 1 ]; then
    count=$((count + 1))
    [ "$good" = 0 ] || printf 'not '
    echo "ok $count - $text"
  else
    [ "$good" = 0 ] && echo "$text" || echo "$text, but should be: $5"
  fi
}

classical () { # ATTACK CIPHER SETTING WANTED
  figures=$("$program" classical "$1" "$2" "$3" "$work/judged-idx3-ubyte" "$work/learnt-idx3-ubyte") || exit 1
  line "$1" "$2" "$3" "$figures" "$4"
}

learned () { # known|chosen CIPHER SETTING WANTED
  from=learnt
  [ "$1" = chosen ] && from=noise
  "$program" pairs "$work/pairs-idx3-ubyte" "$work/$from-idx3-ubyte" "$2" "$3" 0 \
    && "$program" pairs "$work/unseen-idx3-ubyte" "$work/judged-idx3-ubyte" "$2" "$3" 10000000 || exit 1
  "$train" "$work/invert.ini" --data "$work/pairs-idx3-ubyte" --out "$work/model.safetensors" --steps "$steps" --device "${CNNCRYPT_DEVICE:-cpu}" >"$work/out" 2>&1 \
    || { tail -n 3 "$work/out" >&2; exit 1; }
  figures=$("$program" judge "$work/model.safetensors" "$work/unseen-idx3-ubyte" "$work/learnt-idx3-ubyte") || exit 1
  line "network, $1" "$2" "$3" "$(echo "$figures" | sed "s/queries=0/queries=$pairs/")" "$4"
}

vectors () { # ENCODER NAME STEPS
  "$program" vectors "$work/pairs-idx3-ubyte" "$work/large-learnt-idx3-ubyte" "$1" "$step" \
    && "$program" vectors "$work/unseen-idx3-ubyte" "$work/large-judged-idx3-ubyte" "$1" "$step" || exit 1
  "$train" "$here/vectors.ini" --data "$work/pairs-idx3-ubyte" --out "$work/model.safetensors" --steps "$3" --device "${CNNCRYPT_DEVICE:-cpu}" >"$work/out" 2>&1 \
    || { tail -n 3 "$work/out" >&2; exit 1; }
  figures=$("$program" judge "$work/model.safetensors" "$work/unseen-idx3-ubyte" "$work/large-learnt-idx3-ubyte") || exit 1
  line "network, known" sedd "$2" "$(echo "$figures" | sed "s/queries=0/queries=$many/")" broken
}

[ "$quick" = 1 ] || printf '%-10s %-10s %-20s %6s %7s %7s %8s %7s %7s %7s %7s\n' cipher setting attack pairs dB SSIM corr. mean flat wrong z
classical known-pair logistic fixed broken
classical keystream-and-order shuffle fixed broken
classical keystream-and-order chaos fixed broken
classical keystream-and-order cnn fixed chance
classical halves cnn-2 fixed broken
[ "$quick" = 1 ] || classical halves cnn-3 fixed any
classical halves cnn fixed chance
[ "$quick" = 1 ] || classical keystream-and-order chaos fresh-iv chance
classical keystream-and-order chaos fresh-key chance
[ "$quick" = 1 ] || classical keystream-and-order cnn fresh-key chance
# the matrix grows with the fourth power of the side
if [ "$side" = 16 ]; then
  classical affine chaos fixed broken
  classical affine cnn fixed chance
  [ "$quick" = 1 ] || classical affine cnn-1 fixed any
  [ "$quick" = 1 ] || classical affine cnn-2 fixed any
  classical affine chaos fresh-key chance
  [ "$quick" = 1 ] || classical affine cnn fresh-key chance
fi
learned known logistic fixed broken
learned known shuffle fixed broken
[ "$missed" = 0 ] || echo "cryptanalysis.sh: something above is not as it should be; where a control was not broken, what follows proves nothing" >&2
learned known chaos fixed broken
learned known chaos fresh-key chance
learned known cnn fresh-key chance
if [ "$quick" = 1 ]; then
  vectors drawn drawn 100
  echo "1..$count"
  exit "$missed"
fi
vectors drawn drawn "$steps"
demo=$here/../../../models/sedd-demo
if [ -f "$demo.encoder.safetensors" ]; then
  vectors "$demo.encoder.safetensors" demo "$steps"
  figures=$("$program" owner "$demo.safetensors" "$work/unseen-idx3-ubyte" "$work/large-learnt-idx3-ubyte" "$step") || exit 1
  line "its decoder file" sedd demo "$figures" broken
fi
learned known cnn fixed any
learned chosen logistic fixed broken
learned chosen shuffle fixed broken
learned chosen chaos fixed broken
learned chosen cnn fixed any
learned known cnn-1 fixed any
learned known cnn-2 fixed any
learned known chaos fresh-iv chance
learned known cnn fresh-iv chance
learned known logistic fresh-key partly
learned known cnn-3 fixed any
learned chosen chaos fresh-key chance
learned chosen cnn fresh-key chance
exit "$missed"
