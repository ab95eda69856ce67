# install/profile.sh: what is installed where in a user's home, and how it goes away again.  Sourced, not run; needs common.sh.
#
# The list of installed things is a file of lines "file PATH" and "dir PATH" (folders that did not exist before).

manifest () { printf '%s\n' "$(state_dir)/installed"; }
# Where meson's datadir is for this user, relative to ~/.local if it can be.
data_subdir () { case "${XDG_DATA_HOME:-}" in '') echo share ;; *) printf '%s\n' "$XDG_DATA_HOME" ;; esac; }

gimp_program ()
{
  local name
  for name in gimp-console-2.10 gimp-2.10 gimp; do
    if command -v "$name" >/dev/null; then command -v "$name"; return; fi
  done
  return 1
}

check_gimp ()
{
  local gimp version
  gimp=$(gimp_program) || die "GIMP was not found: install GIMP 2.10."
  version=$("$gimp" --version 2>/dev/null | grep -oE '[0-9]+\.[0-9]+(\.[0-9]+)?' | head -n 1)
  case "$version" in
    2.10*) say "GIMP $version" ;;
    *) die "GIMP is version ${version:-unknown} here; cnncrypt is a plug-in for GIMP 2.10." ;;
  esac
  if [ -d /var/lib/flatpak/app/org.gimp.GIMP ] || [ -d "$HOME/.local/share/flatpak/app/org.gimp.GIMP" ] || [ -d /snap/gimp ]; then
    warn "there is also a GIMP from Flatpak or Snap: it does not see this plug-in; use $gimp."
  fi
}

# GIMP makes its profile (and takes over the settings of an older version) only where there is none yet: let it, before a plug-in lies there.
make_profile ()
{
  local profile
  profile=$(gimp_profile)
  [ -d "$profile" ] && return
  mkdir -p "$(dirname "$profile")" || die "no right to make $(dirname "$profile")."
  timeout -k 5 120 "$(gimp_program)" -i -d -f -b '(gimp-quit 1)' </dev/null >/dev/null 2>&1 || true
  mkdir -p "$profile/plug-ins" || die "no right to make $profile/plug-ins."
}

# The folders on the way to $1 that do not exist, deepest last.
missing_folders ()
{
  local d=$1 list=
  while [ ! -d "$d" ] && [ "$d" != / ]; do list="dir $d"$'\n'"$list"; d=$(dirname "$d"); done
  printf '%s' "$list"
}

# install_built BUILD PLUGIN_DIR: meson install, and the list of what it put where.
install_built ()
{
  local build=$1 plugin_dir=$2 log new d old
  new=$(mktemp) log=$(mktemp)
  old=$(cat "$(manifest)" 2>/dev/null || true)
  for d in "$plugin_dir" "$(bin_dir)" "$(state_dir)" "$(cache_dir)"; do missing_folders "$d" >>"$new"; done
  meson install -C "$build" --no-rebuild >"$log" 2>&1 || {
    grep -E 'Error' "$log" | head -n 3 >&2
    rm -f "$log" "$new"
    die "the files could not be copied to $plugin_dir and $(bin_dir) ($(free_mib "$HOME") MiB are free in $HOME): make room, or see that these folders are yours, and run $program again."
  }
  grep -v '^#' "$build/meson-logs/install-log.txt" | while IFS= read -r d; do
    if [ -d "$d" ] && [ ! -L "$d" ]; then printf 'dir %s\n' "$d"; else printf 'file %s\n' "$d"; fi
  done >>"$new"
  rm -f "$log"
  mkdir -p "$(state_dir)"
  { [ -z "$old" ] || printf '%s\n' "$old"; cat "$new"; } | awk '!seen[$0]++' >"$(manifest).part"
  mv "$(manifest).part" "$(manifest)"
  rm -f "$new"
}

installed_models () { sed -n 's|^file .*/\([^/]*\)\.safetensors$|\1|p' "$(manifest)" | sort; }
installed_programs () { sed -n "s|^file $(bin_dir)/||p" "$(manifest)" | sort; }

splash_picture ()
{
  local p
  p=$(pkg-config --variable=gimpdatadir gimp-2.0 2>/dev/null)/images/gimp-splash.png
  [ -f "$p" ] || p=/usr/share/gimp/2.0/images/gimp-splash.png
  [ -f "$p" ] || die "GIMP's splash picture is not there; name a picture: install/quickstart.sh PICTURE"
  printf '%s\n' "$p"
}

# gimp_to_png FROM TO: lets GIMP open one picture and write it as PNG, layers merged.
gimp_to_png ()
{
  CNC_FROM=$1 CNC_TO=$2 timeout -k 5 300 "$(gimp_program)" -i -d -f -b '
    (let* ((image (car (gimp-file-load RUN-NONINTERACTIVE (getenv "CNC_FROM") (getenv "CNC_FROM"))))
           (layer (car (gimp-image-merge-visible-layers image CLIP-TO-IMAGE))))
      (file-png-save2 RUN-NONINTERACTIVE image layer (getenv "CNC_TO") (getenv "CNC_TO") 0 1 0 0 0 0 0 0 1))' \
    -b '(gimp-quit 1)' </dev/null >/dev/null 2>&1 || true
}

used_device () { "$(bin_dir)/cnncrypt-doctor" --device; }
