#!/bin/sh
# tests/quality/recipients.sh: whether carriers for 1 and for 32 recipients are opened after what happens to pictures on their way.
#
#   recipients.sh BUILD PICTURE [NUMBER...]     BUILD: a build folder; NUMBER: of recipients, 1 and 32 without it
#
# share and restore, each carrier through JPEG (4:2:0), noise and pixels that turn black; one line for each: opened, with the PSNR against PICTURE, or why not.
# The identity that opens is the last of them.  Needs ImageMagick; CNNCRYPT_MODEL_PATH says where the network of restore lies.
set -u
[ $# -ge 2 ] || { sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 2; }
build=$(realpath "$1") picture=$(realpath "$2")
shift 2
PLUGIN=$build/plugin/cnncrypt
. "$(dirname "$0")/../gimp/profile.sh"
cd "$WORK" || exit 1
for i in $(seq 32); do
  "$build/models/cnncrypt-train" keygen --out "r$i" --no-passphrase >/dev/null || exit 1
done

way () { # NAME OUT COMMAND...
  name=$1 out=$2
  shift 2
  "$@" || exit 1
  rm -rf opened
  if "$build/core/tools/cnncrypt-open" --device cpu --identity "r$n.identity" --out opened "$out" >said 2>&1; then
    result="opened, $(compare -metric PSNR "$picture" opened/*.png null: 2>&1 | awk '{ print $1 }') dB"
  else
    result=$(cut -c1-160 said)
  fi
  printf '%-8s %2d recipients  %-10s %s\n' "$method" "$n" "$name" "$result"
}

for method in share restore; do
  for n in ${*:-1 32}; do
    keys=
    for i in $(seq "$n"); do keys="$keys --recipient r$i.pub"; done
    # shellcheck disable=SC2086
    isolated CNNCRYPT_PLUGIN_DIR="$WORK/plug-ins/cnncrypt" CNNCRYPT_DEVICE=cpu CNNCRYPT_MODEL_PATH="${CNNCRYPT_MODEL_PATH:-}" \
      "$build/plugin/batch/cnncrypt-batch" encrypt --method "$method" $keys --out "$method-$n" "$picture" >said 2>&1 || { cat said; exit 1; }
    carrier=$(ls "$method-$n"/*.png)
    way "no change" "$carrier" true
    for quality in 75 60 40 20; do
      way "JPEG $quality" c.jpg convert "$carrier" -type TrueColor -sampling-factor 4:2:0 -quality "$quality" c.jpg
    done
    convert "$carrier" -depth 8 gray:raw
    size=$(identify -format %wx%h "$carrier")
    for change in "noise 25" "3 % black"; do
      python3 -c 'import random, sys
pixels, rand = open("raw", "rb").read(), random.Random(1)
if sys.argv[1] == "noise 25":
    pixels = bytes(min(max(round(p + rand.gauss(0, 25)), 0), 255) for p in pixels)
else:
    pixels = bytes(0 if rand.random() < 0.03 else p for p in pixels)
open("worn", "wb").write(pixels)' "$change"
      way "$change" w.png convert -size "$size" -depth 8 gray:worn w.png
    done
  done
done
