//! The rules of the port, one by one, on every store.

use std::sync::Arc;
use std::time::Duration;

use tasker::store::{Created, Ending, Execution, Lease, Room, Store};
use tasker::{
    Attempt, Clock, ManualClock, MemoryStore, Profile, SqlStoreOptions, StepState, TaskState, WaitingFor,
    WorkerId,
};

use crate::annotations::*;
use crate::databases::{database, options};
use crate::figures::*;
use crate::find::*;
use crate::fixture::{Bench, LEASE, chain, clock, diamond, done, failed, forest, outcome, result, retry};
use crate::object_maps::*;
use crate::offers::*;
use crate::operators::*;
use crate::records::*;
use crate::requests::*;
use crate::steps::*;
use crate::turns::*;

/// Runs each rule on every store.
macro_rules! on_every_store {
    ($($rule:ident,)*) => {
        mod memory {
            $(#[tokio::test]
            async fn $rule() {
                let clock = super::clock();
                super::$rule(super::MemoryStore::with_clock(clock.clone()), clock).await;
            })*
        }

        mod sqlite_file {
            $(#[tokio::test]
            async fn $rule() {
                let folder = tempfile::tempdir().unwrap();
                let url = format!("sqlite://{}", folder.path().join("tasks.db").display());
                let clock = super::clock();
                let options = super::SqlStoreOptions::new(url).clock(clock.clone());
                super::$rule(options.connect().await.unwrap(), clock).await;
            })*
        }

        mod sqlite_memory {
            $(#[tokio::test]
            async fn $rule() {
                let clock = super::clock();
                let options = super::SqlStoreOptions::new("sqlite::memory:").clock(clock.clone());
                super::$rule(options.connect().await.unwrap(), clock).await;
            })*
        }

        mod postgres {
            $(#[tokio::test]
            async fn $rule() {
                let Some(database) = super::database().await else { return };
                let clock = super::clock();
                let options = super::options(&database, None).clock(clock.clone());
                super::$rule(options.connect().await.unwrap(), clock).await;
            })*
        }

        mod postgres_plain {
            $(#[tokio::test]
            async fn $rule() {
                let Some(database) = super::database().await else { return };
                let clock = super::clock();
                let options = super::options(&database, Some(super::Profile::PLAIN)).clock(clock.clone());
                super::$rule(options.connect().await.unwrap(), clock).await;
            })*
        }
    };
}

