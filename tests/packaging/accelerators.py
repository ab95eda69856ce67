#!/usr/bin/env python3
# tests/packaging/accelerators.py: in no dialog and in no language do two labels have the same underlined letter.  Speaks TAP.
# argv[1]: the top of the sources.
import ast
import glob
import os
import re
import sys

os.chdir(sys.argv[1])
LITERAL = r'"(?:\\.|[^"\\])*"'
# The files whose labels are in one window at a time; each other dialog-*.c is a dialog of its own.
TOGETHER = {'encrypt': ['encrypt', 'carrier', 'keys'], 'decrypt': ['decrypt']}
PARTS = {'carrier', 'parts', 'sources', 'keys'}
# GIMP's own button.
HELP = {'en': '_Help', 'de': '_Hilfe', 'fr': 'Aid_e'}
# Two texts of one and the same widget, and what is never there together.
SAME = [
    {'The _selection, in place', 'The _selection, into a new image'},
    {'_Passphrase:', 'Its _passphrase:'},
    {'_Passphrase:', 'Rec_ipients:'},
    {'_Repeat it:', '_Remove'},
]


def text(part):
    return ''.join(ast.literal_eval(line) for line in re.findall(LITERAL, part))


def labels(path):
    source = open(path, encoding='utf-8').read()
    found = (text(m[1]) for m in re.finditer(r'\bN?_ \(((?:' + LITERAL + r'\s*)+)\)', source))
    return [label for label in found if re.search(r'_\w', label) and '%s_' not in label and not re.search(r'\w_[A-Z]|[A-Z]_', label)]


def catalogue(language):
    if language == 'en':
        return {}
    entries = re.findall(r'^msgid ((?:".*"\n)+)msgstr ((?:".*"\n?)+)', open('plugin/po/%s.po' % language, encoding='utf-8').read(), re.M)
    return {text(a): text(b) for a, b in entries}


windows = {}
for path in sorted(glob.glob('plugin/dialog-*.c')):
    name = os.path.basename(path)[len('dialog-'):-2]
    if name in PARTS:
        continue
    files = ['plugin/dialog-%s.c' % part for part in TOGETHER.get(name, [name])]
    found = [label for file in files if os.path.exists(file) for label in labels(file)]
    if 'dialog_frame (' in open(path, encoding='utf-8').read():  # which has the button to cancel
        found += labels('plugin/dialog-parts.c')
    windows[name] = sorted(set(found))
windows['menu'] = [label for label in labels('plugin/main.c') if label.endswith('…')]

n = 0
languages = ['en'] + [line.strip() for line in open('plugin/po/LINGUAS') if not line.startswith('#')]
for language in languages:
    translations = catalogue(language)
    for window, found in windows.items():
        used = {}
        wrong = []
        for label in found + ([] if window == 'menu' else ['Help']):
            shown = HELP.get(language, '') if label == 'Help' else translations.get(label, label)
            letter = re.search(r'_(\w)', shown)
            if letter is None:
                wrong.append('nothing is underlined: %s' % shown)
                continue
            key = letter[1].lower()
            if key in used and not any({label, used[key]} <= group for group in SAME):
                wrong.append('%s: “%s” and “%s”' % (key, label, used[key]))
            used[key] = label
        n += 1
        print('%s %d - %s, %s: %d letters, each once' % ('ok' if not wrong and found else 'not ok', n, language, window, len(used)))
        for line in wrong:
            print('# ' + line)
print('1..%d' % n)
