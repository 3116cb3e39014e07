//! The workflows that are measured.
//!
//! Those of a few steps are written as a user writes them, with `#[workflow]`. Those of many steps of the
//! same kind, [`Fan`] and [`Deep`], implement by hand what the macro would: [`Workflow`](tasker::Workflow)
//! and [`Executable`](tasker::Executable).

pub mod chain5;
mod deep;
pub mod diamond;
mod fan;
mod names;
pub mod parked;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use deep::Deep;
pub use fan::Fan;

/// What a task of any of the workflows is about.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Context {
    /// Its number.
    pub number: u64,
}

/// What each step returns: a little less than 200 bytes of JSON.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Payload {
    /// Filler.
    pub text: String,
}

impl Payload {
    /// A payload of the usual size.
    #[must_use]
    pub fn usual() -> Self {
        Self { text: "x".repeat(180) }
    }
}
