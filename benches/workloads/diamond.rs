//! A fork and a join: four steps, of which two can run at the same time.

use tasker::workflow;

/// A fork and a join: four steps, of which two can run at the same time.
#[workflow(namespace = "bench", name = "diamond")]
pub mod steps {
    use tasker::{Output, StepError};

    use crate::{Context, Payload};

    /// The fork.
    #[step]
    pub async fn fork(ctx: &Context) -> Result<Payload, StepError> {
        let _ = ctx.number;
        Ok(Payload::usual())
    }

    /// One side.
    #[step(depends_on = fork)]
    pub async fn left(before: Output<fork>) -> Result<Payload, StepError> {
        Ok(before.0)
    }

    /// The other side.
    #[step(depends_on = fork)]
    pub async fn right(before: Output<fork>) -> Result<Payload, StepError> {
        Ok(before.0)
    }

    /// The join.
    #[step(depends_on = [left, right])]
    pub async fn join(left: Output<left>, right: Output<right>) -> Result<Payload, StepError> {
        drop(right.0);
        Ok(left.0)
    }
}

pub use steps::Workflow;
