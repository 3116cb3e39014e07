//! Lines 1-14: which steps are ready, and in what order they run.

use std::sync::Arc;

use serde_json::json;
use tasker::report::{BlockingReason, DependencyStatus, ExecutionStatus};
use tasker::store::{Action, Ending, Operated, Room, StepAction, Store};
use tasker::{Attempt, Json, StepError, StepSpec, StepState, TaskState, WorkflowBuilder, WorkflowDef};

use crate::bench::{Bench, done, enlist, exhausted, seconds};
use crate::fixture::{DIAMOND, DUMMY_TWO, Dag, LINEAR, MIXED, PARALLEL_MERGE, TREE};
use crate::lab::{Lab, Plan, Script, ended};
use crate::place::{Place, on_both};

on_both! {
    b01_a_linear_task_completes_in_order,
    b02_both_branches_of_a_diamond_run_before_they_are_merged,
    b03_at_the_start_of_a_parallel_merge_the_four_fetches_are_ready,
    b04_what_joins_a_tree_is_last_and_sees_all_its_parents,
    b05_an_optional_branch_that_fails_for_good_lets_the_rest_complete_and_the_task_is_in_error,
    b06_two_independent_steps_overlap_and_the_third_starts_after_both,
    b06_of_a_task_that_is_not_concurrent_one_step_runs_at_a_time,
    b07_each_of_six_viable_steps_runs_once_whatever_the_concurrency,
    b08_no_step_of_a_completed_task_is_ready,
    b09_what_waits_for_two_is_viable_after_both_and_then_the_next,
    b10_a_step_that_runs_or_is_cancelled_is_not_viable,
    b11_a_task_whose_only_viable_step_runs_elsewhere_is_in_progress_and_not_in_error,
    b12_a_step_that_was_told_to_wait_is_not_viable_before,
    b13_what_depends_on_a_manually_resolved_step_is_ready,
    b14_of_any_number_of_parents_one_in_error_keeps_a_step_from_being_ready,
}

async fn b01_a_linear_task_completes_in_order(place: Place) {
    let lab = Lab::of(place, &LINEAR).await;
    let (task, status) = lab.run(&LINEAR, &Plan::default()).await;
    assert_eq!(status.state, TaskState::Complete);
    assert_eq!(lab.script.began(task.id()), LINEAR.names());
    for pair in LINEAR.names().windows(2) {
        assert!(lab.script.is_before(task.id(), pair[0], pair[1]), "{pair:?}");
    }
    for step in &status.steps {
        assert_eq!((step.state, step.attempts, &step.error), (StepState::Complete, Attempt(1), &None));
        assert_eq!(task.result(&step.name).await.unwrap().unwrap()["step"], step.name.as_str());
    }
    lab.end().await;
}

async fn b02_both_branches_of_a_diamond_run_before_they_are_merged(place: Place) {
    // The branches meet half way, so that they do not merely follow one another.
    let script = Script::meeting(&["branch_one_process", "branch_two_process"], 2);
    let lab = Lab::with(place, &[&DIAMOND], script, |builder| builder).await;
    let (task, status) = lab.run(&DIAMOND, &Plan::default()).await;
    assert_eq!(status.state, TaskState::Complete);
    for (earlier, later) in [
        ("start_workflow", "branch_one_process"),
        ("start_workflow", "branch_two_process"),
        ("branch_one_process", "branch_one_validate"),
        ("branch_two_process", "branch_two_validate"),
        ("branch_one_validate", "merge_branches"),
        ("branch_two_validate", "merge_branches"),
        ("merge_branches", "end_workflow"),
    ] {
        assert!(lab.script.is_before(task.id(), earlier, later), "{earlier}, {later}");
    }
    lab.end().await;
}

async fn b03_at_the_start_of_a_parallel_merge_the_four_fetches_are_ready(place: Place) {
    let mut bench = Bench::of(place, &PARALLEL_MERGE).await;
    let fetches = ["fetch_inventory_data", "fetch_order_data", "fetch_pricing_data", "fetch_user_data"];
    assert_eq!(bench.ready().await, fetches);
    let look = bench.look().await;
    assert_eq!((look.ready_steps, look.execution_status), (4, ExecutionStatus::HasReadySteps));
    assert_eq!(bench.begin().await, fetches, "a worker gets what the report says");
}

async fn b04_what_joins_a_tree_is_last_and_sees_all_its_parents(place: Place) {
    let lab = Lab::of(place, &TREE).await;
    let (task, status) = lab.run(&TREE, &Plan::default()).await;
    assert_eq!(status.state, TaskState::Complete);
    let began = lab.script.began(task.id());
    assert_eq!((began.len(), began.last().unwrap().as_str()), (8, "aggregate_results"));
    let result = task.result("aggregate_results").await.unwrap().unwrap();
    assert_eq!(result["saw"], json!(["a_task_one", "a_task_two", "b_task_one", "b_task_two"]));
    let workflow = TREE.build();
    let look = crate::bench::snapshot(status.clone(), &workflow, status.created_at).execution();
    let join = look.steps.iter().find(|step| step.name == "aggregate_results").unwrap();
    assert_eq!((join.total_parents, join.completed_parents), (4, 4));
    lab.end().await;
}

