//! How good tests are, as far as somebody asked.

use super::coverage::RuleCoverageReport;
use super::mutation::MutationReport;
use super::rule_group::RulePlace;

/// How good tests are.
#[derive(Clone, Debug, Default)]
pub struct QualityReport {
    /// Which rules and parts of rules they prove.
    pub coverage: Option<RuleCoverageReport>,
    /// Which changes of rules they notice.
    pub mutation: Option<MutationReport>,
}

impl QualityReport {
    /// Everything that is to be made better, with its place in a rule file, a title and a text.
    pub fn findings(&self) -> Vec<(RulePlace, String, String)> {
        let mut all = Vec::new();
        for rule in self.coverage.iter().flat_map(|coverage| &coverage.rules) {
            if rule.fires == 0 {
                all.push((rule.place.clone(), rule.name.clone(), "no test makes this rule fire".to_owned()));
            }
            if rule.silent == 0 {
                all.push((
                    rule.place.clone(),
                    rule.name.clone(),
                    "no test says when this rule must not fire".to_owned(),
                ));
            }
            for part in &rule.untaken {
                let text = format!("no event of any test took the {}: {}", part.what, part.text);
                all.push((part.place.clone(), rule.name.clone(), text));
            }
        }
        for rule in self.mutation.iter().flat_map(|mutation| &mutation.rules) {
            for mutant in &rule.unnoticed {
                let text = format!("no test notices: {}", mutant.description);
                all.push((mutant.place.clone(), rule.name.clone(), text));
            }
        }
        all
    }
}
