#!/bin/sh
# tests/packaging/quickstart.sh: install/quickstart.sh into a home made up here, and install/uninstall.sh after it: nothing is left there but what
# GIMP itself keeps.  Speaks TAP.  Builds all of it in build/ and installs packages where some are missing; therefore by hand, in a container.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset GIMP2_DIRECTORY XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME DESTDIR
export HOME="$work/home" LC_ALL=C.UTF-8
mkdir -p "$HOME/.local/bin" "$HOME/.config/GIMP/2.10/plug-ins/mine"
echo mine >"$HOME/.local/bin/tool"
echo mine >"$HOME/.config/GIMP/2.10/plug-ins/mine/readme"
n=0
ok () { n=$((n + 1)); if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; tail -n 20 "$work/why" 2>/dev/null | sed 's/^/# /'; fi; rm -f "$work/why"; }
state () { (cd "$HOME" && find . | sort); }
gimp_starts () { timeout 120 gimp -i -b '(gimp-quit 1)' </dev/null >"$work/why" 2>&1; }

gimp_starts # so that what GIMP makes for itself is there already
state >"$work/before"
"$top/install/quickstart.sh" >"$work/why" 2>&1; ok $? 'quickstart'
state >"$work/with"
[ -x "$HOME/.config/GIMP/2.10/plug-ins/cnncrypt/cnncrypt" ] && [ -x "$HOME/.local/bin/cnncrypt-batch" ]; ok $? 'the plug-in and the programs are there'
gimp_starts; grep -q plug-in-cnncrypt-encrypt "$HOME/.config/GIMP/2.10/pluginrc"; ok $? 'GIMP knows the plug-in'
"$top/install/uninstall.sh" --yes >"$work/why" 2>&1; ok $? 'uninstall'
gimp_starts
state >"$work/after"
# GIMP's own caches may have grown; it names none of them after a plug-in.
comm -13 "$work/before" "$work/after" | grep -vE '^\./\.(cache|config/GIMP|local/share/gegl-0\.4|local/share/recently-used)' >"$work/why"
[ ! -s "$work/why" ]; ok $? 'nothing is left'
comm -23 "$work/before" "$work/after" >"$work/why"
[ ! -s "$work/why" ]; ok $? 'nothing of anybody else is gone'
find "$HOME" -name '*cnncrypt*' >"$work/why"
grep -rl cnncrypt "$HOME" >>"$work/why"
[ ! -s "$work/why" ]; ok $? 'no file bears the name, or holds it'
[ ! -e "$top/build/demo" ]; ok $? 'the demonstration is gone'
echo "1..$n"