async fn b05_an_optional_branch_that_fails_for_good_lets_the_rest_complete_and_the_task_is_in_error(
    place: Place,
) {
    let lab = Lab::of(place, &MIXED).await;
    let (_, status) = lab.run(&MIXED, &Plan::default().fail_for_good("process_optional_data")).await;
    assert_eq!(status.state, TaskState::Error);
    for step in &status.steps {
        let failed = step.name == "process_optional_data";
        let expected = if failed { StepState::Error } else { StepState::Complete };
        assert_eq!(step.state, expected, "{}", step.name);
    }
    lab.end().await;
}

/// Ours: they overlap, on whatever thread; in Ruby each has its own.
async fn b06_two_independent_steps_overlap_and_the_third_starts_after_both(place: Place) {
    const PAIR: Dag =
        Dag { name: "pair", steps: &[("first", &[]), ("second", &[]), ("third", &["first", "second"])] };
    let script = Script::meeting(&["first", "second"], 2);
    let lab = Lab::with(place, &[&PAIR], script, |builder| builder).await;
    let (task, status) = lab.run(&PAIR, &Plan::default()).await;
    assert_eq!(status.state, TaskState::Complete);
    assert_eq!(lab.script.most_running(task.id()), 2);
    assert!(lab.script.is_before(task.id(), "first", "third"));
    assert!(lab.script.is_before(task.id(), "second", "third"));
    lab.end().await;
}

/// Ours: `concurrent: false` counts; Ruby ignores it.
async fn b06_of_a_task_that_is_not_concurrent_one_step_runs_at_a_time(place: Place) {
    let builder = PARALLEL_MERGE.builder(seconds(2)).concurrent(false);
    let mut bench = Bench::of_workflow(place, builder.build().unwrap()).await;
    for step in PARALLEL_MERGE.names() {
        let begun = bench.begin().await;
        assert_eq!(begun.len(), 1, "{step}: {begun:?}");
        assert!(bench.begin().await.is_empty(), "another while {begun:?} runs");
        bench.end(&begun[0], done()).await;
    }
    assert_eq!(bench.state().await, TaskState::Complete);
}

async fn b07_each_of_six_viable_steps_runs_once_whatever_the_concurrency(place: Place) {
    const SIX: Dag = Dag {
        name: "six",
        steps: &[("s1", &[]), ("s2", &[]), ("s3", &[]), ("s4", &[]), ("s5", &[]), ("s6", &[])],
    };
    let (store, _database) = place.open().await;
    for concurrency in [1, 3, 6, 200] {
        // As many as are allowed do run together, and not more.
        let together = concurrency.min(6);
        let script = Script::meeting(&["s1", "s2", "s3", "s4", "s5", "s6"], together);
        let tasker = tasker::Tasker::builder(())
            .store(store.clone())
            .handler(crate::fixture::HANDLER, script.clone())
            .register_dynamic(SIX.builder(seconds(2)))
            .concurrency(concurrency)
            .build()
            .await
            .unwrap();
        let context = serde_json::to_value(Plan::default()).unwrap();
        let task = tasker.start_named("test", "six", "1.0.0", context).await.unwrap();
        assert_eq!(ended(&task).await.state, TaskState::Complete);
        let mut began = script.began(task.id());
        began.sort();
        assert_eq!(began, SIX.names(), "at concurrency {concurrency}");
        assert_eq!(script.most_running(task.id()), together, "at concurrency {concurrency}");
        tasker.shutdown().await;
    }
}

async fn b08_no_step_of_a_completed_task_is_ready(place: Place) {
    let mut bench = Bench::of(place, &LINEAR).await;
    bench.complete_all().await;
    let look = bench.look().await;
    assert_eq!((look.status, look.execution_status), (TaskState::Complete, ExecutionStatus::AllComplete));
    assert_eq!((look.ready_steps, look.completed_steps), (0, 6));
    assert!(bench.ready().await.is_empty());
    bench.clock.advance(seconds(3_600));
    assert!(bench.begin().await.is_empty());
    assert_eq!(bench.next_due, None);
}

async fn b09_what_waits_for_two_is_viable_after_both_and_then_the_next(place: Place) {
    let mut bench = Bench::of(place, &DUMMY_TWO).await;
    assert_eq!(bench.begin().await, ["step-one", "step-two"]);
    bench.end("step-one", done()).await;
    assert!(bench.ready().await.is_empty(), "one of two is not enough");
    bench.end("step-two", done()).await;
    assert_eq!(bench.ready().await, ["step-three"]);
    assert_eq!(bench.begin().await, ["step-three"]);
    bench.end("step-three", done()).await;
    assert_eq!(bench.ready().await, ["step-four"]);
    assert_eq!(bench.begin().await, ["step-four"]);
}

