#!/bin/sh
# tests/quality/system1.sh: the table of System 1 for Clock, Car and House: input, encrypted, decrypted, the histogram of each and all metrics, for
# each lossless layer alone and for all together; and the same as one sheet.
#
#   tests/quality/system1.sh BUILD DATA [SHEET.png]     BUILD: a build folder; DATA: the folder in which "sipi" lies (pictures of USC-SIPI);
#                                                       SHEET.png: default system1.png
#   tests/quality/system1.sh BUILD --own [SHEET.png]    the same for the scene that readme-picture.sh draws, once in colour and once in grey
#
# The pictures of USC-SIPI are for research; the sheet that stands in the manual is that of --own.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 2 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2; }
build=$1 data=$2 sheet=${3:-system1.png}
table=$build/tests/quality/quality-table
[ -x "$table" ] || ninja -C "$build" tests/quality/quality-table >/dev/null
if [ "$data" = --own ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  "$here/readme-picture.sh" --scene "$work/scene.png"
  convert "$work/scene.png" -colorspace gray "$work/grey.png"
  "$table" --sheet "$sheet" "Landscape=$work/scene.png" "Landscape, grey=$work/grey.png"
else
  sipi=$data/sipi
  [ -f "$sipi/5.1.12_clock_256.png" ] || { echo "system1.sh: there is no $sipi/5.1.12_clock_256.png" >&2; exit 2; }
  "$table" --sheet "$sheet" "Clock=$sipi/5.1.12_clock_256.png" "Car=$sipi/7.1.10_car_apc2_512.png" "House=$sipi/4.1.05_house_256.png"
fi
echo "sheet: $sheet"
