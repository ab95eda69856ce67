#!/bin/sh
# What the dialogs propose at first, and what they remember in the same GIMP: choices, but never a passphrase.  remembers.sh PLUGIN MODELS.
[ -n "${CNNCRYPT_WATCH:-}" ] || { echo '1..0 # SKIP CNNCRYPT_WATCH does not name the module that looks at dialogs'; exit 0; }
PLUGIN=$1 MODELS=$(realpath "$2")
. "$(dirname "$0")/display.sh"
command -v pgrep >/dev/null || { echo '1..0 # SKIP pgrep is not installed'; exit 0; }
SEEN=$WORK/seen WORDS='quagga okapi 4711'
EXTRA="$EXTRA CNNCRYPT_MODEL_PATH=$MODELS CNNCRYPT_WALK=$SEEN CNNCRYPT_WALK_NOT=1"
convert -size 700x500 -seed 4 plasma:tan-steelblue -blur 0x3 -depth 8 -define png:color-type=2 photo.png
convert -size 24x24 plasma:red-blue -depth 8 -define png:color-type=2 small.png
(umask 077 && echo other >other)

looked () { grep -q '^done' "$SEEN"; }
values () { sed -n 's/^value	//p' "$SEEN" | tr '\t' ' ' | sort | paste -sd';'; }
opened () { # TITLE: waits until the dialog is there and was looked at
  wait_for has_window "^$1\$" || wait_for has_window "^$1\$" # what was chosen before is done first
  wait_for looked
  sleep 1
  xdotool windowfocus "$(window "^$1\$")"
}
said () { # TEXT WHAT: the values of the dialog
  values >"$WORK/log"
  [ "$(values)" = "$1" ]; ok $? "$2"
}
# The passphrase is neither in the memory nor in the command lines and environments of these processes.
forgotten () {
  python3 - "$WORDS" "$@" >"$WORK/log" 2>&1 <<'P'
import re, sys
words = sys.argv[1]
forms = [words.encode(), words.encode('utf-16le'), words.encode('utf-32le')]
found = looked = 0
for pid in sys.argv[2:]:
    try:
        memory = open('/proc/%s/mem' % pid, 'rb', 0)
        maps = open('/proc/%s/maps' % pid).read()
    except OSError:  # ended meanwhile
        continue
    for line in maps.splitlines():
        start, end, rights = re.match(r'([0-9a-f]+)-([0-9a-f]+) (....)', line).groups()
        if rights[0] != 'r' or '[vvar' in line or '[vsyscall' in line:
            continue
        try:
            memory.seek(int(start, 16))
            data = memory.read(int(end, 16) - int(start, 16))
        except (OSError, OverflowError, ValueError):
            continue
        looked += len(data)
        if any(form in data for form in forms):
            found += 1
            print(pid, line)
print(looked, 'bytes')
sys.exit(found > 0 or looked < 1 << 20)
P
}
# Whether the memory of the plug-in among these processes can be read.
may_look () {
  for process; do
    [ "$(cat "/proc/$process/comm" 2>/dev/null)" = cnncrypt ] && (: <"/proc/$process/mem") 2>/dev/null && return 0
  done
  return 1
}
family () { # all that a process started; not the process itself, which is this shell once more
  for child in $(pgrep -P "$1"); do echo "$child"; family "$child"; done
}

