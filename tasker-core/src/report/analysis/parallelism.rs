//! What can run side by side.

use serde::Serialize;

use crate::report::execution::TaskExecution;
use crate::report::readiness::StepReadiness;
use crate::report::serial::{percent, ratio};
use crate::report::snapshot::{StepSnapshot, TaskSnapshot};
use crate::report::words::words;
use crate::{StepNo, StepState};

/// What can run side by side. Steps of one level never wait for each other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parallelism {
    /// All steps.
    pub total_steps: usize,
    /// How many levels they stand in.
    pub total_levels: usize,
    /// How many steps the widest level has; 1 where the task runs one step at a time.
    pub max_parallel_steps: usize,
    /// How many steps stand in a level on average.
    pub average_parallel_steps: f64,
    /// How many steps ran at a time on average, from the start of the first to the end of the last; none until one was measured.
    pub measured_parallel_steps: Option<f64>,
    /// How many steps run or could run at this moment.
    pub current_parallel_opportunities: usize,
    /// How many steps of levels with more than one are pending and not ready: they wait, for whatever it is. (In JSON it has Ruby Tasker's
    /// name, which says blocked.)
    #[serde(rename = "blocked_parallel_opportunities")]
    pub waiting_parallel_opportunities: usize,
    /// How much of the task is over, in percent.
    pub overall_completion: f64,
    /// How many of the levels have more than one step, in percent; 0 where the task runs one step at a time. (Ruby Tasker counts those with
    /// more than one *ready* step, which says more about the moment than about the graph.)
    pub parallelism_efficiency: f64,
    /// Whether the task runs one step at a time, whatever its graph would allow.
    pub one_at_a_time: bool,
    /// The levels from the roots on.
    pub levels: Vec<Level>,
}

/// The steps with the same number of steps on the longest way to them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Level {
    /// That number.
    pub level: usize,
    /// How many steps it has.
    pub total_steps: usize,
    /// How many of them are ready.
    pub ready_steps: usize,
    /// How many run.
    pub in_progress_steps: usize,
    /// How many are pending and not ready: they wait, for whatever it is. (In JSON it has Ruby Tasker's name, which says blocked.)
    #[serde(rename = "blocked_steps")]
    pub waiting_steps: usize,
    /// How many failed for good.
    pub error_steps: usize,
    /// How many are over.
    pub completed_steps: usize,
    /// Their names.
    pub step_names: Vec<String>,
    /// High with more than one step ready, medium with one, low with none.
    pub parallelism_potential: Potential,
    /// High where a step failed for good or never runs, medium where one is tried again, low otherwise.
    pub bottleneck_risk: Potential,
}

words! {
    /// How much of something there is.
    pub enum Potential {
        /// Little.
        Low = "Low",
        /// Some.
        Medium = "Medium",
        /// Much.
        High = "High",
    }
}

pub(super) fn find(task: &TaskSnapshot, execution: &TaskExecution) -> Parallelism {
    let levels: Vec<_> = task
        .graph()
        .levels()
        .into_iter()
        .enumerate()
        .map(|(at, steps)| level(execution, at, &steps))
        .collect();
    let widest = levels.iter().map(|level| level.total_steps).max().unwrap_or(0);
    let wide = || levels.iter().filter(|level| level.total_steps > 1);
    let one_at_a_time = task.is_one_at_a_time();
    Parallelism {
        total_steps: execution.total_steps,
        total_levels: levels.len(),
        max_parallel_steps: if one_at_a_time { widest.min(1) } else { widest },
        average_parallel_steps: ratio(execution.total_steps, levels.len()),
        measured_parallel_steps: measured(task),
        current_parallel_opportunities: execution.ready_steps + execution.in_progress_steps,
        waiting_parallel_opportunities: wide().map(|level| level.waiting_steps).sum(),
        overall_completion: execution.completion_percentage,
        parallelism_efficiency: if one_at_a_time { 0.0 } else { percent(wide().count(), levels.len()) },
        one_at_a_time,
        levels,
    }
}

