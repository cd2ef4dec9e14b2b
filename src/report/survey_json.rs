//! The survey of evidence as one JSON object: files, hosts, faults.
//!
//! The keys are in `docs/outputs.md`. This module does not know how the survey was made.

use crate::base::Ticks;
use crate::source::{Fault, InputFormat};
use crate::survey::{EvidenceSurvey, FileContents, Notable, Stream, SurveyedFile, SurveyedHost, hosts};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most gaps of one channel that are listed; `gap_count` counts all.
const MOST_GAPS: usize = 1000;

/// The document of a survey.
pub fn survey_document(survey: &EvidenceSurvey) -> Value {
    let hosts = hosts(&survey.files);
    json!({
        "files": survey.files.iter().map(|file| file_document(file, &survey.faults)).collect::<Vec<_>>(),
        "hosts": hosts.iter().map(|host| host_document(host, &survey.files)).collect::<Vec<_>>(),
        "faults": survey.faults.iter().map(fault_document).collect::<Vec<_>>(),
        "unlisted_faults": survey.unlisted_faults,
        "notices": survey.notices.iter().map(|notice| json!({ "kind": notice.kind.as_str(), "text": notice.text })).collect::<Value>(),
    })
}

fn file_document(file: &SurveyedFile, faults: &[Fault]) -> Value {
    let SurveyedFile { input, header, sha256, contents, passed_over } = file;
    let FileContents { chunks, empty_chunks, records, unreadable, recovered, streams, .. } = contents;
    let mut document = Map::new();
    document.insert("path".into(), (*input.display).into());
    document.insert("format".into(), format_name(input.format).into());
    document.insert("bytes".into(), input.size.into());
    if let Some(hash) = sha256 {
        document.insert("sha256".into(), hash.as_str().into());
    }
    if let Some(header) = header {
        document.insert(
            "header".into(),
            json!({
                "version": format!("{}.{}", header.version.0, header.version.1),
                "chunks": header.chunks,
                "next_record_id": header.next_record_id,
                "dirty": header.is_dirty,
                "full": header.is_full,
                "checksum_ok": header.is_sound,
            }),
        );
    }
    if input.format == InputFormat::Evtx {
        document.insert("chunks".into(), json!({ "used": chunks, "empty": empty_chunks }));
    }
    document.insert(
        "records".into(),
        json!({ "met": records, "read": contents.readable(), "unreadable": unreadable, "recovered": recovered, "passed_over": passed_over }),
    );
    insert_span(&mut document, contents.span());
    let stream = |(key, stream): (&crate::survey::StreamKey, &Stream)| {
        let mut object = Map::new();
        object.insert("host".into(), (*stream.computer).into());
        object.insert("channel".into(), (*key.channel).into());
        describe(stream, &mut object);
        Value::Object(object)
    };
    document.insert("channels".into(), streams.iter().map(stream).collect());
    document.insert("faults".into(), faults.iter().filter(|fault| fault.input == input.display).count().into());
    document.into()
}

/// The name of a format in machine-readable outputs.
pub fn format_name(format: InputFormat) -> &'static str {
    match format {
        InputFormat::Evtx => "evtx",
        InputFormat::Xml { .. } => "xml",
        InputFormat::Json => "json",
        InputFormat::Csv => "csv",
        InputFormat::Image => "image",
    }
}

fn host_document(host: &SurveyedHost, files: &[SurveyedFile]) -> Value {
    let mut document = Map::new();
    document.insert("name".into(), (*host.name).into());
    document.insert("records".into(), host.records().into());
    insert_span(&mut document, host.span());
    document.insert("files".into(), host.inputs.iter().map(|&at| Value::from(&*files[at].input.display)).collect());
    let channel = |(name, stream): (&Arc<str>, &Stream)| {
        let mut object = Map::new();
        object.insert("channel".into(), (**name).into());
        describe(stream, &mut object);
        object.insert("repeated".into(), stream.repeated().into());
        Value::Object(object)
    };
    document.insert("channels".into(), host.channels.iter().map(channel).collect());
    document.insert("notable".into(), host.notable.iter().map(|one| notable_document(one, files)).collect());
    document.into()
}

fn describe(stream: &Stream, object: &mut Map<String, Value>) {
    object.insert("records".into(), stream.records.into());
    insert_span(object, stream.span);
    let numbers = &stream.numbers;
    if let Some((first, last)) = numbers.range() {
        let gaps: Vec<_> = numbers.gaps().take(MOST_GAPS).map(|(first, last)| json!([first, last])).collect();
        object.insert("record_ids".into(), json!({ "first": first, "last": last, "missing": numbers.missing() }));
        object.insert("gap_count".into(), numbers.gaps().len().into());
        object.insert("gaps".into(), gaps.into());
        if numbers.is_partial() {
            object.insert("gaps_partial".into(), true.into());
        }
    }
    if stream.backwards > 0 {
        let most = crate::base::time::seconds_text(stream.most_backwards);
        object.insert("time_backwards".into(), json!({ "count": stream.backwards, "most_seconds": most }));
    }
    let mut providers: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for ((provider, id), count) in &stream.events {
        providers.entry(provider).or_default().insert(id.to_string(), (*count).into());
    }
    let providers: Map<String, Value> =
        providers.into_iter().map(|(name, ids)| (name.to_owned(), ids.into())).collect();
    object.insert("providers".into(), providers.into());
}

fn notable_document(notable: &Notable, files: &[SurveyedFile]) -> Value {
    let path = files.get(notable.origin.input as usize).map(|file| &*file.input.display);
    let mut document = Map::new();
    document.insert("kind".into(), notable.kind.as_str().into());
    document.insert("time".into(), notable.time.rfc3339_full().into());
    document.insert("channel".into(), (*notable.channel).into());
    document.insert("event_id".into(), notable.event_id.into());
    document.insert("record_id".into(), notable.record_id.into());
    document.insert("path".into(), path.into());
    document.extend(notable.facts.iter().map(|(name, text)| ((*name).to_owned(), text.as_str().into())));
    document.into()
}

/// A fault as it stands in machine-readable outputs.
pub fn fault_document(fault: &Fault) -> Value {
    json!({
        "path": &*fault.input,
        "offset": fault.offset,
        "record_id": fault.record_id,
        "kind": fault.kind.as_str(),
        "severity": fault.severity.as_str(),
        "reason": fault.reason,
    })
}

fn insert_span(object: &mut Map<String, Value>, span: Option<(Ticks, Ticks)>) {
    if let Some((first, last)) = span {
        object.insert("first".into(), first.rfc3339_full().into());
        object.insert("last".into(), last.rfc3339_full().into());
    }
}
