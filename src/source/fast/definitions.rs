//! The templates that a chunk defines, by the place of their definition; and every template there was before.
//!
//! This module does not know what is in a template.

use super::byte_view::ByteView;
use super::template::CachedTemplate;
use crate::base::interner::Interner;
use crate::source::format::CHUNK_LENGTH;
use hashbrown::HashMap;

/// Bytes of a chunk that have one place in the table of definitions: no two sound ones begin in so few.
const GRAIN: usize = 32;
/// Places in the table.
const GRAINS: usize = CHUNK_LENGTH / GRAIN;

/// A template of the chunk at hand.
pub struct TemplateDefinition {
    at: usize,
    /// Its number among all templates.
    pub template: usize,
}

/// Templates, and where the chunk at hand defines them.
pub struct Definitions {
    /// Every template that was ever read.
    pub templates: Vec<CachedTemplate>,
    /// Index into `templates` by identifier and size.
    by_key: HashMap<[u8; 20], Vec<usize>>,
    here: Vec<TemplateDefinition>,
    /// For each piece of the chunk the number of the definition that begins there. It may be of an earlier chunk: only what the definition itself says counts.
    places: Box<[u16]>,
}

impl Default for Definitions {
    fn default() -> Self {
        Self { templates: Vec::new(), by_key: HashMap::new(), here: Vec::new(), places: vec![0; GRAINS].into() }
    }
}

impl Definitions {
    /// Begins a chunk.
    pub fn begin(&mut self) {
        self.here.clear();
    }

    /// The definition at a place of the chunk.
    #[inline]
    pub fn at(&mut self, bytes: ByteView<'_>, at: usize, strings: &mut Interner) -> Option<&mut TemplateDefinition> {
        // Two bytes for each 32 of the chunk, 4 KiB in all, instead of a hash for each record. Never cleared: a stale number is told by `at`.
        let known = usize::from(*self.places.get(at / GRAIN)?);
        if self.here.get(known).is_some_and(|definition| definition.at == at) {
            return self.here.get_mut(known);
        }
        self.add(bytes, at, strings)
    }

    #[cold]
    fn add(&mut self, bytes: ByteView<'_>, at: usize, strings: &mut Interner) -> Option<&mut TemplateDefinition> {
        // Records of a chunk are fewer than that, so definitions are too.
        let new = u16::try_from(self.here.len()).ok()?;
        let template = self.template(bytes, at, strings)?;
        *self.places.get_mut(at / GRAIN)? = new;
        self.here.push(TemplateDefinition { at, template });
        self.here.last_mut()
    }

    /// The number of the template that is defined at a place of the chunk.
    fn template(&mut self, bytes: ByteView<'_>, at: usize, strings: &mut Interner) -> Option<usize> {
        let alike = self.by_key.entry(*CachedTemplate::key(bytes, at)?).or_default();
        if let Some(known) = alike.iter().find(|known| self.templates[**known].is_at(bytes, at) == Some(true)) {
            return Some(*known);
        }
        let new = CachedTemplate::read(bytes, at, strings)?;
        self.templates.push(new);
        let new = self.templates.len() - 1;
        alike.push(new);
        Some(new)
    }
}
