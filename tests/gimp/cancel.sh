#!/bin/sh
# Cancel in the middle of the work on 24 megapixels, as a person presses it: cancel.sh PLUGIN CHECKS MODELS [CASE…].  GIMP with its windows: each
# command is called from the menu's shortcut, filled in and started, and stopped by the Cancel button of GIMP's status bar once its progress moves and
# the plug-in has worked for a while: twice, and then it is left to its end.  After each time the image has to be the same in every pixel, layer and
# step of Undo; no process, no file and no image may be left, and GIMP's memory has to be what it was.
#
# CASE: hybrid autoencoder sedd share restore (Encrypt and Decrypt), writing (Cancel while the result is written), selection (Encrypt and Decrypt in
# place), cnn robust exact (Hide and Reveal), analyze; all (half an hour on two cores); none: what fits into a minute and a half.
# SIZE=WIDTHxHEIGHT makes the picture smaller.
PLUGIN=$1 CHECKS=$2 MODELS=$(realpath "$3")
shift 3
. "$(dirname "$0")/display.sh"
SECONDS_A_KEY=0.15
ln -s "$SYSTEM_PLUG_INS/file-pnm" "$WORK/plug-ins/file-pnm"

QUICK=short ALL='hybrid writing selection analyze exact sedd autoencoder restore share cnn robust'
[ $# -gt 0 ] || set -- $QUICK
[ "$*" != all ] || set -- $ALL
left=
for case in $ALL; do
  case " $* " in *" $case "*) ;; *) left="$left $case" ;; esac
done
[ -z "$left" ] || echo "# not tried here, but by these cases of the script, or the case all:$left"
SIZE=${SIZE:-6000x4000}
MEMORY_KB=$((8 * 1024)) # by how much GIMP's own memory may move

