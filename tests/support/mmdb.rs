//! A small writer of databases in MaxMind's format, for tests: a search tree over networks, and a record for each.
//!
//! Written from the specification (MaxMind DB File Format 2.0), bit by bit and without regard to size: no value is shared.

use serde_json::Value;
use std::net::IpAddr;

/// A database to be written.
#[derive(Clone, Debug)]
pub struct MmdbWriter {
    /// What it says it is: `GeoLite2-City`.
    pub kind: &'static str,
    /// Bits of a pointer in the tree: 24, 28 or 32.
    pub record_bits: u16,
    /// 4 or 6.
    pub ip_version: u16,
    /// Networks, as `192.0.2.0/24`, each with its record.
    pub networks: Vec<(&'static str, Value)>,
}

/// The numbers of types.
const TEXT: u8 = 2;
const DOUBLE: u8 = 3;
const UINT16: u8 = 5;
const UINT32: u8 = 6;
const MAP: u8 = 7;
const UINT64: u8 = 9;
const LIST: u8 = 11;
const TRUTH: u8 = 14;

/// Where a branch of the tree leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Branch {
    Nothing,
    Node(usize),
    /// The offset of a record in the section of data.
    Data(usize),
}

impl MmdbWriter {
    /// A database of a type, with pointers of 24 bits, for IPv6 and IPv4.
    pub fn new(kind: &'static str, networks: Vec<(&'static str, Value)>) -> Self {
        Self { kind, record_bits: 24, ip_version: 6, networks }
    }

    /// The bytes of the file.
    pub fn write(&self) -> Vec<u8> {
        let mut data = Vec::new();
        let mut tree = vec![[Branch::Nothing; 2]];
        for (network, record) in &self.networks {
            let at = data.len();
            push_value(&mut data, record);
            let bits = self.bits(network);
            let (last, above) = bits.split_last().expect("a network has bits");
            let mut node = 0;
            for bit in above {
                node = match tree[node][usize::from(*bit)] {
                    Branch::Node(next) => next,
                    Branch::Nothing => {
                        tree.push([Branch::Nothing; 2]);
                        let next = tree.len() - 1;
                        tree[node][usize::from(*bit)] = Branch::Node(next);
                        next
                    }
                    Branch::Data(_) => panic!("{network} lies in another network"),
                };
            }
            assert_eq!(tree[node][usize::from(*last)], Branch::Nothing, "{network} is there twice, or around another");
            tree[node][usize::from(*last)] = Branch::Data(at);
        }
        let mut out = Vec::new();
        for [left, right] in &tree {
            self.push_node(&mut out, Self::pointer(*left, tree.len()), Self::pointer(*right, tree.len()));
        }
        out.extend([0; 16]);
        out.extend(data);
        out.extend(b"\xab\xcd\xefMaxMind.com");
        self.push_metadata(&mut out, tree.len());
        out
    }

    /// Adds what the database says of itself, in which each number has its own size.
    fn push_metadata(&self, out: &mut Vec<u8>, nodes: usize) {
        push_control(out, MAP, 9);
        let numbers = [
            ("binary_format_major_version", 2, UINT16),
            ("binary_format_minor_version", 0, UINT16),
            ("build_epoch", 1_709_596_800, UINT64),
            ("ip_version", self.ip_version.into(), UINT16),
            ("node_count", nodes as u64, UINT32),
            ("record_size", self.record_bits.into(), UINT16),
        ];
        for (name, number, kind) in numbers {
            push_value(out, &name.into());
            push_number(out, number, kind);
        }
        let others = [
            ("database_type", self.kind.into()),
            ("description", serde_json::json!({ "en": "made by a test" })),
            ("languages", serde_json::json!(["en"])),
        ];
        for (name, value) in others {
            push_value(out, &name.into());
            push_value(out, &value);
        }
    }

    /// The bits of a network, from the top. In a database for IPv6 an IPv4 network lies below 96 zeros.
    fn bits(&self, network: &str) -> Vec<bool> {
        let (address, length) = network.split_once('/').expect("a network has a length");
        let length: usize = length.parse().expect("a length is a number");
        let (bytes, zeros) = match address.parse().expect("a network has an address") {
            IpAddr::V4(v4) => (v4.octets().to_vec(), if self.ip_version == 6 { 96 } else { 0 }),
            IpAddr::V6(v6) => (v6.octets().to_vec(), 0),
        };
        let bits = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1)).take(length);
        std::iter::repeat_n(false, zeros).chain(bits).collect()
    }

    fn pointer(branch: Branch, nodes: usize) -> u32 {
        let pointer = match branch {
            Branch::Nothing => nodes,
            Branch::Node(node) => node,
            Branch::Data(at) => nodes + 16 + at,
        };
        u32::try_from(pointer).expect("small")
    }

    fn push_node(&self, out: &mut Vec<u8>, left: u32, right: u32) {
        let ([l0, l1, l2, l3], [r0, r1, r2, r3]) = (left.to_be_bytes(), right.to_be_bytes());
        match self.record_bits {
            24 => out.extend([l1, l2, l3, r1, r2, r3]),
            28 => out.extend([l1, l2, l3, l0 << 4 | r0, r1, r2, r3]),
            _ => out.extend([l0, l1, l2, l3, r0, r1, r2, r3]),
        }
    }
}

/// Adds a value: a map, list, text, number or truth. Whole numbers are unsigned.
fn push_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Object(members) => {
            push_control(out, MAP, members.len());
            for (key, member) in members {
                push_value(out, &Value::from(key.as_str()));
                push_value(out, member);
            }
        }
        Value::Array(items) => {
            push_control(out, LIST, items.len());
            for item in items {
                push_value(out, item);
            }
        }
        Value::String(text) => {
            push_control(out, TEXT, text.len());
            out.extend(text.as_bytes());
        }
        Value::Bool(truth) => push_control(out, TRUTH, usize::from(*truth)),
        Value::Number(number) => {
            if let Some(number) = number.as_u64() {
                push_number(out, number, if number > u64::from(u32::MAX) { UINT64 } else { UINT32 });
            } else {
                push_control(out, DOUBLE, 8);
                out.extend(number.as_f64().expect("a number").to_be_bytes());
            }
        }
        Value::Null => panic!("the format has no null"),
    }
}

/// Adds a whole number, without the zeros in front.
fn push_number(out: &mut Vec<u8>, number: u64, kind: u8) {
    let bytes = number.to_be_bytes();
    let bytes = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
    push_control(out, kind, bytes.len());
    out.extend(bytes);
}

/// Adds the byte that says what follows and how long it is, with the bytes behind it that say the rest.
fn push_control(out: &mut Vec<u8>, kind: u8, size: usize) {
    let (first, more): (u8, Vec<u8>) = match size {
        0..29 => (u8::try_from(size).expect("small"), Vec::new()),
        29..285 => (29, vec![u8::try_from(size - 29).expect("small")]),
        _ => (30, u16::try_from(size - 285).expect("small").to_be_bytes().to_vec()),
    };
    // Types above 7 stand in a byte of their own.
    if kind > 7 {
        out.extend([first, kind - 7]);
    } else {
        out.push(kind << 5 | first);
    }
    out.extend(more);
}
