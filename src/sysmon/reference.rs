//! The mapping written down for people, from the tables that do the mapping: `docs/fields.md` is this text, and a test holds the two together.

use super::constants::set_identity;
use super::event_id;
use super::mapping::Mapping;
use super::platform::SysmonPlatform;
use super::step::{Action, Derive, Join, Scope, StepInput, StepOutput};
use super::steps::STEPS;
use super::transform::TextTransform;
use crate::ecs::FieldId;
use crate::event::Document;
use std::fmt::Write as _;

const HEAD: &str = "\
# Fields

What becomes of a Sysmon record, in the order in which it happens.
This page is generated from the tables in `src/sysmon`; `EVQL_BLESS=1 cargo test --test fields` writes it anew.

The tables follow Elastic's Windows integration (data stream `windows.sysmon_operational`, 3.3.0 and later), quirks included: what is in Elastic's index is what a rule sees.
`--mapping winlogbeat` follows the sysmon module of Winlogbeat 8.17 and 9 instead.

## Before anything else

- Sysmon is told by its provider (`Microsoft-Windows-Sysmon`, or its GUID), not by channel or file name: forwarded and renamed logs count.
- Every value of EventData is text first, as Windows renders it.
- Entries whose text is empty, `-` or the GUID of zeros are dropped. Of several entries with one name the first counts.
- `UtcTime` of the form `yyyy-MM-dd HH:mm:ss.SSS` becomes `@timestamp`; in any other case `@timestamp` is the time of logging.
- `event.created` is the time of logging (System/TimeCreated), with all seven digits that Windows has.
";

const SYNTHETIC: &str = "
`host.name` is the Computer of the record, and `host.id` is made up from it: the same name gives the same id, in any letter case.
A record does not hold the id that Elastic's agent would have sent, so do not look it up anywhere.
`user.id` is `Security/UserID`, the account that wrote the record: for Sysmon that is always `S-1-5-18`, never the user of the event.

Records of Sysmon for Linux (`Linux-Sysmon`) get `linux` for the system, `sysmon_linux.log` for the data set, and `/` between the parts of a path; Windows rules ask for `windows` and pass them over.
";

const FAILURES: &str = "
Elastic's pipeline fails on a DNS query whose results have no name, or an answer without a type.
Such an event has `event.kind: pipeline_error`, the reason in `error.message`, what was mapped until then, and its other entries raw.
";

/// The page, in Markdown.
pub fn reference() -> String {
    let mut page = HEAD.to_owned();
    page.push_str("\n## The same for every event\n\n| field | integration | winlogbeat |\n|---|---|---|\n");
    constants(&mut page);
    page.push_str(SYNTHETIC);
    page.push_str("\n## Event IDs\n\n| ID | `event.category` | `event.type` | `event.action` | `event.outcome` |\n|---|---|---|---|---|\n");
    for row in event_id::rows() {
        let lists = row.lists().map(|(_, texts)| list(texts));
        let _ = writeln!(page, "| {} | {} |", row.number(), lists.join(" | ")); // writing to a String cannot fail
    }
    page.push_str(
        "\nAn ID that is not in the table is mapped by the same steps, and has no category, type, action or outcome.\n",
    );
    if let Some(row) = event_id::row_in(7, Mapping::Winlogbeat) {
        let lists = row.lists().map(|(_, texts)| list(texts));
        let _ =
            writeln!(page, "In Winlogbeat, ID 7 has category {}, type {} and action {}.", lists[0], lists[1], lists[2]);
    }
    page.push_str(
        "\n## Steps\n\n`EventData` is what the step reads; fields that earlier steps have set are in italics.\n\n",
    );
    page.push_str("| event IDs | EventData | field | how |\n|---|---|---|---|\n");
    // The table is the mapping itself, so that the page cannot tell another story than the program.
    for step in STEPS.iter().filter(|step| !matches!(step.action, Action::Remove(_))) {
        let [reads, writes, how] = table_cells(&step.action);
        let _ = writeln!(page, "| {} | {reads} | {writes} | {how} |", scope(step.scope));
    }
    page.push_str(FAILURES);
    page.push_str("\n## What stays\n\nEntries that no step has moved stay as `winlog.event_data.*`, except for these, which are removed in any case:\n");
    for step in STEPS {
        if let Action::Remove(names) = step.action {
            let _ = writeln!(page, "{}.", list(names));
        }
    }
    page
}

