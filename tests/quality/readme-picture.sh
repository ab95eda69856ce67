#!/usr/bin/env bash
# tests/quality/readme-picture.sh: renders the picture of README: a scene drawn here, the same encrypted, and decrypted again.
#
#   tests/quality/readme-picture.sh [--scene FILE.png] [BUILD]      BUILD: a build folder (default: build)
#
# Writes install/doc/before-encrypted-decrypted.png; with --scene only the scene, to FILE.png.  The scene is computed: fractal
# clouds, ridges that are sums of sines, and a lake that mirrors them; nobody else's picture is in it.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
width=320 height=214 shore=140

# ridge SEED BASE SWING: a polygon from the sum of six sines, as points of -draw.
ridge ()
{
  awk -v seed="$1" -v base="$2" -v swing="$3" -v w="$width" -v h="$shore" 'BEGIN {
    srand (seed)
    for (i = 1; i <= 6; i++) phase[i] = 6.28 * rand ()
    printf "0,%d ", h
    for (x = 0; x <= w; x++) {
      y = 0
      for (i = 1; i <= 6; i++) y += sin (x * 6.28 / w * (2 ^ i) * 0.6 + phase[i]) / (1.7 ^ i)
      printf "%d,%.1f ", x, base - swing * y
    }
    printf "%d,%d", w, h }'
}

scene () # FILE
{
  convert -size "${width}x$shore" gradient:'#35558c-#f6b26b' "$work/sky.png"
  convert -size "${width}x$shore" -seed 11 plasma:fractal -colorspace gray -blur 0x2 -contrast-stretch 45%x1% -evaluate multiply 0.75 \
    \( -size "${width}x$shore" gradient:white-'#303030' \) -compose multiply -composite "$work/clouds.png"
  convert "$work/sky.png" "$work/clouds.png" -compose screen -composite \
    \( -size 150x150 radial-gradient:'#fff3c4-black' -gravity center -background black -extent "${width}x$shore-60-12" \) \
    -compose screen -composite "$work/air.png"
  convert "$work/air.png" -fill '#7d7a96' -draw "polygon $(ridge 3 88 30)" -fill '#4f5a78' -draw "polygon $(ridge 8 106 22)" \
    -fill '#2c3c50' -draw "polygon $(ridge 5 124 13)" \
    \( -size "${width}x$shore" -seed 5 plasma:gray50-gray50 -colorspace gray -blur 0x1 -brightness-contrast 0x-40 \) -compose softlight -composite "$work/land.png"
  convert "$work/land.png" -flip -crop "${width}x$((height - shore))+0+0" +repage -resize "${width}x$((height - shore))!" -motion-blur 0x5+90 -modulate 78,90 -virtual-pixel edge -background '#33435c' \
    -fill '#1d3a55' -colorize 22 -wave 0.8x23 -gravity center -crop "${width}x$((height - shore - 4))+0+0" +repage -resize "${width}x$((height - shore))!" "$work/lake.png"
  convert "$work/land.png" "$work/lake.png" -append -seed 7 -attenuate 0.12 +noise Gaussian -depth 8 -type TrueColor -strip -define png:exclude-chunks=all "$1"
}

if [ "${1:-}" = --scene ]; then
  scene "$2"
  exit 0
fi
build=${1:-$top/build}
batch=$(find "$build" -type f -name cnncrypt-batch -perm -u+x | head -n 1)
[ -n "$batch" ] || { echo "readme-picture.sh: there is no cnncrypt-batch in $build: run install/quickstart.sh first" >&2; exit 1; }
scene "$work/scene.png"
(umask 077 && head -c 24 /dev/urandom | base64 >"$work/passphrase")
mkdir "$work/encrypted" "$work/decrypted"
"$batch" encrypt --passphrase-file "$work/passphrase" --out "$work/encrypted" "$work/scene.png"
encrypted=$(find "$work/encrypted" -type f)
"$batch" decrypt --passphrase-file "$work/passphrase" --out "$work/decrypted" "$encrypted"
decrypted=$(find "$work/decrypted" -type f)
[ "$(compare -metric AE "$work/scene.png" "$decrypted" null: 2>&1)" = 0 ] || { echo "readme-picture.sh: the decrypted picture is not the original" >&2; exit 1; }

out=$top/install/doc/before-encrypted-decrypted.png
mkdir -p "$top/install/doc"
convert "$work/scene.png" "$encrypted" "$decrypted" -background white -gravity center -extent "$((width + 12))x$height" +append -shave 6x0 \
  -strip -define png:compression-level=9 -define png:exclude-chunks=all "$out"
echo "$out: $(stat -c %s "$out") bytes"
