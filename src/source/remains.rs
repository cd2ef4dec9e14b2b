//! Remains of older and broken logs in a file: whether it is read, and the templates that it is read with.

use std::sync::{Arc, OnceLock};

use super::fast::KnownTemplates;

/// Whether what is left of older logs in a file is read, and what is known of the file to read it with. Clones know the same.
#[derive(Clone, Debug, Default)]
pub struct Remains {
    /// Whether the unused space of chunks is searched too.
    pub in_unused_space: bool,
    /// The templates of all sound chunks of the file, once they were needed.
    templates: Arc<OnceLock<KnownTemplates>>,
    /// The templates of all files of the run, once they were needed: shared by all inputs.
    everywhere: Arc<OnceLock<KnownTemplates>>,
}

impl Remains {
    /// Remains of the first file of a run.
    pub fn new(in_unused_space: bool) -> Self {
        Self { in_unused_space, ..Self::default() }
    }

    /// Remains of another file of the same run, of which nothing is known yet.
    #[must_use]
    pub fn of_next_file(&self) -> Self {
        Self { templates: Arc::default(), ..self.clone() }
    }

    /// The templates of all sound chunks of the file, which `learn` reads if nobody has needed them before.
    pub(super) fn templates(&self, learn: impl FnOnce() -> KnownTemplates) -> &KnownTemplates {
        self.templates.get_or_init(learn)
    }

    /// The templates of all sound chunks of all files of the run, likewise.
    pub(super) fn templates_everywhere(&self, learn: impl FnOnce() -> KnownTemplates) -> &KnownTemplates {
        self.everywhere.get_or_init(learn)
    }
}

/// Compares the setting only: templates that were learnt make no difference between inputs.
impl PartialEq for Remains {
    fn eq(&self, other: &Self) -> bool {
        self.in_unused_space == other.in_unused_space
    }
}

impl Eq for Remains {}
