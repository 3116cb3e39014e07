//! Lines 32-38: where tasks and steps may go, and what is told of it.

use std::collections::BTreeMap;

use tasker::store::{Action, Operated, StepAction, What};
use tasker::{Attempt, Json, StepNo, StepState, TaskState};

use crate::bench::{Bench, done, exhausted, retry, seconds};
use crate::fixture::{DUMMY, LINEAR};
use crate::place::{Place, on_both};

on_both! {
    b33_a_task_with_incomplete_steps_is_not_complete,
    b34_a_step_does_not_begin_before_its_parent_is_complete,
    b35_a_step_that_is_not_pending_does_not_begin,
    b36_a_pending_step_is_resolved_or_cancelled_and_never_complete,
    b37_every_transition_is_kept_in_order_and_the_last_one_is_the_state,
    b38_what_is_so_already_is_not_recorded_again,
}

/// Ours: what is complete or was resolved stays so. In Ruby it can be cancelled.
#[test]
fn b32_a_pending_task_or_one_in_error_does_not_go_to_complete_and_one_in_progress_may_go_back() {
    use TaskState::{Cancelled, Complete, Error, InProgress, Pending, ResolvedManually};
    for (from, to) in [
        (Pending, &[InProgress, Cancelled, Error][..]),
        (InProgress, &[Complete, Error, Cancelled, Pending]),
        (Error, &[Pending, ResolvedManually]),
        (Complete, &[]),
        (ResolvedManually, &[]),
        (Cancelled, &[]),
    ] {
        for &state in TaskState::ALL {
            assert_eq!(from.transition(state).is_ok(), to.contains(&state), "{from} to {state}");
        }
    }
}

async fn b33_a_task_with_incomplete_steps_is_not_complete(place: Place) {
    let mut bench = Bench::of(place, &LINEAR).await;
    assert_eq!(bench.state().await, TaskState::Pending);
    for (at, step) in LINEAR.names().into_iter().enumerate() {
        bench.begin().await;
        assert_eq!(bench.state().await, TaskState::InProgress, "{step} runs");
        assert_eq!(bench.order(Action::Resolve).await, Operated::Refused(TaskState::InProgress));
        let ended = bench.end(step, done()).await.ended;
        assert_eq!(ended.is_empty(), at < 5, "{step}");
    }
    assert_eq!(bench.state().await, TaskState::Complete);
}

async fn b34_a_step_does_not_begin_before_its_parent_is_complete(place: Place) {
    let mut bench = Bench::of(place, &LINEAR).await;
    assert_eq!(bench.begin().await, ["initialize_data"]);
    // Somebody who says that the child ran is not believed.
    let mut forged = bench.running["initialize_data"].clone();
    forged.execution.step = StepNo(1);
    let settled = bench.settle(&forged, done()).await;
    assert_eq!(settled.refused, [forged.execution]);
    assert!(bench.begin().await.is_empty());
    assert_eq!(bench.step_state("validate_input").await, StepState::Pending);
    bench.end("initialize_data", done()).await;
    assert_eq!(bench.begin().await, ["validate_input"]);
}

async fn b35_a_step_that_is_not_pending_does_not_begin(place: Place) {
    for state in StepState::ALL {
        assert_eq!(state.transition(StepState::InProgress).is_ok(), *state == StepState::Pending, "{state}");
    }
    let mut bench = Bench::of(place, &DUMMY).await;
    bench.begin().await;
    assert!(bench.begin().await.is_empty(), "while they run");
    bench.end("step-one", done()).await;
    bench.end("step-two", exhausted()).await;
    bench.clock.advance(seconds(3_600));
    assert!(bench.begin().await.is_empty(), "when they are complete or in error");
    bench.order_step("step-two", StepAction::Resolve(Json::of("by hand").unwrap())).await;
    bench.order_step("step-three", StepAction::Cancel).await;
    assert!(bench.begin().await.is_empty(), "when they are resolved or cancelled");
    let attempts: Vec<_> = bench.status().await.steps.iter().map(|step| step.attempts).collect();
    assert_eq!(attempts, [Attempt(1), Attempt(1), Attempt(0), Attempt(0)]);
}