async fn b10_a_step_that_runs_or_is_cancelled_is_not_viable(place: Place) {
    let mut bench = Bench::of(place, &DUMMY_TWO).await;
    let claim = bench.store.claim(bench.worker, &bench.runnable(), &Room::new(1)).await.unwrap();
    let first = bench.workflow.step(claim.steps[0].execution.step).unwrap().name().to_owned();
    assert_eq!(first, "step-one");
    assert_eq!(bench.ready().await, ["step-two"]);
    assert_eq!(bench.order_step("step-two", StepAction::Cancel).await, Operated::Done);
    assert!(bench.ready().await.is_empty());
    assert!(bench.begin().await.is_empty());
}

/// Ours: it stays `in_progress`; Ruby puts it back to `pending`.
async fn b11_a_task_whose_only_viable_step_runs_elsewhere_is_in_progress_and_not_in_error(place: Place) {
    let mut bench = Bench::of(place, &LINEAR).await;
    assert_eq!(bench.begin().await, ["initialize_data"]);
    let elsewhere = bench.worker;
    bench.worker = enlist(&bench.store, bench.definition).await;
    assert!(bench.begin().await.is_empty());
    let look = bench.look().await;
    assert_eq!((look.status, look.execution_status), (TaskState::InProgress, ExecutionStatus::Processing));
    bench.worker = elsewhere;
    bench.end("initialize_data", done()).await;
    assert_eq!(bench.begin().await, ["validate_input"]);
}

async fn b12_a_step_that_was_told_to_wait_is_not_viable_before(place: Place) {
    let mut bench = Bench::of(place, &LINEAR).await;
    bench.begin().await;
    let busy = StepError::retryable_after("busy", seconds(30));
    bench.end("initialize_data", Ending::Retry(busy, seconds(30))).await;
    for _ in 0..30 {
        assert!(bench.ready().await.is_empty());
        assert!(bench.begin().await.is_empty());
        bench.clock.advance(seconds(1));
    }
    assert_eq!(bench.ready().await, ["initialize_data"]);
    assert_eq!(bench.begin().await, ["initialize_data"]);
}

async fn b13_what_depends_on_a_manually_resolved_step_is_ready(place: Place) {
    let mut bench = Bench::of(place, &LINEAR).await;
    bench.begin().await;
    bench.end("initialize_data", exhausted()).await;
    let result = StepAction::Resolve(Json::of("by hand").unwrap());
    assert_eq!(bench.order_step("initialize_data", result).await, Operated::Done);
    assert_eq!(bench.step_state("initialize_data").await, StepState::ResolvedManually);
    assert_eq!(bench.ready().await, ["validate_input"]);
    bench.complete_all().await;
    assert_eq!(bench.state().await, TaskState::Complete);
    assert!(matches!(bench.order(Action::Retry).await, Operated::Refused(TaskState::Complete)));
}

async fn b14_of_any_number_of_parents_one_in_error_keeps_a_step_from_being_ready(place: Place) {
    const PARENTS: [&str; 10] =
        ["p1-1", "p2-1", "p2-2", "p3-1", "p3-2", "p3-3", "p4-1", "p4-2", "p4-3", "p4-4"];
    let parents =
        |count: usize| PARENTS.into_iter().filter(move |name| name.starts_with(&format!("p{count}-")));
    // One task has a child for each number of parents, of which the first fails.
    let builder = WorkflowDef::builder("test", "parents", "1.0.0");
    let builder = PARENTS.iter().fold(builder, |builder, parent| builder.step(StepSpec::new(*parent)));
    let children = (1..=4).map(|count| StepSpec::new(format!("child-{count}")).depends_on(parents(count)));
    let workflow = children.fold(builder, WorkflowBuilder::step).build().unwrap();
    let mut bench = Bench::of_workflow(place, workflow).await;
    assert_eq!(bench.begin().await, PARENTS);
    for parent in PARENTS {
        bench.end(parent, if parent.ends_with("-1") { exhausted() } else { done() }).await;
    }
    bench.clock.advance(seconds(3_600));
    assert!(bench.begin().await.is_empty());
    let look = bench.look().await;
    assert_eq!(look.status, TaskState::Error);
    for count in 1..=4 {
        let child = look.steps.iter().find(|step| step.name == format!("child-{count}")).unwrap();
        assert!(!child.ready_for_execution && !child.dependencies_satisfied, "{child:?}");
        assert_eq!((child.total_parents, child.completed_parents), (count, count - 1));
        assert_eq!(child.dependency_status, DependencyStatus::Satisfied(count - 1, count));
        assert_eq!(child.blocking_reason, Some(BlockingReason::DependencyFailed));
        assert_eq!(child.current_state, StepState::Pending);
    }
}

/// The fixtures are what they say: what the tests above rely on.
#[test]
fn every_fixture_runs_in_some_order() {
    for dag in crate::fixture::ALL {
        let workflow = Arc::new(dag.build());
        assert_eq!(workflow.steps().len(), dag.steps.len(), "{}", dag.name);
    }
    let sizes = crate::fixture::ALL.map(|dag| dag.steps.len());
    assert_eq!(sizes, [6, 7, 7, 8, 9, 4, 4]);
}
