#!/bin/sh
# cnncrypt-batch: names, faults and what it leaves behind.  batch.sh PLUGIN BATCH.  Needs ImageMagick for pictures and comparisons.
PLUGIN=$1 BATCH=$(realpath "$2")
. "$(dirname "$0")/commands.sh"

lines () {
  wc -l <"$1"
}

mkdir "$WORK/tmp" "$WORK/src"
cd "$WORK/src" || exit 1
printf 'Zebra Kübel 17\r\nsecond line\n' >pass
printf 'something else\n' >wrong
printf '\nfirst line is empty\n' >empty
convert -size 90x61 plasma:fractal -depth 8 -define png:color-type=2 a.png
convert a.png -set comment Geheim -quality 95 a.jpg
convert -size 40x33 gradient: -depth 16 -define png:color-type=0 -define png:bit-depth=16 grey16.png
convert a.png -alpha set -channel A -evaluate set 50% -define png:color-type=6 rgba.png
convert a.png -colors 13 -define png:color-type=3 palette.png
echo 'this is no picture' >text.png
head -c 900 a.png >cut.png
convert a.png "it's \"q\" \$(x) 'y'.png"
nl=$(printf 'new\nline ü.png')
convert a.png "$nl"

batch --help
ok $(is "$(grep -c passphrase-file "$WORK/out")" -gt 0) '--help tells of --passphrase-file'
batch --version
ok $(is "$(lines "$WORK/out")" = 1) '--version is one line'
batch encrypt --out x a.png; status=$?
ok $(is "$status $(lines "$WORK/err")" = "2 1") 'no passphrase file is an error of one line'
batch explode --passphrase-file pass --out x a.png; status=$?
ok $(is $status = 2) 'an unknown action is an error'
batch encrypt --passphrase-file pass --out x --method rot13 a.png; status=$?
ok $(is "$status $(grep -c hybrid "$WORK/err")" = "1 1") 'an unknown method is an error that lists the methods'
batch encrypt --passphrase-file empty --out x a.png; status=$?
ok $(is "$status $(ls -A x | wc -l)" = "1 0") 'an empty passphrase is an error'
batch encrypt --passphrase-file nowhere --out x a.png; status=$?
ok $(is $status = 1) 'a passphrase file that is not there is an error'
batch encrypt --passphrase-file pass --out x --device warp-drive a.png; status=$?
ok $(is "$status $(ls -A x | wc -l)" = "1 0") 'an unknown device is an error'

# Many at once, good and bad: the good ones are done.
batch encrypt --passphrase-file pass --out enc a.png a.jpg grey16.png rgba.png palette.png text.png cut.png none.png . "it's \"q\" \$(x) 'y'.png" "$nl"; status=$?
ok $(is $status = 1) 'some pictures fail: the status is 1'
ok $(is "$(lines "$WORK/out")" = 8) 'one line on standard output for each that was done'
ok $(is "$(grep -cE '^(text.png|none.png|\.): ' "$WORK/err") $(lines "$WORK/err")" = "3 3") 'one line on standard error for each that was not'
ok $(is "$(grep -cE ', .+, [0-9.]+ s' "$WORK/out")" = 8) 'device and seconds are told'
ok $(is "$(find enc -type f -printf x | wc -c)" = 8) 'nothing else is left in the folder'
ok $(is "$(grep -c '^cut.png: .*GIMP said: .*rror' "$WORK/out")" = 1) 'what GIMP says of a picture that is cut off is told'
ok $(is -f enc/a.png -a -f enc/a.jpg.png) 'a.png and a.jpg do not collide'
ok $(is -f "enc/$nl" -a -f "enc/it's \"q\" \$(x) 'y'.png") 'names with quotes, spaces, newlines and non-ASCII letters are kept'
ok $(is "$(ls -A "$WORK/tmp" | wc -l)" = 0) 'no temporary file is left'
identify -format '%[channels] %[depth] %[colorspace]\n' enc/a.png enc/grey16.png enc/palette.png >"$WORK/out"
ok $(is "$(sort -u "$WORK/out")" = "srgb 8 sRGB") 'results are 8-bit RGB without alpha'
# Chunk names of a PNG file, once each.
chunks () {
  python3 - "$1" <<'PY'
import struct, sys
data = open(sys.argv[1], 'rb').read()
at, seen = 8, []
while at < len(data):
    size, name = struct.unpack('>I4s', data[at:at + 8])
    if name.decode() not in seen:
        seen.append(name.decode())
    at += 12 + size
print(' '.join(seen))
PY
}
ok $(is "$(chunks enc/a.png)" = "IHDR IDAT IEND") 'an encrypted file has no other chunks than IHDR, IDAT, IEND'