OWN=$WORK/own # what this script writes
mkdir -p "$OWN" "$WORK/tmp" "$WORK/run" "$WORK/pictures"
chmod 700 "$WORK/run"
# A strip, again and again: quickly made, and no easier to compress than a photograph.
WIDTH=${SIZE%x*} HEIGHT=${SIZE#*x}
convert -size 750x250 -seed 8 plasma:fractal -attenuate 0.2 +noise Gaussian -depth 8 "$OWN/part.ppm"
convert -size "${WIDTH}x250" "tile:$OWN/part.ppm" -depth 8 "rgb:$OWN/strip"
{
  printf 'P6\n%s %s\n255\n' "$WIDTH" $((HEIGHT / 250 * 250))
  for _ in $(seq $((HEIGHT / 250))); do cat "$OWN/strip"; done
} >"$WORK/pictures/large.ppm"
convert -size 1024x768 -seed 9 plasma:tan-steelblue -depth 8 -define png:color-type=2 "$WORK/pictures/secret.png"
cp "$MODELS"/sedd-demo*.safetensors "$WORK/pictures"
for command in encrypt:5 decrypt:6 hide:7 reveal:8 analyze:9; do
  echo "(gtk_accel_path \"<Actions>/plug-in/plug-in-cnncrypt-${command%:*}\" \"<Primary><Shift>F${command#*:}\")"
done >"$WORK/gimp/menurc"
echo '(hide-docks yes) (single-window-mode yes)' >"$WORK/gimp/sessionrc"

isolated DISPLAY="$DISPLAY" openbox >/dev/null 2>&1 &
started="$started $!"
mkfifo "$OWN/in"
isolated ${EXTRA} CNNCRYPT_MODEL_PATH="$MODELS" TMPDIR="$WORK/tmp" XDG_RUNTIME_DIR="$WORK/run" gimp -n -s -d -f -g "$WORK/gimprc" -b - \
  <"$OWN/in" >"$OWN/answers" 2>"$WORK/log" &
SHELL_OF_GIMP=$!
exec 3>"$OWN/in"
# Who is held would stay for ever.
trap 'pkill -KILL -P "$GIMP" -x cnncrypt; stop_all' EXIT
wait_for pgrep -P $SHELL_OF_GIMP
GIMP=$(pgrep -P $SHELL_OF_GIMP)
started="$GIMP $started"

# ---- GIMP, asked in its own language ----

said () { # SCHEME: and waits until it was done
  rm -f "$OWN/said"
  echo "(begin $1 (close-output-port (open-output-file \"$OWN/said\")))" >&3
  for _ in $(seq 2400); do
    [ -e "$OWN/said" ] && return 0
    kill -0 "$GIMP" 2>/dev/null || return 1
    sleep 0.05
  done
  return 1
}
asked () { # SCHEME: prints its value
  said "(let ((p (open-output-file \"$OWN/value\"))) (display $1 p) (close-output-port p))" && cat "$OWN/value"
}
images () { # FILE: what GIMP holds
  said "(plug-in-cnncrypt-checks-state 1 -1 \"$OWN/$1\")"
}
images_dirty () { asked "(string-append (number->string (car (gimp-image-list))) \" \" (number->string (car (gimp-image-is-dirty $I))))"; }
state () { # FILE: and the pixels of image I
  said "(plug-in-cnncrypt-checks-state 1 $I \"$OWN/$1\")"
}

# ---- what is there beside the image ----

kilobytes () { awk '/^VmRSS|^VmSwap/ { n += $2 } END { print n + 0 }' "/proc/$GIMP/status"; }
memory () { # once it has come to rest
  last=$(kilobytes)
  for _ in $(seq 20); do
    sleep 0.5
    now=$(kilobytes)
    [ $((now - last)) -lt 256 ] && [ $((last - now)) -lt 256 ] && break
    last=$now
  done
  echo "$now"
}
files () { # of everything that belongs to this GIMP, and of the folder of the picture
  # What GTK's chooser of files remembers of what was chosen is no temporary file.
  find "$WORK" -path "$OWN" -prune -o -print | grep -vE '/\.config(/gtk-2\.0(/gtkfilechooser\.ini)?)?$|/recently-used\.xbel$' | sort
  # Shared memory that nobody has open is left behind; what others have open is theirs.
  for file in /dev/shm/*; do
    [ -e "$file" ] && [ "$file" -nt "$OWN/began" ] && [ "$file" != "/dev/shm/gimp-shm-$GIMP" ] && ! grep -qsF "$file" /proc/[0-9]*/maps && echo "$file"
  done
}
processes () { # that have this GIMP's environment, but for it and the keeper of windows
  for environment in /proc/[0-9]*/environ; do
    grep -qsF "GIMP2_DIRECTORY=$WORK/gimp" "$environment" || continue
    process=${environment#/proc/}
    printf '%s ' "${process%/environ}"
    tr '\0' ' ' <"${environment%/environ}/cmdline"
    echo
  done 2>/dev/null | grep -v cnncrypt-checks
}
: >"$OWN/began"
cpu () { # hundredths of a second that the plug-in has worked
  awk '{ sub (/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat" 2>/dev/null || echo 0
}
gone () { ! kill -0 "$JOB" 2>/dev/null; }
wait_gone () { # SECONDS
  for _ in $(seq $(($1 * 20))); do
    gone && return 0
    sleep 0.05
  done
  return 1
}

# ---- the window ----

show_window () {
  MAIN=$(window 'GIMP$')
  xdotool windowactivate --sync "$MAIN"
}
opened () { # KEY TITLE: a command from its shortcut
  show_window
  xdotool key "ctrl+shift+$1"
  wait_for has_window "^$2\$" || return 1
  xdotool windowactivate --sync "$(window "^$2\$")"
  JOB=$(pgrep -P "$GIMP" -x cnncrypt)
  TITLE="^$2\$"
}
chosen () { # TITLE PATH: a file in its dialog
  choose "$1" "$2"
  xdotool windowactivate --sync "$(window "$TITLE")"
}
passphrases () {
  keys alt+p
  printf 'six words' | typed
  keys Tab
  printf 'six words' | typed
}
bar () { import -window "$MAIN" -crop "1280x32+0+$((CANCEL_Y - 16))" +repage "$OWN/bar.ppm" 2>/dev/null && cksum <"$OWN/bar.ppm"; }
messages () { # what the plug-in says at its end
  while has_window '^GIMP Message$'; do
    xdotool windowactivate --sync "$(window '^GIMP Message$')"
    xdotool key Escape
    sleep 0.3
  done
}

# ---- the commands, each up to the button that starts the work ----

encrypt () { # TARGET METHOD
  opened F5 Encrypt || return 1
  keys alt+"$1" alt+m Home
  case $2 in
    autoencoder) keys Down ;;
    sedd) keys Down Down ;;
    share) keys End Up ;;
    restore) keys End ;;
  esac
  if [ "$2" = sedd ]; then
    keys alt+a
    chosen '^Public Keys' "$WORK/pictures/sedd-demo.encoder.safetensors"
  else
    keys alt+o Home
    passphrases
  fi
  sleep 1
  began alt+e
}
decrypt () { # METHOD
  opened F6 Decrypt || return 1
  if [ "$1" = sedd ]; then
    keys alt+i
    chosen '^Your Identity' "$WORK/pictures/sedd-demo.safetensors"
  else
    keys alt+p
    printf 'six words' | typed
  fi
  began Return
}
MODE=0 # which way of hiding the dialog remembers
hide () { # MODE
  opened F7 Hide || return 1
  keys space Down Return Tab
  printf 'six words' | typed
  keys Tab
  printf 'six words' | typed
  keys Tab Tab Tab
  case $1 in cnn) want=0 ;; robust) want=1 ;; exact) want=2 ;; esac
  while [ $MODE -ne $want ]; do
    keys Down
    MODE=$(((MODE + 1) % 3))
  done
  sleep 1
  began alt+i
}
reveal () {
  opened F8 Reveal || return 1
  keys alt+p
  printf 'six words' | typed
  began Return
}
analyze () {
  opened F9 Analyze || return 1
  # It begins with the picture alone, and while it works nothing else can be chosen.
  rested=
  while [ "$rested" != "$(cpu "$JOB")" ]; do
    rested=$(cpu "$JOB")
    sleep 1.5
  done
  AT_OK=$rested
  keys alt+w space
  sleep 0.5
  keys Down Return
}
began () { # KEY: presses it, and waits until the dialog is closed and the work has begun
  xdotool mousemove --window "$MAIN" "$CANCEL_X" "$CANCEL_Y"
  [ -z "${SHOT:-}" ] || import -window root "$SHOTS/cancel-$SHOT-dialog.png"
  AT_OK=$(cpu "$JOB")
  OK_TIME=$(date +%s.%N)
  xdotool key "$1"
  wait_for no_window "$TITLE"
}