call='(plug-in-cnncrypt-encrypt 0 i d 0 "" "" "" 0 0 "" "")'
dialog "(let* ((i (car (gimp-file-load 1 \"photo.png\" \"x\"))) (d (car (gimp-image-get-active-drawable i)))) $call $call
  (plug-in-cnncrypt-encrypt 2 i d 0 \"\" \"\" \"\" 0 0 \"\" \"\"))"
opened Encrypt
# The whole image, by the first method, for a passphrase that is not there, on the best device, without stages.
said 'Device: 0;Method: 0;Show the stages of the method, in another image 0;The layer “Background” as it is, into a new image 0;The selection, in place 0;The whole image as it is seen, into a new image 1;Who can open it: 0;entry 0;entry 0' 'Encrypt: sensible defaults'
keys alt+l alt+m End Up alt+z Down alt+t Down alt+p
printf '%s' "$WORDS" | typed
keys Tab
printf '%s' "$WORDS" | typed
sleep 2
# What is looked for can be found: it stands in the entries now.  The plug-in's memory is closed to all but root.
if may_look $(family "$GIMP"); then
  ! forgotten $(family "$GIMP"); ok $? 'a passphrase that is typed is in memory'
else
  ok 0 'a passphrase that is typed is in memory # SKIP only root may look into the memory of the plug-in'
fi
rm -f "$SEEN"
keys Return
opened Encrypt
again='Device: 0;Method: 3;Size: 1;Strength: 1;The layer “Background” as it is, into a new image 1;The selection, into a new image 0;The whole image as it is seen, into a new image 0;Who can open it: 0;entry 0;entry 0'
said "$again" 'Encrypt: the choices of last time, and no passphrase'
forgotten $(family "$GIMP"); ok $? 'it is in the memory of no process, GIMP'\''s and the new dialog'\''s included'
rm -f "$SEEN"
keys Escape
opened Encrypt
said "$again" 'also after Escape, and with the last values'
keys Escape
wait "$GIMP"

# Hide: the first picture's row is what it begins with, by the convolutional network.
call="(plug-in-cnncrypt-hide 0 i d \"\" 0 '() 0 '() 0 0 \"\")"
rm -f "$SEEN"
dialog "(let* ((i (car (gimp-file-load 1 \"photo.png\" \"x\"))) (d (car (gimp-image-get-active-drawable i))) (o (car (gimp-file-load 1 \"small.png\" \"x\")))) $call $call)"
opened Hide
bits='Exact: take two low bits instead of one (a better secret, a cover that is further off)'
layers='Show what was done, in hidden layers of the result'
empty='entry 0;entry 0;entry 0;entry 0;entry 0;entry 0'
said "1. 0;2. 0;3. 0;Convolutional network 1;Convolutional network, robust 0;Device: 0;Exact 0;$bits 0;$layers 0;$empty" 'Hide: sensible defaults'
keys alt+x alt+t alt+s alt+1 space Down Return alt+p
printf '%s' "$WORDS" | typed
keys alt+r
printf '%s' "$WORDS" | typed
sleep 2
rm -f "$SEEN"
keys Return
opened Hide
said "1. 0;2. 0;3. 0;Convolutional network 0;Convolutional network, robust 0;Device: 0;Exact 1;$bits 1;$layers 1;$empty" 'Hide: the choices of last time, neither a picture nor a passphrase'
forgotten $(family "$GIMP"); ok $? 'the passphrase is in no memory'
keys Escape
wait "$GIMP"

# twice TITLE SCRIPT KEYS FIRST AGAIN: the dialog that the script opens twice, what it proposes, and what again once the keys were pressed and it
# has done its work.
twice () {
  rm -f "$SEEN"
  dialog "(let* ((i (car (gimp-file-load 1 \"photo.png\" \"x\"))) (d (car (gimp-image-get-active-drawable i)))) $2)"
  opened "$1"
  said "$4" "$1: sensible defaults"
  keys $3
  rm -f "$SEEN"
  if [ "$1" = Analyze ]; then keys Escape; else
    printf other | typed
    keys Return
  fi
  opened "$1"
  said "$5" "$1: the choice of last time"
  keys Escape
  wait "$GIMP"
}
call='(plug-in-cnncrypt-decrypt 0 e (car (gimp-image-get-active-drawable e)) "" "" "")'
twice Decrypt "(let ((e (car (plug-in-cnncrypt-encrypt 1 i d 0 \"file:other\" \"\" \"\" 0 0 \"\" \"\")))) $call $call)" 'alt+v Down alt+p' \
  'Device: 0;entry 0' 'Device: 1;entry 0'
call="(plug-in-cnncrypt-reveal 0 e (car (gimp-image-get-active-drawable e)) 0 '() \"\")"
twice Reveal "(let ((e (car (plug-in-cnncrypt-hide 1 i d \"exact\" 1 '(\"file:small.png\") 1 '(\"file:other\") 1 0 \"\")))) $call $call)" 'alt+v Down alt+p' \
  'Device: 0;entry 0' 'Device: 1;entry 0'
call='(plug-in-cnncrypt-analyze 0 i d "" "" "" "")'
twice Analyze "$call $call" 'alt+k Down' 'Compare with: 0;GtkNotebook 0;Key sensitivity: 0' 'Compare with: 0;GtkNotebook 0;Key sensitivity: 1'
! grep -rqaF "$WORDS" "$WORK" 2>/dev/null; ok $? 'nor in any file of GIMP'
echo "1..$n"