async fn b36_a_pending_step_is_resolved_or_cancelled_and_never_complete(place: Place) {
    use StepState::{Cancelled, Complete, InProgress, Pending, ResolvedManually};
    assert!(Pending.transition(Complete).is_err());
    for to in [InProgress, ResolvedManually, Cancelled] {
        assert_eq!(Pending.transition(to), Ok(to));
    }
    let bench = Bench::of(place, &DUMMY).await;
    let by_hand = StepAction::Resolve(Json::of("by hand").unwrap());
    assert_eq!(bench.order_step("step-one", by_hand).await, Operated::Done);
    assert_eq!(bench.order_step("step-two", StepAction::Cancel).await, Operated::Done);
    assert_eq!(bench.step_state("step-one").await, ResolvedManually);
    assert_eq!(bench.step_state("step-two").await, Cancelled);
    assert_eq!(bench.result("step-one").await.unwrap().parse::<String>().unwrap(), "by hand");
}

/// Ours: history is kept by time and revision, and the state is a column; Ruby marks the most recent row.
async fn b37_every_transition_is_kept_in_order_and_the_last_one_is_the_state(place: Place) {
    let mut bench = Bench::of(place, &LINEAR).await;
    for step in LINEAR.names() {
        bench.begin().await;
        if step == "process_data" {
            bench.end(step, retry(2)).await;
            bench.clock.advance(seconds(2));
            bench.begin().await;
        }
        bench.end(step, done()).await;
        bench.clock.advance(seconds(1));
    }
    let history = bench.history().await;
    assert!(history.is_sorted_by_key(|happened| happened.at), "{history:?}");
    let (mut task, mut steps) = (vec![TaskState::Pending], BTreeMap::<String, Vec<StepState>>::new());
    for happened in history {
        match happened.what {
            What::Task { from, to } => {
                assert_eq!(task.last(), Some(&from), "nothing is left out");
                task.push(to);
            }
            What::Step { step, from, to, .. } => {
                let states = steps.entry(step).or_insert_with(|| vec![StepState::Pending]);
                assert_eq!(states.last(), Some(&from), "nothing is left out");
                states.push(to);
            }
            What::Ordered { .. } => panic!("nobody ordered anything"),
        }
    }
    assert_eq!(task, [TaskState::Pending, TaskState::InProgress, TaskState::Complete]);
    for (step, states) in &steps {
        use StepState::{Complete, Error, InProgress, Pending};
        let expected: &[StepState] = match step.as_str() {
            "process_data" => &[Pending, InProgress, Error, Pending, InProgress, Complete],
            _ => &[Pending, InProgress, Complete],
        };
        assert_eq!(states, expected, "{step}");
        assert_eq!(states.last(), Some(&bench.step_state(step).await));
    }
    assert_eq!(steps.len(), 6);
}

async fn b38_what_is_so_already_is_not_recorded_again(place: Place) {
    for &state in TaskState::ALL {
        assert!(state.transition(state).is_err(), "{state}");
    }
    for &state in StepState::ALL {
        assert!(state.transition(state).is_err(), "{state}");
    }
    let mut bench = Bench::of(place, &LINEAR).await;
    bench.begin().await;
    let claimed = bench.running["initialize_data"].clone();
    bench.end("initialize_data", done()).await;
    let before = bench.history().await;
    assert_eq!(bench.settle(&claimed, done()).await.refused, [claimed.execution]);
    assert_eq!(bench.history().await, before);
    assert_eq!(bench.order(Action::Cancel).await, Operated::Done);
    let cancelled = bench.history().await;
    assert_eq!(bench.order(Action::Cancel).await, Operated::Unchanged, "it is so already");
    assert_eq!(bench.history().await, cancelled, "neither what became of it nor the order");
}
