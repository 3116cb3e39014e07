use crate::DefinitionId;

/// What a worker says of a definition when it enlists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The definition.
    pub definition: DefinitionId,
    /// Why the worker cannot run it, in words for whoever waits; none if it can. Not empty.
    pub obstacle: Option<String>,
}

impl Offer {
    /// That the worker can run it.
    #[must_use]
    pub const fn to_run(definition: DefinitionId) -> Self {
        Self { definition, obstacle: None }
    }

    /// That the worker knows the workflow, and cannot run this graph of it.
    pub fn obstacle(definition: DefinitionId, obstacle: impl Into<String>) -> Self {
        Self { definition, obstacle: Some(obstacle.into()) }
    }
}
