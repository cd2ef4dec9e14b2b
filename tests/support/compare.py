#!/usr/bin/env python3
"""Compares what two builds of evql write of the same evidence, byte for byte but for the separators of paths, which differ on Windows.

    compare.py FOLDER PROGRAM OTHER-PROGRAM...

The other one may be a command: Wine or QEMU, and the program that it runs.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

# What is compared: the name of the output, if it is a file, and the command that makes it.
OUTPUTS = [
    ("alerts.jsonl", ["scan", "-q", "--hunting"]),
    ("alerts.csv", ["scan", "-q", "--hunting"]),
    ("report.html", ["scan", "-q", "-t", "html"]),
    ("timeline.csv", ["timeline", "-q"]),
    ("timeline.jsonl", ["timeline", "-q"]),
    ("text", ["scan", "-v", "--all"]),
    ("info", ["info"]),
]


def run(program, folder, arguments, out):
    """Runs a command from within a folder; what it printed and its exit code."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1711929600", "NO_COLOR": "1", "COLUMNS": "100"}
    command = [*program, *arguments, "--no-progress"]
    # Into files, and not pipes: what Wine starts in the background holds them open for longer than the program runs.
    with tempfile.TemporaryFile() as printed, tempfile.TemporaryFile() as said:
        files = {"stdin": subprocess.DEVNULL, "stdout": printed, "stderr": said}
        done = subprocess.run(command, cwd=folder, env=environment, timeout=600, **files)
        texts = []
        for file in (printed, said):
            file.seek(0)
            texts.append(file.read())
    written = b""
    if out is not None:
        with open(out, "rb") as file:
            written = file.read()
        os.remove(out)
    # The time that it took.
    printed = re.sub(rb"(?m)^  time      .*$", b"  time", texts[0])
    return done.returncode, printed, texts[1], written


def folders_below(folder):
    """The paths of all folders below a folder, as evql names them when it is started there; the deepest first."""
    paths = (os.path.relpath(root, folder) for root, _, _ in os.walk(folder))
    return sorted((path for path in paths if path != "."), key=len, reverse=True)


def as_on_linux(text, folders):
    r"""Puts `/` where paths of the evidence have `\`, also if that is doubled as in JSON. Other texts have backslashes of their own."""
    for path in folders:
        parts = [part.encode() for part in path.split("/")]
        for between in (b"\\\\", b"\\"):
            text = text.replace(between.join([*parts, b""]), b"/".join([*parts, b""]))
    return text


def main():
    folder, here, *other = sys.argv[1:]
    # Commands run from within the folder. An interpreter without a slash is looked up in PATH.
    folder, programs = os.path.abspath(folder), [[os.path.abspath(here)], [os.path.abspath(shutil.which(part) or part) for part in other]]
    folders = folders_below(folder)
    different = 0
    with tempfile.TemporaryDirectory() as place:
        for name, arguments in OUTPUTS:
            # The same path for both: reports say how they were made.
            out = os.path.join(place, name) if "." in name else None
            # Folders by name, so that no path begins with `./`.
            evidence = sorted(os.listdir(folder))
            expected, found = (
                run(program, folder, [*arguments, *evidence, *(["-o", out] if out else [])], out)
                for program in programs
            )
            expected, found = ([code, *(as_on_linux(text, folders) for text in texts)] for code, *texts in (expected, found))
            sizes = sum(len(text) for text in expected[1:])
            if expected == found:
                print(f"{name}: the same, {sizes} bytes, exit code {expected[0]}")
                continue
            different += 1
            print(f"{name}: DIFFERENT: exit codes {expected[0]} and {found[0]}")
            for what, left, right in zip(("stdout", "stderr", "the file"), expected[1:], found[1:]):
                if left != right:
                    at = len(os.path.commonprefix([left, right]))
                    print(f"  {what}, byte {at}:\n    {left[max(0, at - 100) : at + 100]!r}\n    {right[max(0, at - 100) : at + 100]!r}")
    files = sum(len(names) for _, _, names in os.walk(folder))
    print(f"{files} files, {len(OUTPUTS)} outputs, {different} different")
    sys.exit(1 if different else 0)


main()
