"""The job for Apache Spark finds what one scan finds, to the byte: on one machine, on a cluster with a store, after an executor was killed, and again.

    python check.py EVQL WORK

EVQL is the program, WORK an empty folder. Needs pyspark, pyarrow, moto[server] and Java 17. A line is printed for each check.
"""

from __future__ import annotations

import csv
import importlib.util
import json
import logging
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow.dataset as ds
from pyarrow import fs as pafs

EVQL = Path(sys.argv[1]).resolve()
WORK = Path(sys.argv[2]).resolve()
EVIDENCE = WORK / "evidence"
RULES = WORK / "rules"
JOB = WORK / "evql_fleet.py"
HOSTS = 40
CROSSING = 6
# Their events were forwarded to a collector, into one log.
FORWARDED = (36, 37, 38, 39)


def evql(*words: object, cwd: Path = WORK, codes: tuple[int, ...] = (0,)) -> str:
    done = subprocess.run([EVQL, *map(str, words)], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode in codes, f"evql {words} ended with {done.returncode}: {done.stderr}"
    return done.stdout


def host(number: int) -> Path:
    return EVIDENCE / f"host-{number:02}"


def make_evidence() -> None:
    """40 small hosts, as people collect them."""
    made = evql("forge", "--large", "24M", "--seed", 5, "--hosts", HOSTS, "--attacks", 60, "--cross-host", CROSSING, "-o", "logs")
    query = next(line for line in made.splitlines() if line.startswith("sequence by"))
    RULES.mkdir()
    (RULES / "moved.eql").write_text(query)
    (RULES / "both.eql").write_text("sequence by host.id, user.name with maxspan=10s [process where true] [network where true] | tail 50")
    (RULES / "ports.eql").write_text("sample by destination.ip [network where destination.port == 443] [network where destination.port == 80]")
    for number in range(1, HOSTS + 1):
        log = WORK / f"logs/host-{number:02}-1.evtx"
        if number % 5 == 0:
            # Archives, at the top and beside a log that tells whose its folder is.
            with zipfile.ZipFile(EVIDENCE / f"host-{number:02}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
                archive.write(log, "C/Windows/System32/winevt/Logs/Sysmon.evtx")
            continue
        if number in FORWARDED:
            continue
        folder = host(number) / "Logs"
        folder.mkdir(parents=True)
        shutil.copy(log, folder / "Sysmon.evtx")
        (host(number) / "notes.txt").write_text("collected by hand\n")
    logs = [f"logs/host-{number:02}-1.evtx" for number in FORWARDED]
    (EVIDENCE / "forwarded.ndjson").write_text(evql("timeline", "-q", "-t", "ecs", *logs, "-o", "-"))
    # Two logs are damaged.
    for number, at in ((3, 70_000), (8, 300_000)):
        log = host(number) / "Logs/Sysmon.evtx"
        content = bytearray(log.read_bytes())
        content[at : at + 2000] = b"\xee" * 2000
        log.write_bytes(content)
    # One host is in two folders: its log again, and half of another in an archive, whose ends nobody looks at.
    (EVIDENCE / "again").mkdir()
    shutil.copy(WORK / "logs/host-01-1.evtx", EVIDENCE / "again/copy.evtx")
    lines = evql("timeline", "-q", "-t", "ecs", "logs/host-02-1.evtx", "-o", "-").splitlines(keepends=True)
    with zipfile.ZipFile(EVIDENCE / "again.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("late.ndjson", "".join(lines[len(lines) // 2 :]))
    (EVIDENCE / "empty.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    (EVIDENCE / "empty.evtx").touch()


def one_scan() -> bytes:
    """What one process finds."""
    names = sorted(path.name for path in EVIDENCE.iterdir())
    words = ["scan", "-q", *names, "-r", RULES, "--with-builtin", "-o", WORK / "one.jsonl", "--summary-json", WORK / "one.json", "-C"]
    evql(*words, cwd=EVIDENCE, codes=(4,))
    return (WORK / "one.jsonl").read_bytes()


class Run:
    """A run of the job."""

    def __init__(self, master: str, out: str, *words: str, evidence: str = str(EVIDENCE), program: Path = EVQL, conf: tuple[str, ...] = ()) -> None:
        self.log_path = WORK / f"job-{time.monotonic_ns()}.log"
        submit = Path(sys.executable).with_name("spark-submit")
        command = [submit, "--master", master, "--conf", "spark.ui.enabled=false", *(w for c in conf for w in ("--conf", c)), JOB]
        command += ["--evidence", evidence, "--out", out, "--evql", program, "--rules", RULES, "--rule-option=--with-builtin", "--progress", "0.5", *words]
        environment = {**os.environ, "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1", **STORE_ENVIRONMENT}
        log = self.log_path.open("wb")
        self.process = subprocess.Popen(list(map(str, command)), cwd=WORK, stdout=log, stderr=subprocess.STDOUT, env=environment)

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def end(self, code: int) -> str:
        ended = self.process.wait(timeout=240)
        assert ended == code, f"the job ended with {ended} and not {code}:\n{self.log()[-8000:]}"
        return self.log()


STORE_ENVIRONMENT: dict[str, str] = {}


def same(have: object, want: object, what: str) -> None:
    assert have == want, f"{what}: {have!r:.400} and not {want!r:.400}"


def check(name: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    def named(test: Callable[[], None]) -> Callable[[], None]:
        CHECKS.append((name, test))
        return test

    return named


CHECKS: list[tuple[str, Callable[[], None]]] = []
EXPECTED: list[bytes] = []


def results(out: Path) -> bytes:
    """The alerts of a job, and whether all else of it fits them."""
    alerts = (out / "alerts.jsonl").read_bytes()
    rows = ds.dataset(out / "tables/alerts", partitioning="hive").to_table().to_pylist()
    documents = [row["document"] for row in sorted(rows, key=lambda row: row["number"])]
    same(documents, alerts.decode().splitlines(), "the table of alerts")
    for row in rows:
        same(json.loads(row["document"]).get("host", {}).get("name"), row["host"], "the host of a row")
    assert b"<html" in (out / "report.html").read_bytes(), "the report"
    with (out / "values.csv").open() as file:
        totals = {(row["kind"], row["value"].lower()): (int(row["hosts"]), int(row["count"])) for row in csv.DictReader(file)}
    by_value: dict[tuple[str, str], tuple[set[str], int]] = {}
    for row in ds.dataset(out / "tables/values", partitioning="hive").to_table().to_pylist():
        hosts, count = by_value.get((row["kind"], row["value"].lower()), (set(), 0))
        by_value[row["kind"], row["value"].lower()] = (hosts | {row["host"].lower()}, count + row["count"])
    # Of command lines and services, where case counts, a cell and a value can be alike but for it.
    lower = {kind for kind, _ in totals} - {"command_line", "service"}
    summed = {key: (len(hosts), count) for key, (hosts, count) in by_value.items()}
    same({k: v for k, v in totals.items() if k[0] in lower}, {k: v for k, v in summed.items() if k[0] in lower}, "the sums of values")
    return alerts


def stacked(by: str) -> dict[str, tuple[int, int]]:
    """On how many hosts and how often each value of a ready-made stack was met, by another way through the program."""
    names = sorted(path.name for path in EVIDENCE.iterdir())
    lines = evql("stack", "--by", by, "-q", "-t", "jsonl", "-o", "-", "-C", *names, cwd=EVIDENCE, codes=(4,)).splitlines()
    rows = [json.loads(line) for line in lines]
    return {" > ".join(row["values"].values()).lower(): (row["hosts"], row["count"]) for row in rows}


@check("on one machine, as one scan")
def one_machine() -> None:
    log = Run("local[2]", str(WORK / "out-1"), "--part-size", "0").end(4)
    same(results(WORK / "out-1"), EXPECTED[0], "alerts")
    moved = [alert for alert in map(json.loads, EXPECTED[0].splitlines()) if alert["rule"]["name"] == "moved"]
    same(len(moved), CROSSING, "attacks that cross hosts")
    assert "1 files are read to know all computers" in log, log[-4000:]
    same(len(parts_of_collector()), len(FORWARDED), "parts of the forwarded log")
    assert "have computers in common, and are scanned again as one" in log, log[-4000:]
    one, all_parts = (json.loads(path.read_bytes()) for path in (WORK / "expected.json", WORK / "out-1/summary.json"))
    same(all_parts["alerts"], one["alerts"], "alerts of the summary")
    # The log of the collector is read by several parts, each of which passes over the records of the others.
    passed_over = all_parts["records"].pop("filtered")
    all_parts["records"]["total"] -= passed_over
    same(one["records"].pop("filtered"), 0, "records that one scan passes over")
    same(all_parts["records"], one["records"], "records of the summary")
    same(all_parts["computers"], one["computers"], "computers of the summary")
    with (WORK / "out-1/values.csv").open() as file:
        values = list(csv.DictReader(file))
    for kind, by in (("dns", "dns"), ("image", "image"), ("parent_child", "parent-child")):
        have = {row["value"].lower(): (int(row["hosts"]), int(row["count"])) for row in values if row["kind"] == kind}
        assert have, f"values of the kind {kind}"
        same(have, stacked(by), f"values of the kind {kind}")
    notices = json.dumps(all_parts["notices"])
    assert "stands in" not in notices, notices


def parts_of_collector() -> list[dict[str, object]]:
    return [part for part in json.loads((WORK / "out-1/plan.json").read_bytes()) if part["include"]]


@check("again, with nothing to do")
def again() -> None:
    log = Run("local[2]", str(WORK / "out-1"), "--part-size", "0").end(4)
    assert re.search(r"(\d+) parts: \1 are there, 0 to scan", log), log[-4000:]
    assert "probe" not in log, log[-4000:]
    same(results(WORK / "out-1"), EXPECTED[0], "alerts")


@check("new files cost what is new")
def new_files() -> None:
    # One of a host that only the collector knew, and one of a host that nobody knew. They are gone again afterwards.
    copies = {EVIDENCE / "host-36/Sysmon.evtx": WORK / "logs/host-36-1.evtx", EVIDENCE / "new/Sysmon.evtx": WORK / "new/host-01-1.evtx"}
    evql("forge", "--large", "1M", "--seed", 6, "--hosts", 1, "--attacks", 1, "-o", WORK / "new")
    for target, log in copies.items():
        target.parent.mkdir()
        shutil.copy(log, target)
    try:
        log = Run("local[2]", str(WORK / "out-1"), "--part-size", "0").end(4)
        assert "2 files are in none of them" in log, log[-4000:]
        assert re.search(r"parts: (\d+) are there, 2 to scan", log), log[-4000:]
        same(results(WORK / "out-1"), one_scan(), "alerts")
        same(len(parts_of_collector()), len(FORWARDED), "parts of the forwarded log")
    finally:
        for target in copies:
            shutil.rmtree(target.parent)


@check("an output of another job is refused")
def other_job() -> None:
    log = Run("local[1]", str(WORK / "out-1"), "--rule-option=--hunting").end(1)
    assert "is of another job: " in log and "differ" in log, log[-4000:]


@check("an object that vanished or cannot be read costs that object")
def lost_object() -> None:
    spec = importlib.util.spec_from_file_location("evql_fleet", JOB)
    assert spec and spec.loader
    job = importlib.util.module_from_spec(spec)
    sys.modules["evql_fleet"] = job
    spec.loader.exec_module(job)
    files = [job.EvidenceFile(path, 1, "") for path in ("host-01/notes.txt", "host-01/gone.evtx", "host-02")]
    faults = job.bring_files(job.Store(str(EVIDENCE)), files, WORK / "copies", retries=0)
    same([(row["path"], row["kind"]) for row in faults], [("host-01/gone.evtx", "missing-path"), ("host-02", "unreadable")], "lost objects")
    same((WORK / "copies/host-01/notes.txt").read_text(), "collected by hand\n", "the copy")
    written = WORK / "copies/faults.jsonl"
    written.write_text("".join(json.dumps(row) + "\n" for row in faults))
    evql("report", WORK / "one.jsonl", "--faults", written, "-o", WORK / "copies/page.html", codes=(4,))


@check("wrong rules are told before anything is read")
def wrong_rules() -> None:
    (WORK / "wrong.eql").write_text("process where process.nam ==")
    log = Run("local[1]", str(WORK / "out-wrong"), "--rules", str(WORK / "wrong.eql")).end(1)
    assert "does not take these rules and options" in log and "wrong.eql" in log, log[-4000:]
    assert not (WORK / "out-wrong").exists(), "something was written"


@check("a host that cannot be scanned costs that host, and is named")
def failing_host() -> None:
    # Ends like a program that was killed for its memory, for one host.
    program = WORK / "failing"
    program.write_text(
        f"""#!/bin/sh
case " $* " in *" --part "*" --files-from "* | *" --files-from "*" --part "*)
  list=$(mktemp); cat > "$list"
  if grep -q -a host-07 "$list"; then rm "$list"; echo 'out of memory, it seems' >&2; kill -9 $$; fi
  "{EVQL}" "$@" < "$list"; code=$?; rm "$list"; exit $code;;
esac
exec "{EVQL}" "$@"
"""
    )
    program.chmod(0o755)
    # Parts of one host each.
    log = Run("local[2]", str(WORK / "out-2"), "--part-size", "0", "--retries", "1", program=program).end(4)
    assert "evql was ended by signal 9" in log and "out of memory, it seems" in log, log[-4000:]
    alerts = [json.loads(line) for line in results(WORK / "out-2").splitlines()]
    assert alerts and not any(alert["host"]["name"] in lost_host() for alert in alerts if "host" in alert), "alerts of a host that was not scanned"
    report = (WORK / "out-2/report.html").read_text()
    assert "host-07/Logs/Sysmon.evtx" in report and "signal 9" in report, "the report does not name the host"
    # It is scanned when it can be, and only that.
    shutil.copy(EVQL, program)
    log = Run("local[2]", str(WORK / "out-2"), "--part-size", "0").end(1)
    assert "is of another job" in log, "a run by another program goes on"


def lost_host() -> set[str]:
    computers = json.loads(evql("info", "-q", "-t", "json", WORK / "logs/host-07-1.evtx"))["files"][0]["channels"]
    return {channel["host"] for channel in computers}


@check("on a cluster with a store, with an executor killed")
def cluster() -> None:
    start_store()
    store, _ = pafs.FileSystem.from_uri(uri("evidence"))
    for path in sorted(path for path in EVIDENCE.rglob("*") if path.is_file()):
        with store.open_output_stream(f"case/evidence/{path.relative_to(EVIDENCE)}") as out:
            out.write(path.read_bytes())
    # Slow enough to be killed in the middle of it.
    slow = WORK / "slow"
    slow.write_text(f'#!/bin/sh\ncase "$*" in *--part*) sleep 0.4;; esac\nexec "{EVQL}" "$@"\n')
    slow.chmod(0o755)
    run = Run(
        "local-cluster[2,1,1024]",
        uri("out"),
        "--part-size",
        "1",
        evidence=uri("evidence"),
        program=slow,
        conf=("spark.task.maxFailures=8", "spark.executor.memory=512m"),
    )
    killed = kill_executor(run)
    log = run.end(4)
    assert killed, f"no executor could be killed:\n{log[-4000:]}"
    local = WORK / "out-3"
    pafs.copy_files(uri("out"), str(local))
    same(results(local), EXPECTED[0], "alerts")
    markers = {path.stem: json.loads(path.read_bytes()) for path in (local / "parts").glob("*.json")}
    folders = {f"parts/{path.parent.parent.name}/{path.parent.name}" for path in (local / "parts").glob("*/*/part.json")}
    assert folders <= {marker["attempt"] for marker in markers.values()}, "an attempt that does not count was left"
    assert "alerts cross hosts with events in" in log, "no file was brought to the driver"


def kill_executor(run: Run) -> bool:
    """Kills an executor with all below it, once some parts are scanned."""
    while run.process.poll() is None:
        done = re.findall(r"scan \d+ parts: (\d+) of \d+ done", run.log())
        if done and int(done[-1]) >= 4:
            for process in Path("/proc").glob("[0-9]*"):
                try:
                    command = (process / "cmdline").read_bytes()
                except OSError:
                    continue
                if b"CoarseGrainedExecutorBackend" in command and b"java" in command:
                    os.kill(int(process.name), signal.SIGKILL)
                    return True
        time.sleep(0.1)
    return False


def uri(name: str) -> str:
    return f"s3://case/{name}?endpoint_override=127.0.0.1:{STORE_PORT}&scheme=http&region=us-east-1"


with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    STORE_PORT = free.getsockname()[1]


def start_store() -> None:
    """An S3 server, in this process."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    STORE_ENVIRONMENT.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_EC2_METADATA_DISABLED="true")
    os.environ.update(STORE_ENVIRONMENT)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=STORE_PORT, verbose=False)
    server.start()
    store, _ = pafs.FileSystem.from_uri(uri("x") + "&allow_bucket_creation=true")
    store.create_dir("case")


def main() -> None:
    EVIDENCE.mkdir(parents=True)
    make_evidence()
    JOB.write_text(evql("fleet", "job"))
    EXPECTED.append(one_scan())
    shutil.copy(WORK / "one.json", WORK / "expected.json")
    wanted = sys.argv[3:]
    for name, test in CHECKS:
        if wanted and not any(word in name for word in wanted):
            continue
        start = time.monotonic()
        test()
        print(f"{name} ({time.monotonic() - start:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
