#!/bin/sh
# tests/packaging/deb.sh FOLDER: the Debian packages that install/make-deb.sh has put into FOLDER, from apt-get install to apt-get purge: GIMP
# finds the plug-in and encrypts with it, the programs run, and nothing is left behind.  Speaks TAP.  It changes the system: for root in a
# container (or chroot) with Debian 12 that is thrown away afterwards:
#
#   install/make-deb.sh && tests/packaging/deb.sh build-deb
set -u
[ $# = 1 ] && [ -d "$1" ] || { echo "usage: deb.sh FOLDER" >&2; exit 2; }
[ "$(id -u)" = 0 ] || { echo "1..0 # SKIP only root can install packages"; exit 0; }
! dpkg-query -W cnncrypt >/dev/null 2>&1 || { echo "Bail out! cnncrypt is installed here already"; exit 1; }
folder=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive HOME="$work/home"
mkdir "$HOME"
n=0
ok () { n=$((n + 1)); if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; tail -n 20 "$work/why" 2>/dev/null | sed 's/^/# /'; fi; rm -f "$work/why"; }
cd "$work" || exit 1

apt-get -q update >"$work/why" 2>&1
apt-get -q -y --no-install-recommends install "$folder"/cnncrypt_*.deb "$folder"/cnncrypt-data_*.deb "$folder"/cnncrypt-train_*.deb >"$work/why" 2>&1
ok $? 'apt-get install'
dpkg -L cnncrypt cnncrypt-data cnncrypt-train | sort -u | while read -r path; do [ -d "$path" ] || echo "$path"; done >"$work/files"
[ "$(wc -l <"$work/files")" -gt 30 ]; ok $? "installs files ($(wc -l <"$work/files"))"
for program in cnncrypt-batch cnncrypt-open cnncrypt-doctor cnncrypt-train; do
  $program --help >"$work/why" 2>&1; ok $? "$program runs"
done
cnncrypt-doctor >"$work/why" 2>&1; ok $? 'the doctor finds nothing wrong'

picture=/usr/share/gimp/2.0/images/gimp-splash.png
(umask 077 && echo 'six words' >passphrase)
# GIMP by itself, with its own folders only.
gimp -i -d -f -b "(let* ((i (car (gimp-file-load 1 \"$picture\" \"x\"))) (e (car (plug-in-cnncrypt-encrypt 1 i (car (gimp-image-get-active-drawable i)) 0
  \"file:$work/passphrase\" \"\" \"\" 0 0 \"\" \"\")))) (file-png-save-defaults 1 e (car (gimp-image-get-active-drawable e)) \"$work/noise.png\" \"x\"))" \
  -b '(gimp-quit 1)' </dev/null >"$work/why" 2>&1
[ -s noise.png ]; ok $? 'GIMP finds the plug-in, and encrypts with it'
mkdir again hidden
cnncrypt-batch decrypt --passphrase-file passphrase --out again noise.png >"$work/why" 2>&1; ok $? 'cnncrypt-batch decrypts that'
gimp -i -d -f -b "(let* ((a (car (gimp-file-load 1 \"$picture\" \"x\"))) (d (car (gimp-image-get-active-drawable a)))
  (b (car (gimp-file-load-layer 1 a \"$work/again/$(ls again | head -n 1)\")))) (gimp-image-insert-layer a b 0 0) (gimp-layer-set-mode b LAYER-MODE-DIFFERENCE)
  (let* ((m (car (gimp-drawable-histogram (car (gimp-image-flatten a)) 0 0 1))) (p (open-output-file \"$work/mean\"))) (display m p) (close-output-port p)))" \
  -b '(gimp-quit 1)' </dev/null >"$work/why" 2>&1
[ "$(cat mean 2>/dev/null)" = 0.0 ] || [ "$(cat mean 2>/dev/null)" = 0 ]; ok $? "and every pixel is back (mean difference: $(cat mean 2>/dev/null))"
cnncrypt-batch encrypt --method autoencoder --passphrase-file passphrase --out hidden "$picture" >"$work/why" 2>&1; ok $? 'the networks are found'

apt-get -q -y purge cnncrypt cnncrypt-data cnncrypt-train >"$work/why" 2>&1; ok $? 'apt-get purge'
while read -r path; do [ ! -e "$path" ] || echo "$path"; done <files >"$work/why"
[ ! -s "$work/why" ]; ok $? 'no file of theirs is left'
find / -xdev \( -path "$folder/*" -o -path "$work/*" -o -path /proc -o -path '/home/*' -o -path '/var/log/*' -o -path '/var/cache/apt/*' \) -prune -o -name '*cnncrypt*' -print >"$work/why" 2>/dev/null
[ ! -s "$work/why" ]; ok $? 'nor any other that bears the name'
echo "1..$n"
