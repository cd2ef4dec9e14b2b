//! The fields of a loaded image below `dll` that are no copies of one field.

use crate::ecs::{self, Field};
use crate::event::{Document, Value};
use crate::sysmon::raw::EventData;
use crate::sysmon::step_context::StepContext;

/// The words that Elastic has for the status of a signature and Sysmon has not.
pub const STATUSES: &[&str] = &["trusted", "Unavailable"];

/// `dll.hash.*` for all algorithms, and `dll.code_signature.status` from `Signed` and `SignatureStatus`.
pub fn dll(data: &EventData<'_>, document: &mut Document, _: StepContext) {
    let copy = |(field, values): (&Field, &[Value])| {
        let algorithm = field.name().strip_prefix("file.hash.")?;
        Some((Field::named(&format!("dll.hash.{algorithm}")), values.first()?.clone()))
    };
    let copies: Vec<(Field, Value)> = document.iter().filter_map(copy).collect();
    for (field, value) in copies {
        document.set(field, value);
    }
    // Elastic's own words: Sysmon says `Valid`, and the image's status is `trusted`.
    let status = match (data.get("Signed"), data.get("SignatureStatus")) {
        (Some("true"), _) => Some("trusted"),
        (_, Some("Unavailable")) => Some("Unavailable"),
        (Some(failed), _) if failed.starts_with("failed:") => Some(failed),
        _ => None,
    };
    if let Some(status) = status {
        document.set(ecs::DLL_CODE_SIGNATURE_STATUS, status);
    }
}
