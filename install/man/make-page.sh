#!/bin/sh
# install/man/make-page.sh: the manual page of a program, from its own --help and from a file with what --help does not say.
#
#   install/man/make-page.sh PROGRAM NAME VERSION NAME.man >NAME.1
#
# Usage lines become SYNOPSIS, what stands before the options DESCRIPTION, the options OPTIONS, what stands behind them NOTES, so that
# the page cannot be out of step with the program.  The first line of NAME.man says in a few words what the program is (for NAME), the
# rest of it is roff, and comes at the end.
set -eu
program=$1 name=$2 version=$3 more=$4

# Where a page is made, nothing of the caller's language or columns may show.
help=$(LC_ALL=C.UTF-8 LANGUAGE= "$program" --help)
[ -n "$help" ] || { echo "make-page.sh: $program --help says nothing" >&2; exit 1; }

printf '.\\" Made from "%s --help" by install/man/make-page.sh.\n' "$name"
printf '.TH %s 1 "" "cnncrypt %s" "User Commands"\n' "$(printf %s "$name" | tr a-z A-Z | sed 's/-/\\-/g')" "$version"
printf '.SH NAME\n%s \\- %s\n' "$(printf %s "$name" | sed 's/-/\\-/g')" "$(sed -n 1p "$more")"
printf '%s\n' "$help" | awk -v name="$name" '
  function roff (text) {
    gsub (/\\/, "\\e", text)
    gsub (/-/, "\\-", text)
    if (text ~ /^[.\x27]/) text = "\\&" text
    return text
  }
  function section (title) { if (title != last) print ".SH " title; last = title; fresh = 1 }
  /^Usage:/ { part = "usage"; print ".SH SYNOPSIS"; print ".nf"; next }
  part == "usage" && /^$/ { print ".fi"; part = "description"; next }
  part == "usage" {
    line = $0
    sub (/^ +/, "", line)
    sub (/ - .*/, "", line)
    print ".B " roff (line)
    next
  }
  /^[A-Z][A-Za-z ]* Options:$/ { part = "options"; section ("OPTIONS"); next }
  part == "options" && /^$/ { part = "between"; next }
  part == "between" && /^[^ ]/ { part = "notes" }
  part == "options" && match ($0, /^ +-[^ ]+(, --[^ ]+)?/) {
    option = substr ($0, 1, RLENGTH)
    text = substr ($0, RLENGTH + 1)
    sub (/^ +/, "", option)
    sub (/^ +/, "", text)
    print ".TP"
    print ".B " roff (option)
    if (text != "") print roff (text)
    next
  }
  part == "description" && $0 != "" { section ("DESCRIPTION"); print roff ($0); next }
  part == "notes" && $0 != "" {
    section ("NOTES")
    # A sentence that begins at the start of a line begins a paragraph.
    if (!fresh && ended) print ".PP"
    fresh = 0
    ended = $0 ~ /\.$/
    print roff ($0)
  }
  END { if (part == "usage") print ".fi" }'
sed 1d "$more"
