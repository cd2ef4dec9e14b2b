//! What a pattern of STIX means for events of Sysmon: indicators, and what of the pattern cannot be honoured.
//!
//! A pattern becomes a list of alternatives, each of which wants all of its parts in one event. Several hashes that a file must have at once are alternatives
//! of each other: a hash names a file for good, and few hosts log all kinds of hashes.

use super::indicator::{IndicatorKind, Observable};
use super::paths;
use super::stix_pattern::{PatternFault, PatternNode, PropertyTest};
use super::told::{ValueType, observables};

/// Most alternatives of one pattern.
const MOST: usize = 10_000;

/// What a pattern means.
#[derive(Debug, Default)]
pub struct MeantPattern {
    /// What is looked for: in each all of what is listed, and how it is written.
    pub indicators: Vec<(Vec<Observable>, String)>,
    /// What cannot be honoured.
    pub refused: Vec<PatternFault>,
}

/// An alternative: its parts, each with its text.
type Parts = Vec<(Observable, String)>;

/// What a pattern means.
pub fn meant(tree: &PatternNode, pattern: &str) -> MeantPattern {
    let mut refused = Vec::new();
    let alternatives = alternatives(tree, pattern, &mut refused).unwrap_or_default();
    let mut indicators = Vec::new();
    for parts in alternatives {
        let parts = with_whole_paths(parts);
        let (hashes, others): (Parts, Parts) =
            parts.into_iter().partition(|(part, _)| part.kind() == IndicatorKind::Hash);
        // One set of the other parts for each hash.
        let each: Vec<Parts> = if hashes.is_empty() {
            vec![others]
        } else {
            hashes.into_iter().map(|hash| [vec![hash], others.clone()].concat()).collect()
        };
        for parts in each {
            let text = parts.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(" and ");
            indicators.push((parts.into_iter().map(|(part, _)| part).collect(), text));
        }
    }
    MeantPattern { indicators, refused }
}

/// A name and the folder that it must lie in are one path.
fn with_whole_paths(parts: Parts) -> Parts {
    let folder_of = |part: &Observable| match part {
        Observable::Path(pattern) => {
            pattern.strip_suffix('*').filter(|folder| folder.ends_with(['\\', '/'])).map(str::to_owned)
        }
        _ => None,
    };
    let folder = parts.iter().position(|(part, _)| folder_of(part).is_some());
    let name = parts.iter().position(|(part, _)| matches!(part, Observable::FileName(_)));
    let (Some(folder), Some(name)) = (folder, name) else { return parts };
    let (Some(path), (Observable::FileName(file), _)) = (folder_of(&parts[folder].0), &parts[name]) else {
        return parts;
    };
    let whole = format!("{path}{file}");
    let others = parts.iter().enumerate().filter(|(at, _)| *at != folder && *at != name).map(|(_, part)| part.clone());
    others.chain([(Observable::Path(whole.clone()), whole.clone())]).collect()
}

/// The alternatives of an expression; `None`, with the reason among the refused, if it cannot be honoured.
fn alternatives(node: &PatternNode, pattern: &str, refused: &mut Vec<PatternFault>) -> Option<Vec<Parts>> {
    let mut refuse = |place: &std::ops::Range<usize>, reason: &str| {
        refused.push(PatternFault { place: place.clone(), reason: reason.to_owned() });
        None
    };
    match node {
        PatternNode::FollowedBy(place) => {
            refuse(place, "FOLLOWEDBY is not honoured: an indicator is met in one event; the pattern is left out")
        }
        PatternNode::Qualified(place) => {
            refuse(place, "WITHIN, REPEATS and START are not honoured: the observation before it is left out")
        }
        PatternNode::And(nodes) if nodes.iter().any(has_observation) => refuse(
            &(0..pattern.len()),
            "observations joined by AND are of different events, which is not honoured; the pattern is left out",
        ),
        PatternNode::Observation(inner) => alternatives(inner, pattern, refused),
        // What cannot be honoured of alternatives leaves the others.
        PatternNode::Or(nodes) => {
            let each: Vec<Vec<Parts>> = nodes.iter().filter_map(|node| alternatives(node, pattern, refused)).collect();
            Some(each.concat())
        }
        PatternNode::And(nodes) => {
            let mut all: Vec<Parts> = vec![Vec::new()];
            for node in nodes {
                let each = alternatives(node, pattern, refused)?;
                if all.len().saturating_mul(each.len()) > MOST {
                    refused.push(PatternFault {
                        place: 0..pattern.len(),
                        reason: format!("the pattern has more than {MOST} alternatives; it is left out"),
                    });
                    return None;
                }
                all =
                    all.iter().flat_map(|have| each.iter().map(|more| [have.clone(), more.clone()].concat())).collect();
            }
            Some(all)
        }
        PatternNode::Test(test) => match of_test(test) {
            Ok(found) => Some(found.into_iter().map(|one| vec![one]).collect()),
            Err(reason) => refuse(&test.place, &reason),
        },
    }
}

