//! Fields of events as texts that are shared and bounded, and what they say of a process.

use super::connection::Connection;
use super::entity::{EntityId, EntityKey};
use super::facts::{Hashes, Parent, ProcessFacts};
use super::observer::has_any;
use super::table::{ProcessNews, ProcessTable};
use super::text::{CutText, Pool};
use crate::base::host;
use crate::ecs::{self, FieldId};
use crate::event::{Fields, OrderKey, Value, WrittenText};
use hashbrown::HashSet;
use std::sync::Arc;

/// Longest command line that is held of every process, in bytes.
pub const LONGEST_COMMAND: usize = 8192;
/// Longest path, name or other text that is held.
pub const LONGEST_TEXT: usize = 2048;

/// The first value of a field, if it is an integer.
pub fn long(fields: &dyn Fields, field: FieldId) -> Option<i64> {
    match fields.values(&field.into()).first()? {
        Value::Long(number) => Some(*number),
        _ => None,
    }
}

/// Reads fields into texts that are shared.
#[derive(Debug, Default)]
pub struct FieldReader {
    text: String,
    pub(super) pool: Pool,
    hashes: HashSet<Arc<Hashes>>,
}

impl FieldReader {
    /// The first value of a field as text.
    pub fn read(&mut self, fields: &dyn Fields, field: FieldId) -> Option<&str> {
        self.text.clear();
        let field = field.into();
        match fields.write_text(&field, &mut self.text) {
            WrittenText::Text => Some(&self.text),
            WrittenText::Nothing => None,
            WrittenText::NotText => {
                let value = fields.values(&field).first()?;
                if let Some(text) = value.as_text() {
                    self.text.push_str(text);
                } else {
                    self.text.push_str(&value.to_string());
                }
                Some(&self.text)
            }
        }
    }

    /// The first value of a field as a shared text, cut to [`LONGEST_TEXT`] bytes.
    pub fn shared(&mut self, fields: &dyn Fields, field: FieldId) -> Option<Arc<str>> {
        self.read(fields, field)?;
        Some(self.pool.share_cut(&self.text, LONGEST_TEXT))
    }

    /// The connection that an event tells of, if it does.
    pub(super) fn connection(&mut self, fields: &dyn Fields) -> Option<Connection> {
        Connection::read(|field| self.shared(fields, field).map(|text| text.to_string()))
    }

    /// The key of an event's process on its host; `None` if nothing identifies the process.
    pub(super) fn key(&mut self, fields: &dyn Fields) -> Option<EntityKey> {
        if let Some(id) = self.read(fields, ecs::PROCESS_ENTITY_ID) {
            return Some(EntityKey::Entity(EntityId::new(id)));
        }
        let image = self.shared(fields, ecs::PROCESS_EXECUTABLE);
        EntityKey::new(None, long(fields, ecs::PROCESS_PID), image)
    }

    fn user(&mut self, fields: &dyn Fields) -> Option<Arc<str>> {
        let domain = self.read(fields, ecs::USER_DOMAIN).map(str::to_owned);
        let name = self.read(fields, ecs::USER_NAME)?;
        let user = domain.map_or_else(|| name.to_owned(), |domain| format!("{domain}\\{name}"));
        Some(self.pool.share_cut(&user, LONGEST_TEXT))
    }

    /// The facts about its process in an event that is no start; `None` if the table has better ones already.
    pub(super) fn news(
        &mut self,
        fields: &dyn Fields,
        table: &ProcessTable,
        host: &str,
        key: &EntityKey,
        order: OrderKey,
    ) -> Option<ProcessFacts> {
        // Asked of the thread's table as it was at the end of the last chunk: within one chunk a fact may be read twice, which changes nothing.
        table.is_news(host, key, order).then(|| ProcessFacts {
            pid: long(fields, ecs::PROCESS_PID),
            image: self.shared(fields, ecs::PROCESS_EXECUTABLE),
            user: self.user(fields),
            ..ProcessFacts::default()
        })
    }

