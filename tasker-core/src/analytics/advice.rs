//! What follows from the numbers. Each rule needs enough of them to say anything, and its sentence tells which they are.

use std::time::Duration;

use serde::Serialize;

use super::Durations;
use super::bottlenecks::{ErrorPatterns, Seen, Waits};
use crate::report::{span, words};

words! {
    /// What is recommended.
    pub enum Advice {
        /// Most of what fails fails in one way: mend that first.
        MendAnError = "mend_an_error",
        /// Steps wait longer for a worker than they run: give them more room.
        AddWorkers = "add_workers",
        /// A step is retried, and that seldom helps: do not retry what cannot succeed.
        RetryLess = "retry_less",
        /// Most of the time that steps wait for others they wait for one.
        SpeedUpAStep = "speed_up_a_step",
        /// A few executions of a step take much longer than the others: limit their time.
        LimitAStep = "limit_a_step",
    }
}

/// What is recommended, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recommendation {
    /// What.
    pub advice: Advice,
    /// Why, with the numbers that it follows from, and how.
    pub because: String,
}

/// How often something has to have happened before anything follows from it.
const ENOUGH: u64 = 20;

/// Less is not worth a word.
const SHORT: Duration = Duration::from_secs(1);

/// How many recommendations are told.
const MOST: usize = 5;

pub(super) fn recommend(seen: &Seen, errors: &ErrorPatterns, waits: &Waits) -> Vec<Recommendation> {
    let rules = [one_error(errors), queue(seen), vain_retries(seen), one_step(waits), long_tail(seen)];
    let told = rules.into_iter().flatten();
    told.take(MOST).map(|(advice, because)| Recommendation { advice, because }).collect()
}

type Told = Option<(Advice, String)>;

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

fn one_error(errors: &ErrorPatterns) -> Told {
    let often = errors.total_errors >= ENOUGH && errors.error_rate? >= 0.05;
    let first = errors.common_errors.first().filter(|_| often)?;
    let share = first.share.filter(|&share| share >= 0.5)?;
    let code = first.code.as_ref().map_or("errors without a code".to_owned(), |code| format!("`{code}`"));
    let because = format!(
        "{} of the executions fail, and {} of those with {code}, most often in `{}` of {}: mend that first; the task {} is an example",
        percent(errors.error_rate?),
        percent(share),
        first.step_name,
        first.workflow,
        first.example_task_id
    );
    Some((Advice::MendAnError, because))
}

fn queue(seen: &Seen) -> Told {
    let tasks = &seen.all.tasks;
    let (queue, run) = (Durations::of(&tasks.step_queue)?, Durations::of(&tasks.run)?);
    (queue.count >= ENOUGH && queue.p95 >= SHORT && queue.p95 > run.p95).then(|| {
        let because = format!(
            "of a hundred steps that could run, five wait {} or longer until they begin, and run no longer than {} in most cases: \
             start more workers, or raise `concurrency` or the limits of workflows, unless tasks were paused",
            span(queue.p95),
            span(run.p95)
        );
        (Advice::AddWorkers, because)
    })
}

fn vain_retries(seen: &Seen) -> Told {
    let vain = seen.steps().filter(|(.., step)| step.retried >= ENOUGH && step.recovered * 2 < step.retried);
    let (workflow, name, step) = vain.max_by_key(|(.., step)| step.retried - step.recovered)?;
    let because = format!(
        "`{name}` of {workflow} was retried in {} tasks and is complete in {} of them: return `StepError::permanent` for what \
         cannot succeed, or let its retries wait longer",
        step.retried, step.recovered
    );
    Some((Advice::RetryLess, because))
}

fn one_step(waits: &Waits) -> Told {
    let first = waits.most_waited_for.first().filter(|first| first.wait_time.count >= ENOUGH)?;
    let share = first.share.filter(|&share| share >= 0.5 && first.wait_time.p95 >= SHORT)?;
    let because = format!(
        "{} of the time that steps wait for others they wait for `{}` of {} alone, in the mean {}: speed it up, or let fewer steps depend on it",
        percent(share),
        first.step_name,
        first.workflow,
        span(first.wait_time.mean)
    );
    Some((Advice::SpeedUpAStep, because))
}

