#!/bin/sh
# tests/gimp/counts.sh BUILD [CHECKS]: how many dialogs, tests and texts there are, counted where they are: the windows of the plug-in that the
# tests of the suite gimp opened when they ran last in that build, what meson knows of its tests, and the catalogues.  CHECKS: how many
# single checks ran; without it, those of the last "meson test".
set -u
build=$1 top=$(cd "$(dirname "$0")/../.." && pwd)
shots=$build/meson-logs/screenshots

if ls "$shots"/windows/*.txt >/dev/null 2>&1; then
  cat "$shots"/windows/*.txt | awk -F '\t' '
    BEGIN {
      n = split ("encrypt decrypt hide reveal analyze file-open file-save message window", kinds, " ")
      split ("Encrypt,Decrypt,Hide,Reveal,Analyze,files to open,files to save,messages,others", names, ",")
    }
    { all++; count[$1]++ }
    END {
      for (i = 1; i <= n; i++)
        if (count[kinds[i]] > 0)
          { different++; text = text (text == "" ? "" : ", ") names[i] " " count[kinds[i]] }
      printf "Dialogs: %d kinds, opened %d times in GIMP by the tests: %s\n", different, all, text
    }'
  states=$(find "$shots/dialogs" -name '*.png' 2>/dev/null | wc -l)
  [ "$states" = 0 ] || echo "         looked at in $states states, in $(ls "$shots/dialogs" | sed 's/.*-//' | sort -u | wc -l) languages; a picture of each is in $shots/dialogs"
else
  echo "Dialogs: not counted; meson test -C $build --suite gimp opens them"
fi

meson introspect --tests "$build" | python3 -c '
import collections, json, sys
suites = collections.Counter(t["suite"][0].split(":")[-1] for t in json.load(sys.stdin))
print("Tests:   %d programs (%s)" % (sum(suites.values()), ", ".join("%s %d" % s for s in suites.most_common())), end="")'
checks=${2:-}
[ -n "$checks" ] || checks=$(grep -o '<testsuite [^>]*>' "$build/meson-logs/testlog.junit.xml" 2>/dev/null | sed -n 's/.* tests="\([0-9]*\)".*/\1/p' | awk '{ n += $1 } END { print n + 0 }')
echo ", $checks single checks"

printf 'Texts:   '
for catalogue in "$top"/plugin/po/*.po; do
  LC_ALL=C msgfmt --statistics -o /dev/null "$catalogue" 2>&1 | awk -v language="$(basename "$catalogue" .po)" '
    { n = 0; for (i = 1; i < NF; i++) if ($i ~ /^[0-9]+$/) n += $i; printf "%s%d of %d translated", language " ", $1, n }'
  printf '; '
done
echo "and English"
