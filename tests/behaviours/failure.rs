//! Lines 15-20 and 29-31: steps that fail, and what becomes of the others.

use serde_json::json;
use tasker::report::{ExecutionStatus, HealthStatus, RetryStatus};
use tasker::store::RecordKind;
use tasker::{Attempt, StepError, StepState, TaskState, WaitingFor};

use crate::bench::{Bench, done, exhausted, retry, seconds, snapshot};
use crate::fixture::{ALL, DIAMOND, DUMMY, Dag, LINEAR};
use crate::lab::{Lab, Plan, Script, ended};
use crate::place::{Place, on_both};

on_both! {
    b15_a_step_that_failed_once_is_pending_and_waits_and_its_task_is_in_progress,
    b16_a_step_that_failed_once_runs_again_by_itself_and_the_task_completes,
    b17_a_step_that_always_fails_runs_three_times_and_blocks_its_task,
    b18_beside_an_exhausted_step_the_viable_ones_run_and_the_task_ends_in_error,
    b19_a_branch_that_fails_for_good_leaves_the_merge_pending_and_the_other_branch_complete,
    b20_parents_do_not_run_again_when_the_merge_is_retried,
    b26_a_permanent_error_ends_the_step_at_once,
    b29_a_failure_is_kept_with_its_code_its_facts_and_partial_results,
    b31_after_any_failures_what_is_recorded_is_consistent,
}

/// Ours: the step is `pending` and its task `in_progress`; in Ruby they are `error` and `pending`.
async fn b15_a_step_that_failed_once_is_pending_and_waits_and_its_task_is_in_progress(place: Place) {
    let mut bench = Bench::of(place, &LINEAR).await;
    bench.complete_all_but(&["process_data"]).await;
    bench.end("process_data", retry(2)).await;
    let step = bench.step("process_data").await;
    assert_eq!((step.state, step.attempts), (StepState::Pending, Attempt(1)));
    assert!(matches!(step.waiting_for, Some(WaitingFor::Time(_))), "{step:?}");
    assert_eq!(step.error.unwrap().message(), "not now");
    assert_eq!(bench.result("process_data").await, None, "what failed has no result");
    let look = bench.look().await;
    assert_eq!(look.status, TaskState::InProgress);
    assert_eq!(look.execution_status, ExecutionStatus::WaitingForDependencies);
    assert_eq!((look.health_status, look.permanently_blocked_steps), (HealthStatus::Recovering, 0));
    let readiness = look.steps.iter().find(|step| step.name == "process_data").unwrap();
    assert!(readiness.retry_eligible && !readiness.ready_for_execution);
    assert_eq!((readiness.retry_status, readiness.retry_limit), (RetryStatus::WaitingForBackoff, 3));
}

async fn b16_a_step_that_failed_once_runs_again_by_itself_and_the_task_completes(place: Place) {
    let lab = Lab::of(place, &LINEAR).await;
    let (task, status) = lab.run(&LINEAR, &Plan::default().fail("process_data", 1)).await;
    assert_eq!(status.state, TaskState::Complete);
    for step in &status.steps {
        let attempts = if step.name == "process_data" { 2 } else { 1 };
        assert_eq!((step.state, step.attempts), (StepState::Complete, Attempt(attempts)), "{}", step.name);
        assert_eq!(lab.script.executions(task.id(), &step.name), attempts as usize);
        assert_eq!(step.error, None, "a completed step has no error");
    }
    lab.end().await;
}

async fn b17_a_step_that_always_fails_runs_three_times_and_blocks_its_task(place: Place) {
    let lab = Lab::of(place, &LINEAR).await;
    let (task, status) = lab.run(&LINEAR, &Plan::default().fail("process_data", 99)).await;
    assert_eq!(lab.script.executions(task.id(), "process_data"), 3);
    let look = snapshot(status.clone(), &LINEAR.build(), status.ended_at.unwrap()).execution();
    assert_eq!((look.status, look.execution_status), (TaskState::Error, ExecutionStatus::BlockedByFailures));
    assert_eq!(look.health_status, HealthStatus::Blocked);
    let steps: Vec<_> = status.steps.iter().map(|step| (step.state, step.attempts.0)).collect();
    let (complete, pending) = ((StepState::Complete, 1), (StepState::Pending, 0));
    assert_eq!(steps, [complete, complete, (StepState::Error, 3), pending, pending, pending]);
    let failed = look.steps.iter().find(|step| step.name == "process_data").unwrap();
    assert!(!failed.retry_eligible);
    assert_eq!(failed.retry_status, RetryStatus::MaxRetriesReached);
    lab.end().await;
}

