use super::*;
use crate::base::Locator;
use proptest::prelude::*;

fn event(at: u32, (process, action): (u64, u8)) -> StoryEvent {
    let origin = Locator { input: 0, offset: u64::from(at) };
    StoryEvent {
        order: OrderKey::new(Ticks(i64::from(at)), None, origin),
        host: "a".to_owned(),
        action: format!("did {action}"),
        process,
        sentence: format!("event {at}"),
        notes: Vec::new(),
    }
}

proptest! {
    #[test]
    fn every_event_is_told_or_counted(
        drawn in prop::collection::vec((0_u64..2, 0_u8..2, prop::bool::weighted(0.1)), 0..60), most in 1_usize..5,
    ) {
        let spool = SortSpool::new(SpoolSpace::default());
        let events: Vec<StoryEvent> = (0..).zip(&drawn).map(|(at, (process, action, _))| event(at, (*process, *action))).collect();
        // Each comes twice, as of a chunk that is read anew.
        spool.add(events.iter().rev().chain(&events).cloned().collect());
        let story = StoryEvents { events: spool.take_sorted() };
        let mut told = Vec::new();
        story
            .tell(most, &|origin| drawn[usize::try_from(origin.offset).unwrap()].2, &mut |part| {
                told.push(part);
                Ok(())
            })
            .unwrap();
        // Go through the events and what was told of them side by side.
        let (mut next, mut run) = (0, 0);
        for part in told {
            match part {
                StoryPart::Event(event) => {
                    prop_assert_eq!(&event, &events[next]);
                    let is_like = next > 0 && drawn[next].0 == drawn[next - 1].0 && drawn[next].1 == drawn[next - 1].1;
                    run = if is_like && !drawn[next].2 { run + 1 } else { 1 };
                    prop_assert!(run <= most);
                    next += 1;
                }
                StoryPart::More { count, action, last } => {
                    prop_assert_eq!(run, most, "only what exceeds the limit is counted");
                    for _ in 0..count {
                        prop_assert!(!drawn[next].2, "an event of an alert is always told");
                        prop_assert_eq!(&events[next].action, &action);
                        next += 1;
                    }
                    prop_assert_eq!(last, events[next - 1].order.time);
                }
            }
        }
        prop_assert_eq!(next, events.len());
    }
}

#[test]
fn what_children_say_of_their_parent_is_told_once() {
    let note = |text: &str, is_told_once| StoryNote { head: "decoded".to_owned(), text: text.to_owned(), is_told_once };
    let mut told = ToldNotes::default();
    let mut left = |notes: &[StoryNote]| {
        let mut notes = notes.to_vec();
        told.leave_new(&mut notes);
        notes
    };
    assert_eq!(left(&[note("a", false)]), [note("a", false)]);
    assert_eq!(left(&[note("a", true), note("b", true)]), [note("b", true)]);
    // Another process with the same command has its own start, and says so.
    assert_eq!(left(&[note("a", false), note("b", true)]), [note("a", false)]);
}
