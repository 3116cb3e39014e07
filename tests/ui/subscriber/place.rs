use tasker::events::{Subscriber, SubscriberResult, TaskCompleted, TaskerEvent};
use tasker::subscriber;

#[subscriber]
struct Mailer;

#[subscriber(events = "task.completed")]
impl Mailer {
    async fn on_task_completed(&self, event: &TaskCompleted) {}
}

struct Other;

#[subscriber]
#[tasker::async_trait]
impl Subscriber for Other {
    fn events(&self) -> Vec<&str> {
        vec!["*"]
    }

    async fn on_event(&self, _: &TaskerEvent) -> SubscriberResult {
        Ok(())
    }
}

struct Deaf;

#[subscriber]
impl Deaf {
    fn on_task_complete(&self) {}
}

struct Borrows<'a>(&'a str);

#[subscriber]
impl<'a> Borrows<'a> {
    async fn on_task_completed(&self, event: &TaskCompleted) {}
}

struct NotShared(std::rc::Rc<u8>);

#[subscriber]
impl NotShared {
    async fn on_task_completed(&self, event: &TaskCompleted) {}
}

struct Anonymous<'a>(&'a str);

#[subscriber]
impl Anonymous<'_> {
    async fn on_task_completed(&self, event: &TaskCompleted) {}
}

struct Both<'a, T>(&'a str, T);

#[subscriber]
impl<'a, T> Both<'a, T> {
    async fn on_task_completed(&self, event: &TaskCompleted) {}
}

fn main() {}
