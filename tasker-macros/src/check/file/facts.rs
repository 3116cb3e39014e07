//! What a file says of a workflow, as far as a module could say otherwise.

/// Something that a file says.
pub(super) struct Told<T> {
    pub(super) value: T,
    /// Where, from 1.
    pub(super) line: usize,
}

/// A file without mistakes.
pub(super) struct Facts {
    /// As the attribute says it; messages name it so.
    pub(super) path: String,
    /// Where it is.
    pub(super) absolute: String,
    pub(super) name: Told<String>,
    pub(super) namespace: Option<Told<String>>,
    pub(super) version: Option<Told<String>>,
    pub(super) concurrent: Option<Told<bool>>,
    pub(super) description: String,
    pub(super) steps: Vec<Step>,
}

/// A step of it.
pub(super) struct Step {
    pub(super) name: Told<String>,
    pub(super) description: String,
    /// The places of the steps that it waits for, and the line where they stand.
    pub(super) depends_on: Told<Vec<usize>>,
    pub(super) skippable: Option<Told<bool>>,
    /// How many executions may fail.
    pub(super) limit: Option<Told<u32>>,
    pub(super) dependent_system: Option<String>,
    /// The line of its `handler_config`, be it one of an environment.
    pub(super) config: Option<usize>,
}

impl Facts {
    /// `config/order.yaml:91`
    pub(super) fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.path)
    }
}
