"""Opens each output of evql in the programs that people open it with, and compares what they see with the ECS documents.

Usage: check.py EVQL SAMPLES WORK. SAMPLES is a folder of .evtx files, WORK an empty folder. Needs duckdb, pandas, pyarrow, pymisp and stix2.
"""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas
import pyarrow
import pyarrow.parquet
import pymisp
import stix2

EVQL, SAMPLES, WORK = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
csv.field_size_limit(1 << 24)

# What an attacker would like a reader to do: run a formula, start a row, end a line, hide text, fill a cell.
HOSTILE = [
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\uff1d1+1",
    "\tx",
    'a "quoted", field; and more',
    "two\nlines\r\nand three",
    "\u202egpj.exe\u200b",
    "emoji \U0001f980 and \u0928\u092e\u0938\u094d\u0924\u0947",
    "x" * 100_000,
    "</script><b>'\\",
]

EVENT = """<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System>
<Provider Name="Microsoft-Windows-Sysmon" Guid="{{5770385f-c22a-43e0-bf4c-06f5698ffbd9}}"/><EventID>1</EventID><Version>5</Version>
<Level>4</Level><Task>1</Task><Opcode>0</Opcode><Keywords>0x8000000000000000</Keywords>
<TimeCreated SystemTime="2024-05-02T09:00:{second:02}.1234567Z"/><EventRecordID>{record}</EventRecordID><Correlation/>
<Execution ProcessID="1" ThreadID="2"/><Channel>Microsoft-Windows-Sysmon/Operational</Channel><Computer>hostile</Computer>
<Security UserID="S-1-5-18"/></System><EventData><Data Name="RuleName">-</Data>
<Data Name="UtcTime">2024-05-02 09:00:{second:02}.123</Data><Data Name="ProcessGuid">{{{record:08}-0000-0000-0000-000000000000}}</Data>
<Data Name="ProcessId">{record}</Data><Data Name="Image">C:\\x.exe</Data><Data Name="CommandLine">{text}</Data>
<Data Name="User">A\\b</Data></EventData></Event>
"""


def escaped(text):
    for char, entity in [("&", "&amp;"), ("<", "&lt;"), ('"', "&quot;"), ("\r", "&#13;"), ("\n", "&#10;"), ("\t", "&#9;")]:
        text = text.replace(char, entity)
    return text


INGESTED = "2024-04-01T08:00:00.000Z"


def evql(*arguments, expect=(0, 4)):
    clock = {**os.environ, "SOURCE_DATE_EPOCH": "1711958400"}
    done = subprocess.run([EVQL, *map(str, arguments)], capture_output=True, check=False, env=clock)
    assert done.returncode in expect, (arguments, done.returncode, done.stderr.decode())
    return done.stdout


def no_constant(name):
    raise ValueError(f"{name} is no JSON")


def no_duplicates(pairs):
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), f"a key is there twice: {keys}"
    return dict(pairs)


def strict(text):
    return json.loads(text, parse_constant=no_constant, object_pairs_hook=no_duplicates)


def lines(data):
    text = data.decode("utf-8", "strict")
    assert text.endswith("\n"), "the last line must end"
    return [strict(line) for line in text[:-1].split("\n")]


def table(data):
    rows = list(csv.reader(io.StringIO(data.decode("utf-8", "strict"), newline=""), strict=True))
    head = rows[0]
    assert all(len(row) == len(head) for row in rows), "rows differ in length"
    return [dict(zip(head, row)) for row in rows[1:]]


def get(document, path):
    for name in path.split("."):
        if not isinstance(document, dict) or name not in document:
            return None
        document = document[name]
    return document


def same(seen, expected, what):
    assert seen == expected, f"{what}: {str(seen)[:300]} instead of {str(expected)[:300]}"


def safe(cell):
    formula = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
    assert not cell.startswith(formula), f"a formula: {cell[:40]!r}"
    assert len(cell.encode("utf-16-le")) // 2 <= 32767, "too long for a cell"


