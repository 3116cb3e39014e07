//! What a status must show: why a task is open, and that nothing that is done is undone.

use tasker::{StepState, TaskState, TaskStatus, WaitingFor, WorkflowDef};

use super::Check;

/// What a single look at a task must show.
pub(super) fn check(status: &TaskStatus, workflow: &WorkflowDef) -> Check {
    let wrong = |what: &str| Err(format!("{what}: {status:?}"));
    let all_done = status.steps.iter().all(|step| step.state.satisfies_dependents());
    if (status.state == TaskState::Complete) != all_done {
        return wrong("complete if and only if every step is");
    }
    if status.ended_at.is_some() != status.state.has_ended() {
        return wrong("it has an end if and only if it ended");
    }
    let (mut reasons, mut turns) = (0, 0);
    for step in &status.steps {
        let dependencies = workflow.graph().dependencies(step.no);
        let open =
            dependencies.iter().filter(|no| !status.steps[no.index()].state.satisfies_dependents()).count();
        if open > 0 && step.attempts.0 > 0 {
            return wrong("a step ran before its dependencies were complete");
        }
        match (step.state, &step.waiting_for) {
            (StepState::InProgress, None)
            | (
                StepState::Pending,
                Some(WaitingFor::Worker | WaitingFor::Definition { .. } | WaitingFor::Time(_)),
            ) => {
                (reasons, turns) = (reasons + 1, turns + 1);
            }
            (StepState::Pending, Some(WaitingFor::Operator)) => {
                if !status.paused {
                    return wrong("a step waits for an operator, and the task is not paused");
                }
                reasons += 1;
            }
            (StepState::Pending, Some(WaitingFor::Turn)) if !workflow.is_concurrent() => {}
            (StepState::Pending, Some(WaitingFor::Dependencies(waits_for)))
                if *waits_for as usize == open => {}
            (StepState::Pending | StepState::InProgress, _) => {
                return wrong("a step waits for what it should not");
            }
            (_, None) => {}
            _ => return wrong("a step waits for what it should not"),
        }
    }
    if turns > 1 && !workflow.is_concurrent() {
        return wrong("more than one step of a sequential task goes on");
    }
    if (reasons > 0) == status.state.has_ended() {
        return wrong("an open task goes on, an ended one does not");
    }
    Ok(())
}

/// What is complete or skipped stays as it is, and only a task in error begins again.
pub(super) fn check_change(before: &TaskStatus, after: &TaskStatus) -> Check {
    for (before, after) in before.steps.iter().zip(&after.steps) {
        if before.state.satisfies_dependents() && before != after {
            return Err(format!("a step that was over changed: {before:?}, {after:?}"));
        }
    }
    match before.state {
        TaskState::Complete | TaskState::Cancelled | TaskState::ResolvedManually if before != after => {
            Err(format!("what ended changed: {before:?}, {after:?}"))
        }
        _ => Ok(()),
    }
}
