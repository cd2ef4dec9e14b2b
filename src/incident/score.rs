//! How much an incident matters, as a number to order incidents by.
//!
//! As Elastic's risk engine does for hosts and users, the risks of different rules are added up with falling weight, the highest first: the n-th counts
//! 1 / n^1.5. A hundred alerts of one rule weigh no more than one. That sum is multiplied by 1.1 for each tactic beyond the first, and by up to a quarter more
//! or less as the files and destinations of the leading alert are rare or common among the hosts of the evidence.

/// What each further tactic adds, as a share.
const BY_TACTIC: f64 = 0.1;
/// How much rarity adds at most, and commonness takes away at most, as a share.
const BY_RARITY: f64 = 0.25;
/// Fewer hosts say nothing of what is rare.
const FEWEST_HOSTS: u64 = 3;

/// The score of an incident, of which these are the risks of its different rules.
#[expect(clippy::cast_precision_loss, reason = "tactics are few")]
pub fn score(mut risks: Vec<f64>, tactics: usize, rarity: f64) -> f64 {
    risks.sort_by(|left, right| right.total_cmp(left));
    let weights = (1_u32..).map(|place| f64::from(place).powf(-1.5));
    let sum: f64 = risks.iter().zip(weights).map(|(risk, weight)| risk * weight).sum();
    sum * (1.0 + BY_TACTIC * tactics.saturating_sub(1) as f64) * rarity
}

/// The factor for values that so many of all hosts have, each.
#[expect(clippy::cast_precision_loss, reason = "no evidence has so many hosts")]
pub fn rarity(hosts_of_values: &[u64], all_hosts: u64) -> f64 {
    if hosts_of_values.is_empty() || all_hosts < FEWEST_HOSTS {
        return 1.0;
    }
    // On one host of all: 0; on all: 1.
    let share = |hosts: &u64| hosts.saturating_sub(1) as f64 / (all_hosts - 1) as f64;
    let mean = hosts_of_values.iter().map(share).sum::<f64>() / hosts_of_values.len() as f64;
    1.0 + BY_RARITY * (1.0 - 2.0 * mean)
}

#[cfg(test)]
mod tests;
