//! Steps that have nothing to do.

use tasker::{StepState, TaskHandle, TaskState, TaskStatus, Tasker, workflow};

use crate::support::memory;

/// Asks for a quote if its context says so, then ships.
#[workflow(namespace = "test", context = bool)]
mod shipping {
    use tasker::{Output, StepError};

    #[step(when = |wanted| *wanted)]
    pub(crate) async fn quote() -> Result<u32, StepError> {
        Ok(12)
    }

    #[step(depends_on = quote)]
    pub(crate) async fn ship(quote: Option<Output<quote>>) -> Result<String, StepError> {
        Ok(format!("for {:?}", quote.map(|quote| *quote)))
    }
}

async fn run(with_quote: bool) -> (TaskHandle<shipping::Workflow>, TaskStatus) {
    let tasker = Tasker::builder(()).store(memory()).register::<shipping::Workflow>().build().await.unwrap();
    let task = tasker.start::<shipping::Workflow>(with_quote).await.unwrap();
    let status = task.wait().await.unwrap();
    tasker.shutdown().await;
    (task, status)
}

#[tokio::test(start_paused = true)]
async fn a_skipped_step_has_no_output_and_its_dependents_run() {
    let (task, status) = run(false).await;
    let states: Vec<_> = status.steps.iter().map(|step| step.state).collect();
    assert_eq!((status.state, states), (TaskState::Complete, vec![StepState::Skipped, StepState::Complete]));
    assert_eq!(task.output::<shipping::quote>().await.unwrap(), None);
    assert_eq!(task.output::<shipping::ship>().await.unwrap().unwrap(), "for None");
}

#[tokio::test(start_paused = true)]
async fn a_step_that_may_be_skipped_and_is_not_has_its_output() {
    let (task, status) = run(true).await;
    assert_eq!(status.steps[0].state, StepState::Complete);
    assert_eq!(task.output::<shipping::quote>().await.unwrap(), Some(12));
    assert_eq!(task.output::<shipping::ship>().await.unwrap().unwrap(), "for Some(12)");
}
