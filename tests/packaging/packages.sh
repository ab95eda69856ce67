#!/bin/sh
# tests/packaging/packages.sh: AppStream metadata, the Flatpak manifest and the Debian source package, as far as tools are there that
# judge them.  Speaks TAP.  $1: the top of the sources.
set -u
top=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0
ok () { n=$((n + 1)); if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; sed 's/^/# /' "$work/why" 2>/dev/null; fi; rm -f "$work/why"; }
skip () { n=$((n + 1)); echo "ok $n - $1 # SKIP $2 is not installed"; }
version=$(sed -n "s/^ *version: '\(.*\)',/\1/p" "$top/meson.build" | head -n 1)
id=org.gimp.GIMP.Plugin.cnncrypt

metainfo=$top/install/$id.metainfo.xml
if command -v appstreamcli >/dev/null; then
  appstreamcli validate --no-net "$metainfo" >"$work/why" 2>&1; ok $? 'the AppStream metadata is valid'
  # The judge judges: without what it extends, an addon is none.
  grep -v '<extends>' "$metainfo" >"$work/bad.metainfo.xml"
  ! appstreamcli validate --no-net "$work/bad.metainfo.xml" >/dev/null 2>&1; ok $? 'metadata of an addon that extends nothing is not'
else
  skip 'the AppStream metadata is valid' appstreamcli
fi
grep -q "<id>$id</id>" "$metainfo"; ok $? 'the component has its name'
grep -q "<release version=\"$version\"" "$metainfo"; ok $? "it knows the release $version"
while read -r language; do
  case $language in '#'* | '') continue ;; esac
  for tag in summary p li; do grep -q "<$tag xml:lang=\"$language\">" "$metainfo" || echo "no <$tag> in $language"; done
done <"$top/plugin/po/LINGUAS" >"$work/why"
[ ! -s "$work/why" ]; ok $? 'and is translated into every language that the dialogs are'

manifest=$top/install/flatpak/$id.json
if command -v flatpak-builder >/dev/null; then
  flatpak-builder --show-manifest "$manifest" >"$work/shown" 2>"$work/why"; ok $? 'flatpak-builder reads the manifest'
else
  skip 'flatpak-builder reads the manifest' flatpak-builder
fi
python3 - "$manifest" "$top" "$id" >"$work/why" 2>&1 <<'P'
import json, re, sys, os
path, top, id = sys.argv[1:]
m = json.load(open(path))
assert m['id'] == id and m['build-extension'] and m['runtime'] == 'org.gimp.GIMP'
prefix = '/app/extensions/cnncrypt'
assert m['build-options']['prefix'] == prefix
options = set(re.findall(r"option\('(\w+)'", open(top + '/meson_options.txt').read()))
for module in m['modules']:
    for source in module['sources']:
        if source['type'] == 'archive':
            assert source['url'].startswith('https://') and re.fullmatch('[0-9a-f]{64}', source['sha256']), source
        elif source['type'] == 'git':
            assert source['url'].startswith('https://') and re.fullmatch('[0-9a-f]{40}', source['commit']), source
        else:
            assert source['type'] == 'dir' and os.path.exists(os.path.join(os.path.dirname(path), source['path'], 'meson.build')), source
last = m['modules'][-1]
assert last['name'] == 'cnncrypt' and last['buildsystem'] == 'meson'
for option in last['config-opts']:
    name, value = re.fullmatch(r'-D(\w+)=(.*)', option).groups()
    assert name in options, name
    assert name != 'plugindir' or value == prefix + '/plug-ins'
P
ok $? 'its sources have hashes or commits, and its options exist'

if ! command -v dpkg-source >/dev/null || ! command -v dh >/dev/null; then
  skip 'Debian' dpkg-dev
else
  head -n 1 "$top/install/debian/changelog" | grep -q "^cnncrypt ($version-"; ok $? "Debian's changelog knows the version $version"
  # What is needed to build stands in both places under one name.
  sed -n '/^Build-Depends:/,/^[A-Z]/s/^ \([a-z0-9.+-]*\).*/\1/p' "$top/install/debian/control" | grep -v '^debhelper' | sort >"$work/control"
  sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$top/install/packages/debian.txt" | sort >"$work/list"
  comm -23 "$work/control" "$work/list" >"$work/why"
  [ ! -s "$work/why" ]; ok $? 'what the package is built with, quickstart installs, too'
  # Lintian takes a page with longer lines for one that was made of something else, which is then missing: an error.
  awk 'length > 500 { print FILENAME ": " FNR ": " length " characters" }' "$top"/plugin/help/*/*.html >"$work/why"
  [ ! -s "$work/why" ]; ok $? 'no page of the manual looks like one that was generated'
  mkdir "$work/cnncrypt" && cp -r "$top/install/debian" "$work/cnncrypt/debian"
  (cd "$work/cnncrypt" && dpkg-parsechangelog -S Version && dpkg-source --before-build . && dh_testdir && dh_assistant which-build-system --format=json || true) >"$work/why" 2>&1
  grep -q "^$version-" "$work/why"; ok $? 'dpkg reads its files'
fi
echo "1..$n"
