use super::details::{List, WantedProcesses};
use super::*;
use crate::base::{Locator, Ticks};
use crate::ecs;
use crate::event::{Document, OrderKey};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// An event of a little world: hosts, processes and images are numbers.
#[derive(Clone, Debug)]
struct Little {
    host: u8,
    process: u8,
    id: u32,
    time: i64,
    parent: Option<u8>,
    /// What the event says of process or parent.
    pid: i64,
}

fn guid(process: u8) -> String {
    format!("{{0000000a-{process:04x}-0000-0000-00000000000b}}")
}

fn document(little: &Little) -> Document {
    let mut document = Document::new();
    document.set(ecs::HOST_NAME, format!("host-{}", little.host));
    document.set(ecs::PROCESS_ENTITY_ID, guid(little.process));
    document.set(ecs::PROCESS_PID, little.pid);
    document.set(ecs::PROCESS_EXECUTABLE, format!("C:\\{}.exe", little.process));
    if little.id == 1 {
        document.set(ecs::PROCESS_COMMAND_LINE, format!("{} at {}", little.process, little.time));
        if let Some(parent) = little.parent {
            document.set(ecs::PROCESS_PARENT_ENTITY_ID, guid(parent));
            document.set(ecs::PROCESS_PARENT_PID, little.pid + 1);
            document.set(ecs::PROCESS_PARENT_EXECUTABLE, format!("C:\\{parent}.exe"));
        }
    }
    document
}

fn order(at: usize, time: i64) -> OrderKey {
    OrderKey::new(Ticks(time), None, Locator { input: 0, offset: at as u64 })
}

fn show(survey: &mut ProcessSurvey, at: usize, little: &Little) {
    let document = document(little);
    survey.see(&ObservedEvent { fields: &document, id: Some(little.id), order: order(at, little.time) });
}

/// What several threads make of events that were dealt to them; one of them is shown everything twice, and told to forget it once.
fn forest_of(events: &[Little], threads: usize, wanted: &Arc<WantedProcesses>) -> (Forest, ProcessSurvey) {
    let mut surveys: Vec<ProcessSurvey> = (0..threads).map(|_| ProcessSurvey::new(wanted)).collect();
    for (at, little) in events.iter().enumerate() {
        let survey = &mut surveys[(at * 7 + at / 3) % threads];
        if at % 5 == 0 {
            show(survey, at, little);
            survey.forget();
        }
        show(survey, at, little);
        survey.keep();
    }
    let mut survey = ProcessSurvey::merge(surveys).unwrap();
    (Forest::new(std::mem::take(&mut survey.table)), survey)
}

/// A process as it should be: pid, command line, start, end, counts of connections, parent.
type Plain = (Option<i64>, Option<String>, Option<i64>, Option<i64>, u32, Option<String>);

/// The same without any cleverness. Rings are not looked at.
fn naive(events: &[Little]) -> BTreeMap<(String, String), Plain> {
    let mut all: BTreeMap<(u8, u8), Vec<(usize, &Little)>> = BTreeMap::new();
    for (at, little) in events.iter().enumerate() {
        all.entry((little.host, little.process)).or_default().push((at, little));
        if let (1, Some(parent)) = (little.id, little.parent) {
            all.entry((little.host, parent)).or_default();
        }
    }
    let first = |host: u8, wanted: &dyn Fn(&Little) -> bool| {
        let mut fitting: Vec<(i64, usize)> = events
            .iter()
            .enumerate()
            .filter(|(_, little)| little.host == host && wanted(little))
            .map(|(at, little)| (little.time, at))
            .collect();
        fitting.sort_unstable();
        fitting.first().map(|(_, at)| &events[*at])
    };
    let mut plain = BTreeMap::new();
    for ((host, process), of_process) in all {
        let start = first(host, &|little| little.process == process && little.id == 1);
        let own = first(host, &|little| little.process == process && little.id != 1);
        let child =
            first(host, &|little| little.id == 1 && little.parent == Some(process) && little.process != process);
        let pid = start.or(own).map(|little| little.pid).or(child.map(|little| little.pid + 1));
        let Some(pid) = pid else { continue };
        let command = start.map(|start| format!("{process} at {}", start.time));
        let end = of_process.iter().filter(|(_, little)| little.id == 5).map(|(_, little)| little.time).max();
        let connections = of_process.iter().filter(|(_, little)| little.id == 3).count();
        let parent = start.and_then(|start| start.parent).filter(|parent| *parent != process).map(guid);
        let value =
            (Some(pid), command, start.map(|start| start.time), end, u32::try_from(connections).unwrap(), parent);
        plain.insert((format!("host-{host}"), guid(process)), value);
    }
    plain
}