fn level(execution: &TaskExecution, level: usize, steps: &[StepNo]) -> Level {
    let steps: Vec<_> = steps.iter().map(|step| &execution.steps[step.index()]).collect();
    let count = |is: &dyn Fn(&StepReadiness) -> bool| steps.iter().filter(|step| is(step)).count();
    let ready_steps = count(&|step| step.ready_for_execution);
    Level {
        level,
        total_steps: steps.len(),
        ready_steps,
        in_progress_steps: count(&|step| step.current_state == StepState::InProgress),
        waiting_steps: count(&|step| step.current_state == StepState::Pending && !step.ready_for_execution),
        error_steps: count(&|step| step.current_state == StepState::Error),
        completed_steps: count(&|step| step.current_state.satisfies_dependents()),
        parallelism_potential: match ready_steps {
            0 => Potential::Low,
            1 => Potential::Medium,
            _ => Potential::High,
        },
        bottleneck_risk: if steps.iter().any(|step| step.is_permanently_blocked()) {
            Potential::High
        } else if steps.iter().any(|step| step.is_retrying()) {
            Potential::Medium
        } else {
            Potential::Low
        },
        step_names: steps.iter().map(|step| step.name.clone()).collect(),
    }
}

/// How long steps ran, taken together, for each second in which the task did. Only their last executions are known.
fn measured(task: &TaskSnapshot) -> Option<f64> {
    let over = task.steps().iter().filter(|step| step.duration().is_some());
    let work: f64 = over.clone().filter_map(StepSnapshot::duration).map(|time| time.as_secs_f64()).sum();
    let begin = over.clone().filter_map(|step| step.started_at).min()?;
    let end = over.filter_map(|step| step.ended_at).max()?;
    let span = end.since(begin).as_secs_f64();
    (span > 0.0).then(|| (work / span * 100.0).round() / 100.0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::report::fixture::{Made, NOW};

    /// fetch → left, right → join
    fn diamond() -> Made {
        Made::new(&[
            ("fetch", &[]),
            ("left", &["fetch"]),
            ("right", &["fetch"]),
            ("join", &["left", "right"]),
        ])
    }

    fn found(made: &Made) -> Parallelism {
        made.snapshot().analysis().parallelism
    }

    #[test]
    fn levels_say_what_can_run_side_by_side() {
        let found = found(&diamond().done("fetch").running("left"));
        assert_eq!((found.total_levels, found.max_parallel_steps), (3, 2));
        assert_eq!(found.current_parallel_opportunities, 2, "one runs, one is ready");
        assert_eq!((found.average_parallel_steps, found.parallelism_efficiency), (1.33, 33.33));
        let middle = &found.levels[1];
        assert_eq!((middle.ready_steps, middle.in_progress_steps, middle.waiting_steps), (1, 1, 0));
        assert_eq!(middle.step_names, ["left", "right"]);
        assert_eq!(middle.parallelism_potential, Potential::Medium);
        assert_eq!(found.levels.iter().map(|level| level.completed_steps).collect::<Vec<_>>(), [1, 0, 0]);
    }

    #[test]
    fn steps_that_wait_and_would_run_beside_others_are_opportunities() {
        let found = found(&diamond());
        assert_eq!(found.waiting_parallel_opportunities, 2, "not the join, which is alone in its level");
        let json = serde_json::to_value(&found).unwrap();
        let blocked = (&json["blocked_parallel_opportunities"], &json["levels"][1]["blocked_steps"]);
        assert_eq!(blocked, (&2.into(), &2.into()), "by the names of Ruby Tasker");
    }

    #[test]
    fn the_risk_of_a_level_is_what_happened_in_it() {
        let risks =
            |made: &Made| found(made).levels.iter().map(|level| level.bottleneck_risk).collect::<Vec<_>>();
        assert_eq!(risks(&diamond()), [Potential::Low; 3]);
        assert_eq!(risks(&diamond().done("fetch").backoff("left", 9))[1], Potential::Medium);
        assert_eq!(
            risks(&diamond().done("fetch").failed("left")),
            [Potential::Low, Potential::High, Potential::High]
        );
    }

    #[test]
    fn a_task_that_runs_one_step_at_a_time_has_no_parallelism_whatever_its_graph() {
        let mut made = diamond();
        made.one_at_a_time = true;
        let found = found(&made);
        assert_eq!((found.max_parallel_steps, found.parallelism_efficiency), (1, 0.0));
    }

    #[test]
    fn what_ran_at_a_time_is_measured() {
        let apart = |made: Made, name: &str, from: u64, to: u64| {
            made.step(name, |step| {
                step.complete(Duration::ZERO);
                step.known.started_at = Some(NOW - Duration::from_secs(from));
                step.known.ended_at = Some(NOW - Duration::from_secs(to));
            })
        };
        assert_eq!(found(&diamond()).measured_parallel_steps, None);
        let beside = apart(apart(apart(diamond(), "fetch", 30, 20), "left", 20, 10), "right", 20, 10);
        assert_eq!(found(&beside).measured_parallel_steps, Some(1.5));
    }
}