on_every_store! {
    a_step_is_claimed_when_its_dependencies_are_complete,
    a_join_waits_for_all_its_dependencies_settled_together,
    a_settle_claims_what_it_released,
    a_claimed_step_comes_with_its_context_and_the_results_it_reads,
    a_task_is_complete_when_its_last_step_is,
    a_failed_step_ends_its_task_once_nothing_else_goes_on,
    a_settle_tells_which_of_the_tasks_that_ended_are_in_error,
    a_retry_waits_for_its_time,
    a_step_handed_back_costs_no_attempt,
    a_settle_does_not_take_what_it_handed_back,
    an_outcome_is_accepted_once,
    an_outcome_of_another_worker_is_refused,
    an_execution_that_was_handed_back_is_over_though_the_next_has_its_number,
    a_key_is_given_to_one_task,
    the_same_key_twice_in_one_batch_creates_one_task,
    asking_again_for_the_same_task_creates_it_once,
    a_higher_priority_goes_first_then_the_older_task,
    a_worker_claims_only_what_it_can_run,
    a_worker_that_is_not_enlisted_claims_nothing,
    enlisting_again_changes_nothing,
    a_heartbeat_prolongs_the_lease,
    a_dead_workers_steps_come_back_with_the_attempt_counted,
    a_step_that_may_run_once_is_not_run_after_a_loss,
    a_late_outcome_of_a_dead_worker_is_refused,
    a_retired_worker_hands_back_what_it_holds,
    held_names_what_a_worker_has_claimed,
    open_tasks_are_those_that_have_not_ended,
    what_does_not_exist_is_not_found,
    a_definition_is_installed_once,
    large_batches_go_through,
    definitions_take_turns_at_equal_priority,
    a_higher_priority_comes_before_the_turn_of_another_definition,
    a_claim_exceeds_no_limit,
    a_settle_exceeds_no_limit,
    room_for_what_a_settle_releases_is_taken_by_nothing_else,
    where_more_is_released_than_there_is_room_for_the_first_are_taken,
    a_settle_takes_only_what_is_ready,
    a_claim_looks_at_no_more_due_steps_than_there_is_room_for,
    due_steps_stand_among_the_ready_ones,
    a_settle_tells_whether_it_left_what_it_released,
    a_sequential_task_runs_one_step_at_a_time,
    the_turn_stays_with_a_step_that_runs_again,
    the_turn_goes_on_when_a_step_fails,
    the_turn_goes_on_when_a_step_is_lost_for_good,
    a_cancelled_task_runs_no_step_and_has_ended,
    an_order_to_a_workflow_that_is_repeated_undoes_nothing_that_came_in_between,
    many_orders_come_out_as_if_each_came_alone,
    a_step_that_runs_when_its_task_is_cancelled_records_nothing,
    what_has_ended_otherwise_cannot_be_cancelled,
    a_retried_task_runs_its_failed_steps_as_if_they_never_had,
    only_a_task_in_error_can_be_retried,
    a_retried_sequential_task_still_runs_one_step_at_a_time,
    a_paused_task_begins_no_step_until_it_is_resumed,
    a_step_that_runs_in_a_paused_task_waits_afterwards,
    a_resumed_step_still_waits_for_its_time,
    a_resumed_sequential_task_runs_one_step_at_a_time,
    to_resume_what_is_not_paused_changes_nothing,
    what_has_ended_can_be_neither_paused_nor_resumed,
    a_task_that_ends_while_it_is_paused_is_paused_no_more,
    a_retry_ends_a_pause,
    a_retry_ends_the_pause_of_a_sequential_task,
    what_does_not_exist_cannot_be_operated,
    a_purge_removes_what_ended_long_ago_and_nothing_else,
    a_purge_frees_idempotency_keys,
    what_ended_is_told_as_it_was,
    a_report_reaches_back_to_where_its_window_begins,
    tasks_and_steps_are_counted_where_they_stand,
    a_task_that_is_retried_counts_with_each_of_its_ends,
    a_task_is_annotated_by_steps_and_by_others_and_tells_them_in_order,
    a_note_that_is_asked_for_twice_is_made_once,
    what_does_not_exist_is_not_annotated,
    the_types_of_annotations_are_known_once_they_are_named_or_written,
    a_dependent_system_is_found_or_made,
    the_systems_of_steps_are_known_with_their_definition,
    objects_are_mapped_once_in_whatever_order,
    an_object_can_be_the_same_as_many,
    what_a_task_shares_with_its_request_comes_with_each_of_its_steps,
    what_is_said_of_a_task_reads_back,
    a_task_that_there_is_keeps_what_was_said_of_it,
    a_purge_removes_tags,
    many_tasks_with_attributes_are_created_at_once,
    a_list_is_what_fits_in_order_and_the_same_page_by_page,
    tasks_that_come_move_nothing_between_pages,
    more_definitions_than_are_listed_one_by_one_are_found,
    what_no_store_keeps_is_found_nowhere,
    what_a_step_writes_is_recorded_with_its_outcome_in_order,
    what_was_recorded_at_one_moment_comes_by_step,
    what_a_refused_outcome_brings_is_not_recorded,
    what_an_outcome_brings_is_recorded_once,
    an_annotation_may_be_of_a_type_that_no_definition_names,
    a_skipped_step_releases_its_dependents_and_has_no_result,
    a_join_waits_for_skipped_and_complete_steps_alike,
    a_task_whose_last_step_is_skipped_is_complete,
    the_turn_goes_on_when_a_step_is_skipped,
    a_purge_removes_what_was_recorded,
    what_depends_on_a_cancelled_step_does_not_run,
    a_step_that_is_cancelled_while_it_runs_is_nobodys,
    one_failed_step_is_retried_and_the_other_is_not,
    a_retried_step_does_not_wait_for_its_time,
    a_step_that_is_retried_in_a_paused_task_waits_for_the_operator,
    a_resolved_step_has_the_result_that_it_was_given,
    a_step_can_be_resolved_before_its_turn,
    a_task_whose_last_steps_are_resolved_is_complete,
    only_what_may_be_skipped_is_skipped,
    a_retry_limit_is_changed,
    inputs_take_the_place_of_the_context_for_one_step,
    steps_are_operated_only_where_it_makes_sense,
    what_was_done_is_not_done_again,
    several_orders_are_followed_in_order,
    the_history_tells_who_did_what_and_why,
    a_purged_task_leaves_no_history,
    no_step_of_a_paused_workflow_begins,
    a_released_step_of_a_paused_workflow_waits,
    a_pause_of_a_workflow_is_for_every_shape_of_its_version,
    a_snapshot_has_the_times_of_the_steps,
    a_task_may_go_without_steps_from_the_start,
    nothing_is_ever_stranded,
    siblings_are_the_other_graphs_of_the_same_version,
    a_definition_comes_back_as_it_was_installed,
    a_sibling_says_whether_steps_of_it_wait,
    a_step_waits_for_a_worker_while_nobody_is_alive,
    a_step_waits_for_a_build_while_no_live_worker_can_run_it,
    the_newest_live_worker_that_knows_the_workflow_says_why,
    a_parked_task_still_waits_for_what_else_it_waits_for,
    what_a_worker_offered_goes_with_it,
    what_is_offered_when_enlisting_again_changes_nothing,
}

