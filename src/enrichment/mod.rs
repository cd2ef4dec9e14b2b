//! What a responder would work out about a process start by hand, worked out from the start itself: encoded texts in its command line decoded
//! ([`decode()`]), and what is odd about its image ([`image_flags()`]).
//!
//! ```text
//! powershell -enc dwBoAG8AYQBtAGkA        decoded (Base64, UTF-16): whoami
//! C:\Users\Public\svch0st.exe             its name looks like that of svchost.exe
//! ```
//!
//! All of this is made of texts alone: no network, no list to be kept up, nothing learnt from other events. The texts are evidence and hostile: each
//! function takes time in proportion to what it is given, and what it gives has bounds that it says when they are met. Nothing here is a verdict; a decoded
//! text and a flag stand beside the evidence, marked as what they are. Addresses are looked up in databases that the caller has read ([`GeoDatabases`]).
//! This module does not know events, formats or files.

mod base64_run;
mod decode;
mod geo;
mod geo_record;
mod image_flags;
mod inflate;
mod look_alike;
mod percent;
mod plain_text;
mod windows_programs;

pub use decode::{DEEPEST, DecodedText, DecodedTexts, LONGEST_TEXT, MOST_INFLATED, MOST_TEXTS, TextEncoding, decode};
pub use geo::{GeoDatabases, GeoError, GeoLookup};
pub use geo_record::GeoFacts;
pub use image_flags::{ImageFlag, image_flags};