    /// The start of a process, with the parent that it names.
    pub(super) fn start(&mut self, fields: &dyn Fields) -> ProcessNews {
        let command = self.read(fields, ecs::PROCESS_COMMAND_LINE).map(|text| CutText::new(text, LONGEST_COMMAND));
        let command_line = command.map(|command| self.shared_if_long(command));
        let facts = ProcessFacts {
            pid: long(fields, ecs::PROCESS_PID),
            image: self.shared(fields, ecs::PROCESS_EXECUTABLE),
            command_line,
            user: self.user(fields),
            integrity: self.shared(fields, ecs::DATA_INTEGRITY_LEVEL),
            hashes: self.hashes(fields),
            original_name: self.shared(fields, ecs::PROCESS_PE_ORIGINAL_FILE_NAME),
            is_recovered: has_any(fields, ecs::EVQL_RECOVERED),
        };
        let parent = Parent {
            entity_id: self.read(fields, ecs::PROCESS_PARENT_ENTITY_ID).map(EntityId::new),
            pid: long(fields, ecs::PROCESS_PARENT_PID),
            image: self.shared(fields, ecs::PROCESS_PARENT_EXECUTABLE),
        };
        ProcessNews::Start { facts, parent }
    }

    /// A command line, which is held once if it is so long that it counts: a text in a template is said by every record of its chunk.
    fn shared_if_long(&mut self, command: CutText) -> CutText {
        if command.text.len() < LONGEST_TEXT {
            return command;
        }
        CutText { text: self.pool.share(&command.text), cut: command.cut }
    }

    /// The parent that a start names: by entity id if it has one, else by number and image.
    pub(super) fn parent(&mut self, fields: &dyn Fields) -> Parent {
        if let Some(id) = self.read(fields, ecs::PROCESS_PARENT_ENTITY_ID).map(EntityId::new) {
            return Parent { entity_id: Some(id), ..Parent::default() };
        }
        let image = self.shared(fields, ecs::PROCESS_PARENT_EXECUTABLE);
        Parent { entity_id: None, pid: long(fields, ecs::PROCESS_PARENT_PID), image }
    }

    /// What a start says of the parent.
    pub(super) fn parent_facts(&mut self, fields: &dyn Fields) -> ProcessFacts {
        // The children of one process all tell its command line: it is held once.
        let command =
            self.read(fields, ecs::PROCESS_PARENT_COMMAND_LINE).map(|text| CutText::new(text, LONGEST_COMMAND));
        let command_line = command.map(|text| CutText { text: self.pool.share(&text.text), cut: text.cut });
        ProcessFacts {
            pid: long(fields, ecs::PROCESS_PARENT_PID),
            image: self.shared(fields, ecs::PROCESS_PARENT_EXECUTABLE),
            command_line,
            user: self.shared(fields, ecs::DATA_PARENT_USER),
            ..ProcessFacts::default()
        }
    }

    fn hashes(&mut self, fields: &dyn Fields) -> Option<Arc<Hashes>> {
        let hashes = Hashes {
            md5: self.shared(fields, ecs::PROCESS_HASH_MD5),
            sha1: self.shared(fields, ecs::PROCESS_HASH_SHA1),
            sha256: self.shared(fields, ecs::PROCESS_HASH_SHA256),
            imphash: self.shared(fields, ecs::PROCESS_PE_IMPHASH),
        };
        if hashes == Hashes::default() {
            return None;
        }
        if let Some(known) = self.hashes.get(&hashes) {
            return Some(known.clone());
        }
        if self.hashes.len() >= 1 << 14 {
            self.hashes.clear();
        }
        let new = Arc::new(hashes);
        self.hashes.insert(new.clone());
        Some(new)
    }
}

/// The process that an event is about, by host, in the letters that hosts are compared in, and key: the one that a [`ProcessSurvey`](super::ProcessSurvey)
/// counts the event for.
pub fn process_of(fields: &dyn Fields) -> Option<(String, EntityKey)> {
    let mut reader = FieldReader::default();
    let host = host::folded(reader.read(fields, ecs::HOST_NAME).unwrap_or_default()).into_owned();
    let key = reader.key(fields)?;
    Some((host, key))
}
