//! What the steps of a task did, as it is counted.
//!
//! An execution is what lies between the moment at which a worker took a step and its outcome: complete, failed or skipped. One that was handed
//! back or cancelled is none. A step waits for the last of the steps that it depends on; what that one took alone, when nothing else was missing
//! any more, is how long it was waited for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Digest, SlowStep, micros};
use crate::analytics::facts::{EndedTask, PastMove, TaskPast};
use crate::analytics::{Graph, Histogram};
use crate::{StepNo, StepState, TaskId, Timestamp};

/// How many codes of errors are told apart of a step. An application that makes up codes as it goes shall not fill the table.
const MOST_CODES: usize = 50;

/// The longest code that is told.
const LONGEST_CODE: usize = 64;

/// What is told of a step.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StepDigest {
    /// How long its executions took.
    pub run: Histogram,
    /// How long it waited for its first execution after all that it depends on was over.
    pub queue: Histogram,
    /// How long steps behind it waited for it alone.
    pub waited_for: Histogram,
    /// In how many tasks it was executed.
    pub steps: u64,
    /// In how many of them it was executed again after it had failed.
    pub retried: u64,
    /// In how many of those it is complete.
    pub recovered: u64,
    /// How many executions failed, by the code of the error; those without a code have an empty one.
    pub errors: BTreeMap<String, ErrorCount>,
    /// How many failed with other codes, of which there are too many.
    pub other_errors: u64,
}

/// How often an error came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorCount {
    /// How many executions failed with it.
    pub times: u64,
    /// A task in which it came.
    pub example: TaskId,
}

impl StepDigest {
    /// How many executions failed.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.errors.values().map(|error| error.times).sum::<u64>() + self.other_errors
    }

    /// Adds all that another one has.
    pub fn merge(&mut self, other: &Self) {
        self.run.merge(&other.run);
        self.queue.merge(&other.queue);
        self.waited_for.merge(&other.waited_for);
        self.steps += other.steps;
        self.retried += other.retried;
        self.recovered += other.recovered;
        self.other_errors += other.other_errors;
        for (code, error) in &other.errors {
            self.error(code, error);
        }
    }

    fn error(&mut self, code: &str, error: &ErrorCount) {
        if let Some(known) = self.errors.get_mut(code) {
            known.times += error.times;
            known.example = known.example.max(error.example);
        } else if self.errors.len() < MOST_CODES {
            self.errors.insert(code.to_owned(), error.clone());
        } else {
            self.other_errors += error.times;
        }
    }
}

/// An execution that had an outcome.
struct Run<'m> {
    attempt: u32,
    began: Timestamp,
    end: &'m PastMove,
}

/// What a step did.
#[derive(Default)]
struct StepPast<'m> {
    first: Option<Timestamp>,
    runs: Vec<Run<'m>>,
    /// Since when those behind it may run.
    over: Option<Timestamp>,
    state: Option<StepState>,
}

impl<'m> StepPast<'m> {
    fn of(moves: impl Iterator<Item = &'m PastMove>) -> Self {
        let (mut past, mut began, mut attempt) = (Self::default(), None, 0);
        for moved in moves {
            past.state = Some(moved.to);
            if moved.to == StepState::InProgress {
                attempt += 1;
                began = Some(moved.at);
                past.first = past.first.or(began);
            }
            if moved.from == StepState::InProgress {
                match (moved.to, began.take()) {
                    (StepState::Complete | StepState::Error | StepState::Skipped, Some(began)) => {
                        past.runs.push(Run { attempt, began, end: moved });
                    }
                    // It gives its number to the next one.
                    (StepState::Pending, _) => attempt -= 1,
                    _ => {}
                }
            }
            if moved.to.satisfies_dependents() {
                past.over = Some(moved.at);
            }
        }
        past
    }
}

