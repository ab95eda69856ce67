#!/bin/sh
# tests/packaging/install.sh: "meson install" puts everything into a prefix, and "ninja uninstall" leaves nothing behind.  Speaks TAP.
# $1: the build, $2: the top of the sources.
set -u
build=$1 top=$2
work=$(mktemp -d)
log=$build/meson-logs/install-log.txt
# Whoever installed from this build can still uninstall afterwards.
[ ! -f "$log" ] || cp -p "$log" "$work/log"
at_end () { if [ -f "$work/log" ]; then cp -p "$work/log" "$log"; else rm -f "$log"; fi; rm -rf "$work"; }
trap at_end EXIT
trap 'exit 1' INT TERM HUP
n=0
ok () { n=$((n + 1)); if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; sed 's/^/# /' "$work/why" 2>/dev/null; fi; rm -f "$work/why"; }

root=$work/root
prefix=$root$(meson introspect "$build" --buildoptions | python3 -c 'import json, sys; print([o["value"] for o in json.load(sys.stdin) if o["name"] == "prefix"][0])')
# Somebody else's files, and folders that are empty.
mkdir -p "$prefix/bin" "$prefix/share/man/man1" "$prefix/share/doc" "$prefix/lib"
echo mine >"$prefix/bin/tool"
tree () { (cd "$root" && find . -printf '%p %y %m %l\n' | sort); }
tree >"$work/before"
put () { DESTDIR=$root meson install -C "$build" --no-rebuild >"$work/why" 2>&1; }

put; ok $? 'meson install'
tree | sed 's/ .*//' >"$work/after"
has () { grep -qE "/$1\$" "$work/after"; ok $? "installs $2"; }
has 'plug-ins/cnncrypt/cnncrypt' 'the plug-in in a folder of its own name'
has 'plug-ins/cnncrypt/cnncrypt-dialogs.so' 'its dialogs'
for program in batch open doctor train; do
  if [ $program = train ] && [ ! -e "$build/models/cnncrypt-train" ]; then continue; fi
  has "bin/cnncrypt-$program" "cnncrypt-$program"
  has "man/man1/cnncrypt-$program.1" 'and its manual page'
done
has 'share/metainfo/org.gimp.GIMP.Plugin.cnncrypt.metainfo.xml' 'the AppStream metadata'
has 'share/doc/cnncrypt/README.md' 'the documentation'
has 'share/cnncrypt/MANIFEST' 'the list of networks'
sed -n 's/^\[\(.*\)\]$/\1/p' "$top/models/MANIFEST" >"$work/models"
while read -r model; do has "share/cnncrypt/$model.safetensors" "the network $model"; done <"$work/models"
if [ -d "$build/plugin/po/de" ]; then
  grep -v '^#' "$top/plugin/po/LINGUAS" >"$work/languages"
  while read -r language; do has "share/locale/$language/LC_MESSAGES/cnncrypt.mo" "the catalogue $language"; done <"$work/languages"
fi
# Links between pages of the documentation lead somewhere.
(cd "$(find "$root" -type d -path '*/share/doc/cnncrypt')" && grep -oE '\]\([^)#:]+\.md\)' README.md | sed 's/^](//; s/)$//' | sort -u | while read -r link; do
  [ -e "$link" ] || echo "README.md names $link"
done) >"$work/why"
[ ! -s "$work/why" ]; ok $? 'pages that README links to are installed with it'

# Debian's packages share it out: whatever is installed belongs to one of them, and whatever they name is there.
sed 's/^/\//; s/[.]/\\./g' "$top"/install/debian/*.install >"$work/named"
at=${prefix#"$root"}
find "$root" -type f ! -path "$prefix/bin/tool" | sed "s,^$root$at/,/usr/,; s,^$root,," | sort >"$work/files"
sed 's/$/(\/|$)/; s/^/^/' "$work/named" >"$work/patterns"
grep -vEf "$work/patterns" "$work/files" >"$work/why"
[ ! -s "$work/why" ]; ok $? 'every file is in a Debian package'
while read -r pattern; do grep -qE "$pattern" "$work/files" || echo "no $pattern"; done <"$work/patterns" >"$work/why"
[ ! -s "$work/why" ] || [ ! -d "$build/plugin/po/de" ]; ok $? 'and nothing that a package names is missing'

ninja -C "$build" uninstall >"$work/why" 2>&1; ok $? 'ninja uninstall'
tree >"$work/now"
diff "$work/before" "$work/now" >"$work/why"; ok $? 'everything is as it was before'

# After a second installation over the first.
put && put; ok $? 'meson install, twice'
ninja -C "$build" uninstall >"$work/why" 2>&1; ok $? 'ninja uninstall'
(cd "$root" && find . ! -type d | sort) >"$work/now"
grep ' [fl] ' "$work/before" | sed 's/ .*//' | sort >"$work/files"
diff "$work/files" "$work/now" >"$work/why"; ok $? 'no file is left'
echo "1..$n"
