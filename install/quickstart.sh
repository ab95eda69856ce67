#!/usr/bin/env bash
# install/quickstart.sh: from nothing to an encrypted picture: packages, build, plug-in into your GIMP, and one real round.
#
#   install/quickstart.sh [PICTURE]        without PICTURE: GIMP's own splash picture
#
# Works as root without a display and as an ordinary user who may use sudo.  A second run downloads nothing.  What it
# installs is taken away again by install/uninstall.sh.
set -eu
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/profile.sh"
exec </dev/null

case "${1:-}" in
  -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;;
  -*) die "unknown option $1; usage: quickstart.sh [PICTURE]" ;;
esac
[ $# -le 1 ] || die "one picture at a time; usage: quickstart.sh [PICTURE]"
picture=
if [ $# = 1 ]; then
  [ -f "$1" ] && [ -r "$1" ] || die "there is no readable file $1"
  picture=$(realpath -- "$1")
fi

if [ "$(id -u)" = 0 ] && [ -n "${SUDO_USER:-}" ] && [ "$SUDO_USER" != root ]; then
  warn "running as root: the plug-in goes into root's GIMP.  Run it without sudo to have it in yours; it asks by itself."
fi

step "Packages"
install_packages ''

step "Build (folder build)"
check_gimp
mkdir -p "$HOME"
plugin_dir=$(gimp_profile)/plug-ins/cnncrypt # a plug-in lies in a folder of its own name
build_tree "$top/build" --buildtype=release -Db_ndebug=false "-Dprefix=$HOME/.local" -Dbindir=bin -Dlibdir=lib "-Ddatadir=$(data_subdir)" \
  "-Dplugindir=$(dirname "$plugin_dir")" -Dplugin=enabled -Dtests=false
say "done"

step "Plug-in and programs"
make_profile
install_built "$top/build" "$plugin_dir"
say "Plug-in:  $plugin_dir/cnncrypt"
say "Programs: $(installed_programs | paste -sd' ') in $(bin_dir)"
models=$(installed_models | paste -sd' ')
[ -z "$models" ] || say "Models:   $models in $(state_dir)"
case ":$PATH:" in
  *":$(bin_dir):"*) ;;
  *) say "          (that folder is not in PATH: call them as $(bin_dir)/NAME, or add it: export PATH=\"\$HOME/.local/bin:\$PATH\")" ;;
esac

step "Encrypt and decrypt a picture"
[ -n "$picture" ] || picture=$(splash_picture)
demo=$top/build/demo
rm -rf "$demo"
mkdir -m 700 "$demo" "$demo/encrypted" "$demo/decrypted"
(umask 077 && head -c 24 /dev/urandom | base64 >"$demo/passphrase")
batch=$(bin_dir)/cnncrypt-batch

# run_batch NAME ARGUMENT...: leaves what it printed in $demo/NAME.log; prints the seconds it took.
run_batch ()
{
  local name=$1 from status=0
  shift
  from=$(date +%s%N)
  "$batch" "$@" --passphrase-file "$demo/passphrase" --out "$demo/$name" "$file" >"$demo/$name.log" 2>&1 || status=$?
  awk -v n="$(($(date +%s%N) - from))" 'BEGIN { printf "%.1f", n / 1e9 }'
  return $status
}
size_of () { identify -quiet -format '%w x %h pixels, ' "$1[0]" 2>/dev/null || true; }
only_file () { find "$1" -type f | head -n 1; }

file=$picture
seconds_encrypt=$(run_batch encrypted encrypt) || { cat "$demo/encrypted.log" >&2; die "cnncrypt-batch could not encrypt $picture; its own words are above (install/doctor.sh looks for the cause)."; }
encrypted=$(only_file "$demo/encrypted")
file=$encrypted
seconds_decrypt=$(run_batch decrypted decrypt) || { cat "$demo/decrypted.log" >&2; die "cnncrypt-batch could not decrypt $encrypted; its own words are above (install/doctor.sh looks for the cause)."; }
decrypted=$(only_file "$demo/decrypted")
[ -n "$encrypted" ] && [ -n "$decrypted" ] || die "cnncrypt-batch wrote no picture; this is a fault of cnncrypt, please report it with $demo/*.log."

# ImageMagick counts the pixels that differ in any channel; 0 is the only good answer.  It decodes some formats (JPEG) a little differently
# than GIMP and cannot read others (XCF in high precision): then GIMP writes the original and the result as PNG, and those are compared.
count_different () { compare -quiet -metric AE "$1" "$2" null: 2>&1 || true; }
different=$(count_different "$picture[0]" "$decrypted[0]")
how="ImageMagick counts 0 that differ"
if [ "$different" != 0 ]; then
  gimp_to_png "$picture" "$demo/original-as-gimp-reads-it.png"
  gimp_to_png "$decrypted" "$demo/decrypted-as-gimp-reads-it.png"
  different=$(count_different "$demo/original-as-gimp-reads-it.png" "$demo/decrypted-as-gimp-reads-it.png")
  how="ImageMagick counts 0 that differ when GIMP has written both as PNG"
fi
unlike=$(count_different "$picture[0]" "$encrypted[0]")
[ "$different" = 0 ] || die "the decrypted picture is not the original: $different pixels differ.  This is a fault of cnncrypt, please report it."
[ "$unlike" != 0 ] || die "the encrypted picture equals the original.  This is a fault of cnncrypt, please report it."

say "Original:   $picture"
say "            $(size_of "$picture")$(stat -c %s "$picture") bytes"
say "Encrypted:  $encrypted"
say "            $(size_of "$encrypted")$(stat -c %s "$encrypted") bytes, $seconds_encrypt s"
say "Decrypted:  $decrypted"
say "            every pixel equals the original's ($how), $seconds_decrypt s"
say "Passphrase: in the file $demo/passphrase (only you can read it)"
say "Device:     $(used_device)"
say
say "Now in GIMP: open a picture, choose Filters > Crypto > Encrypt...  (a GIMP that is running has to be started again)"