# Until the plug-in has worked for so many hundredths of a second, and the progress bar is there; of longer work, until it was seen to move.  Then the
# plug-in is held, for as long as the mouse takes to get to the button.
under_way () { # HUNDREDTHS
  seen= changes=0
  while [ "$1" -ge 100 ] && [ $changes -lt 3 ]; do
    gone && return 1
    this=$(bar)
    [ "$this" = "$seen" ] || [ "$this" = "$IDLE" ] || changes=$((changes + 1))
    seen=$this
  done
  for _ in $(seq 12000); do
    gone && return 1
    if [ $(($(cpu "$JOB") - AT_OK)) -ge "$1" ]; then
      kill -STOP "$JOB" && [ "$(bar)" != "$IDLE" ] && return 0
      kill -CONT "$JOB"
    fi
    sleep 0.01
  done
  return 1
}
press_cancel () {
  xdotool mousemove --window "$MAIN" $((CANCEL_X - 1)) "$CANCEL_Y" mousemove --window "$MAIN" "$CANCEL_X" "$CANCEL_Y" click 1
}

# compare NAME: everything that may not have changed since "before"
compare_all () {
  wait_gone 3; ok $? "$1: the plug-in has ended"
  memory_after=$(memory)
  cmp -s "$OWN/files-before" - <<E
$(files)
E
  status=$?
  ok $status "$1: no file is left"
  [ $status -eq 0 ] || files | diff "$OWN/files-before" - | sed 's/^/# /'
  processes >"$OWN/processes"
  cmp -s "$OWN/processes-before" "$OWN/processes"; status=$?; ok $status "$1: no process is left"
  [ $status -eq 0 ] || diff "$OWN/processes-before" "$OWN/processes" | sed 's/^/# /'
  state after && cmp -s "$OWN/before" "$OWN/after"; status=$?
  ok $status "$1: pixels, layers and selection are as they were, the image is clean, and there is no other"
  [ $status -eq 0 ] || diff "$OWN/before" "$OWN/after" | sed 's/^/# /'
  more=$((memory_after - memory_before))
  [ $more -lt $MEMORY_KB ]; ok $? "$1: GIMP's memory is as it was ($memory_before kB before, $memory_after kB after, at most $MEMORY_KB kB more)"
}

