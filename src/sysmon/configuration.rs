//! Sysmon's own configuration: which events a file lets Sysmon record, and a file that lets it record some.
//!
//! Sysmon names kinds of events by elements (`ProcessCreate`, `RegistryEvent`), and an element is several event IDs at times. An element with
//! `onmatch="exclude"` records all but what its conditions name, one with `include` only that; without conditions that is everything, or nothing.
//! Conditions are counted here, not understood: of an event that has some it is only said that it is recorded in part.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The version of the schema that a written file names: that of Sysmon 15, whose events all are known here.
const SCHEMA: &str = "4.90";
/// Deepest nesting that is read; Sysmon itself knows five levels.
const MOST_DEPTH: usize = 32;

/// How much of the events of an ID Sysmon records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Recording {
    /// None.
    Nothing,
    /// Those that conditions of the configuration let through.
    Part,
    /// All.
    Everything,
}

/// An element, its event IDs, and whether Sysmon records them where the element is missing.
const ELEMENTS: &[(&str, &[u32], bool)] = &[
    ("ProcessCreate", &[1], true),
    ("FileCreateTime", &[2], true),
    ("NetworkConnect", &[3], false),
    ("ProcessTerminate", &[5], true),
    ("DriverLoad", &[6], true),
    ("ImageLoad", &[7], false),
    ("CreateRemoteThread", &[8], true),
    ("RawAccessRead", &[9], true),
    ("ProcessAccess", &[10], false),
    ("FileCreate", &[11], false),
    ("RegistryEvent", &[12, 13, 14], false),
    ("FileCreateStreamHash", &[15], false),
    ("PipeEvent", &[17, 18], false),
    ("WmiEvent", &[19, 20, 21], false),
    ("DnsQuery", &[22], false),
    ("FileDelete", &[23], false),
    ("ClipboardChange", &[24], false),
    ("ProcessTampering", &[25], false),
    ("FileDeleteDetected", &[26], false),
    ("FileBlockExecutable", &[27], false),
    ("FileBlockShredding", &[28], false),
    ("FileExecutableDetected", &[29], false),
];

/// Why a file is no configuration of Sysmon.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}, at byte {offset}")]
pub struct ConfigurationError {
    /// What is wrong.
    pub reason: String,
    /// Where in the text.
    pub offset: u64,
}

/// What a configuration says of each element that it has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SysmonConfiguration {
    /// By the name of the element in lower case: how often and with how many conditions it includes and excludes.
    elements: BTreeMap<&'static str, ElementFilters>,
    /// Elements of `EventFiltering` that are none of Sysmon's, with their places.
    unknown: Vec<(String, u64)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct ElementFilters {
    includes: Option<u32>,
    excludes: Option<u32>,
}

impl SysmonConfiguration {
    /// Reads a configuration file.
    pub fn parse(text: &str) -> Result<Self, ConfigurationError> {
        let mut reader = Reader::from_str(text);
        let mut configuration = Self::default();
        let mut open: Vec<OpenElement> = Vec::new();
        let mut has_root = false;
        loop {
            let offset = reader.buffer_position();
            let failed = |reason: String| ConfigurationError { reason, offset };
            match reader.read_event().map_err(|error| failed(format!("this is no XML ({error})")))? {
                Event::Start(tag) => {
                    has_root |= open.is_empty() && name_of(&tag).eq_ignore_ascii_case("Sysmon");
                    if open.len() >= MOST_DEPTH {
                        return Err(failed("elements are nested too deeply".to_owned()));
                    }
                    let opened = configuration.meet(&tag, &open, offset)?;
                    open.push(opened);
                }
                Event::Empty(tag) => {
                    has_root |= open.is_empty() && name_of(&tag).eq_ignore_ascii_case("Sysmon");
                    configuration.meet(&tag, &open, offset)?;
                }
                Event::End(_) => drop(open.pop()),
                Event::Eof if has_root => return Ok(configuration),
                Event::Eof => return Err(failed("there is no element <Sysmon>".to_owned())),
                _ => {}
            }
        }
    }

