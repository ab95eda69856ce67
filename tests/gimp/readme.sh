#!/usr/bin/env bash
# tests/gimp/readme.sh: runs the scripts of README ("From scripts") word for word, in a GIMP profile of their own.  Speaks TAP.
# $1: the top of the sources, $2: the plug-in.
set -u
top=$1 plugin=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work/home GIMP2_DIRECTORY=$work/profile LANG=C.UTF-8 LC_ALL=C.UTF-8
unset DISPLAY WAYLAND_DISPLAY XDG_CONFIG_HOME XDG_CACHE_HOME XDG_DATA_HOME
mkdir -p "$HOME" "$GIMP2_DIRECTORY/plug-ins/cnncrypt" "$work/pictures"
cp "$plugin" "$GIMP2_DIRECTORY/plug-ins/cnncrypt/cnncrypt"
cd "$work/pictures" || exit 1
n=0
check () { n=$((n + 1)); if "${@:2}" >"$work/log" 2>&1; then echo "ok $n $1"; else echo "not ok $n $1"; sed 's/^/# /' "$work/log"; fi; }

# The fenced lines after the comment <!-- script: NAME -->.
script () { awk -v mark="<!-- script: $1 -->" '$0 == mark { found = 1; next } found && /^```/ { if (inside) exit; inside = 1; next } inside' "$top/README.md"; }
run () { script "$1" >"$work/script" && [ -s "$work/script" ] && timeout -k 5 120 sh "$work/script" </dev/null && test -s "$2"; }
same () { [ "$(compare -metric AE "$1" "$2" null: 2>&1)" = 0 ]; }
differ () { ! same "$1" "$2"; }

"$top/tests/quality/readme-picture.sh" --scene photo.png
(umask 077 && echo 'six words drawn by lot, say' >passphrase)
check "README's script encrypts" run encrypt noise.png
check "the result is another picture" differ photo.png noise.png
check "README's script decrypts" run decrypt again.png
check "every pixel is back" same photo.png again.png
echo "1..$n"