async fn a_step_is_claimed_when_its_dependencies_are_complete<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    let claim = bench.claim(worker, 10).await;
    assert_eq!(bench.names(&claim), ["a"]);
    assert_eq!(claim[0].execution.attempt, Attempt(1));
    assert!(bench.claim(worker, 10).await.is_empty());
    let status = bench.status(task).await;
    assert_eq!(status.state, TaskState::InProgress);
    assert_eq!(status.steps[1].waiting_for, Some(WaitingFor::Dependencies(1)));
    bench.settle(worker, &[outcome(&claim[0], done())], 0).await;
    assert_eq!(bench.names(&bench.claim(worker, 10).await), ["b"]);
}

async fn a_join_waits_for_all_its_dependencies_settled_together<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[diamond()]).await;
    let worker = bench.worker().await;
    bench.start(0).await;
    bench.run_one(worker, done()).await;
    let both = bench.claim(worker, 10).await;
    assert_eq!(bench.names(&both), ["left", "right"]);
    let settled = bench.settle(worker, &[outcome(&both[0], done()), outcome(&both[1], done())], 10).await;
    assert_eq!(bench.names(&settled.claimed), ["join"]);
}

async fn a_settle_claims_what_it_released<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    bench.start(0).await;
    let first = bench.claim(worker, 1).await;
    let settled = bench.settle(worker, &[outcome(&first[0], done())], 1).await;
    assert_eq!(bench.names(&settled.claimed), ["b"]);
    let settled = bench.settle(worker, &[outcome(&settled.claimed[0], done())], 0).await;
    assert!(settled.claimed.is_empty(), "no room, no claim");
}