fn plain(forest: &Forest) -> BTreeMap<(String, String), Plain> {
    let mut all = BTreeMap::new();
    for host in &forest.hosts {
        for node in &host.nodes {
            let parent = node.parent.map(|parent| host.node(parent).key.entity_id().unwrap().to_string());
            let value = (
                node.facts.pid,
                node.facts.command_line.as_ref().map(|command| command.text.to_string()),
                node.started_at().map(|at| at.0),
                node.ended.map(|at| at.0),
                node.counts.of(ActivityKind::Connection),
                parent,
            );
            all.insert((host.name.to_string(), node.key.entity_id().unwrap().to_string()), value);
        }
    }
    all
}

fn little() -> impl Strategy<Value = Little> {
    let id = prop::sample::select(vec![1_u32, 1, 3, 3, 5, 11]);
    (0..2_u8, 0..6_u8, id, 0..40_i64, prop::option::of(0..6_u8), 0..3_i64)
        .prop_map(|(host, process, id, time, parent, pid)| Little { host, process, id, time, parent, pid })
}

proptest! {
    #[test]
    fn a_forest_is_what_a_simple_model_says(events in prop::collection::vec(little(), 0..60), threads in 1..4_usize) {
        let wanted = Arc::new(WantedProcesses::default());
        let (forest, _) = forest_of(&events, threads, &wanted);
        let mut expected = naive(&events);
        let mut found = plain(&forest);
        let rings: usize = forest.hosts.iter().map(|host| host.rings).sum();
        // A ring is cut at one process, which then has no parent.
        let cut = expected.iter().filter(|(key, value)| found.get(*key).is_some_and(|found| found.5 != value.5)).count();
        prop_assert_eq!(cut, rings);
        for value in expected.values_mut().chain(found.values_mut()) {
            value.5 = None;
        }
        prop_assert_eq!(&found, &expected);
        for host in &forest.hosts {
            for (at, node) in (0..).zip(&host.nodes) {
                prop_assert!(host.ancestors(at).count() < host.nodes.len());
                prop_assert!(node.children.iter().all(|child| host.node(*child).parent == Some(at)));
            }
            let children: usize = host.nodes.iter().map(|node| node.children.len()).sum();
            prop_assert_eq!(children + host.roots().count(), host.nodes.len());
        }
    }

    #[test]
    fn threads_and_order_make_no_difference(events in prop::collection::vec(little(), 0..40)) {
        let mut wanted = WantedProcesses::default();
        wanted.add("host-0", EntityKey::Entity(EntityId::new(&guid(1))));
        let wanted = Arc::new(wanted);
        let text = |threads| {
            let (forest, survey) = forest_of(&events, threads, &wanted);
            let did: Vec<String> = List::ALL.iter().map(|list| format!("{:?}", survey.details.of(0).unwrap().list(*list))).collect();
            (format!("{:?}", forest.hosts.iter().map(|host| &host.nodes).collect::<Vec<_>>()), did)
        };
        prop_assert_eq!(text(1), text(3));
    }

    #[test]
    fn an_entity_id_keeps_its_text(text in "\\{?[0-9a-fA-F]{8}-[0-9a-f]{4}-[0-9A-F]{4}-[0-9a-f]{4}-[0-9a-f]{12}\\}?|.{0,40}") {
        prop_assert_eq!(EntityId::new(&text).to_string(), text);
    }
}

