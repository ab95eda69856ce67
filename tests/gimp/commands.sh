# Tests of commands, in a GIMP profile of their own: sourced.  Needs what profile.sh needs, and BATCH (cnncrypt-batch); MODELS, DEVICE and LIMIT (seconds
# a command) may be set.  What a command printed is in $WORK/out and $WORK/err.
. "$(dirname "$0")/profile.sh"

n=0
# ok STATUS NAME: one check; a failing one shows what the last command printed.
ok () {
  n=$((n + 1))
  if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; sed 's/^/# /' "$WORK/out" "$WORK/err" 2>/dev/null | cut -c1-300; fi
}
# The status of a test expression, as ok wants it.
is () {
  if [ "$@" ]; then echo 0; else echo 1; fi
}
batch () {
  isolated CNNCRYPT_PLUGIN_DIR="$WORK/plug-ins/cnncrypt" CNNCRYPT_DEVICE="${DEVICE:-cpu}" ${MODELS:+CNNCRYPT_MODEL_PATH="$MODELS"} TMPDIR="$WORK/tmp" \
    ${EXTRA:-} timeout --foreground -k 5 "${LIMIT:-300}" "$BATCH" "$@" >"$WORK/out" 2>"$WORK/err"
}
# The same pixels, as another program sees them.
same () {
  [ "$(compare -metric AE "$1" "$2" null: 2>&1)" = 0 ]
}
