//! The workflows that are measured.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tasker::{Output, StepError, workflow};

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

/// Five steps, one after the other, each reading the result of the one before.
#[workflow(namespace = "bench")]
pub mod chain5 {
    use super::{JsonSchema, Output, Payload, StepError};
    use serde::{Deserialize, Serialize};

    /// What a task is about.
    #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
    pub struct Context {
        /// Its number.
        pub number: u64,
    }

    /// The first step.
    #[step]
    pub async fn one(ctx: &Context) -> Result<Payload, StepError> {
        let _ = ctx.number;
        Ok(Payload::usual())
    }

    /// The second step.
    #[step(depends_on = one)]
    pub async fn two(before: Output<one>) -> Result<Payload, StepError> {
        Ok(before.0)
    }

    /// The third step.
    #[step(depends_on = two)]
    pub async fn three(before: Output<two>) -> Result<Payload, StepError> {
        Ok(before.0)
    }

    /// The fourth step.
    #[step(depends_on = three)]
    pub async fn four(before: Output<three>) -> Result<Payload, StepError> {
        Ok(before.0)
    }

    /// The fifth step.
    #[step(depends_on = four)]
    pub async fn five(before: Output<four>) -> Result<Payload, StepError> {
        Ok(before.0)
    }
}
