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