async fn a_claimed_step_comes_with_its_context_and_the_results_it_reads<S: Store>(
    store: S,
    _: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[diamond()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    bench.run_one(worker, result("from \"top\" with a \u{1F980} and a \\")).await;
    let claim = bench.claim(worker, 10).await;
    for step in &claim {
        assert_eq!(step.context.parse::<String>().unwrap(), task.to_string());
        let texts: Vec<String> = step.results.iter().map(|(_, json)| json.parse().unwrap()).collect();
        assert_eq!(texts, ["from \"top\" with a \u{1F980} and a \\"]);
    }
    let stored = bench.store.result(task, "top").await.unwrap().unwrap();
    assert_eq!(stored.parse::<String>().unwrap(), "from \"top\" with a \u{1F980} and a \\");
    assert!(bench.store.result(task, "left").await.unwrap().is_none());
}

async fn a_task_is_complete_when_its_last_step_is<S: Store>(store: S, clock: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    for _ in 0..2 {
        assert!(bench.run_one(worker, done()).await.ended.is_empty());
    }
    clock.advance(Duration::from_secs(7));
    assert_eq!(bench.run_one(worker, done()).await.ended, [task]);
    let status = bench.status(task).await;
    assert_eq!(status.state, TaskState::Complete);
    assert_eq!(status.ended_at.unwrap().since(status.created_at), Duration::from_secs(7));
    assert!(status.steps.iter().all(|step| step.state == StepState::Complete && step.attempts == Attempt(1)));
}

async fn a_failed_step_ends_its_task_once_nothing_else_goes_on<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[forest()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    let roots = bench.claim(worker, 10).await;
    let (a, x) = if roots[0].execution.step.0 == 0 { (0, 1) } else { (1, 0) };
    assert!(bench.settle(worker, &[outcome(&roots[a], failed())], 0).await.ended.is_empty(), "x still runs");
    assert!(bench.settle(worker, &[outcome(&roots[x], done())], 0).await.ended.is_empty(), "y can run");
    assert_eq!(bench.run_one(worker, done()).await.ended, [task]);
    let status = bench.status(task).await;
    assert_eq!(status.state, TaskState::Error);
    let states: Vec<_> = status.steps.iter().map(|step| step.state).collect();
    assert_eq!(states, [StepState::Error, StepState::Pending, StepState::Complete, StepState::Complete]);
    assert_eq!(status.step("a").unwrap().error.as_ref().unwrap().error_code(), Some("NEVER"));
    assert_eq!(status.step("b").unwrap().waiting_for, Some(WaitingFor::Dependencies(1)));
}

async fn a_settle_tells_which_of_the_tasks_that_ended_are_in_error<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[forest(), chain()]).await;
    let worker = bench.worker().await;
    let (broken, whole) = (bench.start(0).await, bench.start(1).await);
    let of = |steps: &[tasker::store::ClaimedStep], task| {
        steps.iter().filter(|step| step.execution.task == task).cloned().collect::<Vec<_>>()
    };
    let first = bench.claim(worker, 9).await;
    let mut broken_steps = of(&first, broken);
    broken_steps.sort_by_key(|step| step.execution.step);
    // The part of `a` is over; that of `x` goes on, and brings the end with a step that is complete.
    let mut outcomes = vec![outcome(&broken_steps[0], failed()), outcome(&broken_steps[1], done())];
    outcomes.extend(of(&first, whole).iter().map(|step| outcome(step, done())));
    let settled = bench.settle(worker, &outcomes, 9).await;
    assert!(settled.ended.is_empty() && settled.in_error.is_empty());
    let settled = bench.complete(worker, &settled.claimed, &Room::new(9)).await;
    assert_eq!((settled.ended, settled.in_error), (vec![broken], vec![broken]));
    let settled = bench.complete(worker, &settled.claimed, &Room::new(9)).await;
    assert_eq!((settled.ended, settled.in_error), (vec![whole], vec![]));
    assert_eq!(bench.status(broken).await.state, TaskState::Error);
}

async fn a_retry_waits_for_its_time<S: Store>(store: S, clock: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    bench.run_one(worker, retry(2)).await;
    let due = clock.now() + Duration::from_secs(2);
    let status = bench.status(task).await;
    assert_eq!((status.state, status.steps[0].state), (TaskState::InProgress, StepState::Pending));
    assert_eq!(status.steps[0].waiting_for, Some(WaitingFor::Time(due)));
    assert_eq!(status.steps[0].error.as_ref().unwrap().message(), "not now");
    let early = bench.store.claim(worker, &bench.runnable, &Room::new(10)).await.unwrap();
    assert!(early.steps.is_empty());
    assert_eq!(early.next_due, Some(Duration::from_secs(2)));
    clock.advance(Duration::from_secs(2));
    assert_eq!(bench.status(task).await.steps[0].waiting_for, Some(WaitingFor::Worker));
    let claim = bench.claim(worker, 10).await;
    assert_eq!(claim[0].execution.attempt, Attempt(2));
    assert_eq!(claim[0].executions.failures(), 2);
    bench.settle(worker, &[outcome(&claim[0], done())], 0).await;
    assert_eq!(bench.status(task).await.steps[0].error, None);
}

async fn a_step_handed_back_costs_no_attempt<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    bench.run_one(worker, Ending::HandedBack).await;
    let status = bench.status(task).await;
    assert_eq!((status.steps[0].state, status.steps[0].attempts), (StepState::Pending, Attempt(0)));
    assert_eq!(bench.claim(worker, 1).await[0].execution.attempt, Attempt(1));
}

