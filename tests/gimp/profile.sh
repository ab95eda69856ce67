# A GIMP profile of its own for tests: sourced.  Needs PLUGIN (the plug-in's executable); sets WORK, and removes it at the end.
set -u
PLUGIN=$(realpath "$PLUGIN")
CHECKS=${CHECKS:+$(realpath "$CHECKS")}
WORK=$(mktemp -d)
SYSTEM_PLUG_INS=${SYSTEM_PLUG_INS:-/usr/lib/gimp/2.0/plug-ins}
at_end () {
  rm -rf "$WORK"
}
trap at_end EXIT
trap "exit 1" INT TERM HUP
mkdir -p "$WORK/home" "$WORK/gimp" "$WORK/plug-ins/cnncrypt"
ln -s "$PLUGIN" "$WORK/plug-ins/cnncrypt/cnncrypt"
for name in script-fu file-png file-tiff file-jpeg; do
  ln -s "$SYSTEM_PLUG_INS/$name" "$WORK/plug-ins/$name"
done
if [ -n "${CHECKS:-}" ]; then
  mkdir "$WORK/plug-ins/cnncrypt-checks"
  ln -s "$CHECKS" "$WORK/plug-ins/cnncrypt-checks/cnncrypt-checks"
fi
for name in brushes dynamics gradients palettes patterns tool-presets; do
  mkdir -p "$WORK/gimp/$name"
done
printf '(plug-in-path "%s")\n(temp-path "%s")\n(swap-path "%s")\n' "$WORK/plug-ins" "$WORK" "$WORK" >"$WORK/gimprc"

# isolated [NAME=VALUE…] COMMAND…: without anything of the user's environment.
isolated () {
  env -i PATH="$PATH" HOME="$WORK/home" LANG=C.UTF-8 GIMP2_DIRECTORY="$WORK/gimp" \
    ${ASAN_OPTIONS:+ASAN_OPTIONS="$ASAN_OPTIONS"} ${UBSAN_OPTIONS:+UBSAN_OPTIONS="$UBSAN_OPTIONS"} \
    ${WATCH:+GTK_MODULES="$WATCH" CNNCRYPT_WINDOWS="$WINDOWS"} ${VK_ICD_FILENAMES:+VK_ICD_FILENAMES="$VK_ICD_FILENAMES"} ${VK_DRIVER_FILES:+VK_DRIVER_FILES="$VK_DRIVER_FILES"} "$@"
}

# gimp_console SECONDS GIMP-ARGUMENT…: GIMP without display, that never hangs for longer.
gimp_console () {
  limit=$1
  shift
  isolated ${EXTRA:-} timeout --foreground -k 5 "$limit" gimp -i -d -f -g "$WORK/gimprc" "$@" </dev/null
}
