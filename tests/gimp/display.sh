# A virtual display for dialogs: sourced after PLUGIN is set.  Screenshots go to SHOTS: $CNNCRYPT_SCREENSHOTS, or beside the build's test logs.
SHOTS=${CNNCRYPT_SCREENSHOTS:-${MESON_BUILD_ROOT:-.}/meson-logs/screenshots}
for tool in Xvfb xdotool openbox import convert; do
  command -v $tool >/dev/null || { echo "1..0 # SKIP $tool is not installed"; exit 0; }
done
. "$(dirname "$0")/profile.sh"
mkdir -p "$SHOTS" && SHOTS=$(realpath "$SHOTS")
# Which windows of the plug-in were shown: counts.sh reads it.
WATCH=${CNNCRYPT_WATCH:-}
if [ -n "$WATCH" ]; then
  mkdir -p "$SHOTS/windows"
  WINDOWS=$SHOTS/windows/$(basename "$0" .sh).txt
  : >"$WINDOWS"
fi
cd "$WORK" || exit 1

n=0
ok () {
  n=$((n + 1))
  if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; sed 's/^/# /' "$WORK/log" 2>/dev/null; fi
}
wait_for () { # until a command works, at most 30 s
  for _ in $(seq 120); do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.25
  done
  return 1
}
window () {
  xdotool search --onlyvisible --name "$1" | head -n 1
}
has_window () {
  [ -n "$(window "$1")" ]
}
no_window () {
  [ -z "$(window "$1")" ]
}
shot () { # TITLE FILE
  timeout 20 import -window "$(window "$1")" "$SHOTS/$2"
}
keys () { # one after another, as a person would
  for key in "$@"; do
    xdotool key "$key"
    sleep "${SECONDS_A_KEY:-0.3}"
  done
}
typed () { # through standard input: a passphrase is no argument, not even here
  xdotool type --delay 30 --file -
}
choose () { # TITLE PATH: in the chooser of files, a path and Enter
  wait_for has_window "$1"
  sleep 1
  xdotool windowfocus "$(window "$1")"
  printf / | typed # brings the line for a path
  sleep 1
  printf '%s' "${2#/}" | typed
  sleep 1
  xdotool key Return
  wait_for no_window "$1"
}
started=
stop_all () {
  for pid in $started; do kill "$pid" 2>/dev/null; done
  wait 2>/dev/null
  at_end
}
trap stop_all EXIT

# The server picks a free display and tells which.
Xvfb -displayfd 3 -screen 0 1280x800x24 -nolisten tcp 3>"$WORK/display" >/dev/null 2>&1 &
started=$!
wait_for test -s "$WORK/display" || { echo "Bail out! Xvfb did not start"; exit 1; }
DISPLAY=:$(cat "$WORK/display")
export DISPLAY
EXTRA="DISPLAY=$DISPLAY CNNCRYPT_DEVICE=cpu CHECKS_PASSPHRASE=Zebra-Kübel-17"

# A procedure in a GIMP without windows of its own; the script's last words are the file that says it came to its end.
dialog () {
  rm -f "$WORK/end"
  gimp_console "${SECONDS_A_DIALOG:-120}" -b "(begin $1 (close-output-port (open-output-file \"$WORK/end\")))" -b '(gimp-quit 1)' >"$WORK/log" 2>&1 &
  GIMP=$!
}
