//! The columns that Timeline Explorer tells the CSV of EvtxECmd by.

/// The columns of EvtxECmd's CSV.
pub const HEAD: [&str; 27] = [
    "RecordNumber",
    "EventRecordId",
    "TimeCreated",
    "EventId",
    "Level",
    "Provider",
    "Channel",
    "ProcessId",
    "ThreadId",
    "Computer",
    "ChunkNumber",
    "UserId",
    "MapDescription",
    "UserName",
    "RemoteHost",
    "PayloadData1",
    "PayloadData2",
    "PayloadData3",
    "PayloadData4",
    "PayloadData5",
    "PayloadData6",
    "ExecutableInfo",
    "HiddenRecord",
    "SourceFile",
    "Keywords",
    "ExtraDataOffset",
    "Payload",
];

/// The position of a column. A name that is none of [`HEAD`] does not compile.
pub const fn column(name: &str) -> usize {
    let mut at = 0;
    while !is_same(HEAD[at].as_bytes(), name.as_bytes()) {
        at += 1;
    }
    at
}

const fn is_same(left: &[u8], right: &[u8]) -> bool {
    let mut at = 0;
    while at < left.len() && at < right.len() && left[at] == right[at] {
        at += 1;
    }
    at == left.len() && at == right.len()
}
