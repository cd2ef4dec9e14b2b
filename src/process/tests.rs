use super::details::{Details, List};
use super::lineage::LineageLimits;
use super::*;
use crate::base::spool::{SpoolLimits, SpoolSpace};
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
    /// Whether numbers and images are all that tells processes apart.
    is_loose: bool,
}

fn guid(process: u8) -> String {
    format!("{{0000000a-{process:04x}-0000-0000-00000000000b}}")
}

fn document(little: &Little) -> Document {
    let mut document = Document::new();
    document.set(ecs::HOST_NAME, format!("host-{}", little.host));
    if !little.is_loose {
        document.set(ecs::PROCESS_ENTITY_ID, guid(little.process));
    }
    document.set(ecs::PROCESS_PID, little.pid);
    document.set(ecs::PROCESS_EXECUTABLE, format!("C:\\{}.exe", little.process));
    if little.id == 1 {
        document.set(ecs::PROCESS_COMMAND_LINE, format!("{} at {}", little.process, little.time));
        if let Some(parent) = little.parent {
            if !little.is_loose {
                document.set(ecs::PROCESS_PARENT_ENTITY_ID, guid(parent));
            }
            document.set(ecs::PROCESS_PARENT_PID, little.pid + 1);
            document.set(ecs::PROCESS_PARENT_EXECUTABLE, format!("C:\\{parent}.exe"));
        }
    }
    document
}

fn order(at: usize, time: i64) -> OrderKey {
    OrderKey::new(Ticks(time), None, Locator { input: 0, offset: at as u64 })
}

fn show(survey: &mut dyn Observer, at: usize, little: &Little) {
    let document = document(little);
    survey.see(&ObservedEvent { fields: &document, id: Some(little.id), order: order(at, little.time) });
}

/// What several threads make of events that were dealt to them; one of them is shown everything twice, and told to forget it once.
fn observe<O: Observer>(events: &[Little], threads: usize, new: impl Fn() -> O) -> Vec<O> {
    let mut surveys: Vec<O> = (0..threads).map(|_| new()).collect();
    for (at, little) in events.iter().enumerate() {
        let survey = &mut surveys[(at * 7 + at / 3) % threads];
        if at % 5 == 0 {
            show(survey, at, little);
            survey.forget();
        }
        show(survey, at, little);
        survey.keep();
    }
    surveys
}

fn forest_of(events: &[Little], threads: usize) -> Forest {
    Forest::new(ProcessSurvey::merge(observe(events, threads, ProcessSurvey::all)))
}