fn long_tail(seen: &Seen) -> Told {
    let steps =
        seen.steps().filter_map(|(workflow, name, step)| Some((workflow, name, Durations::of(&step.run)?)));
    let long =
        steps.filter(|(.., run)| run.count >= 5 * ENOUGH && run.p99 >= run.p50 * 10 && run.p99 >= SHORT);
    let (workflow, name, run) = long.max_by_key(|(.., run)| run.p99)?;
    let because = format!(
        "one of a hundred executions of `{name}` of {workflow} takes {} or longer, and half of them at most {}: give the step a `timeout`, \
         so that it is retried instead",
        span(run.p99),
        span(run.p50)
    );
    Some((Advice::LimitAStep, because))
}

#[cfg(test)]
mod tests {
    use super::super::{Digest, ErrorCount, Histogram};
    use super::*;
    use crate::TaskId;

    fn seen(change: impl FnOnce(&mut Digest)) -> Seen {
        let mut digest = Digest::default();
        change(&mut digest);
        let id =
            crate::WorkflowId { namespace: "shop".into(), name: "order".into(), version: "1.0.0".into() };
        let mut all = Digest::default();
        all.merge(&digest);
        Seen { by_workflow: [(id, digest)].into(), all }
    }

    fn times(seconds: u64, times: u64) -> Histogram {
        let mut histogram = Histogram::default();
        histogram.add(Duration::from_secs(seconds), times);
        histogram
    }

    #[test]
    fn steps_that_wait_longer_than_they_run_call_for_workers() {
        let busy = |queue: u64, many: u64| {
            queue_advice(&seen(|digest| {
                digest.tasks.step_queue = times(queue, many);
                digest.tasks.run = times(2, many);
            }))
        };
        assert!(busy(30, 20).unwrap().contains("five wait "));
        assert_eq!((busy(30, 19), busy(1, 20)), (None, None));
    }

    fn queue_advice(seen: &Seen) -> Option<String> {
        queue(seen).map(|(_, because)| because)
    }

    #[test]
    fn a_step_for_which_most_wait_is_told() {
        use crate::analytics::WaitedFor;
        let workflow =
            crate::WorkflowId { namespace: "shop".into(), name: "order".into(), version: "1.0.0".into() };
        let waits = |seconds, many, share| {
            let wait_time = Durations::of(&times(seconds, many)).unwrap();
            let most_waited_for = vec![WaitedFor {
                workflow: workflow.clone(),
                step_name: "scan".into(),
                wait_time,
                share: Some(share),
            }];
            one_step(&Waits { blocking_dependencies: many, wait_time: Some(wait_time), most_waited_for })
        };
        let (advice, because) = waits(90, 20, 0.75).unwrap();
        assert_eq!(advice, Advice::SpeedUpAStep);
        assert!(because.starts_with(
            "75 % of the time that steps wait for others they wait for `scan` of shop.order@1.0.0"
        ));
        assert!(because.contains("in the mean 1 min 30 s"), "{because}");
        assert_eq!([waits(90, 19, 0.75), waits(90, 20, 0.4), waits(0, 20, 0.75)], [None, None, None]);
    }

    #[test]
    fn retries_that_seldom_help_are_told() {
        let vain = |recovered| {
            vain_retries(&seen(|digest| {
                let step = digest.steps.by_name.entry("charge".to_owned()).or_default();
                (step.retried, step.recovered) = (20, recovered);
                step.errors.insert(String::new(), ErrorCount { times: 20, example: TaskId::random() });
            }))
        };
        assert!(
            vain(9)
                .unwrap()
                .1
                .contains("`charge` of shop.order@1.0.0 was retried in 20 tasks and is complete in 9")
        );
        assert_eq!(vain(10), None);
    }

    #[test]
    fn a_few_executions_that_take_long_call_for_a_limit() {
        let tail = |long: u64| {
            long_tail(&seen(|digest| {
                let run = &mut digest.steps.by_name.entry("scan".to_owned()).or_default().run;
                run.merge(&times(1, 98));
                run.merge(&times(long, 2));
            }))
        };
        assert!(
            tail(60)
                .unwrap()
                .1
                .starts_with("one of a hundred executions of `scan` of shop.order@1.0.0 takes")
        );
        assert_eq!(tail(5), None);
    }
}