    /// How much of the events of an ID Sysmon records with it.
    pub fn recording(&self, id: u32) -> Recording {
        let Some(&(name, _, by_itself)) = ELEMENTS.iter().find(|(_, ids, _)| ids.contains(&id)) else {
            // The state of the service, changes of the configuration and errors are not for choice.
            return Recording::Everything;
        };
        let Some(ElementFilters { includes, excludes }) = self.elements.get(name) else {
            return if by_itself { Recording::Everything } else { Recording::Nothing };
        };
        match (includes, excludes) {
            (Some(0), _) => Recording::Nothing,
            (None, Some(0) | None) => Recording::Everything,
            _ => Recording::Part,
        }
    }

    /// Elements that Sysmon does not know, each with its place in the text.
    pub fn unknown(&self) -> &[(String, u64)] {
        &self.unknown
    }

    /// Notes an element; `open` are those around it.
    fn meet(
        &mut self,
        tag: &BytesStart<'_>,
        open: &[OpenElement],
        offset: u64,
    ) -> Result<OpenElement, ConfigurationError> {
        let name = name_of(tag);
        // Conditions count for the nearest kind of event around them; a <Rule> is one condition, however many it joins.
        if let Some(&OpenElement::Filter { name, includes }) = open.last() {
            let filters = self.elements.entry(name).or_default();
            let count = if includes { &mut filters.includes } else { &mut filters.excludes };
            *count = Some(count.unwrap_or(0) + 1);
            return Ok(OpenElement::Other);
        }
        if name.eq_ignore_ascii_case("EventFiltering") {
            return Ok(OpenElement::Filtering);
        }
        if !matches!(open.last(), Some(OpenElement::Filtering | OpenElement::Group)) {
            return Ok(OpenElement::Other);
        }
        if name.eq_ignore_ascii_case("RuleGroup") {
            return Ok(OpenElement::Group);
        }
        let Some((name, ..)) = ELEMENTS.iter().find(|(known, ..)| known.eq_ignore_ascii_case(&name)) else {
            self.unknown.push((name, offset));
            return Ok(OpenElement::Other);
        };
        let includes = match on_match(tag).as_deref() {
            Some("include") => true,
            Some("exclude") | None => false,
            Some(other) => {
                let reason = format!("onmatch of <{name}> is '{other}', and can be include or exclude");
                return Err(ConfigurationError { reason, offset });
            }
        };
        let filters = self.elements.entry(name).or_default();
        let count = if includes { &mut filters.includes } else { &mut filters.excludes };
        count.get_or_insert(0);
        Ok(OpenElement::Filter { name, includes })
    }
}

/// An element that has begun and not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OpenElement {
    Filtering,
    Group,
    Filter { name: &'static str, includes: bool },
    Other,
}

fn name_of(tag: &BytesStart<'_>) -> String {
    tag.local_name().as_ref().to_owned()
}

fn on_match(tag: &BytesStart<'_>) -> Option<String> {
    let found = tag.attributes().flatten().find(|attribute| attribute.key.as_ref().eq_ignore_ascii_case("onmatch"))?;
    Some(found.value.trim().to_ascii_lowercase())
}

/// A configuration that records all events of the IDs that are asked for, each with a comment, and none of the others.
pub fn write_configuration(wanted: &BTreeMap<u32, String>) -> String {
    let mut text = format!(
        "<Sysmon schemaversion=\"{SCHEMA}\">\n  <HashAlgorithms>sha256,imphash</HashAlgorithms>\n  <CheckRevocation>False</CheckRevocation>\n  <EventFiltering>\n"
    );
    for (name, ids, _) in ELEMENTS {
        let comments: Vec<&str> = ids.iter().filter_map(|id| wanted.get(id).map(String::as_str)).collect();
        for comment in &comments {
            // Two hyphens end a comment.
            let _ = writeln!(text, "    <!-- {} -->", comment.replace("--", "- -")); // writing to a String cannot fail
        }
        let on_match = if comments.is_empty() { "include" } else { "exclude" };
        let _ = writeln!(text, "    <RuleGroup groupRelation=\"or\"><{name} onmatch=\"{on_match}\"/></RuleGroup>");
    }
    text.push_str("  </EventFiltering>\n</Sysmon>\n");
    text
}

#[cfg(test)]
mod tests;
