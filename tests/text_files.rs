//! Text that people hand to evql: whichever of the encodings and line ends it has that editors and shells of Windows write, it says the same.

#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The ways in which a text is written: the name of each and the bytes.
fn writings(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let windows = text.replace('\n', "\r\n");
    let wide = |text: &str, unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(unit).collect()
    };
    vec![
        ("CRLF", windows.clone().into_bytes()),
        ("UTF-8 with a mark", format!("\u{feff}{text}").into_bytes()),
        ("UTF-8 with a mark, CRLF", format!("\u{feff}{windows}").into_bytes()),
        ("UTF-16LE", wide(text, u16::to_le_bytes)),
        ("UTF-16LE, CRLF (`>` of PowerShell 5)", wide(&windows, u16::to_le_bytes)),
        ("UTF-16BE", wide(text, u16::to_be_bytes)),
    ]
}

/// What a command does: its exit code, and what it prints apart from the time it took.
fn done(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evql"));
    command.args(arguments).arg("--no-progress").current_dir(folder).env("SOURCE_DATE_EPOCH", "0");
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    let lasting = text.lines().filter(|line| !line.trim_start().starts_with("time ") && !line.contains(" passed, "));
    format!("{:?}\n{}", output.status.code(), lasting.collect::<Vec<_>>().join("\n"))
}

/// A file, what it holds, the command that reads it, and something that it says only if it has read it.
struct Case {
    file: &'static str,
    text: String,
    arguments: &'static [&'static str],
    says: &'static str,
}

fn case(file: &'static str, text: impl Into<String>, arguments: &'static [&'static str], says: &'static str) -> Case {
    Case { file, text: text.into(), arguments, says }
}

const QUERY: &str = "process where\n  process.name == \"regsvr32.exe\" and not process.name == \"büro\"\n";

const EXCEPTION: &str = "[[exception]]\nname = \"büro\"\nwhere = 'destination.port == 80'\n";

const RULE: &str = r#"# A rule of a büro.
[[rule]]
name = "büro"
id = "7"
severity = "low"
query = '''
process where process.name == "regsvr32.exe" and
  not process.name == "büro"
'''
"#;

const SIGMA: &str = r"title: büro
id: 11111111-2222-3333-4444-555555555555
logsource:
    product: windows
    category: process_creation
detection:
    started:
        Image|endswith: regsvr32.exe
    condition: started
level: low
";

const TESTS: &str = r#"rules = ["rule.eql"]

[[test]]
name = "büro"
evidence = ["log.evtx"]
expect.none = true
"#;

fn cases() -> Vec<Case> {
    let of_repository = |path: &str| fs::read_to_string(Path::new(ROOT).join(path)).unwrap().replace("\r\n", "\n");
    vec![
        case("q.eql", QUERY, &["query", "--query-file", "q.eql", "log.evtx"], "7404"),
        case("r.eql", QUERY, &["scan", "log.evtx", "-r", "r.eql"], "7404"),
        case("r.toml", RULE, &["scan", "log.evtx", "-r", "r.toml"], "büro"),
        case("r.yml", SIGMA, &["scan", "log.evtx", "-r", "r.yml"], "büro"),
        case(
            "e.toml",
            EXCEPTION,
            &["scan", "log.evtx", "--exceptions", "e.toml", "--include-tag", "T1218.009"],
            "exception",
        ),
        case(
            "p.yml",
            "names:\n    - '*\\regsvr32.exe'\n    - '*\\büro.exe'\n",
            &["scan", "log.evtx", "-r", "expand.yml", "--placeholders", "p.yml"],
            "büro",
        ),
        case("i.txt", "# büro\n104.21.36.77\n45.77.156.9\n", &["ioc", "i.txt", "log.evtx"], "104.21.36.77"),
        case(
            "i.csv",
            "value,type,comment\n104.21.36.77,ip,büro\n",
            &["ioc", "-i", "i.csv", "log.evtx"],
            "104.21.36.77",
        ),
        case(
            "l.txt",
            "log.evtx\nbüro.evtx\n",
            &["scan", "--files-from", "l.txt", "--include-tag", "T1218.009"],
            "büro.evtx",
        ),
        case(
            "c.toml",
            "# büro\n[mine]\nfields = [\"process.pid\", \"process.name\"]\n",
            &["timeline", "log.evtx", "--profiles", "c.toml", "--profile", "mine", "-t", "csv"],
            "process.pid,process.name",
        ),
        case(
            "s.xml",
            // What it tells of unknown elements has places in it.
            of_repository("tests/cli/sysmon.xml").replace("    <RegistryEvents onmatch=\"exclude\"/>\n", ""),
            &["rules", "sysmon-config", "--check", "s.xml", "--include-tag", "T1218.009"],
            "1 those that conditions of the configuration let through",
        ),
        case(
            "f.toml",
            of_repository("samples/scenarios/dns.toml"),
            &["forge", "f.toml", "-o", "forged", "-C"],
            "dns.evtx",
        ),
        case("x.test.toml", TESTS, &["test", "x.test.toml"], "unexpected alert"),
    ]
}

#[test]
fn a_text_says_the_same_in_every_encoding() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    fs::copy(Path::new(ROOT).join("samples/regsvr32.evtx"), place.join("log.evtx")).unwrap();
    fs::write(place.join("rule.eql"), "process where process.name == \"regsvr32.exe\"").unwrap();
    let expand = SIGMA.replace("Image|endswith: regsvr32.exe", "Image|expand: '%names%'");
    fs::write(place.join("expand.yml"), expand).unwrap();
    for Case { file, text, arguments, says } in cases() {
        let path = place.join(file);
        fs::write(&path, &text).unwrap();
        let expected = done(place, arguments);
        assert!(expected.contains(says), "{arguments:?} does not say {says}: {expected}");
        for (writing, bytes) in writings(&text) {
            fs::write(&path, bytes).unwrap();
            assert_eq!(done(place, arguments), expected, "{file} in {writing}");
        }
        // What is no text is refused, with the file and the reason, and not taken with other letters.
        fs::write(&path, b"\xff\xfea\x00\x00\xd8").unwrap();
        let refused = done(place, arguments);
        assert!(refused.contains(file) && refused.contains("not UTF-16LE text"), "{file}: {refused}");
        fs::write(&path, &text).unwrap();
    }
}