batch decrypt --passphrase-file pass --out dec enc/*.png; status=$?
ok $(is "$status $(lines "$WORK/err")" = "0 0") 'all of them open'
same a.png dec/a.png; ok $? 'RGB comes back'
ok $(is -f dec/a.jpg.png) 'the JPEG came back as PNG'
same grey16.png dec/grey16.png; ok $? '16-bit grey comes back'
ok $(is "$(identify -format '%[bit-depth]' dec/grey16.png)" = 16) 'with its 16 bits'
same rgba.png dec/rgba.png; ok $? 'RGBA comes back'
same palette.png dec/palette.png; ok $? 'a palette picture comes back'
ok $(is "$(identify -format '%[png:IHDR.color_type]' dec/palette.png | cut -c1)" = 3) 'as a palette picture'
same a.png "dec/$nl"; ok $? 'a name with a newline comes back'
ok $(is "$(grep -ac Geheim enc/a.jpg.png)" = 0) 'no comment stands in the encrypted file'
ok $(is "$(identify -format '%c' dec/a.jpg.png | grep -c Geheim)" -ge 1) 'the comment comes back'

before=$(sha256sum dec/a.png)
batch decrypt --passphrase-file pass --out dec enc/a.png; status=$?
ok $(is "$status $before" = "1 $(sha256sum dec/a.png)") 'a result that exists is an error and is not touched'
batch decrypt --passphrase-file wrong --out dec2 enc/a.png; status=$?
ok $(is "$status $(grep -c 'passphrase is wrong' "$WORK/err") $(ls -A dec2 | wc -l)" = "1 1 0") 'a wrong passphrase is an error of its own'
batch decrypt --passphrase-file pass --out dec2 a.png; status=$?
ok $(is "$status $(grep -ci 'encrypted' "$WORK/err") $(ls -A dec2 | wc -l)" = "1 1 0") 'a picture that is not encrypted is an error of its own'
convert enc/a.png -quality 90 resaved.jpg
batch decrypt --passphrase-file pass --out dec2 resaved.jpg; status=$?
ok $(is "$status $(ls -A dec2 | wc -l)" = "1 0") 'an encrypted picture that went through JPEG does not open'
convert enc/a.png -alpha on -define png:color-type=6 added.png
convert enc/a.png resaved.tif
batch decrypt --passphrase-file pass --out dec2 added.png resaved.tif; status=$?
ok $(is $status = 0) 'it opens after others re-saved it, with alpha or as TIFF'
same a.png dec2/added.png && same a.png dec2/resaved.png; ok $? 'with every pixel'
ok $(isolated sh -c 'cat "$1" | exec env CNNCRYPT_PLUGIN_DIR="$2" TMPDIR="$3" CNNCRYPT_DEVICE=cpu timeout -k 5 120 "$4" decrypt --passphrase-file /dev/stdin --out dec3 enc/a.png' \
  - pass "$WORK/plug-ins/cnncrypt" "$WORK/tmp" "$BATCH" >"$WORK/out" 2>"$WORK/err"; echo $?) 'the passphrase may come through a pipe'
EXTRA=CNNCRYPT_PASSPHRASE_FILE=$WORK/src/pass batch decrypt --out dec4 enc/a.png
ok $? 'CNNCRYPT_PASSPHRASE_FILE names the passphrase file'
EXTRA=VK_ICD_FILENAMES=/nonexistent DEVICE=auto
export DEVICE
batch decrypt --passphrase-file pass --out dec5 enc/a.png; status=$?
ok $(is "$status $(grep -ci vulkan "$WORK/out")" = "0 1") 'without any Vulkan driver it decrypts, and says so'
EXTRA= DEVICE=cpu

convert a.png -depth 32 -define quantum:format=floating-point float.tif
batch encrypt --passphrase-file pass --out enc7 float.tif && batch decrypt --passphrase-file pass --out dec7 enc7/float.png; status=$?
ok $(is "$status $(ls dec7)" = "0 float.xcf") 'what PNG cannot hold comes back as XCF'

# A GIMP that hangs, one that ends too soon, a plug-in that is lost in the middle, a call that is ended.
mkdir "$WORK/fake"
printf '#!/bin/sh\nexec sleep 60\n' >"$WORK/fake/gimp-console-2.10"
chmod +x "$WORK/fake/gimp-console-2.10"
EXTRA=PATH=$WORK/fake:$PATH batch encrypt --timeout 2 --passphrase-file pass --out x a.png; status=$?
ok $(is "$status $(grep -c 'was ended' "$WORK/err")" = "1 1") 'a GIMP that hangs is ended and reported'
printf '#!/bin/sh\necho reason >&2\n' >"$WORK/fake/gimp-console-2.10"
EXTRA=PATH=$WORK/fake:$PATH batch encrypt --passphrase-file pass --out x a.png; status=$?
ok $(is "$status $(grep -c 'reason' "$WORK/err")" = "1 1") 'a GIMP that ends too soon is reported with what it said'
convert -size 4000x3000 plasma: -depth 8 large.png
isolated CNNCRYPT_PLUGIN_DIR="$WORK/plug-ins/cnncrypt" CNNCRYPT_DEVICE=cpu TMPDIR="$WORK/tmp" "$BATCH" encrypt --passphrase-file pass --out x large.png \
  >"$WORK/out" 2>"$WORK/err" &
running=$!
# The processes under the shell that runs a call, once all are there.
find_all () {
  for _ in $(seq 300); do
    call=$(pgrep -P "$1") && gimp=$(pgrep -P "$call") && lost=$(pgrep -P "$gimp" -x cnncrypt) && return
    sleep 0.1
  done
  echo "Bail out! the plug-in was not started"
  exit 1
}
find_all $running
kill -KILL "$lost"
wait $running; status=$?
ok $(is "$status $(lines "$WORK/err") $(ls -A x | wc -l)" = "1 1 0") 'a plug-in that is lost in the middle is reported, and nothing is left'
isolated CNNCRYPT_PLUGIN_DIR="$WORK/plug-ins/cnncrypt" CNNCRYPT_DEVICE=cpu TMPDIR="$WORK/tmp" "$BATCH" encrypt --passphrase-file pass --out x large.png \
  >"$WORK/out" 2>"$WORK/err" &
running=$!
find_all $running
kill -TERM "$call"
wait $running; status=$?
sleep 1
alive=$(ps -o stat=,comm= -p "$lost" -p "$gimp" | grep -v '^Z') # what is dead may wait for its parent
ok $(is "$status $(ls -A x | wc -l) $alive" = "1 0 ") 'a call that is ended takes GIMP and the plug-in with it'

if [ "$(id -u)" = 0 ] && mkdir "$WORK/full" && mount -t tmpfs -o size=32k none "$WORK/full" 2>/dev/null; then
  convert -size 200x200 plasma: -depth 8 noise.png
  batch encrypt --passphrase-file pass --out "$WORK/full" noise.png; status=$?
  ok $(is "$status $(lines "$WORK/err") $(ls -A "$WORK/full" | wc -l)" = "1 1 0") 'no space left to encrypt: an error of one line, and no part of a file'
  batch encrypt --passphrase-file pass --out enc6 noise.png
  batch decrypt --passphrase-file pass --out "$WORK/full" enc6/noise.png; status=$?
  ok $(is "$status $(lines "$WORK/err") $(ls -A "$WORK/full" | wc -l)" = "1 1 0") 'no space left to decrypt: likewise'
  umount "$WORK/full"
else
  ok 0 'no space left # SKIP a small file system needs root'
fi
ok $(is "$(ls -A "$WORK/tmp" | wc -l)" = 0) 'no temporary file is left, after all that'
echo "1..$n"
