//! By what it is known that two runs had the same rules.

use crate::base::number::hex;
use crate::rules::Rule;
use sha2::{Digest, Sha256};
use std::fmt::{self, Write};

/// Digests text as it is formatted: the rules of a repository come to many megabytes.
struct DigestingText(Sha256);

impl Write for DigestingText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text);
        Ok(())
    }
}

/// A digest of rules in their order: of what they say to people, and of the compiled queries, in which filters, exceptions, placeholders and indicators have
/// had their say. Where the rules were found plays no part.
pub fn rules_digest(rules: &[Rule]) -> String {
    let mut text = DigestingText(Sha256::new());
    for Rule { meta, source, query, exceptions, origin, .. } in rules {
        // Writing to a digest does not fail.
        let _ = write!(text, "{meta:?}\0{source}\0{exceptions:?}\0{:?}\0{:?}\0", origin.form, origin.language);
        let _ = match &origin.ioc {
            // The tables of a condition on a list have no order.
            Some(ioc) => write!(text, "{:?}\0", ioc.indicators()),
            None => write!(text, "{query:?}\0{:?}\0", origin.indicators),
        };
    }
    hex(&text.0.finalize())
}
