use tasker::Tasker;
use tasker::events::{CustomEvent, StepFailed, TaskCompleted, TaskerEvent};
use tasker::subscriber;

struct Mailer;

#[subscriber]
impl Mailer {
    async fn on_task_complete(&self, event: &TaskCompleted) {}

    async fn on_order_shipped(&self, event: &CustomEvent) {}

    #[event("step.faild")]
    async fn failed(&self, event: &StepFailed) {}

    #[event("workflow.*")]
    async fn loops(&self, event: &TaskerEvent) {}

    #[event("Shipped")]
    async fn shipped(&self, event: &CustomEvent) {}

    #[event]
    async fn nothing(&self, event: &CustomEvent) {}

    #[event(order.shipped)]
    #[event("order.shipped")]
    async fn unquoted(&self, event: &CustomEvent) {}

    // No method of an event: nobody says anything about it.
    fn on_duty(&self) -> bool {
        true
    }
}

fn main() {
    let _ = Tasker::builder(()).subscribe("mailer", Mailer);
}