def timeline(form, *more):
    return evql("timeline", "-q", EVIDENCE, "-t", form, *more)


def check_rows(documents):
    """csv, json and jsonl: the same rows, by Python's csv module, pandas and DuckDB."""
    rows = table(timeline("csv"))
    flat = strict(timeline("json"))
    same(lines(timeline("jsonl")), flat, "jsonl and json")
    same(len(rows), len(documents), "rows of the CSV")
    same(len(flat), len(documents), "rows of the JSON")
    for row, flat_row, document in zip(rows, flat, documents):
        for cell in row.values():
            safe(cell)
        for column in ["@timestamp", "event.created", "host.name", "winlog.record_id", "file.path", "registry.path"]:
            same(row[column], get(document, column) or "", column)
        same(row["process.pid"], str(get(document, "process.pid") or ""), "process.pid")
        same(flat_row.get("process.pid"), get(document, "process.pid"), "process.pid")
        command = get(document, "process.command_line")
        if command is not None:
            same(flat_row["process.command_line"], command, "command line")
    path = WORK / "timeline.csv"
    path.write_bytes(timeline("csv", "--bom"))
    same(path.read_bytes()[:3], b"\xef\xbb\xbf", "the mark of UTF-8")
    frame = pandas.read_csv(path, dtype=str, keep_default_na=False)
    same(list(frame.columns), list(rows[0]), "columns by pandas")
    same(frame.to_dict("records"), rows, "rows by pandas")
    seen = duckdb.sql(f"select * from read_csv('{path}', all_varchar=true, header=true, max_line_size=10000000)")
    same(len(seen.fetchall()), len(rows), "rows by DuckDB")


