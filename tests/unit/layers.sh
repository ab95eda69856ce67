#!/bin/sh
# tests/unit/layers.sh: checks by their #include lines that folders use only the folders they may (README, "Layout"), and the size of files.
# Speaks TAP.  $1: the top of the sources.
#
# The table: folder, then the folders whose headers it may include ("." = its own).  base may be used by all.
cd "${1:-.}" || exit 1
n=0
report () # STATUS NAME [EXPLANATION]
{
  n=$((n + 1))
  if [ -z "$1" ]; then echo "ok $n $2"; else echo "not ok $n $2"; printf '%s\n' "$1" | sed 's/^/# /'; fi
}
sources () { find "$@" -type f \( -name '*.[ch]' -o -name '*.comp' -o -name '*.glsl' -o -name '*.sh' \) 2>/dev/null | sort; }

# Which folder's header a quoted include names: the first part of its path; one without a folder is its neighbour's.
includes () { grep -HoE '^[[:space:]]*#[[:space:]]*include[[:space:]]+"[^"]+"' "$@" /dev/null | sed -E 's/^([^:]*):.*"([^"]+)"/\1 \2/'; }

check () # FOLDER ALLOWED...: nothing else of core, and nothing of plugin, is included
{
  folder=$1
  shift
  files=$(sources "$folder")
  [ -n "$files" ] || return 0
  allowed=" base $* "
  wrong=$(includes $files | while read -r file header; do
    case "$header" in
      */*) part=${header%/*} ;;
      *) continue ;;
    esac
    # methods/hybrid counts as methods; a folder may name itself
    case "core/$part" in "$folder" | "$folder"/*) continue ;; esac
    case "$part" in shaders*) continue ;; esac
    case "$allowed" in
      *" ${part%%/*} "*) ;;
      *) echo "$file includes $header" ;;
    esac
  done)
  report "$wrong" "$folder includes only: base $*"
}

check core/base
check core/picture
check core/seal picture
check core/chaos
check core/nn
check core/vulkan nn
check core/engine nn vulkan
check core/methods picture seal chaos channel nn engine methods
check core/stego picture seal channel nn engine
check core/measure nn engine
check core/channel picture seal
check core/tools picture seal chaos channel nn vulkan engine methods stego tools
check plugin picture seal channel nn engine methods stego measure plugin batch

only () # NAME PATTERN FOLDER...: system headers of that pattern are included in those folders only
{
  name=$1 pattern=$2
  shift 2
  wrong=$(sources core plugin models shaders install | while read -r file; do
    for folder in "$@"; do case "$file" in "$folder"/*) continue 2 ;; esac; done
    grep -HnE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]$pattern" "$file"
  done)
  report "$wrong" "only $* includes $name"
}

only sodium.h 'sodium' core/seal
only 'the headers of Vulkan' '(vulkan/vulkan|vulkan/vk\.h|vk_)' core/vulkan
only "WebP's headers" 'webp' core/picture
only "libfec's header" 'fec\.h' core/channel
only 'the headers of GIMP and GTK' '(libgimp|gtk|gdk|gimp)' plugin
only 'the headers of GEGL' '(gegl|babl)' plugin core/tools models/train

wrong=$(grep -nE 'libgimp|gtk/|plugin/' $(sources core) /dev/null | grep '#[[:space:]]*include')
report "$wrong" "the core knows nothing of the plug-in"

wrong=$(grep -nE '\b(exit|abort|printf|g_print|g_printerr) \(' $(sources core/base core/picture core/seal core/chaos core/nn core/vulkan core/engine core/channel core/methods core/stego) /dev/null | grep -vE '/\*|^[^:]*:[0-9]+: \*')
report "$wrong" "no exit, abort or printing in the core"

wrong=$(sources core plugin shaders tests models install | while read -r file; do
  lines=$(wc -l <"$file")
  [ "$lines" -lt 600 ] || echo "$file has $lines lines"
done)
report "$wrong" "files are shorter than 600 lines"

wrong=$(sources core plugin tests models | grep '\.[ch]$' | while read -r file; do
  head -n 1 "$file" | grep -q '^/\*' || echo "$file does not open with a comment that says what it is"
done)
report "$wrong" "sources open by saying what they are"

# debian and obj-TRIPLET are there while Debian's packages are built.
wrong=$(ls -d */ | grep -vxE '(plugin|shaders|core|models|install|tests|build[^/]*|debian|obj-[^/]*)/')
report "$wrong" "the top level holds no other folder"
echo "1..$n"
