use tasker::events::{CustomEvent, TaskCompleted, TaskerEvent};
use tasker::{Tasker, subscriber};

struct Mailer;

#[subscriber]
impl Mailer {
    async fn on_task_completed(&self, event: &TaskCompleted) {}

    #[event("task.completed")]
    async fn done(&self, event: &TaskCompleted) {}

    #[event("order.shipped")]
    async fn shipped(&self, event: &CustomEvent) {}

    #[event("order.shipped")]
    async fn shipped_again(&self, event: &CustomEvent) {}

    #[event("*")]
    async fn rest(&self, event: &TaskerEvent) {}

    #[event("*")]
    async fn more(&self, event: &TaskerEvent) {}
}

fn main() {
    let _ = Tasker::builder(()).subscribe("mailer", Mailer);
}
