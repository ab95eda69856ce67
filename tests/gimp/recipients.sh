#!/bin/sh
# Pictures for recipients, through cnncrypt-batch, the procedures and cnncrypt-open.  recipients.sh PLUGIN BATCH OPEN TRAIN.  Needs ImageMagick.
PLUGIN=$1 BATCH=$(realpath "$2") OPEN=$(realpath "$3") TRAIN=$(realpath "$4")
. "$(dirname "$0")/commands.sh"

lines () { wc -l <"$1"; }
said () { grep -c "$1" "$WORK/err"; }

mkdir "$WORK/tmp" "$WORK/src"
cd "$WORK/src" || exit 1
printf 'Zebra\n' >pass
printf 'another\n' >wrong
convert -size 120x81 plasma:fractal -depth 8 -define png:color-type=2 a.png
"$TRAIN" keygen --out anna --passphrase-file pass >"$WORK/out" 2>"$WORK/err" && "$TRAIN" keygen --out "bo b" --no-passphrase >>"$WORK/out" 2>&1 &&
  "$TRAIN" keygen --out carl --no-passphrase >>"$WORK/out" 2>&1
ok $? 'keys for three people'
{ echo '# the club'; cat anna.pub; printf '\r\n'; cat "bo b.pub"; } >club.pub

batch encrypt --recipient anna.pub --recipient "bo b.pub" --out enc a.png; status=$?
ok $(is "$status $(lines "$WORK/err") $(ls enc)" = "0 0 a.png") 'encrypts for two, without a passphrase'
batch decrypt --identity anna.identity --passphrase-file pass --out dec enc/a.png && same a.png dec/a.png
ok $? 'the first opens it, with the passphrase of her identity'
batch decrypt --identity "bo b.identity" --out dec2 enc/a.png && same a.png dec2/a.png
ok $? 'the second opens it'
batch decrypt --identity carl.identity --out dec3 enc/a.png; status=$?
ok $(is "$status $(said 'is none of them') $(ls -A dec3 | wc -l)" = "1 1 0") 'a third does not, and is told why'
batch decrypt --passphrase-file pass --out dec3 enc/a.png; status=$?
ok $(is "$status $(said 'identity file')" = "1 1") 'a passphrase does not, and the message names identity files'
batch decrypt --identity anna.identity --passphrase-file wrong --out dec3 enc/a.png; status=$?
ok $(is "$status $(said 'passphrase of the identity is wrong')" = "1 1") 'the wrong passphrase of an identity'
batch decrypt --identity anna.identity --out dec3 enc/a.png; status=$?
ok $(is "$status $(said 'locked with a passphrase')" = "1 1") 'no passphrase for an identity that is locked'
batch encrypt --passphrase-file pass --out enc2 a.png && ! batch decrypt --identity "bo b.identity" --out dec3 enc2/a.png
ok $(is "$? $(said 'with its passphrase')" = "0 1") 'an identity where a passphrase is needed'
batch decrypt --identity anna.pub --out dec3 enc/a.png; status=$?
ok $(is "$status $(said 'anna.pub”, line 2: this is a public key')" = "1 1") 'a public key as identity, by the name that was given'
batch encrypt --recipient anna.identity --out enc3 a.png; status=$?
ok $(is "$status $(said 'anna.identity”, line 3: this is an identity')" = "1 1") 'an identity as recipient'
batch encrypt --recipient nobody.pub --out enc3 a.png; status=$?
ok $(is "$status $(said 'nobody.pub”') $(ls -A enc3 | wc -l)" = "1 1 0") 'a key file that is not there'
batch encrypt --recipient anna.pub --passphrase-file pass --out enc3 a.png; status=$?
ok $(is "$status $(said 'not both')" = "2 1") 'a passphrase beside recipients'
batch encrypt --identity anna.identity --out enc3 a.png; status=$?
ok $(is "$status $(said 'is for decrypt')" = "2 1") '--identity for encrypt'
batch decrypt --recipient anna.pub --out dec3 enc/a.png; status=$?
ok $(is "$status $(said 'is for encrypt')" = "2 1") '--recipient for decrypt'
EXTRA=CNNCRYPT_PASSPHRASE_FILE=$WORK/src/pass batch encrypt --recipient club.pub --recipient anna.pub --out enc4 a.png
ok $? 'a file of several keys, one of them named again'
EXTRA=CNNCRYPT_PASSPHRASE_FILE=$WORK/src/pass batch decrypt --identity anna.identity --out dec4 enc4/a.png && same a.png dec4/a.png
ok $? 'the passphrase file that the environment names'
"$OPEN" --device cpu --identity "bo b.identity" --out dec5 enc4/a.png >"$WORK/out" 2>"$WORK/err" && same a.png dec5/a.png
ok $? 'without GIMP: cnncrypt-open --identity'

# The procedures' last arguments.
cat >script.scm <<'END'
(let* ((i (car (gimp-file-load RUN-NONINTERACTIVE "a.png" "a.png")))
       (e (car (plug-in-cnncrypt-encrypt RUN-NONINTERACTIVE i (car (gimp-image-get-active-drawable i)) 0 "" "" "cpu" 0 0 "" "anna.pub\nbo b.pub"))))
  (file-png-save2 RUN-NONINTERACTIVE e (car (gimp-image-get-active-drawable e)) "p.png" "p.png" 0 1 0 0 0 0 0 0 0)
  (let ((d (car (plug-in-cnncrypt-decrypt RUN-NONINTERACTIVE e (car (gimp-image-get-active-drawable e)) "file:pass" "cpu" "anna.identity"))))
    (file-png-save2 RUN-NONINTERACTIVE d (car (gimp-image-get-active-drawable d)) "d.png" "d.png" 0 1 0 0 0 0 0 0 0))
  (let ((d (car (plug-in-cnncrypt-decrypt RUN-NONINTERACTIVE e (car (gimp-image-get-active-drawable e)) "" "cpu" "bo b.identity"))))
    (file-png-save2 RUN-NONINTERACTIVE d (car (gimp-image-get-active-drawable d)) "f.png" "f.png" 0 1 0 0 0 0 0 0 0))
  (gimp-message "two opened it")
  (plug-in-cnncrypt-encrypt RUN-NONINTERACTIVE i (car (gimp-image-get-active-drawable i)) 0 "file:pass" "" "cpu" 0 0 "" "anna.pub")
  (gimp-message "not reached"))
END
gimp_console 120 -b "$(cat script.scm)" -b '(gimp-quit 1)' >"$WORK/out" 2>"$WORK/err"
ok $(is "$(said 'two opened it')" -ge 1) 'the procedures take recipients and an identity'
ok $(is "$(said 'not both')" -ge 1 -a "$(said 'not reached')" = 0) 'both a passphrase and recipients are an error'
same a.png d.png && same a.png f.png
ok $? 'and the pictures come back'
"$OPEN" --device cpu --identity "bo b.identity" --check p.png >"$WORK/out" 2>"$WORK/err"
ok $? 'the same picture without GIMP'
ok $(is "$(ls -A "$WORK/tmp" | wc -l)" = 0) 'no temporary file is left'
echo "1..$n"
