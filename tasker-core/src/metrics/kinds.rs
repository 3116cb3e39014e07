//! What is told apart by a label and known to the engine by name.

/// What the store is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoreCall {
    Create,
    Definitions,
    Enlist,
    Heartbeat,
    Sweep,
    Claim,
    Settle,
    Held,
    Retire,
    Purge,
    #[cfg(feature = "prometheus")]
    Subscriptions,
}

#[cfg(feature = "prometheus")]
impl StoreCall {
    /// In their order.
    pub(super) const ALL: [Self; 11] = [
        Self::Create,
        Self::Definitions,
        Self::Enlist,
        Self::Heartbeat,
        Self::Sweep,
        Self::Claim,
        Self::Settle,
        Self::Held,
        Self::Retire,
        Self::Purge,
        Self::Subscriptions,
    ];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Definitions => "definitions",
            Self::Enlist => "enlist",
            Self::Heartbeat => "heartbeat",
            Self::Sweep => "sweep",
            Self::Claim => "claim",
            Self::Settle => "settle",
            Self::Held => "held",
            Self::Retire => "retire",
            Self::Purge => "purge",
            Self::Subscriptions => "subscriptions",
        }
    }
}

/// How a worker came by a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Claim,
    Settle,
}

/// How an execution ended whose outcome no store accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gone {
    /// An operator took it from the worker.
    Revoked,
    /// The worker lost it with its lease, or left it behind when it had to go.
    Lost,
}
