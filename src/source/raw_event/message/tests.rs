use super::*;

fn entries(message: &str) -> Vec<(String, String)> {
    read(message).entries
}

#[test]
fn a_message_has_the_entries_of_the_record() {
    let message = "Process Create:\r\nRuleName: -\r\nUtcTime: 2019-05-12 18:35:05.155\r\nImage: C:\\a.exe\r\nCommandLine: a\r\nb: c\r\nCompany: \r\nHashes: MD5=1";
    let expected = [
        ("RuleName", "-"),
        ("UtcTime", "2019-05-12 18:35:05.155"),
        ("Image", "C:\\a.exe"),
        ("CommandLine", "a\nb: c"),
        ("Company", ""),
        ("Hashes", "MD5=1"),
    ];
    assert_eq!(entries(message), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(entries(&message.replace("\r\n", "\n")), entries(message));
}

#[test]
fn a_name_that_stands_twice_is_said() {
    let read = read("Process Create:\nCommandLine: a\nParentImage: fake\nParentImage: C:\\b.exe");
    assert_eq!(read.repeated.as_deref(), Some("ParentImage"));
}

#[test]
fn other_texts_have_no_entries() {
    for text in ["", "The service entered the running state.", "a\nName: value", ":\n", "Title:"] {
        assert_eq!(entries(text), [], "{text}");
    }
}
