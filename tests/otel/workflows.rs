//! What the workers run: an order whose payment fails once, and which starts a task of its own for each parcel.

use std::sync::OnceLock;
use std::time::Duration;

use tasker::{AppState, Tasker, workflow};

#[derive(AppState, Clone, Default)]
pub(crate) struct App {
    pub(crate) own: Own,
}

/// The Tasker of this process, which starts tasks in steps.
#[derive(Clone, Default)]
pub(crate) struct Own(std::sync::Arc<OnceLock<Tasker>>);

impl Own {
    pub(crate) fn is(&self, tasker: &Tasker) {
        assert!(self.0.set(tasker.clone()).is_ok(), "it is one");
    }

    fn tasker(&self) -> &Tasker {
        self.0.get().expect("it is known")
    }
}

/// Long enough for another process to take the next step.
const NAP: Duration = Duration::from_millis(30);

#[workflow(namespace = "shop", context = u32)]
pub(crate) mod order {
    use tasker::{Attempt, State, StepError};

    use super::{NAP, Own, parcel};

    #[step]
    pub(crate) async fn reserve(ctx: &u32) -> Result<u32, StepError> {
        tokio::time::sleep(NAP).await;
        Ok(*ctx)
    }

    #[step(depends_on = reserve)]
    pub(crate) async fn charge(attempt: Attempt) -> Result<(), StepError> {
        tracing::info_span!("charge card", amount = 12).in_scope(|| ());
        tokio::time::sleep(NAP).await;
        if attempt.0 == 1 {
            return Err(StepError::retryable_after("the bank is busy", NAP));
        }
        Ok(())
    }

    #[step(depends_on = charge)]
    pub(crate) async fn ship(ctx: &u32, own: State<Own>) -> Result<String, StepError> {
        let parcel = own.tasker().start::<parcel::Workflow>(*ctx).await;
        Ok(parcel.map_err(StepError::retryable)?.id().to_string())
    }
}

#[workflow(namespace = "shop", context = u32)]
pub(crate) mod parcel {
    use tasker::StepError;

    #[step]
    pub(crate) async fn pack(ctx: &u32) -> Result<u32, StepError> {
        Ok(*ctx)
    }

    #[step(depends_on = pack)]
    pub(crate) async fn send(ctx: &u32) -> Result<(), StepError> {
        match ctx {
            13 => Err(StepError::permanent("nobody sends that")),
            _ => Ok(()),
        }
    }
}

/// Steps that hold until their process is killed: the first one once, the second one always.
#[workflow(namespace = "shop", context = u32)]
pub(crate) mod fragile {
    use std::time::Duration;

    use tasker::{Attempt, StepError};

    const FOR_EVER: Duration = Duration::from_mins(5);

    #[step]
    pub(crate) async fn hold(attempt: Attempt) -> Result<(), StepError> {
        if attempt.0 == 1 {
            tokio::time::sleep(FOR_EVER).await;
        }
        Ok(())
    }

    #[step(depends_on = hold, no_retry)]
    pub(crate) async fn once() -> Result<(), StepError> {
        tokio::time::sleep(FOR_EVER).await;
        Ok(())
    }
}
