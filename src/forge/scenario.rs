//! Scenario files: a small TOML text that says what happened on which host, and the EVTX files that follow from it.
//!
//! `samples/README.md` documents the format for those who write such files by hand.
//! A scenario determines every byte: there are no clocks and no random numbers here.
//!
//! ```
//! let scenario = evql::forge::Scenario::parse(
//!     r#"
//!     title = "One process"
//!     [[file]]
//!     name = "one.evtx"
//!     host = "ws-0417.corp.example"
//!     [[process]]
//!     label = "notepad"
//!     pid = 4242
//!     Image = 'C:\Windows\System32\notepad.exe'
//!     [[event]]
//!     id = 1
//!     time = "2024-03-05T09:14:02.1234567Z"
//!     process = "notepad"
//!     "#,
//!     "one.toml",
//! )?;
//! let files = scenario.build()?;
//! assert_eq!(files[0].events[0].field("ProcessId"), Some("4242"));
//! # Ok::<(), evql::forge::ForgeError>(())
//! ```

mod expect;
mod process;
mod resolve;
mod text;

use super::error::{ForgeError, Problem};
use super::file::{ForgedEvent, write_file};

pub use expect::{Expect, ExpectedAlert, ExpectedClock, ExpectedFault};
use resolve::FilePlan;

/// A scenario, read and found consistent.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Title, in one line.
    pub title: String,
    /// Why it is there, in more words.
    pub description: String,
    /// Findings that a scan of its files must give.
    pub expect: Expect,
    name: String,
    text: String,
    files: Vec<FilePlan>,
}

/// A file written from a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForgedFile {
    /// Its name, without a folder.
    pub name: String,
    /// Its content, damage included.
    pub bytes: Vec<u8>,
    /// Every event written to it, in order, including those that damage then made unreadable.
    pub events: Vec<ForgedEvent>,
    /// Whether damage was done to it.
    pub damaged: bool,
}

impl Scenario {
    /// Reads a scenario. `name` is only used in messages.
    pub fn parse(text: &str, name: &str) -> Result<Self, ForgeError> {
        Self::resolve(text::parse(text), text, name)
    }

    /// Takes a scenario from a table of another file, whose text is `text`, so that problems are told with their places there.
    pub fn of_table(table: toml::de::DeTable<'_>, text: &str, name: &str) -> Result<Self, ForgeError> {
        Self::resolve(text::of_table(toml::Spanned::new(0..text.len(), table)), text, name)
    }

    fn resolve(
        document: Result<text::ScenarioDocument, (Problem, crate::base::Span)>,
        text: &str,
        name: &str,
    ) -> Result<Self, ForgeError> {
        let document = document.map_err(|(problem, span)| problem.at(name, text, span))?;
        let files = resolve::files(&document).map_err(|(problem, span)| problem.at(name, text, span))?;
        Ok(Self {
            title: document.title,
            description: document.description,
            expect: document.expect,
            name: name.to_owned(),
            text: text.to_owned(),
            files,
        })
    }

    /// Writes the files. Fails if an event is too large for a chunk, or if damage is to be done to what is not there.
    pub fn build(&self) -> Result<Vec<ForgedFile>, ForgeError> {
        self.files.iter().map(|plan| self.build_file(plan)).collect()
    }

    fn build_file(&self, plan: &FilePlan) -> Result<ForgedFile, ForgeError> {
        let mut events: Vec<ForgedEvent> = plan.events.iter().map(|(event, _)| event.clone()).collect();
        let mut bytes = write_file(plan.minor, &mut events)
            .map_err(|refused| Problem::TooLarge.at(&self.name, &self.text, plan.events[refused.event].1))?;
        for (damage, span) in &plan.damage {
            damage
                .apply(&mut bytes, &events)
                .map_err(|what| Problem::NothingToDamage(what).at(&self.name, &self.text, *span))?;
        }
        Ok(ForgedFile { name: plan.name.clone(), bytes, events, damaged: !plan.damage.is_empty() })
    }
}

#[cfg(test)]
mod tests;
