//! Profiles: sets of fields under a name, built in or of one's own, out of TOML.
//!
//! ```toml
//! [logon]
//! fields = ["@timestamp", "host.name", "user.name", "process.command_line"]
//! ```

use super::args::ColumnArgs;
use anyhow::{Context, Result, bail};
use evql::base::text_file;
use evql::report::TIMELINE_COLUMNS;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The profiles that are there without a file.
const BUILTIN: &str = include_str!("profiles/builtin.toml");
/// Most profiles that an error names.
const MOST_NAMED: usize = 20;

/// Profiles by name.
type Profiles = BTreeMap<String, Profile>;

/// A set of fields.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Profile {
    fields: Vec<String>,
}

/// The fields of events that are asked for by profile and by name, in order, each once; none if neither is given.
pub fn chosen_fields(args: &ColumnArgs) -> Result<Vec<String>> {
    // What only a timeline has is left out of a profile; named by itself it is an unknown field.
    chosen(args, |name| !TIMELINE_COLUMNS.contains(&name))
}

/// The columns of a timeline that are asked for: fields, and columns that only a timeline has.
pub fn chosen_columns(args: &ColumnArgs) -> Result<Vec<String>> {
    chosen(args, |_| true)
}

fn chosen(args: &ColumnArgs, has: impl Fn(&str) -> bool) -> Result<Vec<String>> {
    let mut names = match &args.profile {
        Some(name) => profile(name, args.profiles.as_deref())?,
        None => Vec::new(),
    };
    names.retain(|name| has(name));
    names.extend(args.fields.iter().map(|name| name.trim().to_owned()));
    if let Some(empty) = names.iter().position(String::is_empty) {
        bail!("name {} of --fields is empty", empty + 1);
    }
    let mut fields: Vec<String> = Vec::with_capacity(names.len());
    for name in names {
        if !fields.contains(&name) {
            fields.push(name);
        }
    }
    Ok(fields)
}

/// The fields of a profile. One of a file comes before a built-in one of the same name.
fn profile(name: &str, path: Option<&Path>) -> Result<Vec<String>> {
    let mut profiles = read(BUILTIN, "the built-in profiles")?;
    if let Some(path) = path {
        let text = text_file::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        profiles.extend(read(&text, &path.display().to_string())?);
    }
    if let Some(profile) = profiles.remove(name) {
        return Ok(profile.fields);
    }
    let named: Vec<&str> = profiles.keys().map(String::as_str).take(MOST_NAMED).collect();
    let more = profiles.len().saturating_sub(MOST_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    bail!("there is no profile {name}: there are {}{more} (--profiles reads others from a file)", named.join(", "))
}

fn read(text: &str, name: &str) -> Result<Profiles> {
    let profiles: Profiles = toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let before = text.get(..start).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        anyhow::anyhow!("{name}:{line}:{column}: {} (a profile is a table with a list of fields)", error.message())
    })?;
    if let Some((empty, _)) = profiles.iter().find(|(_, profile)| profile.fields.is_empty()) {
        bail!("{name}: the profile {empty} has no fields");
    }
    Ok(profiles)
}