async fn a_settle_does_not_take_what_it_handed_back<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    bench.start(0).await;
    let first = bench.claim(worker, 1).await;
    let settled = bench.settle(worker, &[outcome(&first[0], Ending::HandedBack)], 1).await;
    assert!(settled.claimed.is_empty() && settled.left, "others may take it; whoever claims finds it");
    assert_eq!(bench.names(&bench.claim(worker, 1).await), ["a"]);
}

async fn an_outcome_is_accepted_once<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    let claim = bench.claim(worker, 1).await;
    let first = bench.settle(worker, &[outcome(&claim[0], result("first"))], 0).await;
    assert!(first.refused.is_empty());
    let second = bench.settle(worker, &[outcome(&claim[0], result("second"))], 0).await;
    assert_eq!(second.refused, [claim[0].execution]);
    let stored = bench.store.result(task, "a").await.unwrap().unwrap();
    assert_eq!(stored.parse::<String>().unwrap(), "first");
    assert_eq!(bench.status(task).await.steps[1].waiting_for, Some(WaitingFor::Worker), "released once");
}

async fn an_outcome_of_another_worker_is_refused<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let (worker, other) = (bench.worker().await, bench.worker().await);
    bench.start(0).await;
    let claim = bench.claim(worker, 1).await;
    let stolen = bench.settle(other, &[outcome(&claim[0], done())], 0).await;
    assert_eq!(stolen.refused.len(), 1);
    assert!(bench.settle(worker, &[outcome(&claim[0], done())], 0).await.refused.is_empty());
}

async fn an_execution_that_was_handed_back_is_over_though_the_next_has_its_number<S: Store>(
    store: S,
    _: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    bench.start(0).await;
    let first = bench.claim(worker, 1).await;
    bench.settle(worker, &[outcome(&first[0], Ending::HandedBack)], 0).await;
    let next = bench.claim(worker, 1).await;
    assert_eq!(next[0].execution.attempt, first[0].execution.attempt);
    let late = [outcome(&first[0], done()), outcome(&next[0], done()), outcome(&next[0], failed())];
    let refused = bench.settle(worker, &late, 0).await.refused;
    assert_eq!(refused, [first[0].execution, next[0].execution]);
}

async fn a_key_is_given_to_one_task<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain(), diamond()]).await;
    let keyed = |workflow, key: &str| {
        let mut task = bench.task(workflow);
        task.idempotency_key = Some(key.to_owned());
        task
    };
    let (first, second, other) = (keyed(0, "order-1"), keyed(0, "order-1"), keyed(1, "order-1"));
    assert_eq!(bench.store.create(std::slice::from_ref(&first)).await.unwrap(), [Created::New(first.id)]);
    let created = bench.store.create(&[second, other.clone()]).await.unwrap();
    assert_eq!(
        created,
        [Created::Existing(first.id), Created::New(other.id)],
        "another workflow, another key"
    );
    assert_eq!(bench.status(first.id).await.idempotency_key.as_deref(), Some("order-1"));
}

async fn the_same_key_twice_in_one_batch_creates_one_task<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let mut tasks = [bench.task(0), bench.task(0)];
    for task in &mut tasks {
        task.idempotency_key = Some("twice".to_owned());
    }
    let created = bench.store.create(&tasks).await.unwrap();
    assert_eq!(created, [Created::New(tasks[0].id), Created::Existing(tasks[0].id)]);
    assert_eq!(bench.store.open_tasks(None, 10).await.unwrap(), [tasks[0].id]);
}

async fn asking_again_for_the_same_task_creates_it_once<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let mut task = bench.task(0);
    task.idempotency_key = Some("again".to_owned());
    for _ in 0..2 {
        assert_eq!(bench.store.create(std::slice::from_ref(&task)).await.unwrap(), [Created::New(task.id)]);
    }
    assert_eq!(bench.status(task.id).await.steps.len(), 3);
}

async fn a_higher_priority_goes_first_then_the_older_task<S: Store>(store: S, clock: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let mut tasks = vec![bench.task(0), bench.task(0), bench.task(0)];
    tasks[2].priority = 5;
    for task in &tasks {
        bench.store.create(std::slice::from_ref(task)).await.unwrap();
        clock.advance(Duration::from_secs(1));
    }
    let mut order = Vec::new();
    for _ in 0..3 {
        let claim = bench.claim(worker, 1).await;
        order.push(claim[0].execution.task);
    }
    assert_eq!(order, [tasks[2].id, tasks[0].id, tasks[1].id]);
}