pub(super) fn look_at(digest: &mut Digest, task: &EndedTask, graph: &Graph, past: &TaskPast, times: u64) {
    let counts = |at: Timestamp| past.since.is_none_or(|since| at >= since);
    let of_step = |no: usize| past.moves.iter().filter(move |moved| moved.step == StepNo::at(no));
    let steps: Vec<StepPast<'_>> = (0..graph.len()).map(|no| StepPast::of(of_step(no))).collect();
    let over = |no: &StepNo| steps.get(no.index())?.over;
    let released = |no: usize| {
        let ends: Option<Vec<Timestamp>> = graph[no].depends_on.iter().map(over).collect();
        Some(ends?.into_iter().fold(task.created_at, Ord::max))
    };
    if let Some(first) = steps.iter().filter_map(|step| step.first).min().filter(|&first| counts(first)) {
        digest.tasks.queue.add(first.since(task.created_at), times);
    }
    for (no, step) in steps.iter().enumerate() {
        if let Some((first, released)) = step.first.filter(|&first| counts(first)).zip(released(no)) {
            let waited = first.since(released);
            digest.tasks.step_queue.add(waited, times);
            entry(digest, graph, no).queue.add(waited, times);
        }
        runs(digest, task, graph, (no, step), counts, times);
        if let Some((last, waited)) = waited_for(graph, no, over, released, task)
            .filter(|(last, _)| over(&StepNo::at(*last)).is_some_and(counts))
        {
            entry(digest, graph, last).waited_for.add(waited, times);
        }
    }
}

fn entry<'d>(digest: &'d mut Digest, graph: &Graph, no: usize) -> &'d mut StepDigest {
    digest.steps.by_name.entry(graph[no].name.clone()).or_default()
}

