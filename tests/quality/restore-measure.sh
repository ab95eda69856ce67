#!/bin/sh
# tests/quality/restore-measure.sh: each command of restore-measure once, with a small network and a rendered picture.  Speaks TAP.
# $1: restore-measure, $2: make-restore-model, $3: PNG picture
measure=$1
n=0
report () # STATUS NAME [EXPLANATION]
{
  n=$((n + 1))
  if [ "$1" = 0 ]; then echo "ok $n $2"; else echo "not ok $n $2"; printf '%s\n' "$3" | sed 's/^/# /'; fi
}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/models" && "$2" "$dir/models" || exit 1
CNNCRYPT_MODEL_PATH=$dir/models
export CNNCRYPT_MODEL_PATH
expect () # NAME PATTERN COMMAND...: the output matches
{
  name=$1 pattern=$2
  shift 2
  said=$("$measure" "$@" 2>&1)
  printf '%s\n' "$said" | grep -Eq -- "$pattern"
  report $? "$name" "$* said: $said"
}
expect "encrypts" "^[0-9]+ x [0-9]+ in [0-9]+ x [0-9]+, [1-4][0-9]\.[0-9]+ dB" encrypt "$3" "$dir/carrier.png"
expect "decrypts" "^psnr [1-4][0-9]\..* strength 0\.00$" decrypt "$3" "$dir/carrier.png" "$dir/restored.png"
expect "compares" "^psnr [1-4][0-9]\..* ssim 0\." compare "$3" "$dir/restored.png"
expect "recognises a wrong passphrase" "^wrong passphrase recognised$" decrypt --wrong "$3" "$dir/carrier.png"
for channel in "gaussian 10:9\.[0-9]" "poisson:1[01]\." "drop 0.03:1[23]\."; do
  "$measure" noise ${channel%:*} "$dir/carrier.png" "$dir/noisy.png" 2>/dev/null
  expect "measures ${channel%:*}" "strength ${channel#*:}" decrypt "$3" "$dir/noisy.png"
done
expect "says that there is no carrier" "^failed: " decrypt "$3" "$3"
expect "judges a body" "chi-square .* in " body "$dir/carrier.png"
expect "judges the chaos layer" "as by chance" chaos "$3"
expect "tries before" "^carrier [0-9]+ x [0-9]+, [1-4][0-9]\." expect "$3"
expect "adds noise on the ring" "^1 pictures, .* psnr [1-3][0-9]\." ring "$3"
expect "tells its usage" "^Usage: " encrypt "$3"
echo "1..$n"
