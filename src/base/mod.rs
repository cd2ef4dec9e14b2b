//! What every other module may use: byte spans, instants, wildcard patterns and escaping.
//!
//! This floor knows nothing of files, events, rules or Windows records.

pub mod escape;
pub mod folded;
pub mod json;
mod origin;
pub mod parts;
pub mod span;
pub mod time;
pub mod wildcard;

pub use origin::Origin;
pub use span::{LineColumn, LineIndex, Span};
pub use time::Ticks;
