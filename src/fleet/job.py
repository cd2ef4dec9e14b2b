#!/usr/bin/env python3
"""Scans the evidence of many hosts with evql on Apache Spark, in parts, and merges the parts.

    evql fleet job > evql_fleet.py
    spark-submit --conf spark.task.cpus=1 evql_fleet.py --evidence URI --out URI --rules rules/

All that is forensic is done by evql. This job lists files, asks evql whose they are (`evql fleet probe`), puts all files of a computer into one part,
scans the parts on the executors (`evql scan --part`), and merges them on the driver (`evql merge`). docs/fleet.md of evql tells what a part is.

It can be started again at any time: parts that are complete are left as they are. A part that cannot be scanned costs that part, and stands in the report.
"""

from __future__ import annotations

import argparse
import bisect
import hashlib
import json
import logging
import os
import posixpath
import secrets
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.json as pj
from pyarrow import fs as pafs
from pyspark import SparkContext, SparkFiles
from pyspark.sql import SparkSession

LOG = logging.getLogger("evql")
Row = dict[str, Any]
Item = TypeVar("Item")
Result = TypeVar("Result")

BUNDLE = "evql-bundle"
# What evql says of evidence in which there is nothing to read, with exit code 3.
NOTHING_TO_READ = "there is no event log to read"
DONE, PARTIAL = 0, 4
MIB = 1 << 20
# Of a file in a store so much is fetched from both ends to learn whose it is.
PROBED_BYTES = MIB
FILES_A_PROBE = 200
# So many files on a path are probed by the driver itself, which is quicker than to hand them out.
FILES_OF_DRIVER = 2000
# More parts than slots, so that a slow one at the end does not keep the others waiting.
PARTS_A_SLOT = 4
SMALLEST_PART = 8 * MIB
LOG_BYTES = 16 << 10
COPY_BYTES = 8 * MIB
TABLE_ROWS = 10_000


# --- What is worked on -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class EvidenceFile:
    """A file of the evidence: its path below the root, its size in bytes, and what changes when its content does."""

    path: str
    size: int
    version: str


@dataclass(frozen=True)
class Part:
    """All there is of some computers: whole files, or the events of some computers in them."""

    files: tuple[EvidenceFile, ...]
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)

    def fingerprint(self, settings: Settings) -> str:
        """Tells whether a part that is there is this one."""
        return digest([settings.identity, asdict(self)])[:32]

    def name(self) -> str:
        """For people."""
        more = f" and {len(self.files) - 1} more" if len(self.files) > 1 else ""
        return f"{self.files[0].path}{more} ({self.size / MIB:.0f} MiB)"

    @staticmethod
    def of(row: Row) -> Part:
        files = tuple(EvidenceFile(**file) for file in row["files"])
        return Part(files, tuple(row["include"]), tuple(row["exclude"]))


@dataclass(frozen=True)
class Outcome:
    """What became of a part. Without an attempt there is no part: nothing could be read, or, with faults, it failed."""

    fingerprint: str
    attempt: str | None
    computers: list[str] = field(default_factory=list)
    faults: list[Row] = field(default_factory=list)
    stderr: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Settings:
    """What executors have to know. Parts of jobs with the same identity are the same."""

    evidence: str
    out: str
    scratch: str | None
    options: tuple[str, ...]
    key: str
    threads: int
    retries: int
    identity: str


def digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def fault(path: str, kind: str, reason: str) -> Row:
    """A loss, as evql writes it."""
    return {"path": path, "offset": None, "record_id": None, "kind": kind, "severity": "lost", "reason": reason}


# --- Where files are -------------------------------------------------------------------------------------------------


