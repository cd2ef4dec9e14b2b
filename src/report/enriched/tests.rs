use super::*;
use crate::base::{Locator, Ticks};
use crate::event::{Event, Value};
use std::sync::Arc;

fn event(values: &[(FieldId, &str)]) -> Arc<Event> {
    let mut document = Document::new();
    for (field, text) in values {
        document.set(*field, *text);
    }
    Arc::new(Event {
        document,
        timestamp: Ticks(0),
        logged: Ticks(0),
        is_logged_known: true,
        is_recovered: false,
        tiebreaker: None,
        origin: Locator { input: 0, offset: 0 },
        original: None,
    })
}

fn alert(start: Option<Arc<Event>>, events: Vec<Option<Arc<Event>>>) -> Alert {
    Alert { rule: 0, join_keys: Vec::new(), events, tally: None, repeated: None, start, context: Vec::new() }
}

/// PowerShell from an unusual place, with `whoami` as its command.
fn start() -> Arc<Event> {
    event(&[
        (ecs::PROCESS_EXECUTABLE, r"C:\Users\Public\powershell.exe"),
        (ecs::PROCESS_PE_ORIGINAL_FILE_NAME, "PowerShell.EXE"),
        (ecs::PROCESS_COMMAND_LINE, "powershell -enc dwBoAG8AYQBtAGkA"),
        (ecs::PROCESS_PARENT_EXECUTABLE, r"C:\Windows\System32\cmd.exe"),
        (
            ecs::PROCESS_PARENT_COMMAND_LINE,
            "powershell -e YwBtAGQAIAAvAGMAIAB3AGgAbwBhAG0AaQA= ; powershell -e dwBoAG8AYQBtAGkA",
        ),
    ])
}

fn texts(alert: &Alert) -> Vec<(Option<usize>, String)> {
    let line = |line: &EnrichedLine| format!("{} {}{}{}", line.label, line.head(), line.text, line.missing);
    let of = |found: &EnrichedField| -> Vec<_> { found.lines().iter().map(|one| (found.stage, line(one))).collect() };
    enriched_alert(alert).iter().flat_map(of).collect()
}

#[test]
fn what_a_start_hides_is_told_once_for_all_events_of_its_process() {
    let connection = event(&[(ecs::PROCESS_EXECUTABLE, r"C:\Users\Public\powershell.exe")]);
    let folders = r"\Windows\System32\WindowsPowerShell\v1.0 or \Windows\SysWOW64\WindowsPowerShell\v1.0";
    let expected = [
        format!("flag unusual folder: Windows keeps powershell.exe in {folders}"),
        "decoded Base64, UTF-16: whoami".to_owned(),
        "decoded Base64, UTF-16, of the parent: cmd /c whoami".to_owned(),
        "decoded Base64, UTF-16, of the parent: whoami".to_owned(),
    ];
    for (alert, stage) in [
        (alert(None, vec![Some(start()), None, Some(connection.clone())]), Some(0)),
        (alert(Some(start()), vec![Some(connection)]), None),
    ] {
        let found = texts(&alert);
        assert!(found.iter().all(|(of, _)| *of == stage), "{found:?}");
        assert_eq!(found.into_iter().map(|(_, text)| text).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn values_of_the_registry_and_scripts_are_looked_into() {
    let mut written = Arc::unwrap_or_clone(event(&[(ecs::PROCESS_EXECUTABLE, r"C:\Windows\regedit.exe")]));
    let values = ["1", "powershell -e dwBoAG8AYQBtAGkA"].map(Value::from);
    written.document.set_all(ecs::REGISTRY_DATA_STRINGS, values);
    let script = event(&[(ecs::POWERSHELL_FILE_SCRIPT_BLOCK_TEXT, "FromBase64String('Y2FsYy5leGU=')")]);
    let consumer = event(&[(
        ecs::PROCESS_EXECUTABLE,
        r"C:\Windows\System32\cmd.exe /c powershell -e YwBtAGQAIAAvAGMAIAB3AGgAbwBhAG0AaQA=",
    )]);
    assert_eq!(
        texts(&alert(None, vec![Some(Arc::new(written)), Some(script), Some(consumer)])),
        [
            (Some(0), "decoded Base64, UTF-16, in the registry: whoami".to_owned()),
            (Some(1), "decoded Base64, in the script: calc.exe".to_owned()),
            (Some(2), "decoded Base64, UTF-16: cmd /c whoami".to_owned()),
        ]
    );
}

#[test]
fn an_ordinary_event_gives_nothing() {
    let plain = event(&[
        (ecs::PROCESS_EXECUTABLE, r"C:\Windows\System32\svchost.exe"),
        (ecs::PROCESS_PE_ORIGINAL_FILE_NAME, "svchost.exe"),
        (ecs::PROCESS_COMMAND_LINE, r"C:\Windows\system32\svchost.exe -k netsvcs"),
    ]);
    assert_eq!(texts(&alert(None, vec![Some(plain)])), []);
}

#[test]
fn what_a_parent_hides_of_the_same_is_not_told_again() {
    let start = event(&[
        (ecs::PROCESS_COMMAND_LINE, "powershell -enc dwBoAG8AYQBtAGkA"),
        (ecs::PROCESS_PARENT_COMMAND_LINE, "cmd /c start powershell -enc dwBoAG8AYQBtAGkA"),
    ]);
    assert_eq!(texts(&alert(None, vec![Some(start)])), [(Some(0), "decoded Base64, UTF-16: whoami".to_owned())]);
}

#[test]
fn what_is_missing_is_said() {
    let text = |cut, is_partly_inflated| {
        let text = DecodedText { text: "a".into(), encodings: Vec::new(), within: None, cut, is_partly_inflated };
        enriched_lines(&[], &DecodedTexts { texts: vec![text], left_out: 2 }, "")
    };
    assert_eq!(text(0, false)[0].missing, "");
    assert_eq!(text(1200, false)[0].missing, "… (+1,200 characters)");
    assert_eq!(text(7, true)[0].missing, "… (+7 characters, and more that was not unpacked)");
    assert_eq!(
        text(0, false)[1].text,
        "2 more encoded texts not shown, being too many, nested too deeply or too large"
    );
}
