//! The id of an alert, by which it is known again in another run, in another output and in the address of a page.
//!
//! It is made from what the alert is about and nothing that may differ between runs: neither numbers nor paths.

use crate::base::number::hex;
use sha2::{Digest, Sha256};

/// Bytes of the digest that are kept: short enough for an address, and two alerts in a million share one by chance once in a few runs at most.
const LENGTH: usize = 8;

/// The fields of each event that go into the id. Channel and number name its record; ID and time tell events apart that have neither.
pub const EVENT_FIELDS: [&str; 4] = ["winlog.channel", "winlog.record_id", "event.code", "@timestamp"];

/// The id of an alert of a rule (its id, or its name if it has none) on a host, of which these are the [`EVENT_FIELDS`] of each event in stage order; empty
/// texts for an event that is absent.
pub fn alert_id<T: AsRef<str>>(rule: &str, host: &str, events: impl Iterator<Item = [T; 4]>) -> String {
    let mut hash = Sha256::new();
    let mut add = |text: &str| {
        hash.update(text.as_bytes());
        // A zero ends each text, so that "ab" and "c" are not "a" and "bc".
        hash.update([0]);
    };
    add(rule);
    add(host);
    events.for_each(|event| event.iter().for_each(|text| add(text.as_ref())));
    hex(&hash.finalize()[..LENGTH])
}
