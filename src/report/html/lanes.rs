//! The timeline of alerts: a lane for each host, a mark for each alert, drawn so that it can be read without a script.
//!
//! Places on the time axis are parts of the width, so that the picture fits any window; the script moves the marks when it zooms. Alerts of one lane and
//! severity that fall together share a mark, and where there are too many marks, more of them fall together.

use super::finding::AlertSeverity;
use super::tables::SeverityCounts;
use super::text::{Attribute, grouped, instant};
use crate::base::Ticks;
use hashbrown::{HashMap, HashSet};
use maud::{Markup, html};
use std::fmt::Write as _;

/// Lanes of hosts; all others share one below.
const MOST_LANES: usize = 40;

/// Marks that a browser still moves at ease.
pub const MOST_MARKS: usize = 4_000;

/// Height of a lane and of the axis, in pixels; the style sheet has the same.
const LANE: usize = 26;
const AXIS: usize = 26;

/// An alert on the timeline.
#[derive(Clone, Copy, Debug)]
pub struct LaneMark {
    /// When its last event was.
    pub at: Ticks,
    /// Its severity.
    pub severity: AlertSeverity,
    /// Position of its host in the list of hosts.
    pub host: usize,
    /// Position of its rule in the list of rules.
    pub rule: usize,
    /// Its number, which its card has.
    pub number: u64,
}

/// Marks that share a place.
struct MarkGroup {
    lane: usize,
    first: LaneMark,
    last: Ticks,
    count: u64,
}

/// The part of time that is drawn, in ticks.
#[derive(Clone, Copy)]
struct LaneSpan {
    start: i64,
    length: i64,
}

impl LaneSpan {
    /// All marks, with some air around them.
    fn around(marks: &[LaneMark]) -> Option<Self> {
        let first = marks.iter().map(|mark| mark.at.0).min()?;
        let last = marks.iter().map(|mark| mark.at.0).max()?;
        // A mark on the very edge would be cut in half; and of a single alert there is no span at all.
        let air = ((last - first) / 40).max(Ticks::PER_SECOND * 2);
        Some(Self { start: first.saturating_sub(air), length: last.saturating_sub(first).saturating_add(2 * air) })
    }

    /// Where an instant lies, in thousandths of a percent of the width.
    fn place(self, at: i64) -> String {
        // Ticks of a few centuries times 100,000 do not fit into 64 bits.
        let part = i128::from(at - self.start) * 100_000 / i128::from(self.length.max(1));
        format!("{}.{:03}%", part / 1000, part % 1000)
    }
}

/// The picture; nothing if no alert has a time. `hosts` come in the order of their lanes, as positions in the tallies.
///
/// Marks lead to the cards of alerts that have one, whose numbers are `shown`.
pub fn lanes(
    marks: &[LaneMark],
    order: &[usize],
    (hosts, rules): (&[SeverityCounts], &[SeverityCounts]),
    shown: &HashSet<u64>,
) -> Markup {
    let Some(span) = LaneSpan::around(marks) else { return html! {} };
    let mut lane_of = vec![MOST_LANES; hosts.len()];
    for (lane, &host) in order.iter().take(MOST_LANES).enumerate() {
        lane_of[host] = lane;
    }
    let lanes = order.len().min(MOST_LANES) + usize::from(order.len() > MOST_LANES);
    let groups = grouped_marks(marks, &lane_of, span);
    let height = lanes * LANE + AXIS;
    html! {
        div.timeline data-t0=(Ticks(span.start).unix_millis()) data-span=(millis(span.length)) {
            div.tools.js-only role="group" aria-label="Zoom of the timeline" {
                button type="button" data-zoom="in" aria-label="Zoom in" { "+" }
                button type="button" data-zoom="out" aria-label="Zoom out" { "−" }
                button type="button" data-zoom="left" aria-label="Earlier" { "←" }
                button type="button" data-zoom="right" aria-label="Later" { "→" }
                button type="button" data-zoom="all" { "All" }
                label { input type="checkbox" id="in-view"; " only alerts in view" }
                span.hint { "wheel zooms, drag moves" }
            }
            div.plot {
                ol.names {
                    @for &host in order.iter().take(MOST_LANES) { li title=(Attribute(&hosts[host].name)) { (Attribute(&hosts[host].name)) } }
                    @if order.len() > MOST_LANES { li { (grouped((order.len() - MOST_LANES) as u64)) " more hosts" } }
                }
                svg.lanes role="img" tabindex="0" width="100%" height=(height) aria-label={ "Alerts by host and time, " (instant(Ticks(span.start))) " to " (instant(Ticks(span.start + span.length))) } {
                    @for lane in 0..lanes { rect.lane x="0" y=(lane * LANE) width="100%" height=(LANE) {} }
                    g.axis { (axis(span, lanes * LANE)) }
                    g.marks { (maud::PreEscaped(drawn(&groups, span, rules, shown))) }
                }
            }
        }
    }
}

