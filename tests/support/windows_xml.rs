//! Forged events in the XML that Windows exports: Event Viewer's "Save as XML", and what `wevtutil qe /f:xml` prints.
//!
//! Written from the event, not from its record, so that it can be compared with what a reader makes of the record.
//! There is no `RenderingInfo`: its texts come from the provider's message files.

use evql::forge::ForgedEvent;

/// How the events stand in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum XmlStyle {
    /// One document: an XML declaration and one `Events` element around all, as Event Viewer saves them.
    Document,
    /// One event to a line with nothing around them, as `wevtutil qe /f:xml` prints them.
    Lines,
}

/// The encoding of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum XmlEncoding {
    /// UTF-8 without a byte order mark.
    Utf8,
    /// UTF-16, little-endian, with a byte order mark.
    Utf16,
}

/// Writes the events as XML.
pub fn write_xml(events: &[ForgedEvent], style: XmlStyle, encoding: XmlEncoding) -> Vec<u8> {
    let mut out = String::new();
    if style == XmlStyle::Document {
        out.push_str("<?xml version=\"1.0\" encoding=\"");
        out.push_str(match encoding {
            XmlEncoding::Utf8 => "utf-8",
            XmlEncoding::Utf16 => "utf-16",
        });
        out.push_str("\" standalone=\"yes\"?>\r\n<Events>");
    }
    for event in events {
        push_event(&mut out, event);
        if style == XmlStyle::Lines {
            out.push_str("\r\n");
        }
    }
    if style == XmlStyle::Document {
        out.push_str("</Events>");
    }
    match encoding {
        XmlEncoding::Utf8 => out.into_bytes(),
        // The mark is all that tells a reader the order of bytes: the declaration says only `utf-16`.
        XmlEncoding::Utf16 => [0xfeff].into_iter().chain(out.encode_utf16()).flat_map(u16::to_le_bytes).collect(),
    }
}

/// Windows quotes attributes with `'` here, and writes an element for every part of System.
fn push_event(out: &mut String, event: &ForgedEvent) {
    out.push_str("<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>");
    push_empty(out, "Provider", &[("Name", &event.provider), ("Guid", &event.provider_guid.text)]);
    let qualifiers = event.qualifiers.map(|qualifiers| qualifiers.to_string()).unwrap_or_default();
    push_element(out, "EventID", &[("Qualifiers", &qualifiers)], &event.event_id.to_string());
    push_element(out, "Version", &[], &event.version.to_string());
    push_element(out, "Level", &[], &event.level.to_string());
    push_element(out, "Task", &[], &event.task.to_string());
    push_element(out, "Opcode", &[], &event.opcode.to_string());
    push_element(out, "Keywords", &[], &format!("{:#x}", event.keywords));
    push_empty(out, "TimeCreated", &[("SystemTime", &event.time.rfc3339_full())]);
    push_element(out, "EventRecordID", &[], &event.record_id.to_string());
    push_empty(out, "Correlation", &[]);
    let (process, thread) = (event.process_id.to_string(), event.thread_id.to_string());
    push_empty(out, "Execution", &[("ProcessID", &process), ("ThreadID", &thread)]);
    push_element(out, "Channel", &[], &event.channel);
    push_element(out, "Computer", &[], &event.computer);
    push_empty(out, "Security", &[("UserID", &event.user_id.text)]);
    out.push_str("</System>");
    if !event.fields.is_empty() {
        out.push_str("<EventData>");
        // Also fields that are null: Windows writes an empty `Data` for them, and readers must give an empty text.
        for field in &event.fields {
            push_element(out, "Data", &[("Name", &field.name)], &field.value.text);
        }
        out.push_str("</EventData>");
    }
    out.push_str("</Event>");
}

/// An element without content. Empty attributes are left out.
fn push_empty(out: &mut String, name: &str, attributes: &[(&str, &str)]) {
    push_open(out, name, attributes);
    out.push_str("/>");
}

fn push_element(out: &mut String, name: &str, attributes: &[(&str, &str)], text: &str) {
    push_open(out, name, attributes);
    out.push('>');
    push_text(out, text);
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

fn push_open(out: &mut String, name: &str, attributes: &[(&str, &str)]) {
    out.push('<');
    out.push_str(name);
    for (key, value) in attributes.iter().filter(|(_, value)| !value.is_empty()) {
        out.push(' ');
        out.push_str(key);
        out.push_str("='");
        push_text(out, value);
        out.push('\'');
    }
}

/// Text with XML's special characters escaped. Characters XML cannot have become U+FFFD; a CR would be read as LF, so it is written as a reference.
fn push_text(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\'' => out.push_str("&apos;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            '\t' | '\n' => out.push(c),
            c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
}
