#!/usr/bin/env python3
"""tests/unit/keygen.py: cnncrypt-train keygen, and a passphrase typed at the terminal for it and for cnncrypt-open.  Speaks TAP.

    keygen.py CNNCRYPT-TRAIN CNNCRYPT-OPEN
"""
import os
import pathlib
import pty
import select
import subprocess
import sys
import tempfile
import time

train, open_ = (str(pathlib.Path(arg).resolve()) for arg in sys.argv[1:3])
n = 0


def check(name, good, why=""):
    global n
    n += 1
    print("%s %d %s" % ("ok" if good else "not ok", n, name))
    if not good:
        print("# %s" % repr(why))


def plain(*arguments):
    """Exit status and all output; without any terminal."""
    done = subprocess.run(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True, timeout=60)
    return done.returncode, done.stdout.decode()


def typed(answers, *arguments):
    """The same at a terminal: waits for each prompt (a text that ends in ": "), then types."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(arguments[0], arguments)
    said, answers, seen = b"", list(answers), 0
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if not select.select([fd], [], [], 1)[0]:
            continue
        try:
            part = os.read(fd, 4096)
        except OSError:
            break
        if not part:
            break
        said += part
        if answers and said[seen:].endswith(b": "):
            seen = len(said)
            os.write(fd, answers.pop(0))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said.decode()


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    pathlib.Path("secret").write_text("pass phrase\nrest\n")
    status, said = plain(train, "keygen", "--out", "a", "--passphrase-file", "secret")
    lines = [line for line in pathlib.Path("a.pub").read_text().split("\n") if line and line[0] != "#"]
    check("makes a pair", status == 0 and len(lines) == 1 and len(lines[0]) == 55 and lines[0] in said, said)
    own = pathlib.Path("a.identity")
    text = own.read_text()
    check("the identity is locked, for its owner alone, and names its public key",
          "\ncnclock1" in text and own.stat().st_mode & 0o777 == 0o600 and lines[0] in text, text)
    check("what is said holds no secret", "cnclock1" not in said and "cncsec1" not in said, said)
    status, said = plain(train, "keygen", "--out", "a", "--no-passphrase")
    check("never overwrites", status == 1 and "is there already" in said and own.read_text() == text, said)
    status, said = plain(train, "keygen", "--out", "b", "--no-passphrase")
    check("without a passphrase where that is asked for", status == 0 and "\ncncsec1" in pathlib.Path("b.identity").read_text()
          and "NOT locked" in said and "cncsec1" not in said, said)
    status, said = plain(train, "keygen", "--out", "c")
    check("without a terminal, names the option", status == 1 and "--passphrase-file" in said and not pathlib.Path("c.pub").exists(), said)
    status, said = plain(train, "keygen", "--out", "c", "--no-passphrase", "--passphrase-file", "secret")
    check("refuses both", status == 1 and "exclude" in said, said)
    status, said = plain(train, "keygen")
    check("needs a name", status == 1 and "--out NAME" in said, said)

    word = "Schlüsselwort"
    status, said = typed([(word + "x\x7f\r").encode(), (word + "\r").encode()], train, "keygen", "--out", "d")
    check("asks at the terminal, twice, and shows nothing of it", status == 0 and word not in said and said.count("Passphrase") == 2, said)
    status, said = typed([b"one\r", b"two\r"], train, "keygen", "--out", "e")
    check("two that differ", status == 1 and "differ" in said and not pathlib.Path("e.identity").exists(), said)
    status, said = typed([b"on\x03"], train, "keygen", "--out", "e")
    check("Ctrl+C", status == 130 and not pathlib.Path("e.identity").exists(), (status, said))
    status, said = typed([b"\r", b"\r"], train, "keygen", "--out", "e")
    check("an empty one", status == 1 and "empty" in said, said)

    # The picture is not there; so what is complained of tells how far it came.
    status, said = typed([("y" + "\x15" + word + "\r").encode()], open_, "--identity", "d.identity", "--device", "cpu", "nothing.png")
    check("cnncrypt-open asks for the passphrase of an identity", status == 1 and "nothing.png" in said and word not in said, said)
    status, said = typed([b"wrong\r"], open_, "--identity", "d.identity", "--device", "cpu", "nothing.png")
    check("a wrong one", status == 2 and "passphrase of the identity is wrong" in said, said)
    status, said = plain(open_, "--identity", "d.identity", "--device", "cpu", "nothing.png")
    check("no terminal", status == 2 and "--passphrase-file" in said, said)
    status, said = plain(open_, "--identity", "b.identity", "--device", "cpu", "nothing.png")
    check("an open identity needs none", status == 1 and "nothing.png" in said, said)

print("1..%d" % n)
