//! DNS queries: what was asked, and what came back.

use super::status::{name_of, names_of};
use crate::base::public_suffix::known_suffix;
use crate::ecs;
use crate::event::{Document, IpValue, Value};
use crate::sysmon::raw::EventData;
use crate::sysmon::step_context::{Failure, StepContext};

/// Types of resource records by number, as the IANA registry names them, and Microsoft's own: numbers, each with its name behind it.
const TYPES: &str = "\
    1 A 2 NS 3 MD 4 MF 5 CNAME 6 SOA 7 MB 8 MG 9 MR 10 NULL 11 WKS 12 PTR 13 HINFO 14 MINFO 15 MX 16 TXT 17 RP 18 AFSDB 19 X25 20 ISDN 21 RT \
    22 NSAP 23 NSAPPTR 24 SIG 25 KEY 26 PX 27 GPOS 28 AAAA 29 LOC 30 NXT 31 EID 32 NIMLOC 33 SRV 34 ATMA 35 NAPTR 36 KX 37 CERT 38 A6 \
    39 DNAME 40 SINK 41 OPT 43 DS 46 RRSIG 47 NSEC 48 DNSKEY 49 DHCID 100 UINFO 101 UID 102 GID 103 UNSPEC 248 ADDRS 249 TKEY 250 TSIG \
    251 IXFR 252 AXFR 253 MAILB 254 MAILA 255 ANY 65281 WINS 65282 WINSR";

/// Reasons of Elastic's pipeline for giving up; `{}` is the part that it cannot read.
const NO_QUESTION: &str = "QueryResults without QueryName";
const UNEXPECTED: &str = "unexpected QueryResults: '{}'";

/// Texts that [`answers`] may write beside parts of what it reads.
pub fn own_texts() -> Vec<&'static str> {
    names_of(TYPES).chain([NO_QUESTION, UNEXPECTED, "pipeline_error"]).collect()
}

/// One answer: its type, and its data if it has any.
type Answer = (String, Option<String>);

/// `dns.answers`, `dns.resolved_ip`, `related.hosts` and `related.ip` from `QueryResults`.
///
/// An address that follows a part which is none is resolved, but no answer: the pipeline counts wrongly there, and what it writes is what rules see.
pub fn answers(data: &EventData<'_>, document: &mut Document, _: StepContext) -> Result<(), Failure> {
    let Some(results) = data.get("QueryResults") else { return Ok(()) };
    if !document.has(ecs::DNS_QUESTION_NAME) {
        return Err(Failure(NO_QUESTION.to_owned()));
    }
    let mut answers: Vec<Answer> = Vec::new();
    let mut addresses: Vec<Answer> = Vec::new();
    let mut resolved: Vec<IpValue> = Vec::new();
    // Sysmon writes `type:  5 www.example.com;::ffff:1.2.3.4;`: typed parts for everything but addresses, and addresses alone. Answers are the typed ones in
    // their order, then the addresses: the order of Elastic's script.
    let mut after_dropped = false;
    for part in results.trim_end_matches(';').split(';') {
        if part.starts_with("type:") {
            answers.push(typed(part)?);
            continue;
        }
        let Some(address) = IpValue::parse(plain_address(part)) else {
            after_dropped = true;
            continue;
        };
        if !std::mem::take(&mut after_dropped) {
            let kind = if address.address.is_ipv4() { "A" } else { "AAAA" };
            addresses.push((kind.to_owned(), Some(address.text.to_string())));
        }
        resolved.push(address);
    }
    document
        .extend_distinct(ecs::RELATED_HOSTS, answers.iter().filter_map(|(_, data)| data.as_deref().map(Value::from)));
    document.extend_distinct(ecs::RELATED_IP, resolved.iter().cloned().map(Value::from));
    answers.extend(addresses);
    document.set_answers(answers.into_iter().map(|(kind, data)| (Value::from(kind), data.map(Value::from))));
    document.set_all(ecs::DNS_RESOLVED_IP, resolved.into_iter().map(Value::from));
    Ok(())
}

/// Whether [`answers`] fails over what came back.
pub fn fails(results: &str, has_question: bool) -> bool {
    let lacks_type = |part: &str| part.starts_with("type:") && part.split_ascii_whitespace().nth(1).is_none();
    !has_question || results.trim_end_matches(';').split(';').any(lacks_type)
}

/// A part such as `type:  5 www.example.com`.
fn typed(part: &str) -> Result<Answer, Failure> {
    let mut words = part.split_ascii_whitespace().skip(1);
    let Some(number) = words.next() else {
        return Err(Failure(UNEXPECTED.replacen("{}", part, 1)));
    };
    let kind = name_of(number, TYPES).unwrap_or(number);
    Ok((kind.to_owned(), words.next().map(str::to_owned)))
}

/// An address without what Sysmon puts around IPv4: `::ffff:1.2.3.4` and `[::ffff:1.2.3.4]:53` are `1.2.3.4`.
fn plain_address(part: &str) -> &str {
    let inner = match part.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((inner, after)) if after.is_empty() || after.starts_with(':') => inner,
        _ => part,
    };
    match inner.strip_prefix("::ffff:") {
        Some(mapped) if mapped.contains('.') => mapped,
        _ => part,
    }
}

/// The parts of a name that was asked for.
pub struct QuestionParts<'n> {
    /// The public suffix: `co.uk`.
    pub suffix: String,
    /// The suffix with the label in front of it: `example.co.uk`.
    pub registered: Option<String>,
    /// The labels in front of that, in the case that was asked for: `www`.
    pub subdomain: Option<&'n str>,
}

/// The parts of a name by the public suffix list.
///
/// A name whose last part is on no list (`server.corp`) has no registered domain; a public suffix itself has only its top-level domain.
pub fn question(name: &str) -> Option<QuestionParts<'_>> {
    // The public suffix list is in lower case; the subdomain keeps the case that was asked for.
    let lower = name.to_ascii_lowercase();
    let suffix = known_suffix(&lower).filter(|_| lower.contains('.'))?;
    let before = lower.strip_suffix(suffix).and_then(|rest| rest.strip_suffix('.'));
    let label = before.map(|before| before.rfind('.').map_or(0, |dot| dot + 1));
    Some(QuestionParts {
        suffix: suffix.to_owned(),
        registered: label.map(|label| lower[label..].to_owned()),
        subdomain: label.and_then(|label| name.get(..label.checked_sub(1)?)),
    })
}

#[cfg(test)]
mod tests;