fn grouped_marks(marks: &[LaneMark], lane_of: &[usize], span: LaneSpan) -> Vec<MarkGroup> {
    // Alerts fall together if they are in the same slice of time. The width of a slice is doubled until few enough marks are left: the first try draws
    // each alert, and a handful of rounds come from there to thousands in a mark.
    let mut width = 1;
    loop {
        let mut places: HashMap<(usize, AlertSeverity, i64), usize> = HashMap::new();
        let mut groups: Vec<MarkGroup> = Vec::new();
        for mark in marks {
            let lane = lane_of[mark.host];
            let place = *places.entry((lane, mark.severity, mark.at.0 / width)).or_insert(groups.len());
            match groups.get_mut(place) {
                Some(group) => {
                    group.count += 1;
                    group.last = group.last.max(mark.at);
                }
                None => groups.push(MarkGroup { lane, first: *mark, last: mark.at, count: 1 }),
            }
        }
        if groups.len() <= MOST_MARKS || width >= span.length {
            // What is drawn last lies on top: the most severe must not be hidden.
            groups.sort_by_key(|group| (group.first.severity, group.first.at, group.first.number));
            return groups;
        }
        width = (width * 2).max(span.length / 16_384);
    }
}

fn drawn(groups: &[MarkGroup], span: LaneSpan, rules: &[SeverityCounts], shown: &HashSet<u64>) -> String {
    let mut out = String::with_capacity(groups.len() * 160);
    for MarkGroup { lane, first, last, count } in groups {
        let (severity, number) = (first.severity.name(), first.number);
        // The area tells how many alerts share a mark only roughly; the title has the number.
        let radius =
            4 + usize::from(*count > 1) + usize::from(*count > 10) + usize::from(first.severity >= AlertSeverity::High);
        let time =
            if *last == first.at { instant(first.at) } else { format!("{} to {}", instant(first.at), instant(*last)) };
        let title = match count {
            1 => format!("#{number} {severity}: {}, {time}", rules[first.rule].name),
            _ => format!("{} {severity} alerts, {time}; first #{number}: {}", grouped(*count), rules[first.rule].name),
        };
        let title = crate::base::escape::html(&title);
        let (open, close) = if shown.contains(&number) {
            (format!("<a href=\"#alert-{number}\" tabindex=\"-1\">"), "</a>")
        } else {
            ("<g>".to_owned(), "</g>")
        };
        // Writing to a String cannot fail.
        let _ = write!(
            out,
            "{open}<circle class=\"{severity}\" cx=\"{}\" cy=\"{}\" r=\"{radius}\" data-t=\"{}\"><title>{title}</title></circle>{close}",
            span.place(first.at.0),
            lane * LANE + LANE / 2,
            millis(first.at.0 - span.start),
        );
    }
    out
}

/// Steps between two lines of the axis up to days: a unit in milliseconds, and how many of them.
const STEPS: &[(i64, &[i64])] = &[
    (1, &[1, 2, 5, 10, 20, 50, 100, 200, 500]),
    (1_000, &[1, 2, 5, 10, 15, 30]),
    (60_000, &[1, 2, 5, 10, 15, 30]),
    (3_600_000, &[1, 2, 3, 6, 12]),
    (86_400_000, &[1, 2, 4, 10]),
];

/// Steps beyond them, in months.
const MONTHS: &[i64] = &[1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12_000, 24_000];

/// Days of a month as the axis counts them when it chooses a step.
const MONTH: i64 = 30 * 86_400_000;

/// Lines at even times, six or so; the script draws its own when it zooms.
fn axis(span: LaneSpan, height: usize) -> Markup {
    let (times, step) = lines(span);
    html! {
        @for at in &times {
            @let x = span.place(at.0);
            // A label near the edge would be cut in half; its line is drawn all the same.
            @let edge = (at.0 - span.start).min(span.start + span.length - at.0) < span.length / 25;
            line x1=(x) x2=(x) y1="0" y2=(height) {}
            @if !edge { text x=(x) y=(height + 17) { (label(*at, step)) } }
        }
    }
}

/// Where lines are drawn, and the step between them in milliseconds.
fn lines(span: LaneSpan) -> (Vec<Ticks>, i64) {
    let wanted = millis(span.length) / 6;
    let inside = |at: &Ticks| at.0 > span.start && at.0 < span.start + span.length;
    let mut steps = STEPS.iter().flat_map(|(unit, counts)| counts.iter().map(move |count| unit * count));
    if let Some(step) = steps.find(|step| *step >= wanted) {
        let ticks = step * Ticks::PER_MILLISECOND;
        // Lines stand at multiples of the step since 1601, which began at midnight: at full hours, and at midnights for steps of days.
        let first = span.start.div_euclid(ticks);
        return ((first..first + 16).map(|n| Ticks(n.saturating_mul(ticks))).filter(inside).collect(), step);
    }
    // Months and years have no fixed length: from here on lines stand at their beginnings, found by the calendar.
    let months = MONTHS.iter().copied().find(|months| months * MONTH >= wanted).unwrap_or(24_000);
    let text = Ticks(span.start).rfc3339();
    let part = |range| text.get(range).and_then(|digits: &str| digits.parse::<i64>().ok());
    let first = part(0..4).zip(part(5..7)).map_or(0, |(year, month)| (year * 12 + month - 1).div_euclid(months));
    let month =
        |n: i64| Ticks::parse_rfc3339(&format!("{:04}-{:02}-01T00:00:00Z", n * months / 12, n * months % 12 + 1));
    ((first..first + 16).filter_map(month).filter(inside).collect(), months * MONTH)
}

fn label(at: Ticks, step: i64) -> String {
    let text = at.rfc3339();
    let part = match step {
        MONTH.. => text.get(..7),
        86_400_000.. => text.get(..10),
        60_000.. => text.get(5..16),
        1_000.. => text.get(11..19),
        _ => text.get(11..23),
    };
    part.unwrap_or(&text).replace('T', " ")
}

const fn millis(ticks: i64) -> i64 {
    ticks / Ticks::PER_MILLISECOND
}

#[cfg(test)]
mod tests;