fn has_observation(node: &PatternNode) -> bool {
    match node {
        PatternNode::Observation(_) | PatternNode::Qualified(_) | PatternNode::FollowedBy(_) => true,
        PatternNode::And(nodes) | PatternNode::Or(nodes) => nodes.iter().any(has_observation),
        PatternNode::Test(_) => false,
    }
}

/// The alternatives of a test, each with its text.
fn of_test(test: &PropertyTest) -> Result<Vec<(Observable, String)>, String> {
    let PropertyTest { path, operator, negated, values, .. } = test;
    if *negated || matches!(&**operator, "!=" | "<>") {
        return Err(format!("`{path}` with a negation is not honoured: an indicator says what is there"));
    }
    let value_type = type_of(path)
        .ok_or_else(|| format!("`{path}` is a property that no event of Sysmon has, or that is not looked for"))?;
    let found = match &**operator {
        "=" | "IN" => values.iter().map(|value| exact(value_type, value)).collect::<Result<Vec<_>, _>>()?.concat(),
        "LIKE" => values.iter().map(|value| like(value_type, value)).collect::<Result<Vec<_>, _>>()?.concat(),
        "ISSUBSET" if value_type == ValueType::Address => {
            values.iter().map(|value| exact(value_type, value)).collect::<Result<Vec<_>, _>>()?.concat()
        }
        other => return Err(format!("`{other}` of `{path}` is not honoured")),
    };
    Ok(found)
}

/// The type of the values of a property.
fn type_of(path: &str) -> Option<ValueType> {
    let (object, property) = path.split_once(':')?;
    if let ("file", Some(algorithm)) = (object, property.strip_prefix("hashes.")) {
        return match ValueType::named(algorithm)? {
            ValueType::Hash(algorithm) => Some(ValueType::Hash(algorithm)),
            _ => None,
        };
    }
    Some(match (object, property) {
        ("file", "name") | ("process", "image_ref.name" | "binary_ref.name") => ValueType::FileName,
        ("file", "parent_directory_ref.path") | ("directory", "path") => ValueType::Folder,
        ("ipv4-addr" | "ipv6-addr", "value") | ("network-traffic", "src_ref.value") => ValueType::Address,
        // Either a name or an address.
        ("network-traffic", "dst_ref.value") | ("domain-name", "value") => ValueType::Domain,
        ("url", "value") => ValueType::Url,
        _ => return None,
    })
}

fn exact(value_type: ValueType, value: &str) -> Result<Vec<(Observable, String)>, String> {
    // `*` is an ordinary sign here, that no name has.
    let found = observables(value_type, value).map_err(|reason| format!("'{value}': {reason}"))?;
    Ok(found.into_iter().map(|one| (one, value.to_owned())).collect())
}

/// What fits a pattern in which `%` stands for any text and `_` for one character.
fn like(value_type: ValueType, value: &str) -> Result<Vec<(Observable, String)>, String> {
    if !value.contains(['%', '_']) {
        return exact(value_type, value);
    }
    let pattern = value.replace('%', "*").replace('_', "?");
    let one = match value_type {
        ValueType::Domain => match value.strip_prefix("%.").filter(|rest| !rest.contains(['%', '_'])) {
            Some(_) => super::told::domain(&pattern),
            None => Some(Observable::DomainPattern(pattern.to_lowercase())),
        },
        ValueType::Url => {
            let (_, key) = pattern.split_once("://").unwrap_or(("", &pattern));
            Some(Observable::UrlPattern(key.trim_end_matches('/').to_lowercase()))
        }
        ValueType::FileName => paths::name(&pattern),
        ValueType::Path => paths::observable(&pattern),
        ValueType::Folder => paths::folder(&pattern),
        ValueType::Hash(_) | ValueType::Address | ValueType::Unsaid => None,
    };
    one.map(|one| vec![(one, value.to_owned())]).ok_or_else(|| format!("'{value}' cannot be looked for by LIKE"))
}

#[cfg(test)]
mod tests;
