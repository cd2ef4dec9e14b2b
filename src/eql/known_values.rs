//! Tables of values that a condition looks its values up in, where they are too many, or of too many kinds, for a set of texts.
//!
//! This file does not know what is in them.

use std::fmt::Debug;
use std::net::IpAddr;

/// Knows some values, and finds each faster than by one comparison after the other.
pub trait KnownValues: Debug + Send + Sync {
    /// Whether it knows a text.
    fn knows_text(&self, text: &str) -> bool;

    /// Whether it knows an address.
    fn knows_address(&self, address: IpAddr) -> bool;
}
