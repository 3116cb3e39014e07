//! What a start gives is no task before it is awaited.

use tasker::workflow;

#[workflow]
mod order {
    use tasker::StepError;

    pub type Context = u64;

    #[step]
    pub async fn charge(cents: &Context) -> Result<u64, StepError> {
        Ok(*cents)
    }
}

async fn start(tasker: &tasker::Tasker) {
    let task = tasker.start::<order::Workflow>(1);
    let _ = task.wait().await;
}

fn main() {
    let _ = start;
}
