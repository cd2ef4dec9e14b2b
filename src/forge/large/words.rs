//! Texts of the inventory with their gaps filled: `{user}`, `{n}`, `{guid}` and others.

use super::inventory::INVENTORY;
use super::network::ForgedNetwork;
use super::random::Random;
use std::fmt::Write as _;
use std::rc::Rc;

/// The names that the gaps of texts are filled with on a host.
#[derive(Clone, Debug)]
pub(super) struct GapNames {
    pub(super) user: &'static str,
    pub(super) network: Rc<ForgedNetwork>,
}

/// A text with its gaps filled. A name in braces that is none of ours stays as it is.
pub(super) fn filled(text: &str, names: &GapNames, random: &mut Random) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((gap, after)) = after.split_once('}') else {
            rest = after;
            continue;
        };
        fill(&mut out, gap, names, random);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Writing to a String cannot fail.
fn fill(out: &mut String, gap: &str, names: &GapNames, random: &mut Random) {
    let _ = match gap {
        "user" => write!(out, "{}", names.user),
        "domain" => write!(out, "{}", names.network.domain),
        "net" => write!(out, "{}", names.network.block()),
        "n" => write!(out, "{}", random.between(1, 10_000)),
        "byte" => write!(out, "{}", random.between(1, 255)),
        "hex" => write!(out, "{:08x}", random.below(1 << 32)),
        "guid" => {
            let (high, low) = (random.next(), random.next());
            write!(
                out,
                "{{{:08x}-{:04x}-{:04x}-{:04x}-{:012x}}}",
                high >> 32,
                (high >> 16) & 0xffff,
                high & 0xffff,
                low >> 48,
                low & 0xffff_ffff_ffff
            )
        }
        "word" => write!(out, "{}", random.pick(&INVENTORY.words.words)),
        "doc" => {
            let document: &String = random.pick(&INVENTORY.words.documents);
            let document = filled(document, names, random);
            write!(out, "{document}")
        }
        "site" => {
            let site = site(names, random);
            write!(out, "{site}")
        }
        other => write!(out, "{{{other}}}"),
    };
}

/// The name of a host on the network.
pub(super) fn site(names: &GapNames, random: &mut Random) -> String {
    let site: &String = random.pick(&INVENTORY.words.sites);
    filled(site, names, random)
}
