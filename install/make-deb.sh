#!/usr/bin/env bash
# install/make-deb.sh: makes the Debian packages of the committed sources, and lets lintian look at them.
#
#   install/make-deb.sh [--out DIR] [--source] [--no-tests]
#
#   --out DIR     where the packages go; without it, build-deb
#   --source      the source package alone
#   --no-tests    builds without running the tests (DEB_BUILD_OPTIONS=nocheck)
#
# Who builds them for others says who they are: DEBFULLNAME and DEBEMAIL become the maintainer.  Ends with a status other than 0 where
# the build fails or lintian finds an error.
set -eu
. "$(dirname "$0")/common.sh"
exec </dev/null

out=$top/build-deb source= tests=1
while [ $# -gt 0 ]; do
  case "$1" in
    --out) [ $# -gt 1 ] || die "--out needs a folder"; out=$2; shift 2 ;;
    --source) source=1; shift ;;
    --no-tests) tests=; shift ;;
    -h | --help) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) die "unknown option $1; usage: make-deb.sh [--out DIR] [--source] [--no-tests]" ;;
  esac
done
[ "$(distribution)" = debian ] || die "packages can be made on Debian and what is made of it only."

step "Packages"
install_packages '' -deb

step "Source tree"
version=$(sed -n "s/^ *version: '\(.*\)',/\1/p" "$top/meson.build" | head -n 1)
name=cnncrypt-$version
mkdir -p "$out"
out=$(realpath "$out")
work=$out/work
rm -rf "$work"
mkdir "$work"
orig=$work/cnncrypt_$version.orig.tar.xz
if git -C "$top" rev-parse HEAD >/dev/null 2>&1; then
  [ -z "$(git -C "$top" status --porcelain)" ] || warn "what is not committed is not in the packages."
  git -C "$top" archive --prefix="$name/" HEAD | xz -T0 -1 >"$orig"
else # a tree that was unpacked from a tar file
  tar -C "$top" --exclude='./build*' --exclude=./debian --transform="s,^\.,$name," -c . | xz -T0 -1 >"$orig"
fi
tar -C "$work" -xf "$orig"
cp -r "$work/$name/install/debian" "$work/$name/debian"
grep -q "^cnncrypt ($version-" "$work/$name/debian/changelog" || die "install/debian/changelog has no entry for version $version; write one at its top."
if [ -n "${DEBEMAIL:-}" ]; then
  sed -i "s/^Maintainer: .*/Maintainer: ${DEBFULLNAME:-$DEBEMAIL} <$DEBEMAIL>/" "$work/$name/debian/control"
  sed -i "0,/^ -- .*>/s// -- ${DEBFULLNAME:-$DEBEMAIL} <$DEBEMAIL>/" "$work/$name/debian/changelog"
fi
say "$work/$name"

step "Build"
log=$out/build.log
options=$(getconf _NPROCESSORS_ONLN)
[ -n "$tests" ] || export DEB_BUILD_OPTIONS="${DEB_BUILD_OPTIONS:-} nocheck"
status=0
# --no-sign: whoever publishes the packages signs them.
(cd "$work/$name" && dpkg-buildpackage --no-sign "-j$options" ${source:+--build=source}) >"$log" 2>&1 || status=$?
[ "$status" = 0 ] || { grep -nE 'error:|ERROR|FAILED|dpkg-buildpackage:' "$log" | tail -n 20 >&2; die "the packages could not be built; all that was said stands in $log."; }
rm -rf "${work:?}/$name"
mv -f "$work"/cnncrypt* "$out"/
rmdir "$work"

step "Lintian"
changes=$(ls -t "$out"/cnncrypt_"$version"-*.changes | head -n 1)
# As root, lintian would only complain about that.
lintian --allow-root --fail-on error --info --display-info "$changes" >"$out/lintian.log" 2>&1 || status=$?
grep -E '^[EW]:' "$out/lintian.log" || true
[ "$status" = 0 ] || die "lintian found errors; what it means stands in $out/lintian.log."
say "no errors"
say
(cd "$out" && ls -l cnncrypt*_"$version"-*.deb cnncrypt_"$version"-*.dsc 2>/dev/null) | awk '{ print $5, $NF }'
say "in $out"
