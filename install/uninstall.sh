#!/usr/bin/env bash
# install/uninstall.sh: takes away what install/quickstart.sh put into your home, and nothing else.
#
#   install/uninstall.sh [--yes]           --yes: without asking
#
# The packages stay (other programs use them), and so do your pictures: an encrypted picture can be opened again after a
# new install.  Removed are the plug-in, the programs, the models, the cache, and the demonstration in
# build/demo.
set -eu
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/profile.sh"

yes=
case "${1:-}" in
  '') ;;
  --yes | -y) yes=1 ;;
  -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
  *) die "unknown option $1; usage: uninstall.sh [--yes]" ;;
esac

list=$(manifest)
cache=$(cache_dir)
demo=$top/build/demo
if [ ! -f "$list" ] && [ ! -d "$cache" ] && [ ! -d "$demo" ]; then
  say "Nothing of cnncrypt is installed here (by install/quickstart.sh, for $(id -un))."
  exit 0
fi

say "To be removed:"
[ ! -f "$list" ] || sed -n 's/^file /  /p' "$list"
for d in "$cache" "$demo"; do [ ! -d "$d" ] || say "  $d and all that is in it"; done
if [ -z "$yes" ]; then
  [ -t 0 ] || die "say --yes to remove them without being asked."
  read -r -p "Remove them? [y/N] " answer
  case "$answer" in [yYjJ]*) ;; *) say "Nothing was removed."; exit 1 ;; esac
fi

left=
rm -rf -- "$cache" "$demo"
if [ -f "$list" ]; then
  while IFS= read -r line; do
    [ "${line%% *}" = file ] || continue
    rm -f -- "${line#file }" || left="$left ${line#file }"
  done <"$list"
  folders=$(sed -n 's/^dir //p' "$list" | awk '{ print length, $0 }' | sort -rn | cut -d' ' -f2-)
  [ -n "$left" ] || rm -f -- "$list"
  # Folders that were made for it, if nothing else moved in since.  GIMP's own profile, if GIMP made it, is GIMP's.
  printf '%s\n' "$folders" | while IFS= read -r d; do
    [ -z "$d" ] || [ ! -d "$d" ] || rmdir -- "$d" 2>/dev/null || true
  done
fi
[ -z "$left" ] || die "no right to remove:$left"
say "Removed.  GIMP forgets the plug-in the next time it starts."