# cancelled NAME HUNDREDTHS COMMAND…: starts it and cancels; three attempts to come in time.
cancelled () {
  name=$1 hundredths=$2
  shift 2
  for attempt in 1 2 3; do
    messages
    memory_before=$(memory)
    files >"$OWN/files-before"
    processes >"$OWN/processes-before"
    newest=$(asked '(top)')
    show_window
    IDLE=$(bar)
    "$@" || { import -window root "$SHOTS/cancel-failed.png"; ok 1 "$name: the dialog opens"; return; }
    if [ "$1" = analyze ]; then
      stop_analysis "$hundredths"
      break
    fi
    if under_way "$hundredths"; then
      [ -z "${SHOT:-}" ] || import -window root "$SHOTS/cancel-$SHOT.png"
      worked=$(($(cpu "$JOB") - AT_OK))
      press_cancel
      # GIMP may be waiting for pixels from the plug-in; it looks at the button after that.
      sleep 0.2
      kill -CONT "$JOB" 2>/dev/null
      if wait_gone 3 && [ "$(grep -c ^image "$OWN/before") 0" = "$(images_dirty)" ]; then
        ok 0 "$name: Cancel, pressed after the plug-in had worked for $((worked / 100)).$(printf %02d $((worked % 100))) s, ends it"
        break
      fi
    fi
    wait_gone 300
    if [ "$attempt" = 3 ]; then
      ok 1 "$name: Cancel came in time (it had worked for ${worked:-0} hundredths of a second)"
      return
    fi
    echo "# $name: was done before Cancel was pressed, once more"
    hundredths=$((hundredths / 2))
    forget
  done
  compare_all "$name"
}
# Deletes the images that are new since "before", and takes a change of this one back.
forget () {
  messages
  said "(close-above $newest)"
  images after
  if ! grep -qxF "$(grep "^image $I " "$OWN/before")" "$OWN/after"; then
    show_window
    keys ctrl+z
    said "(gimp-image-clean-all $I)"
  fi
}
no_step () { # NAME: what Undo takes back first is what was done before all of this
  show_window
  keys ctrl+z
  sleep 0.5
  [ "$(resolution)" = "$OLD" ]; ok $? "$1: there is no new step of Undo"
  keys ctrl+y
  sleep 0.5
}
# finished NAME COMMAND…: the same to its end; NEW: the image that it made, or I
finished () {
  name=$1
  shift
  messages
  images before
  "$@" || { ok 1 "$name: the dialog opens again"; return 1; }
  wait_gone 600
  seconds=$(awk -v a="$OK_TIME" -v b="$(date +%s.%N)" 'BEGIN { printf "%.1f", b - a }')
  sleep 1
  messages
  images after
  NEW=$(awk '/^image/ { print $2 }' "$OWN/after" | while read -r id; do grep -q "^image $id " "$OWN/before" || echo "$id"; done)
  [ -n "$NEW" ] || ! cmp -s "$OWN/before" "$OWN/after"; ok $? "$name: left alone, it comes to its end ($seconds s)"
}
twice () { # NAME HUNDREDTHS COMMAND…
  SHOT=$(echo "$1" | tr -d , | tr ' ' -)
  messages
  state before
  cancelled "$@"
  SHOT=
  label=$1
  shift
  cancelled "$label again" "$@"
  no_step "$label"
}
resolution () { asked "(car (gimp-image-get-resolution $I))"; }
# written NAME HUNDREDTHS COMMAND…: Cancel while GIMP takes the result, which its memory tells.  Whether the whole result comes or nothing: GIMP holds no
# image that nobody sees, and one step of Undo brings back what was replaced.
written () {
  name=$1 hundredths=$2 came=
  shift 2
  messages
  state before
  newest=$(asked '(top)')
  before="$(grep -c ^image "$OWN/before") 0"
  for more in ${MORE:-2 8 16}; do
    show_window
    "$@" || { import -window root "$SHOTS/cancel-failed.png"; ok 1 "$name: the dialog opens"; return; }
    while ! gone && [ $(($(cpu "$JOB") - AT_OK)) -lt "$hundredths" ]; do sleep 0.01; done
    from=$(kilobytes)
    while ! gone && [ $(($(kilobytes) - from)) -lt $((more * 1024)) ]; do :; done
    held=$(pgrep -P "$GIMP" -x cnncrypt)
    kill -STOP $held 2>/dev/null
    press_cancel
    sleep 0.2
    import -window root "$SHOTS/cancel-$(echo "$name" | tr -d , | tr ' ' -)-$more.png"
    kill -CONT $held 2>/dev/null
    wait_gone 300
    sleep 1
    [ "$(images_dirty)" = "$before" ] && came="$came nothing" || came="$came all"
    forget
  done
  state after
  cmp -s "$OWN/before" "$OWN/after"; status=$?
  ok $status "$name: Cancel leaves no image that nobody sees, and no half of a result (what came:$came)"
  [ $status -eq 0 ] || diff "$OWN/before" "$OWN/after" | sed 's/^/# /'
}
# Cancel while Decrypt's result is written, of a picture that is encrypted for it.
written_back () {
  first=$I
  finished 'encrypt, hybrid' encrypt w hybrid
  shown=$(asked '(top)') I=$NEW
  step
  written 'decrypt, writing' 20 decrypt hybrid
  I=$first
  said "(close-above (- $shown 1))"
}
step () { # a change that Undo can take back, and the image clean after it
  OLD=$(resolution)
  said "(gimp-image-set-resolution $I (+ 1 $OLD) 72) (gimp-image-clean-all $I)"
}
sums () { sed -n "s/^pixels [0-9]* //p" "$OWN/$1"; }

