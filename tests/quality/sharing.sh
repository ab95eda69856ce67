#!/bin/bash
# tests/quality/sharing.sh: "share" and "restore" through the same channels, in one table, so that one can see which to take.
#
#   sharing.sh BUILD FOLDER [EVERY]   BUILD: a build folder; FOLDER: of PNG pictures; EVERY: only every so-manieth of them (1);
#                                     CNNCRYPT_MODEL_PATH: where models lie
#
# share (three steps of grey) comes back whole or not at all: the PSNR (R'G'B') of what came back, and of how many pictures nothing did (each was refused with an error).  restore: PSNR,
# that of luma, SSIM, and how strong the decoder found the channel (deviation, of 255).  With another passphrase the carriers of restore have to say in every
# channel that it is the wrong one; share.sh sees to those of share.  Means over the pictures.  Status: 0 if every bar is kept that the table shows.
# Needs ImageMagick and libwebp's cwebp and dwebp.
set -u
[ $# -ge 2 ] || { sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 2; }
measure=$(realpath "$1")/tests/quality/restore-measure
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
export LC_ALL=C measure work
every=${3:-1}
# name | least PSNR of restore, - for none | share must come back (whole) or may not (any) | commands from $c (a PNG file) to $o.png or $o.jpg, with $t in between
cat >"$work/channels" <<'END'
PNG|33|whole|cp $c $o.png
WebP, lossless|-|whole|cwebp -quiet -lossless $c -o $t && dwebp -quiet $t -o $o.png
WebP 80|-|whole|cwebp -quiet -q 80 $c -o $t && dwebp -quiet $t -o $o.png
JPEG 95|-|whole|convert $c -type TrueColor -sampling-factor 2x2 -quality 95 $o.jpg
JPEG 85|-|whole|convert $c -type TrueColor -sampling-factor 2x2 -quality 85 $o.jpg
JPEG 75|27.5|whole|convert $c -type TrueColor -sampling-factor 2x2 -quality 75 $o.jpg
JPEG 75, 4:4:4|-|whole|convert $c -type TrueColor -sampling-factor 1x1 -quality 75 $o.jpg
JPEG 85, then 75|-|whole|convert $c -type TrueColor -quality 85 jpeg:$t && convert jpeg:$t -sampling-factor 2x2 -quality 75 $o.jpg
JPEG 60|-|whole|convert $c -type TrueColor -sampling-factor 2x2 -quality 60 $o.jpg
JPEG 50|-|any|convert $c -type TrueColor -sampling-factor 2x2 -quality 50 $o.jpg
JPEG 40|24.5|any|convert $c -type TrueColor -sampling-factor 2x2 -quality 40 $o.jpg
JPEG 30|-|any|convert $c -type TrueColor -sampling-factor 2x2 -quality 30 $o.jpg
JPEG 20|22|any|convert $c -type TrueColor -sampling-factor 2x2 -quality 20 $o.jpg
noise 10|27|any|$measure noise gaussian 10 $c $o.png
noise 25|23|any|$measure noise gaussian 25 $c $o.png
Poisson noise|-|any|$measure noise poisson $c $o.png
3 % of pixels black|24|any|$measure noise drop 0.03 $c $o.png
END
# One picture through everything; a line for each channel and method: number of the channel, method, what restore-measure said.
one ()
{
  local picture=$1 name n line label command c o t
  name=$(basename "$picture" .png)
  o=$work/$name-o t=$work/$name-t
  "$measure" encrypt "$picture" "$work/$name-restore.png" || echo "0 restore failed"
  "$measure" --share 3 encrypt "$picture" "$work/$name-share.png" || echo "0 share failed"
  n=0
  while IFS='|' read -r label _ _ command; do
    n=$((n + 1))
    for method in share restore; do
      c=$work/$name-$method.png
      rm -f "$o".*
      eval "$command" || { echo "$n $method failed: no channel"; continue; }
      echo "$n $method $("$measure" decrypt "$picture" "$o".*)"
      [ $method = share ] || echo "$n wrong $("$measure" --wrong decrypt "$picture" "$o".*)"
    done
  done <"$work/channels"
}
export -f one
find "$2" -name '*.png' | sort | awk -v every="$every" '(NR - 1) % every == 0' >"$work/list"
count=$(wc -l <"$work/list")
xargs -P "$(nproc)" -I {} bash -c 'one "$1" >"$work/said-$(basename "$1")"' _ {} <"$work/list"
cat "$work"/said-* | grep ' failed' | grep -v 'psnr' | grep -E '^0|^[0-9]+ restore|no channel' | sort | uniq -c
echo "$count pictures"
printf '%-20s | %-17s | restore: PSNR, luma, SSIM, strength\n' "" "share"
cat "$work"/said-* | awk -v count="$count" -v channels="$work/channels" '
  function cell(n, m) { return sums[n, m] > 0 ? sprintf("%.2f dB", psnr[n, m] / sums[n, m]) (sums[n, m] < count ? ", " (count - sums[n, m]) " lost" : "") : "all lost" }
  $3 == "psnr" { sums[$1, $2]++; psnr[$1, $2] += $4; luma[$1, $2] += $6; ssim[$1, $2] += $8; strength[$1, $2] += $10 }
  $2 == "wrong" { wrong++; if ($0 ~ /wrong passphrase recognised/) told++ }
  END {
    bad = 0
    while ((getline line < channels) > 0) {
      n++
      split (line, f, "|")
      k = sums[n, "restore"]
      mean = k > 0 ? psnr[n, "restore"] / k : 0
      note = ""
      if (f[2] != "-" && (k < count || mean < f[2])) { note = "  MISSED: " f[2]; bad = 1 }
      else if (f[2] != "-") note = "  (bar " f[2] ")"
      if (f[3] == "whole" && (sums[n, "share"] < count || psnr[n, "share"] / count < 34)) { note = note "  MISSED: share"; bad = 1 }
      printf ("%-20s | %-17s | ", f[1], cell(n, "share"))
      if (k > 0) printf ("%.2f dB  %.2f dB  %.4f  %5.2f", mean, luma[n, "restore"] / k, ssim[n, "restore"] / k, strength[n, "restore"] / k)
      print (k < count ? " " (count - k) " lost" : "") note
    }
    printf "with another passphrase: %d of %d carriers say so\n", told, wrong
    exit bad || told < wrong
  }'
