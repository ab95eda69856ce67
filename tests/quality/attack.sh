#!/bin/sh
# tests/quality/attack.sh: what somebody sees of a hidden picture who knows the networks and not the key, after training for it.
#
#   attack.sh TRAIN RECIPE MODEL PHOTOGRAPHS KODAK [STEPS [CONTROL]]
#
# TRAIN: cnncrypt-train; RECIPE, MODEL: a network for hiding (models/hide.ini, models/hide.safetensors); PHOTOGRAPHS: what the attacker trains with, on pairs
# with new keys in every step; KODAK: what is measured with; STEPS: of the attack (10000); CONTROL: of the two attacks that have to succeed (1000; 0: none).
# CNNCRYPT_DEVICE chooses the device.
#
# The attacker (attack.ini) sees the picture and what everybody can compute from it; it is trained against the frozen network three times: with
# its keys, without any, and with keys that flip signs only.  Printed: PSNR and correlation of its guess with the secret, means over the
# pictures; beside them the one colour that is best for all of them, which is what is left to somebody who sees nothing; and the correlation of a second
# answer with how much goes on in each block of the secret.  Status: 0 if nothing is seen with keys (correlation at most 0.1, at most 0.1 dB better
# than the one colour or 13 dB), and all of it in the controls.  The slots of a model are alike: one secret stands for all.
set -u
[ $# -ge 5 ] || { sed -n '2,16s/^# \{0,1\}//p' "$0"; exit 2; }
train=$(realpath "$1") recipe=$2 model=$(realpath "$3") photographs=$(realpath "$4") kodak=$(realpath "$5") steps=${6:-10000} control=${7:-1000}
here=$(dirname "$(realpath "$0")")
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
missed=0

# The lines that "stego" takes, with the key as it is (key), without (none) or as signs (signs); the public values; the attacker.
compose () { # KEYS STEPS
  awk -v keys="$1" -v steps="$2" -v model="$model" -v attack="$here/attack.ini" '
    function need (name, i, n, words) {
      if (!(name in line) || name in needed)
        return
      needed[name] = 1
      n = split (line[name], words, " ")
      for (i = 4; i <= n; i++)
        if (words[i] !~ /=/)
          need(words[i])
    }
    function instead (text, from, to, n, i, words) {
      n = split (text, words, " ")
      text = words[1]
      for (i = 2; i <= n; i++)
        text = text " " (words[i] == from ? to : words[i])
      return text
    }
    /^\[/ { group = $0; next }
    /^#/ || NF == 0 { next }
    group == "[graph]" && $1 != "outputs" && $1 != "latent" { name[++count] = $1; line[$1] = $0 }
    group == "[train]" && $1 == "dct" { for (i = 3; i <= NF; i++) if ($i ~ /^blocks:/) { rows = $i; sub (/^blocks/, "seen", rows) } }
    END {
      need("stego"); need("spectrum")
      print "[graph]"
      for (i = 1; i <= count; i++) {
        if (!(name[i] in needed))
          continue
        text = line[name[i]]
        if (keys == "none")
          text = instead(text, "key1", "still")
        if (keys == "signs" && text ~ / = add features key1$/)
          text = "" name[i] " = multiply features signs"
        print text
        if (name[i] == "key1" && keys == "none")
          after = "still = affine key1 scale=0\n"
        if (name[i] == "key1" && keys == "signs")
          after = "steep = affine key1 scale=1000000\nsigns = clamp steep low=-1 high=1\n"
        if (text !~ / = input / || line[name[i + 1]] !~ / = input /) { printf "%s", after; after = "" }
        if (text ~ / = conv/)
          frozen = frozen " " name[i] ".*"
      }
      if (!("blocks" in needed) || rows == "") {
        print "attack.sh: the recipe has no layer blocks that begins as a transform" >"/dev/stderr"
        exit 1
      }
      text = line["blocks"]; split (text, words, " "); sub (/^[^ ]+/, "seen", text); print instead(text, words[4], "stego")
      text = line["spectrum"]; sub (/^[^ ]+/, "said", text); print instead(text, "blocks", "seen")
      print "public = wrap said"
      group = ""
      while ((getline text <attack) > 0) {
        if (text ~ /^\[graph\]/)
          continue
        if (text ~ /^steps = /)
          text = "steps = " steps
        print text
        if (text ~ /^\[train\]/)
          print "from = " model "\ndct = " rows "\nfrozen =" frozen " seen.*"
      }
    }' "$recipe"
}

# The figure of a name in the target of that number, of the evaluation.
figure () { # NUMBER NAME
  tr '{' '\n' <"$work/$keys.json" | sed -n "$(($1 + 3))p" | sed -n "s/.*\"$2\": \(-\{0,1\}[0-9.]*\).*/\1/p"
}

printf '%-18s %6s  %8s %10s %12s %8s   %s\n' "keys" steps "guess dB" "one colour" correlation "at most" "blocks: correlation, at most"
for keys in none signs key; do
  n=$control
  [ "$keys" = key ] && n=$steps
  [ "$n" = 0 ] && continue
  compose "$keys" "$n" >"$work/$keys.ini" || exit 1
  "$train" "$work/$keys.ini" --data "$photographs" --out "$work/$keys.safetensors" >"$work/out" 2>&1 || { tail -n 3 "$work/out" >&2; exit 1; }
  "$train" evaluate "$work/$keys.safetensors" --data "$kodak" --json >"$work/$keys.json" || exit 1
  psnr=$(figure 0 psnr) colour=$(figure 0 psnr_of_one_colour) c=$(figure 0 correlation) most=$(figure 0 correlation_most) b=$(figure 1 correlation) bmost=$(figure 1 correlation_most)
  case $keys in none) what="none (control)" ;; signs) what="signs (control)" ;; *) what="as they are" ;; esac
  printf '%-18s %6s  %8.2f %10.2f %12.4f %8.4f   %.4f, %.4f\n' "$what" "$n" "$psnr" "$colour" "$c" "$most" "$b" "$bmost"
  case $keys in
    none) awk -v p="$psnr" -v c="$c" 'BEGIN { exit !(p >= 20 && c >= 0.9) }' || { echo "attack.sh: the attack sees too little where there is no key" >&2; missed=1; } ;;
    signs) awk -v b="$b" 'BEGIN { exit !(b >= 0.3) }' || { echo "attack.sh: the attack sees too little through signs" >&2; missed=1; } ;;
    *) awk -v p="$psnr" -v o="$colour" -v c="$c" -v b="$b" 'BEGIN { exit !((p <= 13 || p <= o + 0.1) && c * c <= 0.01 && b * b <= 0.01) }' || { echo "attack.sh: something is SEEN without the key" >&2; missed=1; } ;;
  esac
done
exit "$missed"
