#!/usr/bin/env bash
# tests/unit/uninstall.sh: install_built (install/profile.sh) and install/uninstall.sh in a home made up here: what is there afterwards is
# what was there before.  A small meson project stands for the build.  Speaks TAP.  $1: the top of the sources.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0
check () { n=$((n + 1)); if "${@:2}"; then echo "ok $n $1"; else echo "not ok $n $1"; fi; }

unset GIMP2_DIRECTORY XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME DESTDIR
export HOME="$work/a home"
mkdir -p "$work/src/install" "$work/tiny" "$HOME/.config/GIMP/2.10/plug-ins/other" "$HOME/.local/bin"
cp "$1"/install/*.sh "$work/src/install"
echo mine >"$HOME/.config/GIMP/2.10/plug-ins/other/other"
echo mine >"$HOME/.local/bin/tool"

cat >"$work/tiny/meson.build" <<'P'
project('tiny', meson_version: '>= 1.0.0')
install_data('cnncrypt', install_dir: get_option('plugindir'))
install_data('cnncrypt-batch', install_dir: 'bin')
install_data('model.safetensors', install_dir: get_option('datadir') / 'cnncrypt')
P
echo "option('plugindir', type: 'string')" >"$work/tiny/meson_options.txt"
touch "$work/tiny/cnncrypt" "$work/tiny/cnncrypt-batch" "$work/tiny/model.safetensors"

state () { (cd "$HOME" && find . | sort && cat .local/bin/tool); }
before=$(state)
plugin_dir=$HOME/.config/GIMP/2.10/plug-ins/cnncrypt
meson setup "$work/build" "$work/tiny" "-Dprefix=$HOME/.local" -Ddatadir=share "-Dplugindir=$plugin_dir" >"$work/log" 2>&1 || sed 's/^/# /' "$work/log"

install () { bash -c 'set -eu; . "$0/install/common.sh"; . "$0/install/profile.sh"; install_built "$1" "$2"' "$work/src" "$work/build" "$plugin_dir"; }
check "installs" install
check "the plug-in is there" test -f "$plugin_dir/cnncrypt"
check "the program is there" test -f "$HOME/.local/bin/cnncrypt-batch"
check "the data are there" test -f "$HOME/.local/share/cnncrypt/model.safetensors"
models () { [ "$(bash -c '. "$0/install/common.sh"; . "$0/install/profile.sh"; installed_models' "$work/src")" = model ]; }
check "the model is listed" models
once=$(sort "$HOME/.local/share/cnncrypt/installed")
check "installs a second time" install
check "the list is the same after the second time" test "$once" = "$(sort "$HOME/.local/share/cnncrypt/installed")"

mkdir -p "$HOME/.cache/cnncrypt" "$work/src/build/demo"
touch "$HOME/.cache/cnncrypt/pipelines" "$work/src/build/demo/x" "$work/src/build/keep"
refuse () { ! "$work/src/install/uninstall.sh" </dev/null >/dev/null 2>&1; }
check "without --yes and without a terminal nothing is removed" refuse
check "the plug-in is still there" test -f "$plugin_dir/cnncrypt"
remove () { "$work/src/install/uninstall.sh" --yes >"$work/log" 2>&1 || { sed 's/^/# /' "$work/log"; false; }; }
check "uninstalls" remove
check "the demonstration is gone" test ! -e "$work/src/build/demo"
check "the build is not" test -e "$work/src/build/keep"
after=$(state)
check "the home is as it was" test "$before" = "$after"
[ "$before" = "$after" ] || diff <(printf '%s\n' "$before") <(printf '%s\n' "$after") | sed 's/^/# /'
again () { "$work/src/install/uninstall.sh" --yes | grep -q '^Nothing of cnncrypt is installed'; }
check "a second time there is nothing to remove" again
refuse_option () { "$work/src/install/uninstall.sh" --bogus >/dev/null 2>&1; [ $? = 1 ]; }
check "an unknown option is refused" refuse_option
echo "1..$n"
