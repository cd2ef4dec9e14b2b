//! Multi-fields: the same values under a second name with another mapping, such as `process.name.caseless`.
//!
//! Which fields have which is public documentation: `.text` is ECS's, on what people search by words; `.caseless` is that of Elastic Defend and of the
//! integrations for Windows, on paths, names and command lines of programs. `.keyword` is what Elasticsearch gives every text that no template maps.

use super::definition::{FieldId, FieldType};
use super::field::Field;

/// A second mapping of a field's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SubField {
    /// Keywords in lower case; constants are compared in lower case too.
    Caseless,
    /// Analysed text.
    Text,
    /// The value as it is.
    Keyword,
}

/// Objects that tell of a process, as ECS and Elastic Defend nest them.
const PROCESSES: &[&str] = &[
    "process",
    "parent",
    "entry_leader",
    "session_leader",
    "group_leader",
    "previous",
    "responsible",
    "Effective_process",
    "effective_parent",
];

/// The field that a name stands for, and as which of its multi-fields.
///
/// ```
/// use evql::ecs::{self, Field, SubField};
///
/// assert_eq!(ecs::mapped("process.name.caseless"), (Field::from(ecs::PROCESS_NAME), Some(SubField::Caseless)));
/// assert_eq!(ecs::mapped("process.pid.caseless").1, None);
/// ```
pub fn mapped(name: &str) -> (Field, Option<SubField>) {
    let sub = || {
        let (base, last) = name.rsplit_once('.')?;
        let sub = match last {
            "caseless" => SubField::Caseless,
            "text" => SubField::Text,
            "keyword" => SubField::Keyword,
            _ => return None,
        };
        has(base, sub).then(|| (Field::named(base), Some(sub)))
    };
    // A field of the catalogue wins over a multi-field that would have its name.
    if FieldId::find(name).is_some() {
        return (Field::named(name), None);
    }
    sub().unwrap_or_else(|| (Field::named(name), None))
}

/// Whether Elastic's mappings give a field this multi-field.
fn has(name: &str, sub: SubField) -> bool {
    let (object, last) = name.rsplit_once('.').unwrap_or(("", name));
    // The mappings repeat for each process that an event names, so that the object just above the field decides, however deep it is.
    let parent = object.rsplit('.').next().unwrap_or_default();
    let of_process = PROCESSES.contains(&parent);
    match sub {
        SubField::Caseless => match last {
            "executable" | "command_line" | "working_directory" | "title" => of_process,
            "name" => of_process || matches!(parent, "file" | "dll" | "os"),
            "path" | "target_path" => matches!(parent, "file" | "dll"),
            "full" => parent == "os",
            _ => false,
        },
        SubField::Text => match last {
            "executable" | "command_line" | "working_directory" | "title" => of_process,
            "name" => {
                of_process
                    || parent == "user"
                    || parent.ends_with("_user")
                    || matches!(parent, "os" | "organization" | "technique" | "subtechnique")
                    || matches!(object, "user.changes" | "user.effective" | "user.target")
            }
            "full_name" => true,
            "path" | "target_path" => parent == "file",
            "full" => matches!(parent, "os" | "url"),
            "original" => matches!(parent, "url" | "user_agent"),
            "stack_trace" => parent == "error",
            "content" => parent == "body",
            "description" => parent == "vulnerability",
            _ => false,
        },
        SubField::Keyword => Field::named(name).kind().is_none_or(FieldType::is_text),
    }
}

#[cfg(test)]
mod tests;
