//! Five steps, one after the other, each reading the result of the one before.

use tasker::workflow;

/// Five steps, one after the other, each reading the result of the one before.
#[workflow(namespace = "bench", name = "chain5")]
pub mod steps {
    use tasker::{Output, StepError};

    use crate::{Context, Payload};

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

pub use steps::Workflow;
