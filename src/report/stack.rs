//! A stack as CSV and as JSON, for programs.

use super::columns::column_name;
use super::json_layout::{JsonLayout, JsonWriter};
use crate::base::Locator;
use crate::base::escape::cell;
use crate::base::json_object::push_object;
use crate::ecs::Field;
use crate::event::OrderKey;
use crate::process::{Stack, StackRow};
use crate::source::Input;
use std::io::{self, Write};

/// A stack with what its rows are about.
#[derive(Clone, Copy, Debug)]
pub struct StackTable<'a> {
    /// The rows.
    pub stack: &'a Stack,
    /// The fields whose values they count.
    pub fields: &'a [Field],
    /// Whether each host has rows of its own.
    pub per_host: bool,
    /// Most rows that are written.
    pub limit: usize,
    /// The files that events were read from.
    pub inputs: &'a [Input],
}

/// Where the example of a row stands: a record by its number, anything else by its place in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExamplePlace {
    /// The number of the record, if it has one.
    pub record: Option<u64>,
    /// Bytes from the start of the file.
    pub offset: u64,
    /// The file.
    pub file: String,
}

impl StackTable<'_> {
    /// Shows the rows that are wanted.
    pub fn for_each(&self, mut each: impl FnMut(&StackRow) -> io::Result<()>) -> io::Result<()> {
        self.stack.rows.iter().take(self.limit).try_for_each(|row| each(&row?))
    }

    /// Where an example stands.
    pub fn place(&self, example: OrderKey) -> ExamplePlace {
        let Locator { input, offset } = example.origin();
        let file = self.inputs.get(input as usize).map(|input| input.display.to_string());
        ExamplePlace { record: example.tiebreaker(), offset, file: file.unwrap_or_default() }
    }

    /// Writes the rows as CSV.
    pub fn write_csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut writer = csv::Writer::from_writer(out);
        let hosts: &[&str] = if self.per_host { &["host.name"] } else { &["hosts", "host.name"] };
        let behind = ["first", "last", "winlog.record_id", "log.file.path"];
        let fields = self.fields.iter().map(|field| column_name(field.name()).into_owned());
        let others = ["count"].into_iter().chain(hosts.iter().copied()).chain(behind).map(str::to_owned);
        writer.write_record(fields.chain(others))?;
        self.for_each(|row| {
            let place = self.place(row.example);
            let texts = row.values.iter().map(|value| cell(value).into_owned());
            let count = (!self.per_host).then(|| row.hosts.to_string());
            let names: Vec<&str> = row.host_names.iter().map(|name| &**name).collect();
            let record = place.record.map_or_else(|| format!("offset {}", place.offset), |record| record.to_string());
            let behind = [
                cell(&names.join("; ")).into_owned(),
                row.first.rfc3339_full(),
                row.last.rfc3339_full(),
                record,
                cell(&place.file).into_owned(),
            ];
            writer.write_record(texts.chain([row.count.to_string()]).chain(count).chain(behind))?;
            Ok(())
        })?;
        writer.flush()
    }

    /// Writes the rows as JSON objects.
    pub fn write_json(&self, layout: JsonLayout, out: &mut dyn Write) -> io::Result<()> {
        let mut writer = JsonWriter::new(out, layout);
        self.for_each(|row| {
            let mut text = Vec::new();
            self.push(row, &mut text);
            writer.push_text(&text)
        })?;
        writer.finish()
    }

    fn push(&self, row: &StackRow, out: &mut Vec<u8>) {
        let place = self.place(row.example);
        push_object(out, |object| {
            push_object(object.key("values"), |values| {
                for (field, value) in self.fields.iter().zip(&row.values) {
                    values.text(field.name(), value);
                }
            });
            object.number("count", row.count);
            if self.per_host {
                object.text("host", row.host_names.first().map_or("", |name| name));
            } else {
                object.number("hosts", row.hosts);
                object.value("host_names", &row.host_names);
            }
            object.text("first", &row.first.rfc3339_full());
            object.text("last", &row.last.rfc3339_full());
            push_object(object.key("example"), |example| {
                if let Some(record) = place.record {
                    example.number("record_id", record);
                }
                example.text("path", &place.file);
                example.number("offset", place.offset);
            });
        });
    }
}
