use tasker::events::{StepCancelled, StepCompleted, StepFailed, TaskCancelled, TaskCompleted, TaskFailed, TaskerEvent};
use tasker::{Tasker, subscriber};

struct Mailer;

#[subscriber]
impl Mailer {
    fn on_task_completed(&self, event: &TaskCompleted) {}

    async fn on_task_failed(&mut self, event: &TaskFailed) {}

    async fn on_task_cancelled(event: &TaskCancelled) {}

    async fn on_step_completed(&self) {}

    async fn on_step_failed(&self, event: &StepFailed, attempt: u32) {}

    async fn on_step_cancelled(&self, event: StepCancelled) {}

    async fn on_step_skipped<T>(&self, event: &T) {}

    async fn wants(&self, event: &TaskerEvent) -> u32 {
        1
    }
}

fn main() {
    let _ = Tasker::builder(()).subscribe("mailer", Mailer);
}
