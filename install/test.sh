#!/usr/bin/env bash
# install/test.sh: installs what the tests need, builds with warnings as errors and runs every test.
#
#   install/test.sh                  all suites but languages, then core under ASan + UBSan, then a minute of fuzzing
#   install/test.sh --suite unit     any arguments go to "meson test": these tests only
#
# Works as root without a display and as an ordinary user who may use sudo.  Ends with one line "N passed, N failed, N skipped"
# (counted: every single check that a test program reports by TAP, again where it runs again under the sanitizers; a program without
# TAP counts as one, and so does the fuzzing) and with a status other than 0 if anything failed.
set -u
. "$(dirname "$0")/common.sh"
cd "$top" || exit 1
exec </dev/null

suites="unit reference vectors fuzz gimp quality"
passed=0 failed=0 skipped=0 bad=

# run_tests TITLE BUILD ARGUMENT...: runs meson test, shows its summary, adds to the sums.
run_tests ()
{
  local title=$1 build=$2 out p f s broken status
  shift 2
  step "$title"
  out=$(mktemp)
  rm -f "$build"/meson-logs/testlog.junit.xml "$build"/meson-logs/testlog.json
  status=0
  meson test -C "$build" --print-errorlogs "$@" >"$out" 2>&1 || status=$?
  if grep -q '^No suitable tests defined\|^No tests defined' "$out" || [ ! -f "$build/meson-logs/testlog.json" ]; then
    if [ "$status" = 0 ] || grep -q '^No .*tests defined' "$out"; then say "no tests here"; rm -f "$out"; return; fi
  fi
  grep -vE '^ninja: |^Full log written|^(Ok|Expected Fail|Fail|Unexpected Pass|Skipped|Timeout): |^$' "$out" | awk 'length > 400 { $0 = substr ($0, 1, 400) "..." } 1'
  sed -n '/^Ok:/,/^Timeout:/p' "$out" | tr -s ' ' | paste -sd' '
  p=0 f=0 s=0 broken=0
  if [ -f "$build/meson-logs/testlog.junit.xml" ]; then
    read -r p f s < <(grep -o '<testsuite [^>]*>' "$build/meson-logs/testlog.junit.xml" | awk '
      function attribute(name, text) { text = $0; if (!sub(".* " name "=\"", "", text)) return 0; sub("\".*", "", text); return text + 0 }
      { bad = attribute("errors") + attribute("failures"); skip = attribute("skipped"); all += attribute("tests"); failed += bad; skipped += skip }
      END { print all - failed - skipped + 0, failed + 0, skipped + 0 }')
  fi
  # A program can also fail as a whole (a crash, a time-out, a leak found at its end) with all its single checks passed.
  broken=$(grep -cE '"result": "(FAIL|ERROR|TIMEOUT|INTERRUPT|UNEXPECTEDPASS)", "starttime"' "$build/meson-logs/testlog.json" 2>/dev/null)
  [ "${broken:-0}" -le "$f" ] || f=$broken
  if [ "$status" != 0 ]; then
    [ "$f" -gt 0 ] || { tail -n 30 "$out" >&2; f=1; }
    bad="$bad, $title"
  fi
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  rm -f "$out"
}

finish ()
{
  say
  [ -z "$bad" ] || say "Failures in: ${bad#, }"
  say "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" = 0 ]
  exit
}

step "Packages"
install_packages '' -test

step "Build (build-test, warnings as errors)"
build_tree "$top/build-test" -Dwerror=true
say "done"

if [ $# -gt 0 ]; then
  run_tests "meson test $*" "$top/build-test" "$@"
  finish
fi

echo "Left out, as it takes minutes: the suite languages (all dialogs in German; the suite gimp has them in English and French)"
for suite in $suites; do
  run_tests "Suite $suite" "$top/build-test" --suite "$suite"
done

step "Build of the core with AddressSanitizer and UndefinedBehaviorSanitizer (build-asan)"
# Without oneDNN: LeakSanitizer's own tracer crashes now and then on the threads of its libgomp.
if (CC=clang build_tree "$top/build-asan" -Dwerror=true -Dplugin=disabled -Donednn=disabled -Db_sanitize=address,undefined -Db_lundef=false); then
  say "done"
  sanitized="unit vectors fuzz"
else
  failed=$((failed + 1)) bad="$bad, the build with sanitizers" sanitized=
fi
# What drivers that the Vulkan loader opens leave behind at exit is not ours.
export ASAN_OPTIONS=allocator_may_return_null=1:detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
export LSAN_OPTIONS=suppressions=$top/tests/unit/lsan.supp:print_suppressions=0
for suite in $sanitized; do
  run_tests "Suite $suite under ASan + UBSan" "$top/build-asan" --suite "$suite" --timeout-multiplier 5
done
unset ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS

if [ -x tests/fuzz/run.sh ]; then
  step "Fuzzing, about a minute"
  if tests/fuzz/run.sh; then passed=$((passed + 1)); else failed=$((failed + 1)); bad="$bad, fuzzing"; fi
fi
step "Counted (tests/gimp/counts.sh)"
tests/gimp/counts.sh "$top/build-test" $((passed + failed + skipped))
finish
