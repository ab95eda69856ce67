#!/bin/bash
# tests/quality/randomness.sh: ent, rngtest and dieharder on the stream of quality-stream.  Speaks TAP.
#
#   randomness.sh [--quick] QUALITY-STREAM LAYER...     LAYER: cnn all carrier (what they are: stream.c)
#
# --quick: ent and rngtest.  Without it dieharder too, 7 GB for each layer.
# Limits, for 10 MB: entropy > 7.99997 bits a byte, chi-square within 0.1..99.9 %, |serial correlation| < 0.0010; rngtest: at most 3
# failures of 1,000 blocks.  What random bytes miss now and then counts as failed only when it is missed again under new keys:
# ent and rngtest as a whole, each test of dieharder on its own (p < 1e-6 twice).
set -u
quick=
[ "${1-}" = --quick ] && { quick=1; shift; }
stream=${1:?the program quality-stream}; shift
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
count=0 failures=0

result () # STATUS DESCRIPTION
{
  count=$((count + 1))
  if [ "$1" = 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; failures=$((failures + 1)); fi
}

missing () # PROGRAM: says so and skips
{
  command -v "$1" >/dev/null && return 1
  count=$((count + 1))
  echo "ok $count - $1 # SKIP $1 is not installed"
}

try_ent () # LAYER SEED
{
  "$stream" --layer "$1" --seed "$2" --bytes 10000000 >"$work/data" || return 1
  [ "$(stat -c %s "$work/data")" = 10000000 ] || return 1
  ent "$work/data" | awk -v layer="$1" -v seed="$2" '
    /^Entropy/ { entropy = $3 }
    /^Chi square/ { chi = $8; sub(/,$/, "", chi) }
    /would exceed/ { p = $0; less = /less than/; more = /more than/; sub(/.*value (less than |more than )?/, "", p); sub(/ percent.*/, "", p) }
    /^Serial/ { scc = $5 }
    END {
      bad = !(entropy > 7.99997) || less || more || !(p >= 0.1 && p <= 99.9) || !(scc < 0.0010 && scc > -0.0010)
      printf "# %s, keys %s: ent: entropy %s, chi-square %s (%s %%), serial correlation %s%s\n", layer, seed, entropy, chi, p, scc, bad ? ": OUTSIDE" : ""
      exit bad
    }'
}

try_rngtest () # LAYER SEED
{
  local failed
  failed=$("$stream" --layer "$1" --seed "$2" --bytes 2600000 | rngtest -c 1000 2>&1 | sed -n 's/.*FIPS 140-2 failures: //p')
  echo "# $1, keys $2: rngtest: ${failed:-no result} failures of 1000"
  [ -n "$failed" ] && [ "$failed" -le 3 ]
}

# One line a statistic: NAME NTUP P VERDICT
dieharder_lines () # LAYER SEED NUMBER P
{
  "$stream" --layer "$1" --seed "$2" | dieharder -g 200 -d "$3" ${4:+-p "$4"} 2>/dev/null |
    awk -F'|' '/PASSED|WEAK|FAILED/ { gsub(/ /, ""); print $1 "/" $2, $5, $6 }'
}

try_dieharder () # LAYER
{
  local test p lines bad again seed=100 red=0 all=0 weak=0 failed=0
  for test in 0 1 2 3 8 9 15 16 100 101 102 206; do
    p=; [ "$test" = 2 ] && p=20
    seed=$((seed + 1))
    lines=$(dieharder_lines "$1" "$seed" "$test" "$p")
    [ -n "$lines" ] || { echo "# $1: dieharder -d $test gave no result"; red=1; continue; }
    sed "s/^/# $1: dieharder -d $test: /" <<<"$lines"
    all=$((all + $(wc -l <<<"$lines")))
    weak=$((weak + $(grep -c WEAK <<<"$lines")))
    bad=$(grep FAILED <<<"$lines")
    [ -n "$bad" ] || continue
    failed=$((failed + $(wc -l <<<"$bad")))
    again=$(dieharder_lines "$1" $((seed + 1000)) "$test" "$p" | grep FAILED)
    [ -z "$again" ] && echo "# $1: dieharder -d $test: not FAILED again under new keys" && continue
    sed "s/^/# $1: again: dieharder -d $test: /" <<<"$again"
    grep -qFxf <(cut -d' ' -f1 <<<"$bad") <(cut -d' ' -f1 <<<"$again") && red=1
  done
  echo "# $1: dieharder: $all figures, $weak WEAK, $failed FAILED at first"
  return $red
}

for layer in "$@"; do
  missing ent || { try_ent "$layer" 1 || try_ent "$layer" 2; result $? "$layer: ent"; }
  missing rngtest || { try_rngtest "$layer" 3 || try_rngtest "$layer" 4; result $? "$layer: rngtest"; }
  [ -n "$quick" ] || missing dieharder || { try_dieharder "$layer"; result $? "$layer: dieharder"; }
done
echo "1..$count"
[ "$failures" = 0 ]