def check_timesketch(documents):
    """The way Timesketch reads it: pandas, then the three fields it cannot do without, and tags as JSON."""
    data = timeline("timesketch")
    rows = table(data)
    same(list(rows[0])[:4], ["message", "datetime", "timestamp_desc", "timestamp"], "the first columns")
    frame = pandas.read_csv(io.BytesIO(data))
    frame["datetime"] = pandas.to_datetime(frame["datetime"], errors="coerce")
    assert not frame["datetime"].isna().any(), "Timesketch would drop a row"
    same([int(at.value // 1000) for at in frame["datetime"]], list(frame["timestamp"]), "datetime and timestamp")
    objects = lines(timeline("timesketch-jsonl"))
    same(len(rows), len(documents), "rows for Timesketch")
    same(len(objects), len(documents), "lines for Timesketch")
    tagged = 0
    for row, line, document in zip(rows, objects, documents):
        for cell in row.values():
            safe(cell)
        same(list(line)[:4], ["message", "datetime", "timestamp_desc", "timestamp"], "the first keys")
        same(line["datetime"], row["datetime"], "datetime")
        same(str(line["timestamp"]), row["timestamp"], "timestamp")
        assert "\n" not in line["message"] and line["message"], "a message is one line"
        tags = strict(row["tag"])
        same(line["tag"], tags, "tags")
        same(bool(tags), get(document, "evql.alerts") is not None, "tags of what is part of an alert")
        tagged += bool(tags)
        same(line.get("event_identifier"), int(get(document, "event.code")), "event_identifier")
    assert tagged > 0, "the samples have alerts"


def check_tle(documents):
    """The header that Timeline Explorer's plug-in knows, and payloads that are JSON."""
    data = timeline("tle")
    header = (
        b"RecordNumber,EventRecordId,TimeCreated,EventId,Level,Provider,Channel,ProcessId,ThreadId,Computer,ChunkNumber,UserId,"
        b"MapDescription,UserName,RemoteHost,PayloadData1,PayloadData2,PayloadData3,PayloadData4,PayloadData5,PayloadData6,"
        b"ExecutableInfo,HiddenRecord,SourceFile,Keywords,ExtraDataOffset,Payload"
    )
    same(data.split(b"\n", 1)[0], header, "the header")
    rows = table(data)
    same(len(rows), len(documents), "rows for Timeline Explorer")
    for row, document in zip(rows, documents):
        for cell in row.values():
            safe(cell)
        created = get(document, "event.created")
        same(row["TimeCreated"], created.replace("T", " ").removesuffix("Z"), "TimeCreated")
        same(row["EventRecordId"], get(document, "winlog.record_id"), "EventRecordId")
        same(row["ThreadId"], str(get(document, "winlog.process.thread.id")), "ThreadId")
        same(row["Computer"], get(document, "winlog.computer_name"), "Computer")
        assert "EventData" in strict(row["Payload"]), "a payload has the data"


def check_bulk(documents):
    """Two lines a document, ids that are the same again, and documents that are those of -t ecs and what ingestion adds."""
    pairs = lines(timeline("bulk", "--bulk-ids", "--index", "case-42"))
    for seen, document in zip(pairs[1::2], documents, strict=True):
        same(seen["agent"].pop("type"), "filebeat", "agent.type")
        same(seen["event"].pop("ingested"), INGESTED, "event.ingested")
        given = "message" in document
        assert seen["message"] == document["message"] if given else seen.pop("message"), "a message"
        same({name: value for name, value in seen.items() if value != {}}, document, "documents")
    ids = [pair["create"]["_id"] for pair in pairs[0::2]]
    same(len(set(ids)), len(documents), "different ids")
    assert all(pair["create"]["_index"] == "case-42" for pair in pairs[0::2])
    again = lines(timeline("bulk", "--bulk-ids", "--threads", "1"))
    same([pair["create"]["_id"] for pair in again[0::2]], ids, "ids of a second run")
    assert all("_id" not in line["create"] for line in lines(timeline("bulk"))[0::2])


def check_parquet(documents):
    """Types, times to 100 ns and lists, by pyarrow, pandas and DuckDB."""
    path = WORK / "timeline.parquet"
    evql("timeline", "-q", EVIDENCE, "-o", path)
    schema = pyarrow.parquet.read_schema(path)
    for column, kind in [
        ("@timestamp", pyarrow.timestamp("us", tz="UTC")),
        ("event.created", pyarrow.timestamp("us", tz="UTC")),
        ("event.created_ticks", pyarrow.int64()),
        ("process.pid", pyarrow.int64()),
        ("file.code_signature.trusted", pyarrow.bool_()),
        ("process.command_line", pyarrow.string()),
        ("event.action", pyarrow.string()),
    ]:
        same(schema.field(column).type, kind, column)
    for column in ["dns.resolved_ip", "registry.data.strings", "alerts"]:
        same(schema.field(column).type.value_type, pyarrow.string(), column)
    frame = pandas.read_parquet(path)
    same(len(frame), len(documents), "rows of the Parquet by pandas")
    columns = '"@timestamp", "event.created"::varchar, "process.pid", "process.command_line", "event.action", "dns.resolved_ip", "alerts"'
    rows = duckdb.sql(f"select {columns} from '{path}'").fetchall()
    same(len(rows), len(documents), "rows of the Parquet by DuckDB")
    listed = lambda value: value if isinstance(value, list) or value is None else [value]
    for (_, row), seen, document in zip(frame.iterrows(), rows, documents):
        created = pandas.Timestamp(get(document, "event.created"))
        same(row["event.created"], created.floor("us"), "event.created by pandas")
        same(row["event.created_ticks"] * 100, created.value + 11644473600 * 10**9, "ticks by pandas")
        same(seen[1].replace(" ", "T")[:19], get(document, "event.created")[:19], "event.created by DuckDB")
        same(row["@timestamp"], pandas.Timestamp(get(document, "@timestamp")), "@timestamp by pandas")
        same(seen[2], get(document, "process.pid"), "process.pid by DuckDB")
        if get(document, "process.command_line") is not None:
            same(seen[3], get(document, "process.command_line"), "command line by DuckDB")
        same(seen[4], (listed(get(document, "event.action")) or [None])[0], "event.action by DuckDB")
        same(seen[5], get(document, "dns.resolved_ip"), "dns.resolved_ip by DuckDB")
        same(len(seen[6] or []), len(get(document, "evql.alerts") or []), "alerts by DuckDB")


def check_scan(documents):
    """The alerts in each format, and the summary, say the same."""
    alerts = lines(evql("scan", "-q", EVIDENCE, "-o", "-"))
    same(strict(evql("scan", "-q", EVIDENCE, "-t", "json", "-o", "-")), alerts, "alerts as an array")
    rows = table(evql("scan", "-q", EVIDENCE, "-t", "csv", "-o", "-"))
    same([row["@timestamp"] for row in rows], [alert["@timestamp"] for alert in alerts], "alerts as CSV")
    path = WORK / "summary.json"
    evql("scan", "-q", EVIDENCE, "--summary-json", path)
    summary = strict(path.read_text("utf-8"))
    same(summary["alerts"]["total"], len(alerts), "alerts of the summary")
    same(sum(rule["alerts"] for rule in summary["alerts"]["by_rule"]), len(alerts), "alerts by rule")
    same(sum(host["alerts"] for host in summary["alerts"]["by_host"]), len(alerts), "alerts by host")
    same(sum(hour["alerts"] for hour in summary["alerts"]["by_hour"]), len(alerts), "alerts by hour")
    same(sum(summary["alerts"]["by_severity"].values()), len(alerts), "alerts by severity")
    records = summary["records"]
    terms = ["mapped", "other_providers", "duplicates", "outside_window", "filtered", "unreadable"]
    same(records["total"], sum(records[term] for term in terms), "records")
    same(records["mapped"], len(documents), "events")
    same(sum(computer["events"] for computer in summary["computers"]), len(documents), "events of computers")
    created = [get(document, "event.created") for document in documents]
    same([summary["events"]["first"], summary["events"]["last"]], [min(created), max(created)], "range of time")


def check_indicators(documents):
    """The indicators of alerts are the same in CSV, for a reader of STIX that takes nothing beyond the standard, and for MISP."""
    rows = table(evql("scan", "-q", EVIDENCE, "-t", "ioc-csv", "-o", "-"))
    assert len(rows) > 10, "too few indicators"
    bundle = stix2.parse(evql("scan", "-q", EVIDENCE, "-t", "stix", "-o", "-"), allow_custom=False)
    names = [f"{row['type']}: {row['value']}" for row in rows]
    same(sorted(found.name for found in bundle.objects), sorted(names), "indicators of STIX")
    for found in bundle.objects:
        # Parsed by the grammar of patterns.
        stix2.pattern_visitor.create_pattern_object(found.pattern)
    event = pymisp.MISPEvent()
    event.load(evql("scan", "-q", EVIDENCE, "-t", "misp", "-o", "-"))
    same(sorted(found.value for found in event.attributes), sorted(row["value"] for row in rows), "attributes of MISP")


EVIDENCE = WORK / "evidence"
EVIDENCE.mkdir()
for sample in SAMPLES.glob("*.evtx"):
    (EVIDENCE / sample.name).write_bytes(sample.read_bytes())
EVENTS = [EVENT.format(second=at, record=900 + at, text=escaped(text)) for at, text in enumerate(HOSTILE)]
(EVIDENCE / "hostile.xml").write_text("<Events>" + "".join(EVENTS) + "</Events>", "utf-8")

DOCUMENTS = lines(timeline("ecs"))
COMMANDS = {get(document, "process.command_line") for document in DOCUMENTS}
for hostile in HOSTILE:
    assert hostile in COMMANDS, f"not read: {hostile[:40]!r}"
for check in [check_rows, check_timesketch, check_tle, check_bulk, check_parquet, check_scan, check_indicators]:
    check(DOCUMENTS)
    print(f"{check.__name__}: {len(DOCUMENTS)} events")