fn runs(
    digest: &mut Digest,
    task: &EndedTask,
    graph: &Graph,
    (no, step): (usize, &StepPast<'_>),
    counts: impl Fn(Timestamp) -> bool,
    times: u64,
) {
    let runs: Vec<&Run<'_>> = step.runs.iter().filter(|run| counts(run.end.at)).collect();
    if runs.is_empty() {
        return;
    }
    for Run { attempt, began, end } in &runs {
        let failed = end.to == StepState::Error;
        digest.tasks.run.add(end.at.since(*began), times);
        digest.tasks.failures += if failed { times } else { 0 };
        digest.slow_step(SlowStep {
            took: micros(end.at, *began),
            task: task.id,
            step: graph[no].name.clone(),
            attempt: *attempt,
            started_at: began.as_micros(),
            failed,
        });
        let entry = entry(digest, graph, no);
        entry.run.add(end.at.since(*began), times);
        if failed {
            let code: String = end.code.iter().flat_map(|code| code.chars()).take(LONGEST_CODE).collect();
            entry.error(&code, &ErrorCount { times, example: task.id });
        }
    }
    let retried = runs[..runs.len() - 1].iter().any(|run| run.end.to == StepState::Error);
    let entry = entry(digest, graph, no);
    entry.steps += times;
    if retried {
        entry.retried += times;
        entry.recovered += if step.state == Some(StepState::Complete) { times } else { 0 };
    }
}

/// The last of the steps that one depends on, and how long that was all that was missing.
fn waited_for(
    graph: &Graph,
    no: usize,
    over: impl Fn(&StepNo) -> Option<Timestamp>,
    released: impl Fn(usize) -> Option<Timestamp>,
    task: &EndedTask,
) -> Option<(usize, std::time::Duration)> {
    let ends = graph[no].depends_on.iter().map(|on| Some((over(on)?, on.index())));
    let mut ends: Vec<(Timestamp, usize)> = ends.collect::<Option<_>>()?;
    ends.sort_unstable();
    let (end, last) = ends.pop()?;
    let others = ends.last().map_or(task.created_at, |&(end, _)| end);
    Some((last, end.since(others.max(released(last)?))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DefinitionId, StoredStep, TaskState};
    use std::time::Duration;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// `a`, `b`, and `c` behind them.
    fn graph() -> Graph {
        let step = |name: &str, depends_on: &[u32]| StoredStep {
            name: name.to_owned(),
            depends_on: depends_on.iter().map(|&no| StepNo(no)).collect(),
            optional: false,
        };
        vec![step("a", &[]), step("b", &[]), step("c", &[0, 1])]
    }

    fn past() -> TaskPast {
        use StepState::{Complete, Error, InProgress, Pending};
        let moved = |step, from, to, second, code: Option<&str>| PastMove {
            step: StepNo(step),
            from,
            to,
            at: at(second),
            code: code.map(ToOwned::to_owned),
        };
        let all = vec![
            moved(0, Pending, InProgress, 1, None),
            moved(0, InProgress, Complete, 3, None),
            moved(1, Pending, InProgress, 2, None),
            // Handed back, so no execution.
            moved(1, InProgress, Pending, 4, None),
            moved(1, Pending, InProgress, 5, None),
            moved(1, InProgress, Error, 11, Some("BUSY")),
            moved(1, Error, Pending, 11, None),
            moved(1, Pending, InProgress, 20, None),
            moved(1, InProgress, Complete, 23, None),
            moved(2, Pending, InProgress, 24, None),
            moved(2, InProgress, Complete, 25, None),
        ];
        TaskPast { moves: all, since: None }
    }

    fn digest(past: &TaskPast, times: u64) -> Digest {
        let id = TaskId::random();
        let (created_at, ended_at) = (at(0), at(25));
        let task =
            EndedTask { id, definition: DefinitionId(1), state: TaskState::Complete, created_at, ended_at };
        let mut digest = Digest::default();
        look_at(&mut digest, &task, &graph(), past, times);
        digest
    }

    #[test]
    fn executions_waits_and_errors_are_counted_by_step() {
        let digest = digest(&past(), 1);
        let [a, b, c] = ["a", "b", "c"].map(|name| &digest.steps.by_name[name]);
        assert_eq!((a.run.count(), a.run.sum(), a.queue.sum()), (1, seconds(2), seconds(1)));
        assert_eq!((b.run.count(), b.run.sum(), b.queue.sum()), (2, seconds(6 + 3), seconds(2)));
        assert_eq!((b.steps, b.retried, b.recovered, b.failures()), (1, 1, 1, 1));
        assert_eq!(b.errors["BUSY"].times, 1);
        assert_eq!((c.run.sum(), c.queue.sum()), (seconds(1), seconds(1)));
        // From the end of `a` on, `c` waited for `b` alone.
        assert_eq!((b.waited_for.count(), b.waited_for.sum()), (1, seconds(20)));
        assert_eq!(a.waited_for.count(), 0);
        assert_eq!(
            (digest.tasks.queue.sum(), digest.tasks.run.count(), digest.tasks.failures),
            (seconds(1), 4, 1)
        );
        let slowest: Vec<_> =
            digest.steps.slowest.iter().map(|slow| (&*slow.step, slow.attempt, slow.failed)).collect();
        assert_eq!(slowest[..2], [("b", 1, true), ("b", 2, false)]);
    }

    #[test]
    fn what_a_task_did_before_it_was_retried_is_not_counted_again() {
        let digest = digest(&TaskPast { since: Some(at(15)), ..past() }, 1);
        let b = &digest.steps.by_name["b"];
        assert_eq!((b.run.count(), b.failures(), b.queue.count()), (1, 0, 0));
        assert!(!digest.steps.by_name.contains_key("a"));
        assert_eq!(digest.tasks.queue.count(), 0);
    }

    #[test]
    fn a_task_that_stands_for_several_counts_as_often() {
        let (one, three) = (digest(&past(), 1), digest(&past(), 3));
        let mut thrice = Digest::default();
        (0..3).for_each(|_| thrice.merge(&one));
        assert_eq!(three.tasks.run, thrice.tasks.run);
        let counts = |digest: &Digest| {
            digest
                .steps
                .by_name
                .values()
                .map(|step| (step.run.clone(), step.failures(), step.steps))
                .collect::<Vec<_>>()
        };
        assert_eq!(counts(&three), counts(&thrice));
    }

    #[test]
    fn codes_that_are_made_up_do_not_fill_the_table() {
        let mut step = StepDigest::default();
        for number in 0..200 {
            step.error(&format!("E{number}"), &ErrorCount { times: 1, example: TaskId::random() });
        }
        assert_eq!((step.errors.len(), step.failures()), (MOST_CODES, 200));
    }
}