# ---- the cases ----

stop_analysis () { # HUNDREDTHS
  for _ in $(seq 600); do
    [ $(($(cpu "$JOB") - AT_OK)) -ge "$1" ] && break
    sleep 0.05
  done
  [ -z "${SHOT:-}" ] || import -window root "$SHOTS/cancel-$SHOT.png"
  worked=$(($(cpu "$JOB") - AT_OK))
  [ $worked -ge "$1" ]; ok $? "$name: is in the middle of the work, after $worked hundredths of a second of it"
  if [ -n "${SHOT:-}" ]; then
    keys alt+p
    sleep 2
    rested=$(cpu "$JOB")
    sleep 1
    [ $(($(cpu "$JOB") - rested)) -lt 20 ]; ok $? "$name: Stop ends it at once"
    import -window root "$SHOTS/cancel-$SHOT-stopped.png"
  fi
  keys Escape
  wait_for no_window '^Analyze$'; ok $? "$name: Escape closes the dialog"
}

small_pictures () { # KEY TITLE: GIMP makes them of all that is open when a dialog shows them, and keeps what it needs for that as long as they are open
  from=$(memory)
  opened "$1" "$2"
  sleep 3
  keys Escape
  wait_for no_window "^$2\$"
  wait_gone 30
  echo "# GIMP's small pictures of what is open, as the dialog $2 shows them, take $(($(memory) - from)) kB, once"
}
both () { # METHOD HUNDREDTHS-THERE HUNDREDTHS-BACK: into a new image and back
  twice "encrypt, $1" "$2" encrypt w "$1"
  finished "encrypt, $1" encrypt w "$1" || return
  back "decrypt, $1" "$3" "$PLAIN" decrypt "$1"
}
hidden () { # MODE HUNDREDTHS-THERE HUNDREDTHS-BACK
  said "(set! other (car (gimp-file-load 1 \"$WORK/pictures/secret.png\" \"x\")))"
  small_pictures F7 Hide
  twice "hide, $1" "$2" hide "$1"
  if finished "hide, $1" hide "$1"; then
    size=1024x768
    back "reveal, $1" "$3" "" reveal
  fi
  said '(gimp-image-delete other)'
}
back () { # NAME HUNDREDTHS SUM COMMAND…: of the image NEW, which is the newest on the screen; closes it.  SUM: of the pixels that have to come back
  [ -n "$NEW" ] || return
  name=$1 first=$I shown=$(asked '(top)') hundredths=$2 sum=$3
  shift 3
  I=$NEW
  step
  twice "$name" "$hundredths" "$@"
  if finished "$name" "$@" && [ -n "$NEW" ]; then
    I=$NEW
    state result
    if [ -n "$sum" ]; then
      [ "$(sums result)" = "$sum" ]; ok $? "$name: every pixel is back"
    else
      grep -q "^image $I $size " "$OWN/result"; ok $? "$name: the picture is back at its size"
    fi
  fi
  I=$first
  said "(close-above (- $shown 1))"
}

