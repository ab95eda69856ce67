# tests/bench/mosaic.sh: a picture of 24 megapixels, for the scripts beside it: sourced.
#
# make_mosaic FILE: 6000 x 4000 pixels, 8-bit RGB, as PNG: of the photographs of 768 x 512 pixels in the folders of CNNCRYPT_TEST_PICTURES (paths
# between colons), at their own size, or if there are none of GIMP's splash picture.  Says what it is made of; sets photographs to how many there were.
# Needs ImageMagick ($magick) and a folder for what is in between ($work).
make_mosaic ()
{
  local folder file size tiles=() columns
  IFS=: read -ra folders <<<"${CNNCRYPT_TEST_PICTURES-}"
  for folder in "${folders[@]}"; do
    for file in "$folder"/*.png; do
      size=$(identify -format '%wx%h' "$file" 2>/dev/null)
      [ "$size" = 768x512 ] && tiles+=("$file")
    done
  done
  photographs=${#tiles[@]}
  if [ "$photographs" -gt 0 ]; then
    echo "picture: a mosaic of $photographs photographs of 768 x 512 at their own size, in turn"
  else
    tiles=(/usr/share/gimp/2.0/images/gimp-splash.png)
    [ -e "${tiles[0]}" ] || { echo "No photographs in CNNCRYPT_TEST_PICTURES and no splash picture of GIMP: name a PICTURE." >&2; return 1; }
    echo "picture: a mosaic of GIMP's splash picture at its own size"
  fi
  size=$(identify -format '%wx%h' "${tiles[0]}")
  columns=$(((6000 + ${size%x*} - 1) / ${size%x*}))
  local rows=$(((4000 + ${size#*x} - 1) / ${size#*x})) i=0 y
  for ((y = 0; y < rows; y++)); do
    local row=() x
    # Shifted by five from row to row, so that the same photographs do not stand below each other.
    for ((x = 0; x < columns; x++)); do row+=("${tiles[$(((i + y * 5) % ${#tiles[@]}))]}"); i=$((i + 1)); done
    "$magick" "${row[@]}" +append "$work/row-$(printf %02d "$y").miff" || return 1
  done
  "$magick" "$work"/row-*.miff -append -crop 6000x4000+0+0 +repage -alpha off -depth 8 -type TrueColor -quality 11 "png24:$1" || return 1
  rm -f "$work"/row-*.miff
}