async fn b18_beside_an_exhausted_step_the_viable_ones_run_and_the_task_ends_in_error(place: Place) {
    let mut bench = Bench::of(place, &DUMMY).await;
    assert_eq!(bench.begin().await, ["step-one", "step-two"]);
    bench.end("step-one", exhausted()).await;
    assert_eq!(bench.state().await, TaskState::InProgress, "the other still runs");
    assert_eq!(bench.look().await.execution_status, ExecutionStatus::Processing);
    bench.end("step-two", done()).await;
    assert_eq!(bench.look().await.execution_status, ExecutionStatus::HasReadySteps);
    bench.complete_all_but(&["step-four"]).await;
    assert_eq!(bench.state().await, TaskState::InProgress);
    assert_eq!(bench.end("step-four", done()).await.ended, [bench.task]);
    assert_eq!(bench.state().await, TaskState::Error);
    for (step, state) in [("step-one", StepState::Error), ("step-three", StepState::Complete)] {
        assert_eq!(bench.step_state(step).await, state);
    }
}

async fn b19_a_branch_that_fails_for_good_leaves_the_merge_pending_and_the_other_branch_complete(
    place: Place,
) {
    let lab = Lab::of(place, &DIAMOND).await;
    for plan in
        [Plan::default().fail_for_good("branch_one_process"), Plan::default().fail("branch_one_process", 99)]
    {
        let (task, status) = lab.run(&DIAMOND, &plan).await;
        assert_eq!(status.state, TaskState::Error);
        for (step, state) in [
            ("branch_one_process", StepState::Error),
            ("branch_one_validate", StepState::Pending),
            ("branch_two_validate", StepState::Complete),
            ("merge_branches", StepState::Pending),
            ("end_workflow", StepState::Pending),
        ] {
            assert_eq!(status.step(step).unwrap().state, state, "{step}");
        }
        assert_eq!(status.step("merge_branches").unwrap().attempts, Attempt(0));
        assert_eq!(task.result("merge_branches").await.unwrap(), None);
    }
    lab.end().await;
}

async fn b20_parents_do_not_run_again_when_the_merge_is_retried(place: Place) {
    let lab = Lab::of(place, &DIAMOND).await;
    let (task, status) = lab.run(&DIAMOND, &Plan::default().fail("merge_branches", 1)).await;
    assert_eq!(status.state, TaskState::Complete);
    for step in DIAMOND.names() {
        let expected = if step == "merge_branches" { 2 } else { 1 };
        assert_eq!(lab.script.executions(task.id(), step), expected, "{step}");
    }
    lab.end().await;
}

/// Ours: it is not tried again, as Ruby's documents say and Ruby does not do.
async fn b26_a_permanent_error_ends_the_step_at_once(place: Place) {
    let lab = Lab::of(place, &LINEAR).await;
    let (task, status) = lab.run(&LINEAR, &Plan::default().fail_for_good("process_data")).await;
    assert_eq!(status.state, TaskState::Error);
    assert_eq!(lab.script.executions(task.id(), "process_data"), 1);
    let error = status.step("process_data").unwrap().error.clone().unwrap();
    assert!(error.is_permanent());
    assert_eq!((error.message(), error.error_code()), ("it never will", Some("NEVER")));
    lab.end().await;
}

