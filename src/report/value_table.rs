//! The values of many hosts as CSV and as JSON, for programs.

use super::json_layout::{JsonLayout, JsonWriter};
use crate::base::escape::cell;
use crate::base::json_object::push_object;
use crate::base::spool::SortedSpool;
use crate::process::ValueTotal;
use std::io::{self, Write};

/// Writes values as CSV.
pub fn write_values_csv(values: &SortedSpool<ValueTotal>, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(["kind", "value", "cut", "hosts", "count", "first", "last", "host.name"])?;
    for total in values.iter() {
        let ValueTotal { kind, hosts, count, value, first, last, host_names } = total?;
        let names: Vec<&str> = host_names.iter().map(|name| &**name).collect();
        writer.write_record([
            kind.column_name(),
            &cell(&value.text),
            &value.cut.to_string(),
            &hosts.to_string(),
            &count.to_string(),
            &first.rfc3339_full(),
            &last.rfc3339_full(),
            &cell(&names.join("; ")),
        ])?;
    }
    writer.flush()
}

/// Writes values as JSON objects.
pub fn write_values_json(values: &SortedSpool<ValueTotal>, layout: JsonLayout, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = JsonWriter::new(out, layout);
    for total in values.iter() {
        let ValueTotal { kind, hosts, count, value, first, last, host_names } = total?;
        let mut text = Vec::new();
        push_object(&mut text, |object| {
            object.text("kind", kind.column_name());
            object.text("value", &value.text);
            if value.cut > 0 {
                object.number("cut", value.cut.into());
            }
            object.number("hosts", hosts);
            object.number("count", count);
            object.text("first", &first.rfc3339_full());
            object.text("last", &last.rfc3339_full());
            object.value("host_names", &host_names);
        });
        writer.push_text(&text)?;
    }
    writer.finish()
}
