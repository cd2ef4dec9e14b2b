//! MITRE ATT&CK in a rule: a tactic, and the techniques under it.

use serde_json::{Map, Value, json};

/// One tactic with its techniques, as a rule lists them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attack {
    /// The name of the framework.
    pub framework: String,
    /// The tactic.
    pub tactic: Tactic,
    /// Techniques and sub-techniques, each sub-technique after its technique.
    pub techniques: Vec<Technique>,
}

/// A tactic: the attacker's goal.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tactic {
    /// The id, such as `TA0005`.
    pub id: String,
    /// The name, such as `Defense Evasion`.
    pub name: String,
    /// Its page.
    pub reference: String,
}

/// A technique or sub-technique: the means to the goal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Technique {
    /// The id: `T1218`, or `T1218.010` for a sub-technique.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its page.
    pub reference: String,
}

impl Technique {
    /// Whether it is a sub-technique: its id has a part behind a dot.
    pub fn is_sub(&self) -> bool {
        self.id.contains('.')
    }
}

/// The ECS `threat` object of a rule's entries: a list of ids, names and references for each of tactic, technique and sub-technique.
pub fn to_ecs(threat: &[Attack]) -> Value {
    let mut object = Map::new();
    if let Some(first) = threat.first() {
        object.insert("framework".into(), first.framework.as_str().into());
    }
    let tactics = threat.iter().map(|attack| {
        let Tactic { id, name, reference } = &attack.tactic;
        (id.as_str(), name.as_str(), reference.as_str())
    });
    object.insert("tactic".into(), lists(tactics));
    let techniques = |sub| {
        let all = threat.iter().flat_map(|attack| &attack.techniques);
        all.filter(move |technique| technique.is_sub() == sub)
            .map(|Technique { id, name, reference }| (id.as_str(), name.as_str(), reference.as_str()))
    };
    let mut technique = lists(techniques(false));
    let subtechnique = lists(techniques(true));
    if subtechnique["id"] != json!([]) {
        technique["subtechnique"] = subtechnique;
    }
    object.insert("technique".into(), technique);
    Value::Object(object)
}

fn lists<'a>(entries: impl Iterator<Item = (&'a str, &'a str, &'a str)>) -> Value {
    let (mut ids, mut names, mut references) = (Vec::new(), Vec::new(), Vec::new());
    for (id, name, reference) in entries {
        // The three lists correspond by position, and a technique under two tactics is listed once.
        if !ids.contains(&id) {
            ids.push(id);
            names.push(name);
            references.push(reference);
        }
    }
    json!({ "id": ids, "name": names, "reference": references })
}
