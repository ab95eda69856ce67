#!/bin/sh
# tests/packaging/translations.sh: every catalogue of plugin/po has every text of the sources as they are now, and fits.  Speaks TAP.
# $1: the top of the sources.
set -u
cd "$1" || exit 1
for tool in xgettext msgfmt msgcmp msgattrib; do
  command -v $tool >/dev/null || { echo "1..0 # SKIP $tool is not installed"; exit 0; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0
ok () { n=$((n + 1)); if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; sed 's/^/# /' "$work/why" 2>/dev/null; fi; rm -f "$work/why"; }

grep -v '^#' plugin/po/POTFILES | sort >"$work/listed"
# In these every text that is marked is for people: what they say of damaged model files is for those who make models, and stays English.
grep -lE '(^|[^[:alnum:]])N?_ \("' -r plugin core --include=*.c --include=*.h | grep -v 'core/base/text.h' | sort >"$work/marked"
comm -13 "$work/listed" "$work/marked" >"$work/why"
[ ! -s "$work/why" ]; ok $? 'POTFILES lists every source with a marked text'
while read -r file; do [ -f "$file" ] || echo "$file"; done <"$work/listed" >"$work/why"
[ ! -s "$work/why" ]; ok $? 'and no source that is not there'

# The same as in plugin/po/meson.build, and what its preset "glib" adds.
xgettext --from-code=UTF-8 --files-from="$work/listed" --keyword=_ --keyword=N_ --keyword=cnc_text_n:1,2 --flag=cnc_text_n:1:pass-c-format \
  --flag=cnc_text_n:2:pass-c-format --keyword=g_set_error:4 --flag=g_set_error:4:c-format --keyword=g_set_error_literal:4 \
  --keyword=cnc_task_progress:3 --flag=g_strdup_printf:1:c-format --flag=g_string_append_printf:2:c-format --flag=g_prefix_error:2:c-format \
  -o "$work/now.pot" 2>"$work/why"
[ ! -s "$work/why" ]; ok $? 'xgettext reads the sources without a complaint'
count=$(msgattrib --no-obsolete "$work/now.pot" | grep -c '^msgid')
[ "$count" -gt 300 ]; ok $? "there are texts ($((count - 1)))"

grep -v '^#' plugin/po/LINGUAS >"$work/languages"
for language in $(cat "$work/languages"); do
  catalogue=plugin/po/$language.po
  msgfmt --check --check-accelerators=_ -o /dev/null "$catalogue" >"$work/why" 2>&1; ok $? "$language: formats, line ends and accelerators fit"
  msgcmp "$catalogue" "$work/now.pot" 2>&1 | grep -v '^msgcmp: found' | head -n 60 >"$work/why"
  [ ! -s "$work/why" ]; ok $? "$language: every text is translated"
  msgattrib --only-fuzzy "$catalogue" | head -n 20 >"$work/why"
  [ ! -s "$work/why" ]; ok $? "$language: none of them is a guess of msgmerge"
  # Spaces at the ends join sentences; a text that ends in a full stop is a sentence in every language.
  python3 - "$catalogue" >"$work/why" <<'P'
import ast, re, sys
entries = re.findall(r'^msgid ((?:".*"\n)+)msgstr ((?:".*"\n?)+)', open(sys.argv[1], encoding='utf-8').read(), re.M)
text = lambda part: ''.join(ast.literal_eval(line) for line in part.strip().split('\n'))
for english, other in entries:
    a, b = text(english), text(other)
    if not a or not b:
        continue
    for name, rule in (('starts', r'^[ \n]'), ('ends', r'[ \n]$')):
        if bool(re.search(rule, a)) != bool(re.search(rule, b)):
            print('%s with a space, or not: %r' % (name, a))
    for end in '.:…':
        if a.rstrip().endswith(end) != b.rstrip().endswith(end):
            print('ends otherwise: %r, %r' % (a, b))
P
  [ ! -s "$work/why" ]; ok $? "$language: texts begin and end as in English"
done
echo "# $((count - 1)) texts in $(wc -w <"$work/languages") languages besides English; a new text goes into them by: ninja -C BUILD cnncrypt-update-po"
echo "1..$n"
