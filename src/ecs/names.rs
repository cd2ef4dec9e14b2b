//! Every field name that ECS and Elastic's integrations for Windows have, beside those of the catalogue: enough to tell a slip of the pen from a field of
//! another sensor. The names are in `names.toml`, which says how they are written.

use super::definition::FieldId;
use super::field;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// The file of names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KnownNames {
    open: BTreeSet<String>,
    open_objects: BTreeSet<String>,
    inner: BTreeSet<String>,
    categories: BTreeSet<String>,
    sets: BTreeMap<String, FieldSet>,
}

/// A field set.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldSet {
    /// Its own fields, with blanks between.
    #[serde(default)]
    fields: String,
    /// The sets that are used inside of it, by the place where they are; an empty place is the set itself.
    #[serde(default)]
    uses: BTreeMap<String, String>,
}

#[expect(clippy::expect_used, reason = "the file is part of the program, and tests read it")]
static NAMES: LazyLock<KnownNames> =
    LazyLock::new(|| toml::from_str(include_str!("names.toml")).expect("names.toml is as names.rs says"));

/// Whether ECS, or an integration whose events rules are written for, has a field of this name.
pub fn is_known(name: &str) -> bool {
    // Cheapest first: most names are in the catalogue, and the sets are walked for what is left.
    FieldId::find(name).is_some()
        || NAMES.open.iter().any(|open| name.strip_prefix(&**open).is_some_and(|rest| !rest.is_empty()))
        || name.split('.').any(|part| NAMES.open_objects.contains(part))
        || in_set("", name, 0)
        || name.split_once('.').is_some_and(|(set, rest)| !NAMES.inner.contains(set) && in_set(set, rest, 0))
}

/// Whether a set has this field; sets do not nest deeper than a few levels.
fn in_set(name: &str, field: &str, depth: usize) -> bool {
    // `process` is used inside of itself: names end, but a crafted one need not end soon.
    let Some(set) = NAMES.sets.get(name).filter(|_| depth < 6) else { return false };
    set.fields.split_whitespace().any(|known| known == field)
        || set.uses.iter().any(|(at, set)| {
            let rest = if at.is_empty() {
                Some(field)
            } else {
                field.strip_prefix(&**at).and_then(|rest| rest.strip_prefix('.'))
            };
            rest.is_some_and(|rest| in_set(set, rest, depth + 1))
        })
}

/// Names of fields to compare a slip with: the catalogue's, and those of the sets, each set used inside another once.
pub fn to_compare() -> impl Iterator<Item = String> {
    let top = NAMES.sets.iter().filter(|(name, _)| !NAMES.inner.contains(*name));
    let names = top.flat_map(|(name, set)| {
        let prefix = if name.is_empty() { String::new() } else { format!("{name}.") };
        let nested = set.uses.iter().filter_map(|(at, inner)| Some((at, NAMES.sets.get(inner)?)));
        let nested =
            nested.map(|(at, inner)| (if at.is_empty() { prefix.clone() } else { format!("{prefix}{at}.") }, inner));
        let all = std::iter::once((prefix.clone(), set)).chain(nested);
        let named = |(prefix, set): (String, &FieldSet)| -> Vec<String> {
            set.fields.split_whitespace().map(|field| format!("{prefix}{field}")).collect()
        };
        all.flat_map(named).collect::<Vec<_>>()
    });
    field::all().chain(field::entries()).map(|id| id.name().to_owned()).chain(names)
}

/// Every category that events of Elastic's mappings may have.
pub fn categories() -> &'static BTreeSet<String> {
    &NAMES.categories
}

#[cfg(test)]
mod tests;
