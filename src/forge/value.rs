//! Typed values of `BinXML`: from the text a person writes to the bytes of a substitution, and the text a correct reader shows for them.
//!
//! One value at a time; where it stands in a template or a record is not known here.

use crate::base::{Ticks, guid, utf16};

/// The type of a `BinXML` value, as Windows numbers them. Arrays are not written: Sysmon has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinXmlType {
    /// No value at all.
    Null,
    /// UTF-16 text without a terminator.
    Text,
    /// 8-bit number.
    UInt8,
    /// 16-bit number.
    UInt16,
    /// 32-bit number, signed.
    Int32,
    /// 32-bit number.
    UInt32,
    /// 64-bit number.
    UInt64,
    /// `true` or `false`, four bytes.
    Boolean,
    /// A GUID in braces.
    Guid,
    /// An instant of 100 ns steps.
    FileTime,
    /// A security identifier such as `S-1-5-18`.
    Sid,
    /// 32-bit number shown as `0x…`.
    HexInt32,
    /// 64-bit number shown as `0x…`.
    HexInt64,
}

impl BinXmlType {
    /// The type byte in descriptors and substitution tokens.
    pub const fn code(self) -> u8 {
        match self {
            Self::Null => 0x00,
            Self::Text => 0x01,
            Self::UInt8 => 0x04,
            Self::UInt16 => 0x06,
            Self::Int32 => 0x07,
            Self::UInt32 => 0x08,
            Self::UInt64 => 0x0a,
            Self::Boolean => 0x0d,
            Self::Guid => 0x0f,
            Self::FileTime => 0x11,
            Self::Sid => 0x13,
            Self::HexInt32 => 0x14,
            Self::HexInt64 => 0x15,
        }
    }

    /// The kind a scenario names in `types`, e.g. `uint32`.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "text" => Self::Text,
            "uint8" => Self::UInt8,
            "uint16" => Self::UInt16,
            "int32" => Self::Int32,
            "uint32" => Self::UInt32,
            "uint64" => Self::UInt64,
            "boolean" => Self::Boolean,
            "guid" => Self::Guid,
            "filetime" => Self::FileTime,
            "sid" => Self::Sid,
            "hex32" => Self::HexInt32,
            "hex64" => Self::HexInt64,
            _ => return None,
        })
    }

    /// How a message calls values of this kind.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Text => "text",
            Self::UInt8 => "a number from 0 to 255",
            Self::UInt16 => "a number from 0 to 65535",
            Self::Int32 => "a 32-bit number",
            Self::UInt32 | Self::HexInt32 => "a number of at most 32 bits",
            Self::UInt64 | Self::HexInt64 => "a number of at most 64 bits",
            Self::Boolean => "true or false",
            Self::Guid => "a GUID",
            Self::FileTime => "an RFC 3339 time since 1601",
            Self::Sid => "a security identifier such as S-1-5-18",
        }
    }
}

/// A value ready to be written, with the text that a reader must show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForgedValue {
    /// Its type.
    pub kind: BinXmlType,
    /// Its bytes, as in the file.
    pub bytes: Vec<u8>,
    /// Its text, as in the XML of the event.
    pub text: String,
}

impl ForgedValue {
    /// The absent value.
    pub const fn null() -> Self {
        Self { kind: BinXmlType::Null, bytes: Vec::new(), text: String::new() }
    }

    /// UTF-16 text.
    pub fn text(text: &str) -> Self {
        Self { kind: BinXmlType::Text, bytes: utf16::bytes(text), text: text.to_owned() }
    }

    /// An instant.
    pub fn file_time(at: Ticks) -> Self {
        Self { kind: BinXmlType::FileTime, bytes: at.0.to_le_bytes().to_vec(), text: at.rfc3339_full() }
    }

    /// Reads `text` as a value of `kind`; `None` if it is not one.
    ///
    /// Empty text is a value of every kind: the substitution is then there with no bytes, which readers show as empty.
    pub fn of(kind: BinXmlType, text: &str) -> Option<Self> {
        if kind == BinXmlType::Text {
            return Some(Self::text(text));
        }
        // As Windows does: a value that is missing is of the type null, whatever the template expects.
        if text.is_empty() {
            return Some(Self::null());
        }
        let (bytes, text) = match kind {
            BinXmlType::Null => return None,
            BinXmlType::Text => return Some(Self::text(text)),
            BinXmlType::UInt8 => plain(number(text)?, |n| u8::try_from(n).ok().map(u8::to_le_bytes))?,
            BinXmlType::UInt16 => plain(number(text)?, |n| u16::try_from(n).ok().map(u16::to_le_bytes))?,
            BinXmlType::UInt32 => plain(number(text)?, |n| u32::try_from(n).ok().map(u32::to_le_bytes))?,
            BinXmlType::UInt64 => plain(number(text)?, |n| Some(n.to_le_bytes()))?,
            BinXmlType::Int32 => {
                let n: i32 = text.parse().ok()?;
                (n.to_le_bytes().to_vec(), n.to_string())
            }
            BinXmlType::HexInt32 => {
                let n = u32::try_from(number(text)?).ok()?;
                (n.to_le_bytes().to_vec(), format!("{n:#x}"))
            }
            BinXmlType::HexInt64 => {
                let n = number(text)?;
                (n.to_le_bytes().to_vec(), format!("{n:#x}"))
            }
            BinXmlType::Boolean => {
                let yes: bool = text.to_ascii_lowercase().parse().ok()?;
                (u32::from(yes).to_le_bytes().to_vec(), yes.to_string())
            }
            BinXmlType::Guid => {
                let guid = guid::read(text)?;
                (guid.to_vec(), String::from_utf8_lossy(&guid::text(&guid)).into_owned())
            }
            BinXmlType::FileTime => return Ticks::parse_rfc3339(text).map(Self::file_time),
            BinXmlType::Sid => sid(text)?,
        };
        Some(Self { kind, bytes, text })
    }
}

/// A number in decimal, or in hexadecimal after `0x`.
fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

fn plain<const N: usize>(number: u64, encode: impl Fn(u64) -> Option<[u8; N]>) -> Option<(Vec<u8>, String)> {
    Some((encode(number)?.to_vec(), number.to_string()))
}

/// `S-1-authority-sub-sub…`: revision, count, 48-bit big-endian authority, then little-endian sub-authorities (at most 15).
fn sid(text: &str) -> Option<(Vec<u8>, String)> {
    let mut parts = text.strip_prefix("S-1-")?.split('-');
    let authority: u64 = parts.next()?.parse().ok()?;
    let subs: Vec<u32> = parts.map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let count = u8::try_from(subs.len()).ok().filter(|&count| count <= 15)?;
    if authority >> 48 != 0 {
        return None;
    }
    //   revision 01 | count | authority, 6 bytes, high first | count sub-authorities, u32, low byte first
    let mut bytes = vec![1, count];
    bytes.extend_from_slice(&authority.to_be_bytes()[2..]);
    bytes.extend(subs.iter().flat_map(|sub| sub.to_le_bytes()));
    Some((bytes, text.to_owned()))
}

#[cfg(test)]
mod tests;
