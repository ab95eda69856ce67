#!/bin/sh
# tests/gimp/sanitized.sh [BUILD [TEST…]]: the plug-in and its dialogs, driven in GIMP, under AddressSanitizer and UndefinedBehaviorSanitizer.
#
#   tests/gimp/sanitized.sh                        in build-asan-gimp; all tests that open dialogs
#   tests/gimp/sanitized.sh build-asan-gimp gimp-ui  only that one
#
# An hour and more on two cores, therefore not part of install/test.sh, which has the core under both.  Leaks are not looked for: GTK
# and its themes leave too much behind.  What the sanitizers say is printed; the status is 0 only if they say nothing and the tests pass.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
build=${1:-$top/build-asan-gimp}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- gimp-ui gimp-hide-ui gimp-carrier-ui gimp-recipients-ui gimp-sedd-ui gimp-analyze-ui gimp-dialogs-fr gimp-manual \
  gimp-session gimp-hide gimp-regions gimp-refusals
[ -f "$build/build.ninja" ] || CC=clang meson setup "$build" "$top" --buildtype=debugoptimized -Dwerror=true -Dplugin=enabled -Dtrain=enabled \
  -Donednn=disabled -Db_sanitize=address,undefined -Db_lundef=false || exit 1
reports=$build/meson-logs/sanitizers
rm -rf "$reports"
mkdir -p "$reports"
reports=$(realpath "$reports")

# Its runtime is in the executables; GIMP itself and the other plug-ins have none.
export ASAN_OPTIONS="detect_leaks=0:allocator_may_return_null=1:detect_stack_use_after_return=1:log_path=$reports/asan"
export UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1:log_path=$reports/ubsan"
status=0
meson test -C "$build" --timeout-multiplier 8 --print-errorlogs "$@" || status=1
for report in "$reports"/*; do
  [ -s "$report" ] || continue
  status=1
  echo "== $report"
  head -n 60 "$report"
done
[ "$status" != 0 ] || echo "The sanitizers have nothing to say."
exit $status
