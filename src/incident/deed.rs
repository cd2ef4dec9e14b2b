//! What one event of an alert did, in a few words: the object that a person looks for first.

use crate::ecs::{self, FieldId};
use crate::event::Event;
use crate::process::{Connection, HostAddresses};
use crate::sysmon::{EventId, event_id_row};

/// Longest value in a deed, in characters.
const MOST: usize = 80;

/// What an event did, with the process that did it left out: `connected to 203.0.113.5:443`; `None` for starts and exits, which a chain of processes tells,
/// and for events without an object.
pub fn deed(event: &Event, known: &HostAddresses) -> Option<String> {
    deed_of(&|field| event.document.first(field).map(ToString::to_string), known)
}

/// What an event did whose first values `value` gives; see [`deed`].
pub fn deed_of(value: &dyn Fn(FieldId) -> Option<String>, known: &HostAddresses) -> Option<String> {
    let text = |field: FieldId| value(field).map(|text| cut(&text));
    let of = |verb: &str, field: FieldId| text(field).map(|object| format!("{verb} {object}"));
    let file = |verb: &str| of(verb, ecs::FILE_PATH).or_else(|| of(verb, ecs::FILE_NAME));
    let id = value(ecs::EVENT_CODE).and_then(|code| code.parse().ok());
    let Some(row) = id.and_then(event_id_row) else { return of_any(value, known) };
    match row.id {
        EventId::ProcessCreate | EventId::ProcessEnd => None,
        EventId::Connection => connection(value, known),
        EventId::DnsQuery => of("asked for", ecs::DNS_QUESTION_NAME),
        EventId::FileTimeChange => file("set back the time of"),
        EventId::DriverLoad => file("loaded the driver"),
        EventId::ImageLoad => file("loaded"),
        EventId::RemoteThread => of("started a thread in", ecs::DATA_TARGET_IMAGE),
        EventId::ProcessAccess => of("opened", ecs::DATA_TARGET_IMAGE),
        EventId::RawAccess => file("read past the file system"),
        EventId::FileCreate | EventId::FileExecutable => file("wrote"),
        EventId::FileStream => file("wrote the stream"),
        EventId::FileDelete | EventId::FileDeleteArchived => file("deleted"),
        EventId::FileBlockExecutable => file("tried to write"),
        EventId::FileBlockShredding => file("tried to shred"),
        EventId::RegistryObject | EventId::RegistryValue | EventId::RegistryRename => of("changed", ecs::REGISTRY_PATH),
        EventId::PipeCreate => file("created the pipe"),
        EventId::PipeConnect => file("connected to the pipe"),
        EventId::WmiFilter | EventId::WmiConsumer | EventId::WmiBinding => Some("subscribed to WMI events".to_owned()),
        EventId::Tampering => Some("had its image tampered with".to_owned()),
        EventId::Clipboard => Some("changed the clipboard".to_owned()),
        EventId::Configuration => Some("changed Sysmon's configuration".to_owned()),
        EventId::ServiceState => Some("changed the state of Sysmon's service".to_owned()),
        EventId::Error => Some("an error of Sysmon itself".to_owned()),
    }
}

/// The deed of an event of another provider.
fn of_any(value: &dyn Fn(FieldId) -> Option<String>, known: &HostAddresses) -> Option<String> {
    let first = [ecs::FILE_PATH, ecs::REGISTRY_PATH, ecs::DNS_QUESTION_NAME].into_iter().find_map(value);
    connection(value, known).or_else(|| first.map(|object| format!("touched {}", cut(&object))))
}

fn connection(value: &dyn Fn(FieldId) -> Option<String>, known: &HostAddresses) -> Option<String> {
    let connection = Connection::read(value)?;
    let peer = connection.peer(known);
    let end = peer.remote().map_or_else(|| "itself".to_owned(), |end| cut(&connection.end(end).text()));
    Some(if connection.route(known).is_accepted {
        format!("was connected to from {end}")
    } else {
        format!("connected to {end}")
    })
}

/// The text, or its end with a mark where it is too long: of a path or a key the end tells more.
fn cut(text: &str) -> String {
    let length = text.chars().count();
    if length <= MOST {
        return text.to_owned();
    }
    format!("…{}", text.chars().skip(length - MOST).collect::<String>())
}
