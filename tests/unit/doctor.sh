#!/usr/bin/env bash
# tests/unit/doctor.sh: cnncrypt-doctor against homes and GIMPs made up here: what it says and its exit status.  Speaks TAP.
# $1: the program; $2: make-codec-model.
set -u
doctor=$1 make_model=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0

fake_gimp () # VERSION, or nothing for no GIMP at all
{
  rm -rf "$work/bin"
  mkdir "$work/bin"
  [ -n "$1" ] || return
  printf '#!/bin/sh\necho "GNU Image Manipulation Program version %s"\n' "$1" >"$work/bin/gimp"
  chmod +x "$work/bin/gimp"
}

# expect NAME STATUS TEXT ARGUMENT... [with VARIABLE=VALUE... in front of the name, in the array "extra"]
extra=()
out= got=
expect ()
{
  local name=$1 status=$2 text=$3
  shift 3
  got=0
  out=$(env -i HOME="$work/home" PATH="$work/bin" LANG=C.UTF-8 TMPDIR="$work" ASAN_OPTIONS="${ASAN_OPTIONS:-}" UBSAN_OPTIONS="${UBSAN_OPTIONS:-}" \
    LSAN_OPTIONS="${LSAN_OPTIONS:-}" ${extra[@]+"${extra[@]}"} "$doctor" "$@" 2>&1) || got=$?
  also "$name" "$status" "$text"
}

# also NAME STATUS TEXT: the same of the run before.
also ()
{
  local name=$1 status=$2 text=$3
  n=$((n + 1))
  if [ "$got" = "$status" ] && printf '%s\n' "$out" | grep -qE -- "$text"; then
    echo "ok $n $name"
  else
    echo "not ok $n $name"
    echo "# status $got (expected $status); expected to read: $text"
    printf '%s\n' "$out" | sed 's/^/# /'
  fi
}

mkdir "$work/home"
profile=$work/home/.config/GIMP/2.10
plugin=$profile/plug-ins/cnncrypt/cnncrypt
fake_gimp 2.10.34
expect "the plug-in is missing" 1 '^PROBLEM +The plug-in is not in GIMP.s folder .*/home/.config/GIMP/2.10/plug-ins'
mkdir -p "$(dirname "$plugin")"
cp /bin/true "$plugin"
expect "the dialogs are missing" 1 "cnncrypt-dialogs.so\): run install"
: >"$(dirname "$plugin")/cnncrypt-dialogs.so"
expect "the plug-in is there" 0 "^ok +Plug-in: $plugin"
also "it says which GIMP it found" 0 '^ok +GIMP 2\.10\.34'
also "a trial is made" 0 '^ok +Trial: .*every bit equal'
expect "the plug-in of this build" 0 '^ok +It is the one of this build' --built /bin/true
expect "the plug-in of another build" 0 '^note +It is not the one of this build' --built /bin/false
chmod -x "$plugin"
expect "the plug-in may not be executed" 1 '^PROBLEM .*chmod \+x'
chmod +x "$plugin"
printf '(plug-in-def "x" 0 (proc-def "plug-in-cnncrypt-encrypt" 1))\n' >"$profile/pluginrc"
expect "GIMP has registered it" 0 '^ok +GIMP knows the plug-in'
printf '# nothing\n' >"$profile/pluginrc"
expect "GIMP has not registered it yet" 0 '^note .*start it \(again\)'
extra=(GIMP2_DIRECTORY=elsewhere)
expect "GIMP2_DIRECTORY below the home folder" 1 '^PROBLEM .*/home/elsewhere/plug-ins'
extra=(XDG_CONFIG_HOME="$work/conf")
expect "XDG_CONFIG_HOME" 1 "^PROBLEM .*$work/conf/GIMP/2.10/plug-ins"
extra=()
mkdir "$profile/plug-ins/other"
mv "$plugin" "$profile/plug-ins/other/cnncrypt"
expect "a folder of another name is ignored by GIMP" 1 '^note .*/plug-ins/other/cnncrypt is ignored by GIMP'
mv "$profile/plug-ins/other/cnncrypt" "$plugin"
fake_gimp 3.0.4
expect "GIMP 3" 1 '^PROBLEM +GIMP is version 3\.0\.4'
fake_gimp ''
expect "no GIMP" 1 '^PROBLEM +GIMP was not found'
expect "without a look at GIMP" 0 'Encrypting and decrypting work here' --no-gimp
extra=(VK_ICD_FILENAMES=/nonexistent VK_DRIVER_FILES=/nonexistent)
expect "without a Vulkan driver" 0 '^ok +Trial: ' --no-gimp
also "without a Vulkan driver it says so" 0 '^note .*Vulkan'
extra=(CNNCRYPT_DEVICE=no-such-device)
expect "a device that is not there" 1 '^PROBLEM .*no-such-device' --no-gimp
expect "a device that is not there, name only" 1 'no-such-device' --device
extra=(CNNCRYPT_DEVICE=cpu)
expect "a device chosen by the environment" 0 '^ok +Device used .*CNNCRYPT_DEVICE' --no-gimp
models=$work/models
mkdir "$models"
extra=(CNNCRYPT_MODEL_PATH="$models" CNNCRYPT_DEVICE=cpu)
# Or there is one that was installed.
expect "no model: said as a note" 0 '^(note +Method Compressed \(lossy\): No model|ok +Method Compressed \(lossy\): ready)' --no-gimp
also "share needs no model" 0 '^ok +Method Share \(survives JPEG\): ready'
also "each network of restore is told of" 0 '^(note +Method Restore \(gentle loss\), Brain pictures, grey: .*restore-mri|ok +Method Restore \(gentle loss\), Brain pictures, grey: ready)'
"$make_model" "$models/tiny.safetensors"
sum=$(sha256sum "$models/tiny.safetensors" | cut -d' ' -f1)
expect "a model of one's own" 0 "^note +Model $models/tiny.safetensors: not one that cnncrypt ships \(SHA-256 $sum\)" --no-gimp
also "the method is ready with it" 0 '^ok +Method Compressed \(lossy\): ready'
printf '[tiny]\nsha256=%s\n' "$sum" >"$models/MANIFEST"
expect "a model that MANIFEST lists" 0 "^ok +Model $models/tiny.safetensors: [0-9]+ KiB, as it was shipped" --no-gimp
printf '[gone]\nsha256=%s\n' "$sum" >>"$models/MANIFEST"
expect "a listed model that is not there" 1 "^PROBLEM +Model $models/gone.safetensors cannot be read.*Install cnncrypt again" --no-gimp
printf x >>"$models/tiny.safetensors"
expect "a listed model that was changed" 1 "^PROBLEM +Model $models/tiny.safetensors is not the file that was shipped \(SHA-256 [0-9a-f]{64}, not $sum\)" --no-gimp
printf x >"$models/autoencoder.safetensors"
expect "the model to encrypt with is broken" 1 "^(note +Method Compressed .*$models/autoencoder.safetensors cannot be used: |ok +Method Compressed \(lossy\): ready)" --no-gimp
echo nonsense >"$models/MANIFEST"
expect "a list that cannot be read" 1 "^PROBLEM +The list of models $models/MANIFEST cannot be read" --no-gimp
extra=()
expect "unknown option" 2 'cnncrypt-doctor: ' --bogus
echo "1..$n"