async fn a_worker_claims_only_what_it_can_run<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain(), diamond()]).await;
    let worker = bench.worker().await;
    bench.start(0).await;
    bench.start(1).await;
    let only = tasker::store::Runnable::new([bench.workflows[1].clone()]);
    let claim = bench.store.claim(worker, &only, &Room::new(10)).await.unwrap();
    assert_eq!(bench.names(&claim.steps), ["top"]);
    let none = tasker::store::Runnable::default();
    assert!(bench.store.claim(worker, &none, &Room::new(10)).await.unwrap().steps.is_empty());
}

async fn a_worker_that_is_not_enlisted_claims_nothing<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    bench.start(0).await;
    bench.run_one(worker, retry(0)).await;
    let claim = bench.store.claim(WorkerId::random(), &bench.runnable, &Room::new(10)).await.unwrap();
    assert!(claim.steps.is_empty() && claim.next_due.is_none(), "nothing is due for who is not there");
    bench.start(0).await;
    assert!(bench.claim(WorkerId::random(), 10).await.is_empty());
    assert!(bench.settle(WorkerId::random(), &[], 10).await.claimed.is_empty());
}

/// As one does whose answer was lost.
async fn enlisting_again_changes_nothing<S: Store>(store: S, clock: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    bench.start(0).await;
    let claim = bench.claim(worker, 1).await;
    clock.advance(LEASE / 2);
    bench.store.enlist(worker, LEASE, &[]).await.unwrap();
    assert_eq!(bench.store.held(worker).await.unwrap().len(), 1);
    assert!(bench.settle(worker, &[outcome(&claim[0], done())], 0).await.refused.is_empty());
    clock.advance(LEASE / 2);
    assert_eq!(
        bench.store.sweep().await.unwrap().workers,
        [worker],
        "a heartbeat prolongs a lease, this does not"
    );
}

async fn a_heartbeat_prolongs_the_lease<S: Store>(store: S, clock: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    for _ in 0..5 {
        clock.advance(LEASE / 2);
        assert_eq!(bench.store.heartbeat(worker, LEASE).await.unwrap(), Lease::Held);
        assert!(bench.store.sweep().await.unwrap().workers.is_empty());
    }
    clock.advance(LEASE);
    assert_eq!(bench.store.sweep().await.unwrap().workers, [worker]);
    assert_eq!(bench.store.heartbeat(worker, LEASE).await.unwrap(), Lease::Lost);
}

async fn a_dead_workers_steps_come_back_with_the_attempt_counted<S: Store>(
    store: S,
    clock: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    bench.claim(worker, 1).await;
    clock.advance(LEASE);
    let other = bench.worker().await;
    let swept = bench.store.sweep().await.unwrap();
    assert_eq!((swept.workers, swept.steps), (vec![worker], 1));
    let status = bench.status(task).await;
    assert_eq!(
        (status.steps[0].state, status.steps[0].attempts, status.steps[0].lost),
        (StepState::Pending, Attempt(1), 1)
    );
    assert_eq!(status.steps[0].error.as_ref().unwrap().error_code(), Some("WORKER_LOST"));
    let claim = bench.claim(other, 1).await;
    assert_eq!(claim[0].execution.attempt, Attempt(2));
    assert_eq!(claim[0].executions.failures(), 1, "the loss is no failure");
}

async fn a_step_that_may_run_once_is_not_run_after_a_loss<S: Store>(store: S, clock: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    bench.run_one(worker, done()).await;
    bench.run_one(worker, done()).await;
    bench.claim(worker, 1).await;
    clock.advance(LEASE);
    let swept = bench.store.sweep().await.unwrap();
    assert_eq!(swept.ended, [task]);
    let status = bench.status(task).await;
    assert_eq!((status.state, status.steps[2].state), (TaskState::Error, StepState::Error));
}

