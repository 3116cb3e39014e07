use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tasker::events::{CustomEvent, StepFailed, TaskCompleted, TaskFailed};
use tasker::{Event, Tasker, subscriber};

#[derive(Event, Serialize, Deserialize, JsonSchema)]
#[event("order.shipped")]
struct OrderShipped {
    parcel: String,
}

struct Mailer;

#[subscriber]
impl Mailer {
    async fn on_task_completed(&self, event: &TaskFailed) {}

    #[event("order.paid")]
    async fn paid(&self, event: &StepFailed) {}

    #[event("order.*")]
    async fn orders(&self, event: &CustomEvent) {}
}

struct Judged;

#[subscriber]
impl Judged {
    async fn on_task_completed(&self, event: &OrderShipped) {}

    async fn on_task_failed(&self, event: &TaskFailed) -> bool {
        true
    }

    async fn on_step_failed(&self, event: &StepFailed) -> Result<u32, std::io::Error> {
        Ok(1)
    }

    #[event("order.arrived")]
    async fn arrived(&self, event: &String) {}
}

fn main() {
    let _ = Tasker::builder(()).subscribe("mailer", Mailer).subscribe("judged", Judged);
    let _: Option<TaskCompleted> = None;
}
