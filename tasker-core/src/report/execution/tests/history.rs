//! Random histories of random tasks, by the rules of the engine; after each deed everything that is said must fit together.

use std::time::Duration;

use fastrand::Rng;

use super::super::super::analysis::{OverallHealth, TaskAnalysis};
use super::super::super::fixture::{Made, NOW, random_graph};
use super::super::*;
use crate::{StepError, Waiting};

#[test]
fn whatever_happens_to_a_task_what_is_said_about_it_fits_together() {
    let mut ends = [0; 3];
    for seed in 0..200 {
        let rng = &mut Rng::with_seed(seed);
        let mut made = random_graph(rng, 12).each(|step| step.known.optional = false);
        for step in &mut made.steps {
            step.known.optional = rng.u8(..5) == 0;
            step.known.retry_limit = rng.u32(1..=3);
        }
        for deed in 0..60 {
            let snapshot = made.snapshot();
            let (execution, analysis) = (snapshot.execution(), snapshot.analysis());
            let checked = check(&execution).and_then(|()| check_analysis(&snapshot, &execution, &analysis));
            if let Err(wrong) = checked {
                panic!("seed {seed}, deed {deed}: {wrong}\n{execution:#?}");
            }
            if !go_on(rng, &mut made) {
                break;
            }
        }
        match made.state {
            TaskState::Complete => ends[0] += 1,
            TaskState::Cancelled => ends[1] += 1,
            _ => ends[2] += 1,
        }
    }
    assert!(ends.iter().all(|&count| count > 5), "the histories are too much alike: {ends:?}");
}

fn ensure(holds: bool, what: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what.to_owned()) }
}

fn check(task: &TaskExecution) -> Result<(), String> {
    let counts = [
        task.pending_steps,
        task.in_progress_steps,
        task.completed_steps,
        task.failed_steps,
        task.skipped_steps,
        task.cancelled_steps,
    ];
    ensure(counts.iter().sum::<usize>() == task.total_steps, "the counts do not sum up")?;
    ensure(
        task.ready_steps + task.in_backoff_steps <= task.pending_steps,
        "more than the pending steps wait",
    )?;
    ensure(task.permanently_blocked_steps >= task.failed_steps, "what failed is blocked")?;
    let all = (task.completion_percentage - 100.0).abs() < f64::EPSILON;
    ensure(all == (task.steps_over() == task.total_steps), "100 % is all steps")?;
    ensure(task.status != TaskState::Complete || all, "complete is 100 %")?;
    ensure((task.status == TaskState::Complete) == task.is_complete(), "complete is all complete")?;
    ensure((task.status == TaskState::Error) == task.is_blocked(), "error is blocked")?;
    let is_open = !task.status.has_ended();
    ensure(!is_open || task.waiting_because.is_some(), "an open task waits without a reason")?;
    ensure(!is_open || task.paused || task.can_make_progress(), "an open task is stranded")?;
    ensure(is_open || task.ready_steps == 0, "a step of an ended task is ready")?;
    ensure(task.next_retry_at.is_some() == (task.in_backoff_steps > 0), "backoff has a time")?;
    ensure(!(task.is_complete() && task.needs_intervention()), "a complete task needs nobody")?;
    for step in &task.steps {
        let is_pending = step.current_state == StepState::Pending;
        let name = &step.name;
        ensure(
            step.ready_for_execution == step.blocking_reason.is_none(),
            &format!("{name}: ready or blocked"),
        )?;
        ensure(is_pending == step.waiting_because.is_some(), &format!("{name}: a pending step says why"))?;
        ensure(
            !step.ready_for_execution || is_pending && step.dependencies_satisfied && step.retry_eligible,
            name,
        )?;
        ensure(
            step.next_retry_at.is_none() || is_pending,
            &format!("{name}: only pending steps have a time"),
        )?;
        ensure(step.completed_parents <= step.total_parents, name)?;
    }
    Ok(())
}

