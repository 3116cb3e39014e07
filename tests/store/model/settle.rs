//! Outcomes in a history: of what a worker holds, and such that come late, twice or from somebody else.

use std::time::Duration;

use fastrand::Rng;
use tasker::store::{Ending, Record, RecordKind};
use tasker::{Clock, Json, StepError};

use super::Check;
use super::history::{History, Worker, same};
use super::side::{End, Given, Space};

impl History<'_> {
    pub(super) async fn settle(&mut self, random: &mut Rng) -> Check {
        let Some(at) = self.somebody(random) else { return Ok(()) };
        let mut ends = Vec::new();
        for given in std::mem::take(&mut self.workers[at].holds) {
            if random.u32(0..3) == 0 {
                self.workers[at].holds.push(given);
                continue;
            }
            ends.push(end(random, given));
        }
        while random.u32(0..4) == 0
            && let Some((_, late)) = random.choice(&self.past)
        {
            // Before, between and after the others.
            let place = random.usize(0..=ends.len());
            ends.insert(place, end(random, late.clone()));
        }
        let mut space = self.space(random, 4);
        if random.bool() {
            (space.total, space.for_released) = (space.total * 3, Some(random.usize(0..12)));
        }
        self.settle_for(at, &ends, &space).await?;
        // As one does whose answer was lost.
        if random.u32(0..10) == 0 {
            self.settle_for(at, &ends, &space).await?;
        }
        Ok(())
    }

    async fn settle_for(&mut self, at: usize, ends: &[End], space: &Space) -> Check {
        let Worker { id, skill, .. } = self.workers[at];
        let shown = ends.iter().map(|end| (end.given.execution, name(&end.ending), &end.records));
        let shown: Vec<_> = shown.collect();
        self.say(format!("{id} settles, {space:?}: {shown:?}"));
        let model = self.oracle.settle(id, skill, ends, space).await?;
        let database = self.subject().settle(id, skill, ends, space).await?;
        same("a settle", &model, &database)?;
        let now = self.clock().now();
        self.ledger.settled(ends, &database, now)?;
        self.take(at, database.claimed)
    }

    /// A worker gets steps.
    pub(super) fn take(&mut self, at: usize, given: Vec<Given>) -> Check {
        for given in given {
            self.ledger.begun(&given, &self.lane.workflows[given.workflow])?;
            self.past.push((self.workers[at].id, given.clone()));
            self.workers[at].holds.push(given);
        }
        Ok(())
    }

    /// A worker completes all that it can get at once. Whether there was anything.
    pub(super) async fn work_on(&mut self, at: usize) -> Result<bool, String> {
        let space = Space { total: 50, limits: Vec::new(), for_released: None };
        self.claim_for(at, &space).await?;
        let ends = std::mem::take(&mut self.workers[at].holds).into_iter().map(|given| {
            let result = Json::of(&format!("at last {}", given.execution.revision)).unwrap();
            End { given, ending: Ending::Complete(result), records: Vec::new() }
        });
        let ends: Vec<_> = ends.collect();
        self.settle_for(at, &ends, &space).await?;
        Ok(!ends.is_empty())
    }
}

fn end(random: &mut Rng, given: Given) -> End {
    // Decided aside, so that what a step writes changes nothing of what happens next.
    let mut aside = random.clone().fork();
    let many = if aside.u32(0..3) == 0 { aside.usize(1..5) } else { 0 };
    let records = (0..many).map(|_| Record {
        kind: if aside.bool() { RecordKind::Event } else { RecordKind::Annotation },
        name: ["paid", "late", "fraud.score"][aside.usize(0..3)].to_owned(),
        payload: Json::of(&format!("{} \u{1F980} \\ \" ' $1", aside.u32(..))).unwrap(),
    });
    let records = records.collect();
    let ending = match ending(random, &given) {
        Ending::Complete(_) if aside.u32(0..6) == 0 => Ending::Skipped,
        ending => ending,
    };
    End { given, ending, records }
}

fn ending(random: &mut Rng, given: &Given) -> Ending {
    match random.u32(0..20) {
        0..11 => {
            Ending::Complete(Json::of(&format!("result {} \u{1F980} \\ \" ' $1", random.u32(..))).unwrap())
        }
        11..15 if !given.executions.exhausted_by_failure() => {
            let wait = Duration::from_secs(random.u64(0..25));
            Ending::Retry(StepError::retryable(random.u32(..)), wait)
        }
        15..17 => Ending::HandedBack,
        _ => Ending::Failed(StepError::permanent(random.u32(..)).code("NEVER")),
    }
}

fn name(ending: &Ending) -> String {
    match ending {
        Ending::Complete(_) => "complete".to_owned(),
        Ending::Skipped => "skipped".to_owned(),
        Ending::Retry(_, wait) => format!("again in {wait:?}"),
        Ending::Failed(_) => "failed".to_owned(),
        Ending::HandedBack => "handed back".to_owned(),
    }
}