/// Ours: a code and facts; Ruby keeps the class of the error and a backtrace.
async fn b29_a_failure_is_kept_with_its_code_its_facts_and_partial_results(place: Place) {
    let lab = Lab::of(place, &LINEAR).await;
    let (task, status) = lab.run(&LINEAR, &Plan::default().fail("process_data", 99)).await;
    let error = status.step("process_data").unwrap().error.clone().unwrap();
    assert_eq!((error.message(), error.error_code()), ("not this time", Some("BUSY")));
    assert_eq!(error.facts()["queue"], 7);
    assert_eq!(error.partial_results(), Some(&json!({ "half": "done" })));
    assert_eq!(task.result("process_data").await.unwrap(), None);
    let records = task.records().await.unwrap();
    let annotated: Vec<_> = records.iter().map(|record| (record.kind, record.step.as_str())).collect();
    let of = |step| (RecordKind::Annotation, step);
    assert_eq!(annotated, [of("initialize_data"), of("validate_input")], "one for each completed step");
    task.retry().await.unwrap();
    let again = ended(&task).await;
    assert_eq!(
        again.step("process_data").unwrap().error,
        Some(error),
        "it outlives a retry that fails alike"
    );
    assert_eq!(lab.script.executions(task.id(), "process_data"), 6);
    lab.end().await;
}

#[test]
fn b30_errors_tell_their_code_their_context_and_their_wait() {
    let permanent = StepError::permanent("refused").code("HTTP_422").context(json!({ "field": "card" }));
    assert!(permanent.is_permanent());
    assert_eq!((permanent.error_code(), permanent.wait()), (Some("HTTP_422"), None));
    assert_eq!(permanent.facts(), &json!({ "field": "card" }));
    let retryable = StepError::retryable_after("busy", seconds(60)).context(json!({ "queue": 7 }));
    assert!(!retryable.is_permanent());
    assert_eq!((retryable.error_code(), retryable.wait()), (None, Some(seconds(60))));
    assert_eq!(retryable.facts(), &json!({ "queue": 7 }));
    assert_eq!(StepError::retryable("busy").wait(), None);
}

/// Ours: a step in error has ended, and one that is tried again is pending; in Ruby both are in error.
async fn b31_after_any_failures_what_is_recorded_is_consistent(place: Place) {
    let lab = Lab::with(place, &ALL, Script::default(), |builder| builder).await;
    let one = std::env::var("TASKER_SEED").ok().and_then(|seed| seed.parse().ok());
    let seeds: Vec<u64> = one.map_or_else(|| (0..24).map(|_| fastrand::u64(..)).collect(), |seed| vec![seed]);
    let mut tasks = Vec::new();
    for seed in seeds {
        let mut random = fastrand::Rng::with_seed(seed);
        let dag: &Dag = ALL[random.usize(..ALL.len())];
        let mut plan = Plan::default();
        for step in dag.names() {
            plan = match random.u32(..8) {
                0 => plan.fail(step, random.u32(1..5)),
                1 => plan.fail_for_good(step),
                _ => plan,
            };
        }
        tasks.push((seed, dag, lab.start(dag, &plan).await, plan));
    }
    for (seed, dag, task, plan) in tasks {
        let status = ended(&task).await;
        let all_complete = status.steps.iter().all(|step| step.state == StepState::Complete);
        let expected = if all_complete { TaskState::Complete } else { TaskState::Error };
        assert_eq!(status.state, expected, "TASKER_SEED={seed}");
        for step in &status.steps {
            let about = format!("TASKER_SEED={seed}: {} {step:?}", dag.name);
            let failures = plan.fail.get(&step.name).copied().unwrap_or(0);
            let executions = lab.script.executions(task.id(), &step.name) as u32;
            let has_result = task.result(&step.name).await.unwrap().is_some();
            let parents_complete = dag
                .parents(&step.name)
                .iter()
                .all(|parent| status.step(parent).unwrap().state == StepState::Complete);
            assert_eq!(step.attempts.0, executions, "{about}");
            assert_eq!(step.state == StepState::Pending, !parents_complete, "{about}");
            match step.state {
                StepState::Complete => {
                    assert!(has_result && step.error.is_none() && executions == failures + 1, "{about}");
                }
                StepState::Error => {
                    let permanent = plan.fail_for_good.contains(&step.name);
                    let last = if permanent { 1 } else { 3 };
                    assert!(!has_result && step.error.is_some() && executions == last, "{about}");
                }
                StepState::Pending => assert!(!has_result && executions == 0, "{about}"),
                _ => panic!("{about}"),
            }
        }
    }
    lab.end().await;
}
