#!/usr/bin/env bash
# install/doctor.sh: says in plain words whether cnncrypt works here, and what to do where it does not.
#
#   install/doctor.sh            status 0: encrypting and decrypting work, in GIMP and without
#
# Looks at the packages and the build, then lets the program cnncrypt-doctor look at devices, GIMP and the plug-in's place.
set -u
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/profile.sh"

mapfile -t missing < <(packages_missing $(package_names "$top/install/packages/$(distribution).txt" 2>/dev/null) 2>/dev/null)
if [ "${#missing[@]}" != 0 ] && [ -n "${missing[0]}" ]; then
  say "note     Packages that install/quickstart.sh would install are missing: ${missing[*]}"
fi
doctor=
for candidate in "$top/build/core/tools/cnncrypt-doctor" "$(bin_dir)/cnncrypt-doctor" "$(command -v cnncrypt-doctor || true)"; do
  if [ -n "$candidate" ] && [ -x "$candidate" ]; then doctor=$candidate; break; fi
done
if [ -z "$doctor" ]; then
  say "PROBLEM  cnncrypt is not built yet.  Run install/quickstart.sh"
  exit 1
fi
if [ -f "$top/build/plugin/cnncrypt" ]; then set -- --built "$top/build/plugin/cnncrypt" "$@"; fi
exec "$doctor" "$@"