fn constants(page: &mut String) {
    let of = |mapping| {
        let mut document = Document::new();
        set_identity(&mut document, SysmonPlatform::Windows, mapping);
        document
    };
    let (integration, winlogbeat) = (of(Mapping::Integration), of(Mapping::Winlogbeat));
    let mut rows: Vec<String> = Vec::new();
    for (field, values) in integration.iter() {
        let text =
            |values: &[crate::event::Value]| values.iter().map(|value| code(&value.to_string())).collect::<String>();
        rows.push(format!("| {} | {} | {} |\n", code(field.name()), text(values), text(winlogbeat.values(field))));
    }
    rows.sort();
    page.extend(rows);
}

fn list(texts: &[&str]) -> String {
    texts.iter().map(|text| code(text)).collect::<Vec<_>>().join(", ")
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn numbers(ids: &[u32]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn scope(scope: Scope) -> String {
    match scope {
        Scope::All => "all".to_owned(),
        Scope::Only(ids) => numbers(ids),
        Scope::Except(ids) => format!("all but {}", numbers(ids)),
        Scope::OnlyIn(mapping, ids) => format!("{}, {} only", numbers(ids), name(mapping)),
        Scope::In(mapping) => format!("all, {} only", name(mapping)),
        Scope::Located => "all, with `--geoip` only".to_owned(),
    }
}

fn name(mapping: Mapping) -> &'static str {
    match mapping {
        Mapping::Integration => "integration",
        Mapping::Winlogbeat => "winlogbeat",
    }
}

/// The cells of a step's table row: its inputs, its outputs, and how one becomes the other.
fn table_cells(action: &Action) -> [String; 3] {
    let cells = |reads: Vec<StepInput>, writes: &[&str], how: &str| {
        // A text that several fields are made of is told once.
        let mut names: Vec<String> = Vec::new();
        for name in reads.into_iter().map(input) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        [names.join(", "), list(writes), how.to_owned()]
    };
    let fields = |fields: &'static [FieldId]| fields.iter().map(|field| StepInput::Field(*field));
    match action {
        Action::Move(name, field) => {
            cells(vec![StepInput::Entry(name)], &[field.name()], "moved, unless the field is set")
        }
        Action::Convert(StepOutput { from, to, made, .. }) => {
            let how = match made {
                TextTransform::Long => "as a number; the text is removed",
                TextTransform::Boolean => "as true or false; the text is removed",
                TextTransform::Address => "if it is an address; the text is removed",
                _ => "copied",
            };
            cells(vec![*from], &[to.name()], how)
        }
        Action::Make(how, outputs) => {
            // Outputs of one field stand one after another.
            let mut writes: Vec<&str> = outputs.iter().map(|output| output.to.name()).collect();
            writes.dedup();
            cells(outputs.iter().map(|output| output.from).collect(), &writes, how)
        }
        Action::Join(Join { how, fields: from, to, .. }) => cells(fields(from).collect(), &[to.name()], how),
        Action::Derive(Derive { how, entries, fields: from, writes, .. }) => {
            let entries = entries.iter().map(|name| StepInput::Entry(name));
            cells(entries.chain(fields(from)).collect(), writes, how)
        }
        Action::Rename(from, to) => [code(from), String::new(), format!("renamed to {}", code(to))],
        Action::Constant(field, text) => [String::new(), code(field.name()), format!("always {}", code(text))],
        Action::Remove(names) => [list(names), String::new(), "removed".to_owned()],
    }
}

fn input(input: StepInput) -> String {
    match input {
        StepInput::Entry(name) => code(name),
        StepInput::Field(field) => format!("*{}*", field.name()),
    }
}
