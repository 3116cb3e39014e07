//! What options of the engine make no sense.

use std::time::Duration;

use super::BuildError;
use crate::Retention;
use crate::engine::EngineConfig;

/// The options that make no sense.
pub(super) fn wrong_options(config: &EngineConfig) -> Vec<BuildError> {
    const LONGEST: Duration = Duration::from_hours(24 * 365);
    let mut wrong = Vec::new();
    if config.concurrency == 0 {
        wrong.push("`concurrency` is 0: no step would ever run; the least is 1".to_owned());
    }
    if config.max_payload == 0 {
        wrong.push(
            "`max_payload` is 0 bytes: no context and no result would fit; leave it away for 1 MiB"
                .to_owned(),
        );
    }
    let (heartbeat, lease) = (config.heartbeat, config.lease);
    let every = config.retention.map_or(Duration::ZERO, |retention| retention.every);
    let forget = config.forget_subscribers_after;
    let times = [
        ("lease", lease),
        ("grace", config.grace),
        ("poll", config.poll),
        ("retention.every", every),
        ("forget_subscribers_after", forget.unwrap_or_default()),
    ];
    for (what, time) in times.into_iter().filter(|(_, time)| *time > LONGEST) {
        wrong.push(format!("`{what}` is {time:?}; the longest is a year"));
    }
    if heartbeat.is_zero() || heartbeat.saturating_mul(3) > lease {
        wrong.push(format!(
            "a heartbeat every {heartbeat:?} does not keep a lease of {lease:?} alive; \
             the heartbeat is more than 0 and at most a third of the lease"
        ));
    }
    if let Some(after) = forget.filter(|after| *after < Duration::from_hours(1)) {
        wrong.push(format!(
            "`forget_subscribers_after` is {after:?}; the least is an hour, because events would be lost while all processes that deliver are \
             replaced"
        ));
    }
    if config.poll.is_zero() {
        wrong.push("`poll` is 0: an idle engine would ask the store without a pause".to_owned());
    }
    if let Some(Retention { every, batch, .. }) = config.retention {
        if every.is_zero() {
            wrong.push(
                "`retention.every` is 0: the engine would look for old tasks without a pause".to_owned(),
            );
        }
        if !(1..=10_000).contains(&batch) {
            wrong.push(format!(
                "`retention.batch` is {batch}; 1 to 10,000 tasks are removed in one transaction"
            ));
        }
    }
    wrong.into_iter().map(BuildError::Option).collect()
}