#[test]
fn guids_are_held_in_their_bytes() {
    for text in ["{3fe15d12-e25b-65e6-2301-000000001f00}", "{3FE15D12-E25B-65E6-2301-000000001F00}"] {
        assert!(matches!(EntityId::new(text), EntityId::Guid { .. }), "{text}");
    }
    assert_ne!(
        EntityId::new("{aaaaaaaa-0000-0000-0000-000000000000}"),
        EntityId::new("{AAAAAAAA-0000-0000-0000-000000000000}")
    );
}

fn started(process: u8, parent: Option<u8>, time: i64) -> Little {
    Little { host: 0, process, id: 1, time, parent, pid: i64::from(process) }
}

fn rows(forest: &Forest, view: View, selection: Option<&TreeSelection>) -> Vec<String> {
    let host = &forest.hosts[0];
    let text = |row: TreeRow| match row.what {
        TreeItem::Process { node, selected } => {
            format!("{}{}{}", row.depth, host.node(node).name().unwrap(), if selected { "*" } else { "" })
        }
        TreeItem::LeftOut(count) => format!("{}+{count}", row.depth),
    };
    view.rows(forest, 0, selection).into_iter().map(text).collect()
}

#[test]
fn a_view_shows_the_way_to_what_was_selected_and_what_it_started() {
    // 1 starts 2 and 3, 2 starts 4, 4 starts 5 and 6.
    let events = [
        started(1, None, 1),
        started(2, Some(1), 2),
        started(3, Some(1), 3),
        started(4, Some(2), 4),
        started(5, Some(4), 5),
        started(6, Some(4), 6),
    ];
    let (forest, _) = forest_of(&events, 1, &Arc::default());
    let all = View::default();
    assert_eq!(rows(&forest, all, None), ["01.exe", "12.exe", "24.exe", "35.exe", "36.exe", "13.exe"]);
    let node = forest.hosts[0].with_pid(4, None)[0];
    let selection = TreeSelection::from_iter([(0, node)]);
    assert_eq!(rows(&forest, all, Some(&selection)), ["01.exe", "12.exe", "24.exe*", "35.exe", "36.exe"]);
    let near = View { depth: Some(0), ..View::default() };
    assert_eq!(rows(&forest, near, Some(&selection)), ["01.exe", "12.exe", "24.exe*", "3+2"]);
    assert_eq!(rows(&forest, near, None), ["01.exe", "1+5"]);
    let few = View { children: Some(1), ..View::default() };
    assert_eq!(rows(&forest, few, None), ["01.exe", "12.exe", "24.exe", "35.exe", "3+1", "1+1"]);
}

#[test]
fn processes_that_start_each_other_are_shown_once() {
    let events = [
        started(1, Some(3), 1),
        started(2, Some(1), 2),
        started(3, Some(2), 3),
        started(4, Some(4), 4),
        started(5, Some(2), 5),
    ];
    let (forest, _) = forest_of(&events, 2, &Arc::default());
    assert_eq!(forest.hosts[0].rings, 1);
    assert_eq!(rows(&forest, View::default(), None), ["01.exe", "12.exe", "23.exe", "25.exe", "04.exe"]);
}

/// Number, image, the parent's number and image, and time.
type LooseStart = (i64, &'static str, Option<(i64, &'static str)>, i64);

/// A survey of starts with numbers instead of entity ids.
fn loose(starts: &[LooseStart]) -> Forest {
    let mut survey = ProcessSurvey::new(&Arc::default());
    for (at, (pid, image, parent, time)) in starts.iter().enumerate() {
        let mut document = Document::new();
        document.set(ecs::PROCESS_PID, *pid);
        document.set(ecs::PROCESS_EXECUTABLE, *image);
        if let Some((pid, image)) = parent {
            document.set(ecs::PROCESS_PARENT_PID, *pid);
            document.set(ecs::PROCESS_PARENT_EXECUTABLE, *image);
        }
        survey.see(&ObservedEvent { fields: &document, id: Some(1), order: order(at, *time) });
        survey.keep();
    }
    Forest::new(survey.table)
}

