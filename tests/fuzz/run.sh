#!/usr/bin/env bash
# tests/fuzz/run.sh: builds the libFuzzer targets with clang, ASan and UBSan, and searches each of them.
#
#   tests/fuzz/run.sh [SECONDS [TARGET...]]     seconds for all targets together, 60 if not given
#
# Builds in $BUILD (build-fuzz at the top if not set).  What is found is kept in $BUILD/found/TARGET: a file "crash-..." repeats the
# fault with $BUILD/tests/fuzz/fuzz-TARGET FILE.  The status is 0 if nothing was found.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-$top/build-fuzz}
seconds=${1:-60}
[ $# -eq 0 ] || shift
targets=${*:-header container plain info unpack model latent tables body record robust restore carrier share}

if [ ! -f "$build/build.ninja" ]; then
  CC=clang meson setup "$build" "$top" -Dfuzz=true -Dplugin=disabled -Donednn=disabled -Dbuildtype=debugoptimized -Db_lundef=false \
    -Db_sanitize=address,undefined -Dc_args='-fsanitize=fuzzer-no-link -fno-sanitize-recover=undefined' >/dev/null
fi
programs=
for target in $targets; do programs="$programs tests/fuzz/fuzz-$target"; done
# shellcheck disable=SC2086
ninja -C "$build" $programs >"$build/build.log" 2>&1 || { tail -n 30 "$build/build.log" >&2; exit 1; }

# A size that a picture claims may be more than there is: that is an error for the caller, not for the sanitizer.
export ASAN_OPTIONS=allocator_may_return_null=1:detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1
each=$((seconds / $(echo "$targets" | wc -w)))
[ "$each" -gt 0 ] || each=1
status=0
for target in $targets; do
  found=$build/found/$target
  mkdir -p "$found" "$build/corpus/$target"
  log=$build/fuzz-$target.log
  if "$build/tests/fuzz/fuzz-$target" -max_total_time="$each" -max_len=70000 -timeout=20 -rss_limit_mb=2048 -malloc_limit_mb=100000 -print_final_stats=1 \
       -artifact_prefix="$found/" "$build/corpus/$target" "$top/tests/fuzz/corpus/$target" >"$log" 2>&1; then
    echo "fuzz-$target: nothing found, $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") runs in $each s, $(grep -o 'cov: [0-9]*' "$log" | tail -n 1 | tr -d a-z:\ ) edges"
  else
    echo "fuzz-$target: FOUND, see $log and $found" >&2
    tail -n 40 "$log" >&2
    status=1
  fi
done
exit $status
