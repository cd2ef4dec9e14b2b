//! What is worked out of the fields of an event: encoded texts decoded, odd images flagged. It stands beside the evidence, marked as what it is.
//!
//! Only events that are shown to a person are looked at, each when it is shown: a run without alerts does none of it.

use crate::base::number::{counted, grouped};
use crate::detect::Alert;
use crate::ecs::{self, FieldId};
use crate::enrichment::{DecodedText, DecodedTexts, ImageFlag, decode, image_flags};
use crate::event::Document;
use hashbrown::HashSet;

/// Paths of images, each with the field of the name in the image's version resource.
const IMAGES: [(FieldId, Option<FieldId>); 2] =
    [(ecs::PROCESS_EXECUTABLE, Some(ecs::PROCESS_PE_ORIGINAL_FILE_NAME)), (ecs::PROCESS_PARENT_EXECUTABLE, None)];

/// Fields that hold commands or scripts. Sysmon has the command of a WMI consumer where other events have an image.
const SCRIPTS: [FieldId; 5] = [
    ecs::PROCESS_COMMAND_LINE,
    ecs::PROCESS_EXECUTABLE,
    ecs::PROCESS_PARENT_COMMAND_LINE,
    ecs::REGISTRY_DATA_STRINGS,
    ecs::POWERSHELL_FILE_SCRIPT_BLOCK_TEXT,
];

/// What was worked out of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrichedField {
    /// The position of its event in the alert; `None` if it is the creation of the process, or of an event that is looked at alone.
    pub stage: Option<usize>,
    /// The field.
    pub field: FieldId,
    /// What is odd about the image.
    pub flags: Vec<ImageFlag>,
    /// What was encoded in the text.
    pub decoded: DecodedTexts,
    /// Of an address where it is and whose, in words.
    pub location: Option<String>,
}

/// A fact worked out of a field, in words. Its text may hold evidence, and is to be escaped and cut as such.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrichedLine {
    /// `decoded`, `flag` or `where`.
    pub label: &'static str,
    /// How it was encoded, and where it stands unless that is the process itself; empty for a flag of it.
    pub about: String,
    /// The decoded text, or what is odd.
    pub text: String,
    /// What is missing of the text; mostly empty.
    pub missing: String,
}

impl EnrichedLine {
    /// The words in front of the text.
    pub fn head(&self) -> String {
        if self.about.is_empty() { String::new() } else { format!("{}: ", self.about) }
    }
}

/// What can be worked out of the events of an alert and of the creation of its process. What several events say of one process is told once.
pub fn enriched_alert(alert: &Alert) -> Vec<EnrichedField> {
    let (mut found, mut seen) = (Vec::new(), SeenTexts::default());
    if let Some(start) = &alert.start {
        enrich(&start.document, None, &mut seen, &mut found);
    }
    for (stage, event) in alert.events.iter().enumerate() {
        if let Some(event) = event {
            enrich(&event.document, Some(stage), &mut seen, &mut found);
        }
    }
    found
}

/// What can be worked out of an event.
pub fn enriched_event(document: &Document) -> Vec<EnrichedField> {
    let mut found = Vec::new();
    enrich(document, None, &mut SeenTexts::default(), &mut found);
    found
}

/// What was looked at and told already.
#[derive(Debug, Default)]
struct SeenTexts {
    images: HashSet<(FieldId, String)>,
    scripts: HashSet<String>,
    decoded: HashSet<String>,
    locations: HashSet<String>,
}

fn enrich(document: &Document, stage: Option<usize>, seen: &mut SeenTexts, found: &mut Vec<EnrichedField>) {
    for (field, original) in IMAGES {
        let Some(image) = document.text(field).filter(|image| seen.images.insert((field, (*image).to_owned()))) else {
            continue;
        };
        let flags = image_flags(image, original.and_then(|original| document.text(original)));
        if !flags.is_empty() {
            found.push(EnrichedField { flags, ..EnrichedField::new(stage, field) });
        }
    }
    for field in SCRIPTS {
        for text in document.all(field).iter().filter_map(|value| value.as_text()) {
            if !seen.scripts.insert(text.to_owned()) {
                continue;
            }
            let decoded = decode(text);
            // The command line of a shell has that of its child in it, with all that is encoded there.
            let new = decoded.texts.iter().filter(|text| seen.decoded.insert(text.text.clone())).count();
            if new > 0 || decoded.left_out > 0 {
                found.push(EnrichedField { decoded, ..EnrichedField::new(stage, field) });
            }
        }
    }
    for (field, location) in locations(|field| document.first(field).map(ToString::to_string)) {
        if seen.locations.insert(location.clone()) {
            found.push(EnrichedField { location: Some(location), ..EnrichedField::new(stage, field) });
        }
    }
}