fn spools(max_memory: u64) -> TriageSpools {
    TriageSpools::with_digests(&SpoolSpace::from(SpoolLimits { max_memory, ..SpoolLimits::default() })).0
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

/// The keys that a process may have.
fn keys(process: u8) -> Vec<EntityKey> {
    let loose = (0..4).map(|pid| EntityKey::Loose { pid: Some(pid), image: Some(format!("C:\\{process}.exe").into()) });
    loose.chain([EntityKey::Entity(EntityId::new(&guid(process)))]).collect()
}

fn wanted(processes: &[(u8, u8)]) -> Arc<WantedProcesses> {
    let mut wanted = WantedProcesses::default();
    for (host, process) in processes {
        // The entity id has the first number.
        for key in keys(*process).iter().rev() {
            wanted.add(&format!("host-{host}"), key);
        }
    }
    Arc::new(wanted)
}

/// The forest that triage makes: of wanted processes and their relatives.
fn forest_of_some(
    events: &[Little],
    threads: usize,
    wanted: &Arc<WantedProcesses>,
    max_memory: u64,
    limits: LineageLimits,
) -> (Forest, Lineage) {
    let spools = spools(max_memory);
    let surveys = observe(events, threads, || TriageSurvey::new(wanted, &spools));
    let links = TriageSurvey::merge(surveys, wanted, &spools).links;
    let space = SpoolSpace::from(SpoolLimits { max_memory, ..SpoolLimits::default() });
    let lineage = Lineage::new(&links, wanted, limits, &space).unwrap();
    // What stands at the places is read, and nothing else.
    let (places, shown) = (lineage.places(), Arc::new(lineage.processes(&wanted.ids)));
    let mut survey = ProcessSurvey::of(&shown);
    for (at, little) in events.iter().enumerate() {
        if places.contains(&order(at, little.time).origin()) {
            show(&mut survey, at, little);
            survey.keep();
        }
    }
    let mut table = ProcessSurvey::merge([survey]);
    table.complete(&wanted.ids, |id| lineage.shown.get(&id).map(|shown| shown.outline.life()));
    (Forest::new(table), lineage)
}

fn little() -> impl Strategy<Value = Little> {
    let id = prop::sample::select(vec![1_u32, 1, 3, 3, 5, 11]);
    (0..2_u8, 0..6_u8, id, 0..40_i64, prop::option::of(0..6_u8), 0..3_i64).prop_map(
        |(host, process, id, time, parent, pid)| Little { host, process, id, time, parent, pid, is_loose: false },
    )
}

proptest! {
    #[test]
    fn a_forest_is_what_a_simple_model_says(events in prop::collection::vec(little(), 0..60), threads in 1..4_usize) {
        let forest = forest_of(&events, threads);
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

    /// Who is shown beside alerts, and what of them, is what a forest of all processes says.
    #[test]
    fn the_forest_of_some_processes_is_a_part_of_the_forest_of_all(
        mut events in prop::collection::vec(little(), 0..60),
        chosen in prop::collection::vec((0..2_u8, 0..6_u8), 0..4),
        threads in 1..4_usize,
        max_memory in prop_oneof![Just(0_u64), Just(1 << 20)],
        without_ids in any::<bool>(),
    ) {
        // Rings are cut where all of their processes are known: here only those that are shown are.
        events.retain(|little| little.parent.is_none_or(|parent| parent < little.process));
        if without_ids {
            for little in &mut events {
                little.is_loose = little.time % 3 != 0;
            }
        }
        let all = forest_of(&events, 1);
        let wanted = wanted(&chosen);
        let limits = LineageLimits { ancestors: 2, children: 2, relatives: 1000 };
        let (some, lineage) = forest_of_some(&events, threads, &wanted, max_memory, limits);
        for (host, process) in &chosen {
            let host_name = format!("host-{host}");
            for key in keys(*process) {
                let find = |forest: &Forest| {
                    let at = forest.position(&host_name)?;
                    Some((at, forest.hosts[at].find(&key)?))
                };
                let Some((at, node)) = find(&all) else { continue };
                // A process that is only named is there if it is wanted; who started it nobody knows.
                let (of_all, of_some) = (&all.hosts[at], find(&some).map(|(at, node)| (&some.hosts[at], node)));
                let Some((of_some, same)) = of_some else {
                    prop_assert!(of_all.node(node).last.is_none());
                    continue;
                };
                let text = |host: &HostTree, at: NodeIndex| {
                    let ProcessNode { key, facts, started, starts, ended, last, counts, .. } = host.node(at);
                    format!("{key:?} {facts:?} {started:?} {starts} {ended:?} {last:?} {counts:?}")
                };
                let relatives = |host: &HostTree, node: NodeIndex| {
                    let ancestors: Vec<String> = host.ancestors(node).take(2).map(|at| text(host, at)).collect();
                    let children: Vec<String> = host.node(node).children.iter().take(2).map(|at| text(host, *at)).collect();
                    (text(host, node), ancestors, children)
                };
                prop_assert_eq!(relatives(of_some, same), relatives(of_all, node));
                prop_assert_eq!(of_some.ancestors(same).nth(2).is_some(), of_all.ancestors(node).nth(2).is_some());
                let id = wanted.ids.of(wanted.ids.hosts.number(&host_name), &key);
                let count = lineage.shown.get(&id).map_or(0, |shown| shown.child_count);
                prop_assert_eq!(count, of_all.node(node).child_count);
            }
        }
        let notice = all.several_hosts().is_some();
        prop_assert_eq!(lineage.straddling.is_some(), notice);
    }

    #[test]
    fn threads_and_order_make_no_difference(events in prop::collection::vec(little(), 0..40)) {
        let wanted = wanted(&[(0, 1)]);
        let text = |threads| {
            let forest = forest_of(&events, threads);
            let spools = spools(0);
            let surveys = observe(&events, threads, || TriageSurvey::new(&wanted, &spools));
            let details = TriageSurvey::merge(surveys, &wanted, &spools).details;
            let did: Vec<String> = List::ALL.iter().map(|list| format!("{:?}", details.of(0).unwrap().list(*list))).collect();
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
    Little { host: 0, process, id: 1, time, parent, pid: i64::from(process), is_loose: false }
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
    let forest = forest_of(&events, 1);
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
    let forest = forest_of(&events, 2);
    assert_eq!(forest.hosts[0].rings, 1);
    assert_eq!(rows(&forest, View::default(), None), ["01.exe", "12.exe", "23.exe", "25.exe", "04.exe"]);
}

/// Number, image, the parent's number and image, and time.
type LooseStart = (i64, &'static str, Option<(i64, &'static str)>, i64);

/// A survey of starts with numbers instead of entity ids.
fn loose(starts: &[LooseStart]) -> Forest {
    let mut survey = ProcessSurvey::all();
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
    Forest::new(ProcessSurvey::merge([survey]))
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
    let mut survey = ProcessSurvey::all();
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
    let forest = Forest::new(ProcessSurvey::merge([survey]));
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
    let number = wanted.add("", &key);
    let wanted = Arc::new(wanted);
    let surveys = |threads: usize| -> Details {
        let spools = spools(1 << 20);
        let mut surveys: Vec<TriageSurvey> = (0..threads).map(|_| TriageSurvey::new(&wanted, &spools)).collect();
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
        TriageSurvey::merge(surveys, &wanted, &spools).details
    };
    let (one, three) = (surveys(1), surveys(3));
    let (entries, not_held) = one.of(number).unwrap().list(List::Files);
    assert_eq!((entries.len(), not_held), (4096, 2 * (6000 - 4096)));
    assert!(entries.iter().all(|(_, times)| times.count == 2));
    assert_eq!((entries, not_held), three.of(number).unwrap().list(List::Files));
}

#[test]
fn what_a_part_holds_less_of_than_there_is_room_for_is_known() {
    let key = |name: &str| EntityKey::Entity(EntityId::new(name));
    let mut wanted = WantedProcesses::default();
    wanted.add("", &key("alert"));
    // So many that each has little room.
    for at in 0..5000 {
        wanted.add("", &key(&format!("candidate {at}")));
    }
    let wanted = Arc::new(wanted);
    let spools = spools(1 << 20);
    let mut survey = TriageSurvey::of_part(&wanted, 1, &spools);
    for name in ["alert", "candidate 7"] {
        for at in 0..100_usize {
            let mut document = Document::new();
            document.set(ecs::PROCESS_ENTITY_ID, name);
            document.set(ecs::FILE_PATH, format!(r"C:\{at}"));
            let order = order(at, i64::try_from(at).unwrap());
            survey.see(&ObservedEvent { fields: &document, id: Some(11), order });
        }
        survey.keep();
    }
    let part = TriageSurvey::merge(vec![survey], &wanted, &spools).details;
    let mut merged = WantedProcesses::default();
    let numbers = ["alert", "candidate 7"].map(|name| merged.add("", &key(name)));
    let mut details = Details::new(&merged);
    let held = numbers.map(|number| {
        let name = if number == numbers[0] { "alert" } else { "candidate 7" };
        let record = part.record(wanted.find("", &key(name)).unwrap()).unwrap();
        let is_cut = details.add_record(number, record);
        let (entries, not_held) = details.of(number).unwrap().list(List::Files);
        (is_cut, entries.len(), not_held)
    });
    assert_eq!(held, [(false, 100, 0), (true, 64, 36)]);
}

#[test]
fn a_long_command_line_is_cut_between_characters_and_counted() {
    let text = CutText::new("ab\u{1f600}cd", 4);
    assert_eq!((&*text.text, text.cut), ("ab", 3));
    assert_eq!(text.to_string(), "ab… (+3 characters)");
    assert_eq!(CutText::new("ab", 4).to_string(), "ab");
}