run_case () {
  PLAIN=$(sums plain) size=$SIZE
  case $1 in
    hybrid)
      both hybrid 60 25
      ;;
    short)
      twice 'encrypt, hybrid' 60 encrypt w hybrid
      MORE=8
      written_back
      MORE=''
      ;;
    writing)
      written 'encrypt, writing' 60 encrypt w hybrid
      written_back
      ;;
    autoencoder | sedd | share | restore)
      exact=$PLAIN PLAIN=
      both "$1" 150 40
      PLAIN=$exact
      ;;
    selection)
      said "(gimp-image-select-rectangle $I 2 8 8 $((WIDTH - 16)) $((HEIGHT - 16))) (gimp-image-clean-all $I)"
      step
      twice 'encrypt, selection' 50 encrypt s hybrid
      finished 'encrypt, selection' encrypt s hybrid
      said "(gimp-image-clean-all $I)"
      step
      twice 'decrypt, selection' 15 decrypt hybrid
      finished 'decrypt, selection' decrypt hybrid
      state after
      [ "$(sums after)" = "$PLAIN" ]; ok $? 'decrypt, selection: every pixel is back'
      said "(gimp-selection-none $I) (gimp-image-clean-all $I)"
      ;;
    exact) hidden exact 60 30 ;;
    cnn | robust) hidden "$1" 150 60 ;;
    analyze)
      said "(set! other (car (gimp-image-duplicate $I)))"
      small_pictures F9 Analyze
      twice analyze 150 analyze
      said '(gimp-image-delete other)'
      ;;
    *) ok 1 "there is no case $1" ;;
  esac
}

said '(define other 0)
  (define (top) (let loop ((n 300)) (if (and (> n 0) (= 0 (car (gimp-display-is-valid n)))) (loop (- n 1)) n)))
  (define (close-above n) (let ((last (top))) (if (> last n) (begin (gimp-display-delete last) (close-above n)))))'
I=$(asked "(car (gimp-file-load 1 \"$WORK/pictures/large.ppm\" \"x\"))")
said "(gimp-display-new $I)"
wait_for has_window "GIMP\$" || { sed "s/^/# /" "$WORK/log"; echo "Bail out! GIMP showed no window"; exit 1; }
show_window
xdotool windowmove "$MAIN" 0 0 windowsize "$MAIN" 1276 770
sleep 3
import -window root "$SHOTS/cancel-start.png"
size=$(xdotool getwindowgeometry "$MAIN" | sed -n 's/.*Geometry: \([0-9]*\)x\([0-9]*\)/\1 \2/p')
CANCEL_X=$((${size% *} - 58)) CANCEL_Y=$((${size#* } - 16)) # in the status bar at the right
step
state plain
grep -q '^pixels' "$OWN/plain"; ok $? "GIMP shows a picture of $SIZE pixels"
for case in "$@"; do
  run_case "$case"
done
echo "# memory of GIMP at the end: $(memory) kB"
echo "1..$n"