class Store:
    """A folder on a disk or share, or in an object store."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        if "://" in uri and not uri.startswith("file://"):
            self.fs, self.root = pafs.FileSystem.from_uri(uri)
            self.local: Path | None = None
        else:
            self.local = Path(uri.removeprefix("file://")).resolve()
            self.fs, self.root = pafs.LocalFileSystem(), str(self.local)
        self.root = self.root.rstrip("/")

    def at(self, name: str) -> str:
        return f"{self.root}/{name}" if name else self.root

    def read(self, name: str) -> bytes | None:
        """The content of a file; None if it is not there."""
        if self.fs.get_file_info(self.at(name)).type != pafs.FileType.File:
            return None
        with self.fs.open_input_stream(self.at(name)) as file:
            return bytes(file.read())

    def write(self, name: str, content: bytes) -> None:
        """Writes a file that is seen whole or not at all."""
        if self.local is None:
            with self.fs.open_output_stream(self.at(name)) as file:
                file.write(content)
            return
        target = self.local / name
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
        beside.write_bytes(content)
        os.replace(beside, target)

    def fetch(self, name: str, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        with self.fs.open_input_stream(self.at(name)) as source, target.open("wb") as out:
            while block := source.read(COPY_BYTES):
                out.write(block)

    def fetch_ends(self, name: str, target: Path) -> None:
        """Copies both ends of a file; what lies in between is a hole."""
        target.parent.mkdir(parents=True, exist_ok=True)
        with self.fs.open_input_file(self.at(name)) as source, target.open("wb") as out:
            size = source.size()
            out.write(source.read(PROBED_BYTES))
            if size > PROBED_BYTES:
                start = max(PROBED_BYTES, size - PROBED_BYTES)
                source.seek(start)
                out.seek(start)
                out.write(source.read(size - start))

    def put(self, source: Path, name: str) -> None:
        with source.open("rb") as content, self.fs.open_output_stream(self.at(name)) as out:
            while block := content.read(COPY_BYTES):
                out.write(block)

    def put_folder(self, source: Path, name: str) -> None:
        for path in sorted(source.iterdir()):
            self.put(path, f"{name}/{path.name}")

    def fetch_folder(self, name: str, target: Path) -> None:
        for info in self.fs.get_file_info(pafs.FileSelector(self.at(name))):
            self.fetch(f"{name}/{info.base_name}", target / info.base_name)

    def names(self, folder: str) -> list[str]:
        selector = pafs.FileSelector(self.at(folder), allow_not_found=True)
        return [info.base_name for info in self.fs.get_file_info(selector)]

    def remove(self, folder: str) -> None:
        if self.fs.get_file_info(self.at(folder)).type == pafs.FileType.Directory:
            self.fs.delete_dir(self.at(folder))

    def files(self) -> tuple[list[EvidenceFile], list[Row]]:
        """All files, and what could not be listed."""
        return self._list_local(self.local) if self.local else self._list_remote()

    def _list_remote(self) -> tuple[list[EvidenceFile], list[Row]]:
        files = []
        for info in self.fs.get_file_info(pafs.FileSelector(self.root, recursive=True)):
            if info.type == pafs.FileType.File:
                path = info.path[len(self.root) :].lstrip("/")
                files.append(EvidenceFile(path, info.size, str(info.mtime_ns)))
        return sorted(files, key=lambda file: file.path), []

    @staticmethod
    def _list_local(root: Path) -> tuple[list[EvidenceFile], list[Row]]:
        # Not by pyarrow, which follows links, and ends at the first folder that it may not read.
        files, faults = [], []

        def refuse(error: OSError) -> None:
            path = os.path.relpath(error.filename, root)
            faults.append(fault(path, "unreadable", f"the folder cannot be listed: {error.strerror}"))

        for folder, _, names in os.walk(root, onerror=refuse):
            for name in names:
                path = os.path.join(folder, name)
                relative = os.path.relpath(path, root)
                # evql comes to the target anyway, and says of other links that they are passed over.
                if os.path.islink(path) and Path(path).resolve().is_relative_to(root):
                    continue
                try:
                    relative.encode()
                    info = os.lstat(path)
                except UnicodeEncodeError:
                    shown = relative.encode(errors="replace").decode()
                    faults.append(fault(shown, "unreadable", "its name is not UTF-8, and a part cannot name it"))
                    continue
                except OSError as error:
                    faults.append(fault(relative, "missing-path", f"it vanished: {error.strerror}"))
                    continue
                files.append(EvidenceFile(relative, info.st_size, str(info.st_mtime_ns)))
        return sorted(files, key=lambda file: file.path), faults


# --- evql ------------------------------------------------------------------------------------------------------------


def run_evql(bundle: Path, words: Sequence[str], cwd: Path, stdin: bytes | None = None) -> tuple[int, bytes, str]:
    """Runs evql in a folder: its exit code, stdout, and the end of its stderr."""
    # A task that is killed must not leave its evql behind. Where there is no setpriv, the cluster manager ends all that runs in the container.
    leash = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
    done = subprocess.run(
        [*leash, str(bundle / "evql"), *words],
        cwd=cwd,
        input=stdin if stdin is not None else b"",
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")[-LOG_BYTES:]


def bundle_folder() -> Path:
    """Where Spark has unpacked the program, the rules and all else that evql reads beside evidence."""
    return Path(SparkFiles.get(BUNDLE)).resolve()


@contextmanager
def scratch_folder(settings: Settings) -> Iterator[Path]:
    """A folder that goes with the task; if the task is killed, it goes with the container, whose folder it lies in."""
    parent = Path(settings.scratch or SparkFiles.getRootDirectory()).resolve()
    folder = tempfile.mkdtemp(prefix="evql-", dir=parent)
    try:
        yield Path(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def key_file(key: str, folder: Path) -> Path:
    """The key in a file that nobody else can read: the list of processes is for all."""
    path = folder / "case.key"
    path.touch(mode=0o600)
    path.write_text(key)
    return path


def path_list(paths: Iterable[str]) -> bytes:
    return b"".join(path.encode() + b"\0" for path in paths)


# --- Tasks -----------------------------------------------------------------------------------------------------------


def probe(settings: Settings, files: list[EvidenceFile]) -> list[tuple[str, list[str]]]:
    """Whose files are, as far as their ends tell."""
    evidence = Store(settings.evidence)
    with scratch_folder(settings) as scratch:
        if not evidence.local:
            for file in files:
                try:
                    evidence.fetch_ends(file.path, scratch / file.path)
                except OSError:
                    # It is told where the part is scanned.
                    continue
        there = [file.path for file in files if evidence.local or (scratch / file.path).exists()]
        return probed(bundle_folder(), evidence.local or scratch, there, settings.threads)


def probed(bundle: Path, root: Path, paths: list[str], threads: int) -> list[tuple[str, list[str]]]:
    """Whose files below a folder are."""
    words = ["fleet", "probe", "-q", "--files-from", "-", "--threads", str(threads)]
    _, out, _ = run_evql(bundle, words, root, path_list(paths))
    rows = [json.loads(line) for line in out.splitlines()]
    return [(row["path"], [computer["name"] for computer in row["computers"]]) for row in rows]


def survey(settings: Settings, file: EvidenceFile) -> tuple[str, list[str]]:
    """All computers that have records in a file."""
    evidence = Store(settings.evidence)
    with scratch_folder(settings) as scratch:
        if not evidence.local:
            evidence.fetch(file.path, scratch / file.path)
        words = ["info", "-q", "-t", "json", "--files-from", "-", "--threads", str(settings.threads)]
        _, out, _ = run_evql(bundle_folder(), words, evidence.local or scratch, path_list([file.path]))
    names = {channel["host"] for found in json.loads(out)["files"] for channel in found["channels"]} if out else set()
    return file.path, sorted(names)


def scan(settings: Settings, part: Part) -> Outcome:
    """Scans a part, and marks it as done. The marker names the attempt, since a part may be tried twice at a time."""
    start = time.monotonic()
    fingerprint = part.fingerprint(settings)
    outcome = Outcome(fingerprint, None)
    for attempt in range(settings.retries + 1):
        if attempt:
            time.sleep(min(2**attempt, 30))
        try:
            outcome, failure = scan_once(settings, part, fingerprint)
        except OSError as error:
            failure = f"the part could not be scanned: {error}"
        if failure is None:
            break
        reason = f"its part could not be scanned: {failure}"
        lost = [fault(file.path, "unreadable", reason) for file in part.files]
        outcome = Outcome(fingerprint, None, faults=lost, stderr=failure)
    outcome = Outcome(**{**asdict(outcome), "seconds": round(time.monotonic() - start, 3)})
    if not outcome.faults:
        # What was lost may be there next time: without a marker it is scanned again then.
        Store(settings.out).write(f"parts/{fingerprint}.json", json.dumps(asdict(outcome)).encode())
    return outcome


def bring_files(evidence: Store, files: Iterable[EvidenceFile], folder: Path, retries: int) -> list[Row]:
    """Copies files from a store, each under its relative path; returns what could not be copied, which costs no other file."""
    faults = []
    for file in files:
        target = folder / file.path
        for attempt in range(retries + 1):
            try:
                evidence.fetch(file.path, target)
                break
            except FileNotFoundError:
                kind, reason = "missing-path", "the object vanished between the listing and the scan"
            except OSError as error:
                kind, reason = "unreadable", f"the object cannot be read: {error}"
            target.unlink(missing_ok=True)
            if attempt == retries or kind == "missing-path":
                faults.append(fault(file.path, kind, reason))
                break
            time.sleep(2**attempt)
    return faults


def scan_once(settings: Settings, part: Part, fingerprint: str) -> tuple[Outcome, str | None]:
    """One attempt, and why it failed if it did."""
    evidence, out = Store(settings.evidence), Store(settings.out)
    attempt = f"parts/{fingerprint}/{uuid.uuid4().hex}"
    with scratch_folder(settings) as scratch:
        files: tuple[EvidenceFile, ...] = part.files
        vanished: list[Row] = []
        work = evidence.local or scratch / "evidence"
        if not evidence.local:
            work.mkdir()
            vanished = bring_files(evidence, files, work, settings.retries)
        gone = {row["path"] for row in vanished}
        listed = path_list(file.path for file in files if file.path not in gone)
        folder = out.local / attempt if out.local else scratch / "part"
        folder.parent.mkdir(parents=True, exist_ok=True)
        words = ["scan", "-q", "--files-from", "-", "--part", str(folder), "--threads", str(settings.threads)]
        words += ["--case-key-file", str(key_file(settings.key, scratch)), "--temp-folder", str(scratch)]
        words += [f"--include-computer={name}" for name in part.include]
        words += [f"--exclude-computer={name}" for name in part.exclude]
        options = [word.replace("{bundle}", str(bundle_folder())) for word in settings.options]
        code, _, stderr = run_evql(bundle_folder(), words + options, work, listed)
        if code == 3 and NOTHING_TO_READ in stderr:
            return Outcome(fingerprint, None, faults=vanished, stderr=stderr), None
        if code not in (DONE, PARTIAL):
            how = f"evql ended with exit code {code}" if code >= 0 else f"evql was ended by signal {-code}"
            return Outcome(fingerprint, None), f"{how}: {stderr.strip() or 'it said nothing'}"
        manifest = json.loads((folder / "part.json").read_bytes())
        if not out.local:
            out.put_folder(folder, attempt)
    computers = [computer["name"] for computer in manifest["computers"]]
    return Outcome(fingerprint, attempt, computers, vanished, stderr), None


# --- The plan --------------------------------------------------------------------------------------------------------


class Groups:
    """Files that belong together, because a computer has events in them."""

    def __init__(self) -> None:
        self.parents: dict[str, str] = {}

    def find(self, name: str) -> str:
        root = self.parents.setdefault(name, name)
        while root != self.parents[root]:
            root = self.parents[root]
        while name != root:
            self.parents[name], name = root, self.parents[name]
        return root

    def join(self, one: str, other: str) -> None:
        one, other = sorted((self.find(one), self.find(other)))
        self.parents[other] = one


def group(files: Sequence[EvidenceFile], owners: dict[str, list[str]]) -> list[list[EvidenceFile]]:
    """Puts files of a computer together. A file of which nothing is known stays with those of its folder if they are of one group, or of the folder above."""
    groups = Groups()
    below: dict[str, set[str]] = defaultdict(set)
    for file in files:
        for computer in owners.get(file.path, []):
            # No path of a file ends so: a name of a computer is none of a file.
            groups.join(file.path, f"{computer.lower()}//")
        for folder in folders_of(file.path) if file.path in owners else ():
            below[folder].add(file.path)
    for file in files:
        if file.path in owners:
            continue
        folders = list(folders_of(file.path))
        for folder in folders:
            known = {groups.find(path) for path in below[folder]}
            if len(known) == 1:
                groups.join(file.path, known.pop())
            if known or below[folder]:
                break
        else:
            if folders:
                # Nothing is known of any file below the topmost folder, which is taken to be of one host: its part will tell.
                groups.join(file.path, f"{folders[-1]}//folder")
    together: dict[str, list[EvidenceFile]] = defaultdict(list)
    for file in files:
        together[groups.find(file.path)].append(file)
    return list(together.values())


def folders_of(path: str) -> Iterator[str]:
    """The folders that a file lies in, the innermost first, without the root."""
    while path := posixpath.dirname(path):
        yield path


def split(files: list[EvidenceFile], owners: dict[str, list[str]], largest: int) -> list[Part]:
    """Splits a group that is too large for a part by computers, all of which are known: each part reads the files that hold events of its own."""
    sizes: dict[str, int] = defaultdict(int)
    names: dict[str, str] = {}
    for file in files:
        computers = {name.lower(): name for name in owners.get(file.path, [])}
        for folded, name in computers.items():
            names.setdefault(folded, name)
            sizes[folded] += file.size // len(computers)
    # Names are given as patterns, and several at a time with commas: what cannot be named so stays with the rest.
    nameable = [name for name in sizes if name and not set(name) & set(",*?")]
    bins = pack([(name, sizes[name]) for name in sorted(nameable)], largest)
    if len(bins) < 2:
        return [Part(tuple(files))]
    parts = []
    for bucket in bins:
        chosen = set(bucket)
        of_bucket = [file for file in files if chosen & {name.lower() for name in owners.get(file.path, [])}]
        parts.append(Part(tuple(of_bucket), include=tuple(names[name] for name in bucket)))
    others = set(sizes) - set(nameable)
    rest = [file for file in files if not owners.get(file.path) or others & {n.lower() for n in owners[file.path]}]
    if rest:
        parts.append(Part(tuple(rest), exclude=tuple(names[name] for bucket in bins for name in bucket)))
    return parts


def pack(items: Iterable[tuple[Item, int]], target: int) -> list[list[Item]]:
    """Puts items together that are small, the largest first. Each goes where it fits best."""
    bins: list[list[Item]] = []
    # Free room of bins, sorted, with their positions.
    room: list[tuple[int, int]] = []
    for item, size in sorted(items, key=lambda pair: -pair[1]):
        at = bisect.bisect_left(room, (size, -1))
        if at < len(room):
            free, number = room.pop(at)
        else:
            free, number = target, len(bins)
            bins.append([])
        bins[number].append(item)
        if free - size > 0:
            bisect.insort(room, (free - size, number))
    return bins


def parts_of(groups: list[list[EvidenceFile]], slots: int, largest: int) -> list[Part]:
    """Packs small groups into one part, which costs less than a process for each; the largest parts come first."""
    sizes = [sum(file.size for file in files) for files in groups]
    # A little more than each one's share, so that what is left of equal hosts makes no part of its own.
    share = sum(sizes) * 21 // (20 * slots * PARTS_A_SLOT)
    target = min(max(share, SMALLEST_PART), largest)
    packed = pack(enumerate(sizes), target)
    parts = [Part(tuple(sorted((f for n in numbers for f in groups[n]), key=lambda f: f.path))) for numbers in packed]
    return sorted(parts, key=lambda part: (-part.size, part.files[0].path))


def conflicts(parts: list[Part], outcomes: dict[Part, Outcome]) -> list[list[Part]]:
    """Parts that have a computer in common, though each should have all there is of its own; with others that read the same files for other computers."""
    groups = Groups()
    keys = {part: outcomes[part].fingerprint for part in parts}

    def together() -> list[list[Part]]:
        members: dict[str, list[Part]] = defaultdict(list)
        for part in parts:
            members[groups.find(keys[part])].append(part)
        return [parts for parts in members.values() if len(parts) > 1]

    for part in parts:
        for computer in outcomes[part].computers:
            groups.join(keys[part], f"{computer.lower()}//")
    shared = {file.path for members in together() for part in members for file in part.files}
    for part in parts:
        for path in shared & {file.path for file in part.files}:
            groups.join(keys[part], f"{path}//file")
    return together()


def union(parts: Iterable[Part]) -> Part:
    return Part(tuple(sorted({file for part in parts for file in part.files}, key=lambda file: file.path)))


# --- The driver ------------------------------------------------------------------------------------------------------


class Job:
    """The run of the job on the driver."""

    def __init__(self, spark: SparkContext, args: argparse.Namespace, work: Path) -> None:
        self.spark, self.args, self.work = spark, args, work
        self.evidence, self.out = Store(args.evidence), Store(args.out)
        self.bundle = work / BUNDLE
        self.slots = max(1, spark.defaultParallelism)
        # Workers of Python take a second to start, which they can do while rules are checked and files are listed.
        slots = self.slots
        start = threading.Thread(target=lambda: spark.parallelize(range(slots), slots).map(lambda _: pafs.__name__).count(), daemon=True)
        start.start()

    def run(self) -> int:
        """Runs all; the exit code is that of the merge."""
        if self.evidence.local and self.out.local and self.out.local.is_relative_to(self.evidence.local):
            raise SystemExit(f"{self.args.out} lies among the evidence; name another folder for --out")
        if self.evidence.local and not self.evidence.local.is_dir():
            raise SystemExit(f"{self.args.evidence}: there is no such folder")
        self.options = self.make_bundle()
        key = case_key(Path(self.args.case_key_file))
        self.check(key)
        threads = int(self.spark.getConf().get("spark.task.cpus", "1"))
        identity = self.claim_output(key)
        scan_options = [*self.options, *self.args.scan_option, f"--max-memory={self.args.max_memory}"]
        self.settings = Settings(
            evidence=self.args.evidence if not self.evidence.local else str(self.evidence.local),
            out=self.args.out if not self.out.local else str(self.out.local),
            scratch=self.args.scratch,
            options=tuple(scan_options),
            key=key,
            threads=threads,
            retries=self.args.retries,
            identity=identity,
        )
        # Spark unpacks a tar that is not compressed by itself, and loses the permission to run evql.
        archive = self.work / f"{BUNDLE}.tar.gz"
        with tarfile.open(archive, "w:gz", compresslevel=0) as tar:
            for path in sorted(self.bundle.iterdir()):
                tar.add(path, arcname=path.name)
        self.spark.addArchive(f"{archive}#{BUNDLE}")
        files, faults = self.evidence.files()
        LOG.info("%d files, %.1f GiB", len(files), sum(file.size for file in files) / (1 << 30))
        if not files:
            raise SystemExit(f"{self.args.evidence}: there is no file")
        parts = self.plan(files)
        outcomes = self.scan_all(parts)
        for _ in range(self.args.rounds):
            if not (shared := conflicts(parts, outcomes)):
                break
            # The ends of files did not tell all: whose files they are is known now.
            LOG.info("%d groups of parts have computers in common, and are scanned again as one each", len(shared))
            apart = {part for members in shared for part in members}
            joined = [union(members) for members in shared]
            parts = [part for part in parts if part not in apart] + self.split_large([list(part.files) for part in joined])
            self.save_plan(parts)
            outcomes.update(self.scan_all([part for part in parts if part not in outcomes]))
        final = [outcomes[part] for part in parts]
        faults += [row for outcome in final for row in outcome.faults]
        return self.merge(final, faults)

    # --- Before anything is read

    def make_bundle(self) -> list[str]:
        """Copies all that evql reads beside evidence into a folder; returns the options of rules, in which {bundle} stands for it."""
        self.bundle.mkdir()
        program = shutil.which(self.args.evql)
        if program is None:
            raise SystemExit(f"--evql {self.args.evql}: there is no such program")
        shutil.copy2(program, self.bundle / "evql")
        options = []
        named = [("rules", path) for path in self.args.rules]
        for option in ("exceptions", "indicators", "ioc", "placeholders", "geoip", "archive_password_file"):
            given = getattr(self.args, option) or []
            named += [(option, path) for path in ([given] if isinstance(given, str) else given)]
        for number, (option, given) in enumerate(named):
            path = Path(given)
            if not path.exists():
                raise SystemExit(f"--{option.replace('_', '-')} {given}: there is no such file or folder")
            # A folder of its own for each, so that two may have the same name.
            target = self.bundle / str(number) / path.resolve().name
            if path.is_dir():
                shutil.copytree(path, target)
            else:
                target.parent.mkdir()
                shutil.copy2(path, target)
            options.append(f"--{option.replace('_', '-')}={{bundle}}/{target.relative_to(self.bundle)}")
        return [*options, *self.args.rule_option, *(["--no-triage"] if self.args.no_triage else [])]

    def words(self, options: Iterable[str]) -> list[str]:
        return [word.replace("{bundle}", str(self.bundle)) for word in options]

    def check(self, key: str) -> None:
        """Makes sure that evql takes the rules and options, by a scan of nothing."""
        nothing = self.work / "nothing"
        nothing.mkdir()
        words = ["scan", "-q", str(nothing), "--part", str(self.work / "no-part")]
        words += ["--case-key-file", str(key_file(key, self.work)), *self.words(self.options), *self.args.scan_option]
        code, _, stderr = run_evql(self.bundle, words, self.work)
        if code != 3 or NOTHING_TO_READ not in stderr:
            raise SystemExit(f"evql does not take these rules and options (exit code {code}):\n{stderr}")
        said = stderr.replace(f"evql: {NOTHING_TO_READ}; name .evtx files, or folders that hold some", "").strip()
        if said:
            LOG.warning("evql says of the rules:\n%s", said)

    def claim_output(self, key: str) -> str:
        """Says in the output whose it is; refuses one that is of another job."""
        content = hashlib.sha256()
        for path in sorted(self.bundle.rglob("*")):
            if path.is_file():
                content.update(f"{path.relative_to(self.bundle)}\0{file_digest(path)}\0".encode())
        manifest = {
            "format": 1,
            "evidence": self.args.evidence,
            "program_and_rules": content.hexdigest(),
            "options": [*self.options, *self.args.scan_option],
            "case_key": hashlib.sha256(b"evql fleet job\0" + bytes.fromhex(key)).hexdigest()[:16],
        }
        there = self.out.read("manifest.json")
        if there is None:
            self.out.write("manifest.json", json.dumps(manifest, indent=2).encode())
        elif (found := json.loads(there)) != manifest:
            differs = [name for name in manifest if found.get(name) != manifest[name]]
            raise SystemExit(f"{self.args.out} is of another job: {', '.join(differs)} differ; name another --out, or remove it")
        return digest(manifest)

    # --- Parts

    def plan(self, files: list[EvidenceFile]) -> list[Part]:
        """Which files are scanned together."""
        there = set(files)
        saved = [Part.of(row) for row in json.loads(self.out.read("plan.json") or b"[]")]
        # What was planned stays, as far as its files are what they were: new ones of a computer that has a part already are joined with that afterwards.
        kept = [part for part in saved if there.issuperset(part.files)]
        planned = {file for part in kept for file in part.files}
        files = [file for file in files if file not in planned]
        if kept:
            LOG.info("%d parts of the last run are kept; %d files are in none of them", len(kept), len(files))
        if not files:
            return kept
        settings = self.settings
        if self.evidence.local and len(files) <= FILES_OF_DRIVER:
            owners = dict(probed(self.bundle, self.evidence.local, [file.path for file in files], os.cpu_count() or 1))
        else:
            batches = [files[at : at + FILES_A_PROBE] for at in range(0, len(files), FILES_A_PROBE)]
            found = self.spread(f"probe {len(files)} files", batches, lambda batch: probe(settings, batch))
            owners = dict(row for rows in found for row in rows)
        LOG.info("%d of %d files have told whose they are", len(owners), len(files))
        groups = group(files, owners)
        largest = self.args.part_size * MIB
        is_shared = {n for n, members in enumerate(groups) if sum(f.size for f in members) > largest}
        is_shared = {n for n in is_shared if len({c.lower() for f in groups[n] for c in owners.get(f.path, [])}) > 1}
        parts = parts_of([members for n, members in enumerate(groups) if n not in is_shared], self.slots, largest)
        parts += self.split_large([groups[n] for n in sorted(is_shared)])
        parts = [*kept, *sorted(parts, key=lambda part: (-part.size, part.files[0].path))]
        self.save_plan(parts)
        return parts

    def split_large(self, groups: list[list[EvidenceFile]]) -> list[Part]:
        """Makes a part of each group; groups that are too large and of several computers are split by these, for which their files are read once."""
        settings, largest = self.settings, self.args.part_size * MIB
        large = [members for members in groups if sum(file.size for file in members) > largest]
        logs = sorted((file for members in large for file in members), key=lambda file: -file.size)
        if logs:
            LOG.info("%d files are read to know all computers that have events in them", len(logs))
        surveyed = dict(self.spread(f"survey {len(logs)} files", logs, lambda file: survey(settings, file)))
        small = [Part(tuple(members)) for members in groups if members not in large]
        return small + [part for members in large for part in split(members, surveyed, largest)]

    def save_plan(self, parts: list[Part]) -> None:
        self.out.write("plan.json", json.dumps([asdict(part) for part in parts]).encode())

    def scan_all(self, parts: list[Part]) -> dict[Part, Outcome]:
        """Scans the parts that are not there yet."""
        there = set(self.out.names("parts"))
        done: dict[Part, Outcome] = {}
        for part in parts:
            name = f"{part.fingerprint(self.settings)}.json"
            if name in there and (marker := self.out.read(f"parts/{name}")):
                done[part] = Outcome(**json.loads(marker))
        wanted = [part for part in parts if part not in done]
        LOG.info("%d parts: %d are there, %d to scan", len(parts), len(done), len(wanted))
        settings = self.settings
        scanned = self.spread(f"scan {len(wanted)} parts", wanted, lambda part: scan(settings, part))
        for part, outcome in zip(wanted, scanned, strict=True):
            if outcome.faults:
                LOG.warning("%s: %s", part.name(), outcome.stderr.strip() or outcome.faults[0]["reason"])
            elif outcome.attempt is None:
                LOG.info("%s: no event log in it", part.name())
            done[part] = outcome
        return done

    def spread(self, what: str, items: list[Item], task: Callable[[Item], Result]) -> list[Result]:
        """Runs a task for each item, a Spark task each, in their order; tells how far it is."""
        if not items:
            return []
        group_id = uuid.uuid4().hex
        self.spark.setJobGroup(group_id, f"evql: {what}")
        ended = threading.Event()
        watcher = threading.Thread(target=self.watch, args=(group_id, what, len(items), ended), daemon=True)
        watcher.start()
        start = time.monotonic()
        try:
            return self.spark.parallelize(items, len(items)).map(task).collect()
        finally:
            ended.set()
            LOG.info("%s: %.1f s", what, time.monotonic() - start)

    def watch(self, group_id: str, what: str, count: int, ended: threading.Event) -> None:
        tracker = self.spark.statusTracker()
        while not ended.wait(self.args.progress):
            stages = [tracker.getStageInfo(s) for j in tracker.getJobIdsForGroup(group_id) for s in job_stages(tracker, j)]
            done = sum(stage.numCompletedTasks for stage in stages if stage)
            failed = sum(stage.numFailedTasks for stage in stages if stage)
            LOG.info("%s: %d of %d done%s", what, done, count, f", {failed} tasks lost" if failed else "")

    # --- The merge

    def merge(self, outcomes: list[Outcome], faults: list[Row]) -> int:
        """Puts the parts together."""
        start = time.monotonic()
        attempts = [outcome.attempt for outcome in outcomes if outcome.attempt]
        if not attempts:
            reasons = sorted({row["reason"].strip() for row in faults}) or ["no file is an event log"]
            raise SystemExit("there is no part:\n" + "\n".join(reasons[:10]))
        folders = [self.local_part(attempt) for attempt in attempts]
        lost = self.work / "faults.jsonl"
        lost.write_text("".join(json.dumps(row) + "\n" for row in faults))
        words = ["merge", *map(str, folders), "--case-key-file", str(self.work / "case.key")]
        words += [*self.words(self.options), f"--max-memory={self.args.max_memory}"]
        evidence = self.evidence.local or self.bring(words)
        # Beside their places, if these are on a path: what stood there stays until all is written.
        results = self.out.local / f".results-{uuid.uuid4().hex}" if self.out.local else self.work / "results"
        results.mkdir()
        words += ["-q", "--faults", str(lost), *self.args.merge_option, "-o", str(results / "alerts.jsonl")]
        words += ["-H", str(results / "report.html"), "--summary-json", str(results / "summary.json")]
        words += [] if self.args.no_triage else ["--values", str(results / "values.csv")]
        code, _, stderr = run_evql(self.bundle, words, evidence)
        if stderr.strip():
            LOG.warning("evql merge says:\n%s", stderr.strip())
        if code not in (DONE, PARTIAL):
            shutil.rmtree(results)
            raise SystemExit(f"the merge failed with exit code {code}; the parts are kept: {self.args.out}/parts")
        summary = json.loads((results / "summary.json").read_bytes())
        self.write_alerts(results / "alerts.jsonl")
        self.write_values(folders)
        for path in sorted(results.iterdir()):
            if self.out.local:
                os.replace(path, self.out.local / path.name)
            else:
                self.out.put(path, path.name)
        results.rmdir() if self.out.local else None
        self.tidy(set(attempts))
        LOG.info("merge of %d parts: %.1f s, %s alerts", len(folders), time.monotonic() - start, summary["alerts"]["total"])
        if code == PARTIAL:
            LOG.warning("some of the evidence could not be read: report.html and summary.json in %s say what", self.args.out)
        return code

    def local_part(self, attempt: str) -> Path:
        if self.out.local:
            return self.out.local / attempt
        target = self.work / "parts" / attempt.removeprefix("parts/")
        self.out.fetch_folder(attempt, target)
        return target

    def bring(self, words: list[str]) -> Path:
        """Brings the files to the driver from which the merge reads events: those of alerts that cross hosts."""
        staged = self.work / "evidence"
        staged.mkdir()
        code, out, stderr = run_evql(self.bundle, [*words, "--needs", "-"], staged)
        if code != DONE:
            raise SystemExit(f"the merge failed with exit code {code}:\n{stderr}")
        for line in out.splitlines():
            path = json.loads(line)["path"]
            LOG.info("alerts cross hosts with events in %s", path)
            try:
                self.evidence.fetch(path, staged / path)
            except OSError as error:
                # The merge says what is missing for it.
                LOG.warning("%s: %s", path, error)
        return staged

    def write_alerts(self, alerts: Path) -> None:
        """Writes the alerts as Parquet, partitioned by host, for whoever wants SQL."""
        schema = pa.schema(
            [
                ("host", pa.string()),
                ("number", pa.int64()),
                ("time", pa.string()),
                ("rule_id", pa.string()),
                ("rule", pa.string()),
                ("severity", pa.string()),
                ("risk_score", pa.float64()),
                ("document", pa.string()),
            ]
        )

        def batches() -> Iterator[pa.RecordBatch]:
            with alerts.open("rb") as lines:
                while chunk := list(islice(lines, TABLE_ROWS)):
                    yield pa.RecordBatch.from_pydict(alert_columns(chunk), schema)

        self.write_table("tables/alerts", batches(), schema)

    def write_values(self, folders: list[Path]) -> None:
        """Writes what values hosts have, partitioned by host: what `values.csv` has added up, for whoever wants another sum."""
        files = [str(path) for folder in folders if (path := folder / "values.parquet").exists()]
        if files:
            values = ds.dataset(files, format="parquet")
            self.write_table("tables/values", values.scanner(batch_size=10 * TABLE_ROWS).to_batches(), values.schema)

    def write_table(self, name: str, batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> None:
        self.out.remove(name)
        ds.write_dataset(
            batches,
            self.out.at(name),
            schema=schema,
            filesystem=self.out.fs,
            format="parquet",
            partitioning=ds.partitioning(pa.schema([("host", pa.string())]), flavor="hive"),
            max_partitions=1 << 20,
        )

    def tidy(self, attempts: set[str]) -> None:
        """Removes attempts that came to no end, or second, and parts that are in no plan any more."""
        kept = {attempt.split("/")[1] for attempt in attempts}
        for name in self.out.names("parts"):
            if name.endswith(".json"):
                continue
            for attempt in self.out.names(f"parts/{name}"):
                if f"parts/{name}/{attempt}" not in attempts:
                    self.out.remove(f"parts/{name}/{attempt}")
            if name not in kept:
                self.out.remove(f"parts/{name}")


def job_stages(tracker: Any, job: int) -> Sequence[int]:
    info = tracker.getJobInfo(job)
    return list(info.stageIds) if info else []


def alert_columns(lines: list[bytes]) -> dict[str, Any]:
    """The columns of the table of alerts."""

    def of(*names: str) -> pa.Schema:
        return pa.struct([(name, pa.string()) for name in names])

    wanted = pa.schema(
        [
            ("@timestamp", pa.string()),
            ("host", of("name")),
            ("rule", of("id", "name")),
            ("event", pa.struct([("risk_score", pa.float64())])),
            ("evql", pa.struct([("alert", pa.int64()), ("severity", pa.string())])),
        ]
    )
    # All else in a document is passed over without being kept, on all threads.
    content = b"".join(lines)
    options = pj.ParseOptions(explicit_schema=wanted, unexpected_field_behavior="ignore")
    table = pj.read_json(pa.BufferReader(content), pj.ReadOptions(block_size=max(MIB, *map(len, lines)) + 1), options)

    def column(name: str, *path: str) -> pa.Array:
        return pc.struct_field(table[name].combine_chunks(), list(path)) if path else table[name].combine_chunks()

    return {
        "host": column("host", "name"),
        "number": column("evql", "alert"),
        "time": column("@timestamp"),
        "rule_id": column("rule", "id"),
        "rule": column("rule", "name"),
        "severity": column("evql", "severity"),
        "risk_score": column("event", "risk_score"),
        "document": pa.array([line.rstrip(b"\n").decode() for line in lines]),
    }


def file_digest(path: Path) -> str:
    content = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(MIB):
            content.update(block)
    return content.hexdigest()


def case_key(path: Path) -> str:
    """The key of the case; a new one if the file is not there."""
    if not path.exists():
        LOG.info("a new case key is written to %s: keep it with the case, the job needs it to go on", path)
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32) + "\n")
    key = path.read_text().strip()
    try:
        is_key = len(bytes.fromhex(key)) >= 16
    except ValueError:
        is_key = False
    if not is_key:
        raise SystemExit(f"{path} holds no case key: 32 hexadecimal digits or more")
    return key


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--evidence", required=True, metavar="URI", help="a folder: a path, or file, hdfs, s3, gs or abfss")
    add("--out", required=True, metavar="URI", help="the folder for parts and results; the job goes on from what is there")
    add("--evql", default="evql", metavar="FILE", help="the program, for the machines of the executors (default: on the path)")
    add("--rules", "-r", action="append", default=[], metavar="PATH", help="rules instead of the built-in ones")
    for option in ("exceptions", "indicators", "ioc"):
        add(f"--{option}", action="append", default=[], metavar="FILE", help=f"as --{option} of evql scan")
    for option in ("placeholders", "geoip", "archive-password-file"):
        add(f"--{option}", metavar="PATH", help=f"as --{option} of evql scan")
    add("--no-triage", action="store_true", help="leave out what stands beside alerts, and the tables of values, which take a second pass over the evidence")
    add("--rule-option", action="append", default=[], metavar="WORD", help="a word for scan and merge: --hunting, --min-level=high")
    add("--scan-option", action="append", default=[], metavar="WORD", help="a word for scan: --from=2026-01-01, --carve")
    add("--merge-option", action="append", default=[], metavar="WORD", help="a word for merge: --suppress")
    add("--case-key-file", default="evql-case.key", metavar="FILE", help="the key of the case; made if it is not there (default: %(default)s)")
    add(
        "--part-size",
        type=int,
        default=2048,
        metavar="MIB",
        help="small hosts are put together up to this size, 0 for none, and logs of many computers are split from it on (default: %(default)s)",
    )
    add("--max-memory", default="512M", metavar="SIZE", help="for each evql (default: %(default)s)")
    add("--scratch", metavar="DIR", help="for copies of evidence on executors; the container's folder if not given")
    add("--retries", type=int, default=2, metavar="N", help="how often a part that failed is tried again (default: %(default)s)")
    add("--rounds", type=int, default=5, metavar="N", help="how often parts with a computer in common are joined (default: %(default)s)")
    add("--progress", type=float, default=10.0, metavar="SECONDS", help="how often it is told how far the job is (default: %(default)s)")
    return parser.parse_args(words)


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    args = arguments()
    LOG.info("evql on Spark: %s", shlex.join(sys.argv[1:]))
    session = SparkSession.builder.appName("evql").getOrCreate()
    try:
        with tempfile.TemporaryDirectory(prefix="evql-driver-") as work:
            return Job(session.sparkContext, args, Path(work)).run()
    finally:
        session.stop()


if __name__ == "__main__":
    sys.exit(main())
