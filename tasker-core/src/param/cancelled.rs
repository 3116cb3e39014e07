use tokio_util::sync::CancellationToken;

use super::{FromStep, Invocation};
use crate::StepError;

/// Tells a long step to come to an end: the worker shuts down, or has lost its lease.
///
/// A step that does not ask goes on until the grace period of the shutdown is over and is dropped then. A step that returns an
/// error after it was told is handed back: it runs again elsewhere and the attempt is not counted.
///
/// ```
/// use tasker_core::{Cancelled, StepError};
///
/// async fn copy(cancelled: Cancelled) -> Result<u64, StepError> {
///     let mut copied = 0;
///     while copied < 1_000 && !cancelled.is_cancelled() {
///         copied += 1;
///     }
///     if cancelled.is_cancelled() {
///         return Err(StepError::retryable("interrupted"));
///     }
///     Ok(copied)
/// }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Cancelled(CancellationToken);

impl Cancelled {
    /// For a test that calls the step's function: never told to end.
    #[must_use]
    pub fn detached() -> Self {
        Self::default()
    }

    /// For a test that calls the step's function: told to end already.
    #[must_use]
    pub fn at_once() -> Self {
        let token = CancellationToken::new();
        token.cancel();
        Self(token)
    }

    /// Whether the step should come to an end.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Resolves when the step should come to an end.
    pub async fn cancelled(&self) {
        self.0.cancelled().await;
    }
}

impl<S> FromStep<S> for Cancelled {
    type Resource = ();

    fn from_step<A>(invocation: &Invocation<'_, A>, (): ()) -> Result<Self, StepError> {
        Ok(Self(invocation.input.cancelled.clone()))
    }
}
