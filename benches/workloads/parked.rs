//! A step that cannot go on before tomorrow.

use std::sync::atomic::AtomicUsize;

use tasker::workflow;

/// How often the step has run in this process.
pub static RUNS: AtomicUsize = AtomicUsize::new(0);

/// A step that cannot go on before tomorrow.
#[workflow(namespace = "bench", name = "parked")]
pub mod steps {
    use std::sync::atomic::Ordering;
    use std::time::Duration;

    use tasker::StepError;

    use super::RUNS;
    use crate::{Context, Payload};

    /// The step.
    #[step]
    pub async fn tomorrow(ctx: &Context) -> Result<Payload, StepError> {
        let _ = ctx.number;
        RUNS.fetch_add(1, Ordering::Relaxed);
        Err(StepError::retryable_after("not today", Duration::from_hours(24)))
    }
}

pub use steps::Workflow;
