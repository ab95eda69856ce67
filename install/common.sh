# install/common.sh: what the scripts of this folder share.  Sourced by them, not run.
#
# Speaks on stdout, complains on stderr; every "die" says what to do next.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
program=$(basename "$0")

# A locale that is UTF-8 and always there: GIMP refuses non-ASCII text in a plain C locale, and what other programs say is read below.
unset LANGUAGE
export LC_ALL=C.UTF-8 LANG=C.UTF-8
# Who runs without a home (some containers) still gets one.
[ -n "${HOME:-}" ] || export HOME=$(getent passwd "$(id -u)" | cut -d: -f6)
[ -n "${HOME:-}" ] && [ "$HOME" != / ] || export HOME=/root

unset DESTDIR

say () { printf '%s\n' "$*"; }
step () { printf '\n== %s\n' "$*"; }
warn () { printf '%s: %s\n' "$program" "$*" >&2; }
die () { warn "$*"; exit 1; }

# Where things go; the rules are GIMP's own and those of the XDG base directories.
gimp_profile ()
{
  case "${GIMP2_DIRECTORY:-}" in
    '') printf '%s\n' "${XDG_CONFIG_HOME:-$HOME/.config}/GIMP/2.10" ;;
    /*) printf '%s\n' "$GIMP2_DIRECTORY" ;;
    *) printf '%s\n' "$HOME/$GIMP2_DIRECTORY" ;;
  esac
}
bin_dir () { printf '%s\n' "$HOME/.local/bin"; }
state_dir () { printf '%s\n' "${XDG_DATA_HOME:-$HOME/.local/share}/cnncrypt"; }
cache_dir () { printf '%s\n' "${XDG_CACHE_HOME:-$HOME/.cache}/cnncrypt"; }

# The names in a package list, without comments.
package_names () { sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$@"; }

distribution ()
{
  if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then echo debian
  elif command -v dnf >/dev/null; then echo fedora
  elif command -v pacman >/dev/null; then echo arch
  else echo unknown; fi
}

# The names among "$@" that are not installed, one a line.
packages_missing ()
{
  case "$(distribution)" in
    debian)
      local have
      have=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' | sort -u)
      printf '%s\n' "$@" | sort -u | comm -23 - <(printf '%s\n' "$have") ;;
    fedora) local p; for p in "$@"; do rpm -q --whatprovides "$p" >/dev/null 2>&1 || printf '%s\n' "$p"; done ;;
    arch) pacman -T "$@" || true ;;
  esac
}

# Runs a command as root, by sudo where the user is not root.
as_root ()
{
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

free_mib () { df -Pm "$1" 2>/dev/null | awk 'NR == 2 { print $4 }'; }

# A sentence that says why a package manager failed, from its own words in file $1.
why_install_failed ()
{
  local root_mib
  root_mib=$(free_mib /var)
  if grep -qiE 'no space left|not enough free (disk )?space|write error' "$1" || [ "${root_mib:-9999}" -lt 50 ]; then
    say "The disk is full (${root_mib:-?} MiB free in /var): make about 2 GB free and run $program again."
  elif grep -qiE 'temporary failure|could not resolve|unable to connect|connection (failed|refused|timed out)|network is unreachable|failed to fetch|no route to host' "$1"; then
    say "The package server could not be reached: check the network (and http_proxy, if you need one) and run $program again."
  elif grep -qiE 'could not get lock|is another process using it|unable to (acquire|lock)' "$1"; then
    say "Another program is installing packages now: wait until it is done and run $program again."
  elif grep -qiE 'unable to locate package|no package .* available|target not found|has no installation candidate' "$1"; then
    say "This distribution does not know all of the names: cnncrypt is made for Debian 12 and Ubuntu 24.04, which have GIMP 2.10; elsewhere, find its names for the packages and build by hand (README)."
  elif grep -qiE 'password is required|not in the sudoers|a terminal is required|no new privileges' "$1"; then
    say "sudo refused: ask an administrator to install the packages named above."
  else
    say "Its own last words are above; put that right and run $program again."
  fi
}

# install_packages LIST...: makes sure that everything named in packages/<distribution><suffix>.txt is there.  Downloads nothing
# where nothing is missing.
install_packages ()
{
  local distro names missing log suffix status
  distro=$(distribution)
  names=()
  if [ "$distro" = unknown ]; then
    warn "this is neither Debian, Ubuntu, Fedora nor Arch Linux; going on with what is installed.  What is needed, by Debian's names:"
    package_names "$top"/install/packages/debian.txt | paste -sd' ' >&2
    return 0
  fi
  for suffix in "$@"; do
    [ -f "$top/install/packages/$distro$suffix.txt" ] || { warn "no list of packages $distro$suffix.txt; going on with what is installed"; continue; }
    mapfile -t -O "${#names[@]}" names < <(package_names "$top/install/packages/$distro$suffix.txt")
  done
  mapfile -t missing < <(packages_missing "${names[@]}")
  if [ "${#missing[@]}" = 0 ]; then
    say "All ${#names[@]} packages are there; nothing to download."
    return 0
  fi
  say "Missing: ${missing[*]}"
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    die "these packages have to be installed by an administrator first: ${missing[*]}"
  fi
  log=$(mktemp)
  status=0
  # With --no-install-recommends: GIMP's recommendations alone are hundreds of megabytes that nothing here needs.
  case "$distro" in
    debian)
      { as_root env LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 update &&
          as_root env LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 install --no-install-recommends "${missing[@]}"; } </dev/null >"$log" 2>&1 || status=$? ;;
    fedora) as_root env LC_ALL=C.UTF-8 dnf install -y --setopt=install_weak_deps=False "${missing[@]}" </dev/null >"$log" 2>&1 || status=$? ;;
    arch) as_root env LC_ALL=C.UTF-8 pacman -Sy --needed --noconfirm "${missing[@]}" </dev/null >"$log" 2>&1 || status=$? ;;
  esac
  mapfile -t missing < <(packages_missing "${missing[@]}")
  if [ "$status" != 0 ] || [ "${#missing[@]}" != 0 ]; then
    tail -n 15 "$log" >&2
    warn "these packages could not be installed: ${missing[*]:-(the package manager ended with status $status)}"
    why_install_failed "$log" >&2
    rm -f "$log"
    exit 1
  fi
  say "Installed: $(grep -cE '^Setting up ' "$log" || true) packages."
  rm -f "$log"
}

# build_tree DIR OPTION...: sets the build folder up (or brings its options up to date) and builds, quietly unless it fails.
build_tree ()
{
  local dir=$1 log
  shift
  command -v meson >/dev/null && command -v ninja >/dev/null || die "meson and ninja are missing: install the packages named in install/packages."
  [ "$(free_mib "$top")" -ge 200 ] 2>/dev/null || die "less than 200 MiB are free where the sources lie ($top): make room and run $program again."
  [ -w "$top" ] || die "no right to write in $top: run $program as the owner of that folder."
  log=$(mktemp)
  if [ -f "$dir/build.ninja" ]; then
    meson configure "$dir" "$@" >"$log" 2>&1 || { tail -n 20 "$log" >&2; rm -f "$log"; die "meson could not change its options: delete the folder $dir and run $program again."; }
  else
    rm -rf "$dir"
    meson setup "$dir" "$top" "$@" >"$log" 2>&1 || { tail -n 20 "$log" >&2; rm -f "$log"; die "meson could not set the build up; its own words are above."; }
  fi
  meson compile -C "$dir" >"$log" 2>&1 || { grep -E -A 3 '(error|ERROR):|undefined reference' "$log" | tail -n 40 >&2; rm -f "$log"; die "the build failed; its own words are above."; }
  rm -f "$log"
}