impl EnrichedField {
    /// Nothing yet of a field.
    fn new(stage: Option<usize>, field: FieldId) -> Self {
        Self { stage, field, flags: Vec::new(), decoded: DecodedTexts::default(), location: None }
    }

    /// Everything in words, a line each.
    pub fn lines(&self) -> Vec<EnrichedLine> {
        let mut lines = enriched_lines(&self.flags, &self.decoded, place_of(self.field));
        lines.extend(self.location.iter().map(|location| EnrichedLine {
            label: "where",
            about: String::new(),
            text: location.clone(),
            missing: String::new(),
        }));
        lines
    }
}

/// An end of a connection: its address, country (name and code), city, and autonomous system (number and who runs it).
const ENDS: [[FieldId; 6]; 2] = [
    [
        ecs::SOURCE_IP,
        ecs::SOURCE_GEO_COUNTRY_NAME,
        ecs::SOURCE_GEO_COUNTRY_ISO_CODE,
        ecs::SOURCE_GEO_CITY_NAME,
        ecs::SOURCE_AS_NUMBER,
        ecs::SOURCE_AS_ORGANIZATION_NAME,
    ],
    [
        ecs::DESTINATION_IP,
        ecs::DESTINATION_GEO_COUNTRY_NAME,
        ecs::DESTINATION_GEO_COUNTRY_ISO_CODE,
        ecs::DESTINATION_GEO_CITY_NAME,
        ecs::DESTINATION_AS_NUMBER,
        ecs::DESTINATION_AS_ORGANIZATION_NAME,
    ],
];

/// Where the ends of a connection are and whose, as far as the event says: `193.32.162.7: Netherlands, Amsterdam, AS64500 Example BV`.
pub fn locations(text: impl Fn(FieldId) -> Option<String>) -> impl Iterator<Item = (FieldId, String)> {
    ENDS.into_iter().filter_map(move |[ip, country, code, city, number, organization]| {
        let system = text(number).map(|number| format!("AS{number}"));
        let system = [system, text(organization)].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let parts = [text(country).or_else(|| text(code)), text(city), Some(system).filter(|text| !text.is_empty())];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| (ip, format!("{}: {}", text(ip).unwrap_or_default(), parts.join(", "))))
    })
}

/// Flags and decoded texts in words, a line each. The place is said where it is not the process itself.
pub fn enriched_lines(flags: &[ImageFlag], decoded: &DecodedTexts, place: &str) -> Vec<EnrichedLine> {
    let flag = |flag: &ImageFlag| EnrichedLine {
        label: "flag",
        about: place.to_owned(),
        text: flag.text(),
        missing: String::new(),
    };
    let mut lines: Vec<EnrichedLine> = flags.iter().map(flag).collect();
    let of = if place.is_empty() { String::new() } else { format!(", {place}") };
    for (at, text) in decoded.texts.iter().enumerate() {
        let about = format!("{}{of}", decoded.path(at));
        lines.push(EnrichedLine { label: "decoded", about, text: text.text.clone(), missing: missing(text) });
    }
    if decoded.left_out > 0 {
        let more = counted(decoded.left_out as u64, "more encoded text");
        let text = format!("{more} not shown, being too many, nested too deeply or too large");
        lines.push(EnrichedLine { label: "decoded", about: place.to_owned(), text, missing: String::new() });
    }
    lines
}

/// What is missing of a decoded text.
fn missing(text: &DecodedText) -> String {
    match (text.cut, text.is_partly_inflated) {
        (0, false) => String::new(),
        (cut, false) => format!("… (+{} characters)", grouped(cut as u64)),
        (cut, true) => format!("… (+{} characters, and more that was not unpacked)", grouped(cut as u64)),
    }
}

/// Where a field stands, if it does not say what the process itself is and does.
fn place_of(field: FieldId) -> &'static str {
    match field {
        ecs::PROCESS_PARENT_EXECUTABLE | ecs::PROCESS_PARENT_COMMAND_LINE => "of the parent",
        ecs::REGISTRY_DATA_STRINGS => "in the registry",
        ecs::POWERSHELL_FILE_SCRIPT_BLOCK_TEXT => "in the script",
        _ => "",
    }
}

#[cfg(test)]
mod tests;
