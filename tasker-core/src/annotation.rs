use crate::Payload;

/// A note on a task, for those who look at it: a step that takes [`Annotate`](crate::Annotate) makes it.
///
/// It is stored with the task, in the same transaction as the result of the step.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an annotation",
    label = "not an annotation",
    note = "add `#[derive(Annotation)]` and `#[annotation(\"fraud_check\")]` to it",
    note = "an annotation is also stored with its task: `#[derive(Serialize, Deserialize, JsonSchema)]`"
)]
pub trait Annotation: Payload {
    /// What it is called, wherever it is read: 1 to 64 printable characters, such as `fraud_check`.
    const NAME: &'static str;
}
