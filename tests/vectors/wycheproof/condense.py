#!/usr/bin/env python3
"""tests/vectors/wycheproof/condense.py: the values of Wycheproof's cases as one line each.

Run: ./condense.py FOLDER-WITH-THE-JSON-FILES (see README.md for where they are); writes x25519.txt and xchacha20-poly1305.txt.
"""
import json
import pathlib
import sys

TABLES = {
    "x25519": ("x25519_test.json", ["public", "private", "shared"]),
    "xchacha20-poly1305": ("xchacha20_poly1305_test.json", ["key", "iv", "aad", "msg", "ct", "tag"]),
}

here = pathlib.Path(__file__).parent
for name, (source, fields) in TABLES.items():
    data = json.loads((pathlib.Path(sys.argv[1]) / source).read_text())
    cases = [case for group in data["testGroups"] for case in group["tests"]]
    assert len(cases) == data["numberOfTests"]
    lines = ["# tcId result " + " ".join(fields) + " (hex; - is empty)"]
    lines += [" ".join([str(c["tcId"]), c["result"]] + [c[f] or "-" for f in fields]) for c in cases]
    (here / (name + ".txt")).write_text("\n".join(lines) + "\n")
