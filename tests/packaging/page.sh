#!/bin/sh
# tests/packaging/page.sh: a manual page says what its program says of itself, and formats without a complaint.  Speaks TAP.
# $1: the program, $2: its name, $3: the page.
set -u
program=$1 name=$2 page=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0
ok () { n=$((n + 1)); if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; sed 's/^/# /' "$work/why" 2>/dev/null; fi; rm -f "$work/why"; }

LC_ALL=C.UTF-8 "$program" --help >"$work/help"
# What a reader sees, on one long line: nothing is hyphenated or broken.
if command -v mandoc >/dev/null; then
  mandoc -Tutf8 -Owidth=950 "$page" 2>/dev/null | sed 's/.\x08//g' >"$work/seen"
  mandoc -Tlint -Werror "$page" >"$work/why" 2>&1; ok $? "$name.1: mandoc finds no error"
else
  echo "1..0 # SKIP mandoc is not installed"; exit 0
fi
if command -v groff >/dev/null; then
  groff -man -Kutf8 -Tutf8 -ww -z "$page" >"$work/why" 2>&1; [ ! -s "$work/why" ]; ok $? "$name.1: groff has no warning"
fi
for section in NAME SYNOPSIS OPTIONS 'SEE ALSO'; do
  grep -q "^$section\$" "$work/seen"; ok $? "$name.1 has the section $section"
done

grep -oE '(^|[^[:alnum:]-])--[a-z][a-z-]*' "$work/help" | grep -oE -- '--[a-z-]+' | sort -u >"$work/said"
grep -oE '(^|[^[:alnum:]-])--[a-z][a-z-]*' "$work/seen" | grep -oE -- '--[a-z-]+' | sort -u >"$work/written"
diff "$work/said" "$work/written" >"$work/why"; ok $? "$name.1 and --help name the same options ($(wc -l <"$work/said"))"
[ "$(wc -l <"$work/said")" -ge 3 ]; ok $? "there are some"

# Every sentence behind an option, word for word.
sed -nE 's/^ +-.*  +([^ ].*)$/\1/p' "$work/help" >"$work/sentences"
tr -s ' ' <"$work/seen" >"$work/flat"
while IFS= read -r sentence; do
  grep -qF -- "$(printf %s "$sentence" | tr -s ' ')" "$work/flat" || printf '%s\n' "$sentence"
done <"$work/sentences" >"$work/why"
[ ! -s "$work/why" ]; ok $? "what --help says of each option stands in $name.1"
echo "1..$n"
