use super::*;

#[test]
fn fields_are_told_apart_by_commas_outside_of_quotes() {
    assert_eq!(fields(r#"a,"b,c","d ""e""",,f"#), ["a", "b,c", r#"d "e""#, "", "f"]);
    assert_eq!(fields(""), [""]);
    assert_eq!(fields(r#""a"#), ["a"], "an open quote goes on to the end");
    assert_eq!(fields("\"a\r\nb\",c"), ["a\r\nb", "c"]);
}

#[test]
fn a_row_begins_with_two_numbers() {
    for (line, is_row) in [
        ("7,1042,2024-03-05 09:14:03,1", true),
        ("\"7\",\"1042\",x", true),
        ("7,,x", false),
        ("Unhandled exception, 7", false),
        ("RecordNumber,EventRecordId", false),
        ("", false),
    ] {
        assert_eq!(begins_row(line.as_bytes()), is_row, "{line}");
    }
}

const HEAD: &str = "RecordNumber,EventRecordId,TimeCreated,EventId,Provider,Channel,Computer,Payload";

fn row(number: u32) -> String {
    format!(
        r#"{number},{number},2024-03-05 09:14:03.5434560,1,Microsoft-Windows-Sysmon,Microsoft-Windows-Sysmon/Operational,ws,"{{""EventData"":{{""Data"":[{{""@Name"":""Image"",""{text}"":""C:\\a,b.exe""}}]}}}}""#,
        text = "#text"
    )
}

/// Images of the records, and the places and reasons of the faults.
fn items(text: &[u8]) -> (Vec<String>, Vec<(u64, String)>) {
    let (mut images, mut faults, mut lost) = (Vec::new(), Vec::new(), 0);
    let stats = read_rows(text, "rows.csv", &mut |item| match item {
        Item::Record(record) => images.push(record.value("Image").unwrap_or_default().to_owned()),
        Item::Fault(fault) => {
            lost += u64::from(fault.is_record());
            faults.push((fault.offset.unwrap(), fault.reason));
        }
        other => panic!("{other:?}"),
    });
    assert_eq!(stats.records, images.len() as u64 + lost);
    (images, faults)
}

#[test]
fn rows_are_records_whatever_ends_lines_and_whatever_encoding_the_text_has() {
    let expected = [r"C:\a,b.exe"; 2];
    for end in ["\n", "\r\n"] {
        let text = format!("\u{feff}{}", [HEAD, &row(1), &row(2), ""].join(end));
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [text.trim_start_matches('\u{feff}').as_bytes(), text.as_bytes(), &wide] {
            assert_eq!(items(bytes), (expected.iter().map(|image| (*image).to_owned()).collect(), vec![]));
        }
    }
}

#[test]
fn a_damaged_row_costs_no_other() {
    let cut = &row(2)[..150];
    let text =
        format!("{HEAD}\n{}\n{cut}\n{}\nERROR: access denied\nagain\n{HEAD}\n4,4,2024\n{}", row(1), row(3), row(5));
    let (images, faults) = items(text.as_bytes());
    assert_eq!(images.len(), 3);
    let place = |part: &str| text.find(part).unwrap() as u64;
    assert_eq!(
        faults,
        [
            (place(cut), "the row has no end: a quote is open".to_owned()),
            (place("ERROR"), "no row: 'ERROR: access denied' and another line".to_owned()),
            (place("4,4,2024"), "the row has 3 of 8 columns".to_owned()),
        ]
    );
    let half = &text.as_bytes()[..text.len() - 20];
    assert_eq!(items(half).1.last().unwrap().1, "the row has no end: a quote is open");
    let zeros = [HEAD.as_bytes(), b"\n", row(1).as_bytes(), b"\n", &vec![0; 40_000]].concat();
    assert_eq!(items(&zeros).1, []);
}

#[test]
fn a_row_that_is_too_long_is_a_fault_and_the_next_one_is_read() {
    let long = row(2).replace("a,b", &"a".repeat(LARGEST));
    let (images, faults) = items([HEAD, &row(1), &long, &row(3)].join("\n").as_bytes());
    assert_eq!((images.len(), faults.len()), (2, 1));
    assert!(faults[0].1.starts_with("too long"), "{faults:?}");
}

#[test]
fn a_quote_that_stays_open_takes_time_in_proportion_to_the_text() {
    let text = format!("{HEAD}\n1,1,\"{}", "\n".repeat(4 << 20));
    let (images, faults) = items(text.as_bytes());
    assert_eq!((images.len(), faults.len()), (0, 1));
}
