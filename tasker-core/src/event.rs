use crate::Payload;

/// Something that happened in a task, which others may want to know: a step that takes [`Emit`](crate::Emit) publishes it.
///
/// It is stored with the task, in the same transaction as the result of the step, so its shape is part of what one promises to
/// those who read it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event",
    label = "not an event",
    note = "add `#[derive(Event)]` and `#[event(\"payment.authorized\")]` to it",
    note = "an event is also stored with its task: `#[derive(Serialize, Deserialize, JsonSchema)]`"
)]
pub trait Event: Payload {
    /// What it is called, wherever it is read: 1 to 128 printable characters, such as `payment.authorized`. Names that begin with `task.`,
    /// `step.`, `workflow.`, `observability.` or `test.` are those of Tasker's own events.
    const NAME: &'static str;
}

/// What the names of Tasker's own events begin with, before the first dot. They are Ruby Tasker's; the derive has the same.
const RESERVED: [&str; 5] = ["task", "step", "workflow", "observability", "test"];

/// What keeps a text from being the name of an event of an application. Files of Ruby Tasker have names without a dot, so that
/// is the derive's rule alone.
pub(crate) fn name_mistake(name: &str) -> Option<String> {
    let (first, _) = name.split_once('.')?;
    RESERVED.contains(&first).then(|| {
        format!(
            "the event `{name}` has a name that is kept for Tasker's own: those that begin with `{first}.`"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_taskers_own_events_are_nobody_elses() {
        for good in ["payment.authorized", "reading_started", "task", "tasks.done", "my.task.done"] {
            assert_eq!(name_mistake(good), None, "{good}");
        }
        for bad in ["task.done", "step.", "workflow.a.b", "observability.x", "test.x"] {
            assert!(name_mistake(bad).is_some(), "{bad}");
        }
    }
}
