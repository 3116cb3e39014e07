//! The world outside, where the effects of the steps are.
//!
//! A real application has a payment provider, a warehouse and a mail server here. This one has a ledger that shows afterwards
//! what happened how often, and the faults that the command line asks for.

use std::sync::Arc;
use std::time::Duration;

use tasker::{Attempt, Step, StepError};

use crate::faults::Faults;
use crate::ledger::{Entry, Ledger, Outcome};

/// Clones are the same world.
#[derive(Clone)]
pub struct World(Arc<Parts>);

struct Parts {
    ledger: Ledger,
    faults: Faults,
}

impl World {
    pub fn new(ledger: Ledger, faults: Faults) -> Self {
        Self(Arc::new(Parts { ledger, faults }))
    }

    /// Step `S` does something that may be done again.
    pub async fn act<S: Step>(&self, order: u64, attempt: Attempt, effect: String) -> Result<(), StepError> {
        self.call::<S>(order, attempt).await?;
        self.record::<S>(order, attempt, Outcome::Done, effect).await
    }

    /// Step `S` does something that must not be done twice for one order. The world itself sees to that, as a good service does
    /// for requests with the same idempotency key.
    pub async fn once<S: Step>(&self, order: u64, attempt: Attempt, effect: String) -> Result<(), StepError> {
        self.call::<S>(order, attempt).await?;
        if self.0.ledger.has_done(order, S::NAME).await? {
            return self.record::<S>(order, attempt, Outcome::Found, format!("already {effect}")).await;
        }
        self.record::<S>(order, attempt, Outcome::Done, effect).await
    }

    /// The way there: it takes its time, and may fail.
    async fn call<S: Step>(&self, order: u64, attempt: Attempt) -> Result<(), StepError> {
        tokio::time::sleep(Duration::from_millis(fastrand::u64(20..=60))).await;
        let Some(error) = self.0.faults.error(S::NAME, attempt) else { return Ok(()) };
        self.record::<S>(order, attempt, Outcome::Failed, error.to_string()).await?;
        Err(error)
    }

    async fn record<S: Step>(
        &self,
        order: u64,
        attempt: Attempt,
        outcome: Outcome,
        effect: String,
    ) -> Result<(), StepError> {
        self.0.ledger.write(Entry::now(order, S::NAME, attempt, outcome, effect)).await?;
        self.0.faults.crash(S::NAME, attempt);
        Ok(())
    }
}