async fn a_late_outcome_of_a_dead_worker_is_refused<S: Store>(store: S, clock: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    let late = bench.claim(worker, 1).await;
    clock.advance(LEASE);
    let other = bench.worker().await;
    bench.store.sweep().await.unwrap();
    let settled = bench.settle(worker, &[outcome(&late[0], result("late"))], 1).await;
    assert_eq!((settled.refused.len(), settled.claimed.len()), (1, 0));
    bench.run_one(other, result("in time")).await;
    let settled = bench.settle(worker, &[outcome(&late[0], result("late"))], 1).await;
    assert_eq!(settled.refused.len(), 1);
    let stored = bench.store.result(task, "a").await.unwrap().unwrap();
    assert_eq!(stored.parse::<String>().unwrap(), "in time");
}

async fn a_retired_worker_hands_back_what_it_holds<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[diamond()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    bench.run_one(worker, done()).await;
    bench.claim(worker, 10).await;
    bench.store.retire(worker).await.unwrap();
    let status = bench.status(task).await;
    assert!(
        status.steps[1..3].iter().all(|step| step.state == StepState::Pending && step.attempts == Attempt(0))
    );
    assert_eq!(bench.store.heartbeat(worker, LEASE).await.unwrap(), Lease::Lost);
    let other = bench.worker().await;
    assert_eq!(bench.names(&bench.claim(other, 10).await), ["left", "right"]);
}

async fn held_names_what_a_worker_has_claimed<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[diamond()]).await;
    let worker = bench.worker().await;
    bench.start(0).await;
    bench.run_one(worker, done()).await;
    let claim = bench.claim(worker, 10).await;
    let mut claimed: Vec<(Execution, _)> =
        claim.iter().map(|step| (step.execution, step.definition)).collect();
    claimed.sort_unstable();
    assert_eq!(bench.store.held(worker).await.unwrap(), claimed);
    bench.settle(worker, &[outcome(&claim[0], done())], 0).await;
    assert_eq!(bench.store.held(worker).await.unwrap().len(), 1);
}

async fn open_tasks_are_those_that_have_not_ended<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let mut tasks = Vec::new();
    for _ in 0..4 {
        tasks.push(bench.start(0).await);
    }
    tasks.sort_unstable();
    let claim = bench.claim(worker, 1).await;
    let ended = claim[0].execution.task;
    bench.settle(worker, &[outcome(&claim[0], failed())], 0).await;
    tasks.retain(|&task| task != ended);
    assert_eq!(bench.store.open_tasks(None, 10).await.unwrap(), tasks);
    assert_eq!(bench.store.open_tasks(None, 2).await.unwrap(), tasks[..2]);
    assert_eq!(bench.store.open_tasks(Some(tasks[1]), 10).await.unwrap(), tasks[2..]);
}

async fn what_does_not_exist_is_not_found<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let (task, unknown) = (bench.start(0).await, tasker::TaskId::random());
    let states = bench.store.task_states(&[unknown, task]).await.unwrap();
    assert_eq!(states, [None, Some(TaskState::Pending)]);
    assert_eq!(bench.store.statuses(&[unknown]).await.unwrap(), [None]);
    assert!(bench.store.result(unknown, "a").await.unwrap().is_none());
    assert!(bench.store.result(task, "no such step").await.unwrap().is_none());
}

async fn a_definition_is_installed_once<S: Store>(store: S, _: Arc<ManualClock>) {
    let other_shape = crate::fixture::workflow("chain", &[("a", &[], 3), ("b", &["a"], 3)]);
    let first = store.install(&[chain(), other_shape.clone()]).await.unwrap();
    assert_ne!(first[0], first[1], "another shape is another definition");
    assert_eq!(store.install(&[other_shape, chain()]).await.unwrap(), [first[1], first[0]]);
}

async fn large_batches_go_through<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[diamond()]).await;
    let worker = bench.worker().await;
    let tasks: Vec<_> = (0..2_000).map(|_| bench.task(0)).collect();
    assert_eq!(bench.store.create(&tasks).await.unwrap().len(), 2_000);
    let mut claim = bench.claim(worker, 5_000).await;
    assert_eq!(claim.len(), 2_000);
    let mut ended = 0;
    while !claim.is_empty() {
        let outcomes: Vec<_> = (0..claim.len()).map(|at| outcome(&claim[at], done())).collect();
        let settled = bench.settle(worker, &outcomes, 5_000).await;
        assert!(settled.refused.is_empty());
        ended += settled.ended.len();
        claim = settled.claimed;
    }
    assert_eq!(ended, 2_000);
}