#[test]
fn without_entity_ids_a_parent_is_found_by_its_number_and_image() {
    let forest = loose(&[
        (7, r"C:\a.exe", None, 1),
        (8, r"C:\b.exe", Some((7, r"C:\A.EXE")), 2),
        (9, r"C:\c.exe", Some((7, r"C:\other.exe")), 3),
        (10, r"C:\d.exe", Some((99, r"C:\gone.exe")), 4),
    ]);
    let found = rows(&forest, View::default(), None);
    assert_eq!(found, ["0a.exe", "1b.exe", "0other.exe", "1c.exe", "0gone.exe", "1d.exe"]);
    let synthetic = forest.hosts[0].nodes.iter().filter(|node| node.is_synthetic()).count();
    assert_eq!(synthetic, 2, "the named parent that was found is not there a second time");
}

#[test]
fn long_chains_and_large_families_do_no_harm() {
    let mut survey = ProcessSurvey::new(&Arc::default());
    let count = 60_000_i64;
    for at in 0..count {
        let mut document = Document::new();
        document.set(ecs::PROCESS_ENTITY_ID, format!("p{at}"));
        document.set(ecs::PROCESS_PARENT_ENTITY_ID, format!("p{}", at - 1));
        let time = order(usize::try_from(at).unwrap(), at);
        survey.see(&ObservedEvent { fields: &document, id: Some(1), order: time });
        document.set(ecs::HOST_NAME, "wide");
        document.set(ecs::PROCESS_PARENT_ENTITY_ID, "p-1");
        survey.see(&ObservedEvent { fields: &document, id: Some(1), order: time });
        survey.keep();
    }
    let forest = Forest::new(survey.table);
    let rows = View::default().rows(&forest, 0, None);
    assert_eq!(i64::from(rows.last().unwrap().depth), count);
    let wide = View { depth: Some(64), children: Some(1000) };
    assert_eq!(wide.rows(&forest, 1, None).len(), 1002);
    assert_eq!(wide.rows(&forest, 0, None).len(), 66);
    let last = forest.hosts[0].find(&EntityKey::Entity(EntityId::new("p59999"))).unwrap();
    let selection = TreeSelection::from_iter([(0, last)]);
    assert_eq!(wide.rows(&forest, 0, Some(&selection)).len(), 60_001, "the way to it is not cut");
}

#[test]
fn a_process_with_more_to_tell_than_is_held_says_so_and_counts_right() {
    let key = EntityKey::Entity(EntityId::new("p"));
    let mut wanted = WantedProcesses::default();
    let number = wanted.add("", key);
    let wanted = Arc::new(wanted);
    let surveys = |threads: usize| {
        let mut surveys: Vec<ProcessSurvey> = (0..threads).map(|_| ProcessSurvey::new(&wanted)).collect();
        for at in 0..12_000_usize {
            let mut document = Document::new();
            document.set(ecs::PROCESS_ENTITY_ID, "p");
            document.set(ecs::EVENT_ACTION, "FileCreate");
            document.set(ecs::FILE_PATH, format!(r"C:\{}", at % 6000));
            let survey = &mut surveys[at % threads];
            survey.see(&ObservedEvent {
                fields: &document,
                id: Some(11),
                order: order(at, i64::try_from(at).unwrap()),
            });
            survey.keep();
        }
        ProcessSurvey::merge(surveys).unwrap().details
    };
    let (one, three) = (surveys(1), surveys(3));
    let (entries, not_held) = one.of(number).unwrap().list(List::Files);
    assert_eq!((entries.len(), not_held), (4096, 2 * (6000 - 4096)));
    assert!(entries.iter().all(|(_, times)| times.count == 2));
    assert_eq!((entries, not_held), three.of(number).unwrap().list(List::Files));
}

#[test]
fn a_long_command_line_is_cut_between_characters_and_counted() {
    let text = CutText::new("ab\u{1f600}cd", 4);
    assert_eq!((&*text.text, text.cut), ("ab", 3));
    assert_eq!(text.to_string(), "ab… (+3 characters)");
    assert_eq!(CutText::new("ab", 4).to_string(), "ab");
}
