//! A stack as rows: how many events, on how many hosts, when, and the values.

use super::{DIM, MARK, TerminalPage, grouped, shown};
use evql::base::Ticks;
use evql::ecs::Field;
use evql::report::StackTable;
use std::io;

/// Longest value in a row, in characters.
const MOST: usize = 300;
/// Most hosts that are named in a row.
const MOST_NAMED: usize = 3;
/// Spaces before all lines of a row but its first.
const INDENT: usize = 10;

/// Prints the rows.
pub fn print(page: &mut TerminalPage<'_>, table: &StackTable<'_>) -> io::Result<()> {
    let fields: Vec<&str> = table.fields.iter().map(Field::name).collect();
    let host = if table.per_host { "host" } else { "hosts" };
    if table.stack.count > 0 {
        let head = format!("{:>8}  {}  ({host}, first, last, an example)", "count", shown(&fields.join(" | "), None));
        let head = page.wrapped(&head, INDENT).into_owned();
        writeln!(page.out, "{DIM}{head}{DIM:#}")?;
    }
    table.for_each(|row| {
        let values: Vec<String> = row.values.iter().map(|value| shown(value, Some(MOST))).collect();
        let place = table.place(row.example);
        let record =
            place.record.map_or_else(|| format!("offset {}", place.offset), |record| format!("record {record}"));
        let line = format!(
            "{:>8}  {}  {DIM}{}, {}{}, {record} of {}{DIM:#}",
            grouped(row.count),
            values.join(&format!(" {MARK}|{MARK:#} ")),
            hosts(table, row),
            second(row.first),
            if row.last == row.first { String::new() } else { format!(" to {}", second(row.last)) },
            shown(&place.file, None),
        );
        let line = page.wrapped(&line, INDENT);
        writeln!(page.out, "{line}")
    })
}

/// The hosts of a row, few of them by name.
fn hosts(table: &StackTable<'_>, row: &evql::process::StackRow) -> String {
    let name = |name: &str| if name.is_empty() { "(no computer name)".to_owned() } else { shown(name, Some(MOST)) };
    let names: Vec<String> = row.host_names.iter().take(MOST_NAMED).map(|host| name(host)).collect();
    let more = row.hosts.saturating_sub(names.len() as u64);
    let more = if more > 0 && !table.per_host { format!(" and {} more hosts", grouped(more)) } else { String::new() };
    format!("{}{more}", names.join(", "))
}

/// A time without parts of a second.
fn second(at: Ticks) -> String {
    Ticks(at.0 - at.0.rem_euclid(Ticks::PER_SECOND)).rfc3339().replace(".000Z", "Z")
}
