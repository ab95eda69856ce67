#!/bin/sh
# Runs one part of the checks inside a headless GIMP: checks.sh PLUGIN CHECKS PART MAKE_MODEL MAKE_HIDE_MODEL
# MAKE_RESTORE_MODEL.
PLUGIN=$1 CHECKS=$2 PART=$3 MAKE_MODEL=$(realpath "$4") MAKE_HIDE_MODEL=$(realpath "$5") MAKE_RESTORE_MODEL=$(realpath "$6")
. "$(dirname "$0")/profile.sh"
EXTRA="CNNCRYPT_TAP=$WORK/tap CHECKS_PASSPHRASE=Zebra-Kübel-17 CHECKS_OTHER=other CHECKS_THIRD=third CHECKS_EMPTY= CHECKS_FOLDER=$WORK CNNCRYPT_MODEL_PATH=$WORK/models"
mkdir "$WORK/models"
"$MAKE_MODEL" "$WORK/models/autoencoder.safetensors" || exit 1
"$MAKE_HIDE_MODEL" "$WORK/models" || exit 1
"$MAKE_RESTORE_MODEL" "$WORK/models" || exit 1
echo nothing >"$WORK/models/hide-robust.safetensors" # before one that is installed
: >"$WORK/tap"
gimp_console 900 --batch-interpreter plug-in-cnncrypt-checks -b "$PART" >"$WORK/log" 2>&1
cat "$WORK/tap"
if ! grep -q '^1\.\.[1-9]' "$WORK/tap"; then
  sed 's/^/# /' "$WORK/log"
  echo "Bail out! GIMP ended before the checks were done"
  exit 1
fi