fn check_analysis(
    snapshot: &TaskSnapshot,
    task: &TaskExecution,
    analysis: &TaskAnalysis,
) -> Result<(), String> {
    let errors = &analysis.error_chains;
    ensure(errors.total_error_steps == task.failed_steps + task.retrying_steps, "every failure has a chain")?;
    let impacts: Vec<_> = errors.error_chains.iter().map(|chain| chain.total_impact).collect();
    ensure(impacts.is_sorted_by(|a, b| a >= b), "the greatest impact comes first")?;
    let is_covered =
        errors.error_chains.iter().map(|chain| chain.total_blocked_downstream_steps).sum::<usize>();
    ensure(
        task.cancelled_steps > 0 || is_covered >= errors.total_blocked_by_errors,
        "a blocked step is behind no failure",
    )?;
    let critical = analysis.summary.overall_health == OverallHealth::Critical;
    let waits_for_a_mend = task.needs_intervention() && task.execution_status != ExecutionStatus::Paused;
    ensure(critical == waits_for_a_mend, "critical is what needs somebody")?;
    ensure(
        task.status != TaskState::Complete || analysis.bottlenecks.total_bottlenecks == 0,
        "nothing is in the way of a complete task",
    )?;
    let paths = &analysis.critical_paths;
    for path in [&paths.critical_path, &paths.completed_path, &paths.remaining_path].into_iter().flatten() {
        let follows =
            |pair: &[crate::StepNo]| snapshot.steps()[pair[1].index()].depends_on.contains(&pair[0]);
        ensure(path.path.windows(2).all(follows), "a path follows edges")?;
        ensure(path.length <= paths.longest_path_length, "no path is longer than the longest")?;
    }
    ensure(paths.critical_path.is_some(), "there is a path")?;
    ensure(
        (paths.remaining_path.is_none()) == (task.steps_over() == task.total_steps),
        "what remains has a path",
    )?;
    let levels = &analysis.parallelism.levels;
    ensure(
        levels.iter().map(|level| level.total_steps).sum::<usize>() == task.total_steps,
        "every step has a level",
    )?;
    ensure(levels.len() == paths.longest_path_length, "the longest path visits every level")
}

/// Something happens to the task; false where nothing can.
fn go_on(rng: &mut Rng, made: &mut Made) -> bool {
    let execution = made.snapshot().execution();
    let places = |is: &dyn Fn(&crate::report::StepReadiness) -> bool| -> Vec<usize> {
        execution.steps.iter().filter(|step| is(step)).map(|step| step.step_no.index()).collect()
    };
    let ready = places(&|step| step.ready_for_execution);
    let running = places(&|step| step.current_state == StepState::InProgress);
    let failed = places(&|step| step.current_state == StepState::Error);
    let open = places(&|step| matches!(step.current_state, StepState::Pending | StepState::InProgress));
    if made.state == TaskState::Error {
        if rng.bool() {
            return false;
        }
        let Some(&at) = rng.choice(&failed) else { return false };
        let step = &mut made.steps[at];
        (step.state, step.attempts, step.lost) = (StepState::Pending, 0, 0);
        made.state = TaskState::Pending;
    } else if made.state.has_ended() {
        return false;
    } else {
        match rng.u8(..100) {
            0..40 => drop(rng.choice(&ready).map(|&at| made.steps[at].begin())),
            40..90 => drop(rng.choice(&running).map(|&at| end(rng, &mut made.steps[at]))),
            90..94 => {
                made.steps.iter_mut().filter(|step| step.state == StepState::Pending).for_each(|step| {
                    step.waiting = Some(Waiting::Operator);
                });
            }
            94..97 => made.steps.iter_mut().for_each(|step| {
                step.waiting = step
                    .known
                    .run_at
                    .filter(|&at| step.state == StepState::Pending && at > NOW)
                    .map(|_| Waiting::Time);
            }),
            97 => drop(rng.choice(&open).map(|&at| made.steps[at].state = StepState::Cancelled)),
            98 => {
                for &at in &open {
                    made.steps[at].state = StepState::Cancelled;
                }
                made.state = TaskState::Cancelled;
                return true;
            }
            // Time passes.
            _ => made.steps.iter_mut().for_each(|step| step.known.run_at = None),
        }
    }
    if made.steps.iter().all(|step| step.state.satisfies_dependents()) {
        made.state = TaskState::Complete;
    } else if !made.steps.iter().any(|step| can_go_on(made, step)) {
        made.state = TaskState::Error;
    } else if made.steps.iter().any(|step| step.attempts > 0) {
        made.state = TaskState::InProgress;
    }
    true
}

fn can_go_on(made: &Made, step: &crate::report::fixture::MadeStep) -> bool {
    let released = step.known.depends_on.iter().all(|no| made.steps[no.index()].state.satisfies_dependents());
    step.state == StepState::InProgress || step.state == StepState::Pending && released
}

/// An execution ends.
fn end(rng: &mut Rng, step: &mut crate::report::fixture::MadeStep) {
    let failures = step.attempts - step.lost;
    match rng.u8(..10) {
        0 if step.known.optional => {
            step.complete(Duration::from_secs(1));
            step.state = StepState::Skipped;
        }
        0..6 => step.complete(Duration::from_secs(rng.u64(1..20))),
        6 => step.fail(step.attempts, StepError::permanent("no")),
        7 => {
            step.state = StepState::Pending;
            step.lost += 1;
            step.error = Some(StepError::worker_lost(crate::WorkerId::random()));
        }
        _ if failures >= step.known.retry_limit => step.fail(step.attempts, StepError::retryable("busy")),
        _ => {
            step.fail(step.attempts, StepError::retryable("busy"));
            step.state = StepState::Pending;
            step.waiting = Some(Waiting::Time);
            step.known.run_at = Some(NOW + Duration::from_secs(rng.u64(1..60)));
        }
    }
}
