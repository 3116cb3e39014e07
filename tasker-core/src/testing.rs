//! Tests of an application's workflows, in virtual time: the engine, its retries and its waits are real, and hours of them pass at once.
//! The feature `testing` brings it.
//!
//! # A step
//!
//! A step is a function, and its parameters have public fields, so a test of a step needs nothing of this module:
//!
//! ```
//! # use schemars::JsonSchema;
//! # use serde::{Deserialize, Serialize};
//! # use tasker_core::{AppState, Emit, Event, Output, State, StepError, workflow};
//! # extern crate tasker_core as tasker;
//! # #[derive(Clone)]
//! # pub struct Gateway;
//! # impl Gateway {
//! #     async fn charge(&self, cents: u64) -> Result<String, StepError> { Ok(format!("receipt over {cents}")) }
//! # }
//! # #[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema, Event)]
//! # #[event("payment.authorized")]
//! # pub struct Authorized { receipt: String }
//! #[workflow(context = u64)]
//! mod order {
//!     # use super::*;
//!     #[step]
//!     pub async fn price(ctx: &u64) -> Result<u64, StepError> {
//!         Ok(ctx + 30)
//!     }
//!
//!     #[step(depends_on = price)]
//!     pub async fn charge(
//!         price: Output<price>,
//!         gateway: State<Gateway>,
//!         events: Emit<Authorized>,
//!     ) -> Result<String, StepError> {
//!         let receipt = gateway.charge(*price).await?;
//!         events.publish(Authorized { receipt: receipt.clone() });
//!         Ok(receipt)
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), StepError> {
//! let events = Emit::detached();
//! let receipt = order::charge(Output(1250), State(Gateway), events.clone()).await?;
//! assert_eq!(receipt, "receipt over 1250");
//! assert_eq!(events.published(), [Authorized { receipt }]);
//! # Ok(())
//! # }
//! ```
//!
//! A [`StepHandler`](crate::StepHandler) is called with a [`StepCall`].
//!
//! # A workflow
//!
//! [`Tasker::builder`] puts an engine around a store in memory. Any step can be replaced by a [fake](Builder::fake) or
//! [fail at first](Builder::fail_times), and the [`Run`] that comes out tells what happened:
//!
//! ```
//! # use std::time::Duration;
//! # use tasker_core::{Output, StepError, TaskState, workflow};
//! # extern crate tasker_core as tasker;
//! use tasker::testing;
//! #
//! # #[workflow(context = u64)]
//! # mod order {
//! #     use super::*;
//! #     #[step]
//! #     pub async fn price(ctx: &u64) -> Result<u64, StepError> { Ok(ctx + 30) }
//! #     #[step(depends_on = price)]
//! #     pub async fn charge(price: Output<price>) -> Result<String, StepError> { Ok(format!("receipt over {}", *price)) }
//! #     #[step(depends_on = charge)]
//! #     pub async fn ship() -> Result<(), StepError> { Ok(()) }
//! # }
//!
//! // #[tokio::test]
//! async fn a_busy_warehouse_is_asked_again() {
//!     let tasker = testing::Tasker::builder(())
//!         .register::<order::Workflow>()
//!         .fake::<order::charge>(|call| Ok(format!("a receipt over {}", call.output::<order::price>()?)))
//!         .fail_times::<order::ship>(2, StepError::retryable("busy"))
//!         .build()
//!         .await;
//!     let run = tasker.run_to_end::<order::Workflow>(1250).await;
//!     assert_eq!(run.state(), TaskState::Complete);
//!     assert_eq!(run.output::<order::charge>().as_deref(), Some("a receipt over 1280"));
//!     assert_eq!(run.attempts::<order::ship>(), 3);
//!     assert_eq!(run.waits::<order::ship>(), [Duration::from_secs(2), Duration::from_secs(4)]);
//! }
//! # fn main() { testing::block_on(a_busy_warehouse_is_asked_again()) }
//! ```
//!
//! # Every step
//!
//! What happens if this step fails, if it runs twice, if the process dies behind it? The checks ask that of each step in turn, each time
//! with a fresh application, and leave the answer to the test: [`fail_each_step`], [`fail_each_step_once`],
//! [`run_each_step_twice`], [`crash_before_each_record`] and [`crash_after_each_record`].
//!
//! # Virtual time
//!
//! A test runs on tokio's single-threaded runtime, as under `#[tokio::test]` or in [`block_on`]. The first [`build`](Builder::build) pauses
//! its clock, if the test has not; then the clock stands still while anything runs, and jumps to the next timer when nothing does.
//! A step that waits for the world outside, such as a server, does not hold it: its time limit is over at once. Fake such a step.
//! `tokio::task::spawn_blocking` does hold the clock.
//!
//! Waits are exactly those of the retry policies, without their tenth of chance, unless a [seed](Builder::seed) brings it back.

mod builder;
mod call;
mod check;
mod handler;
mod mortal;
mod patience;
mod run;
mod script;
mod stage;
mod step_call;
mod tasker;
mod trace;

pub use builder::Builder;
pub use call::{AsyncFake, Call};
pub use check::{
    Scenario, crash_after_each_record, crash_before_each_record, fail_each_step, fail_each_step_once,
    run_each_step_twice,
};
pub use run::Run;
pub use stage::block_on;
pub use step_call::{StepCall, StepEnd};
pub use tasker::{Task, Tasker};
pub use trace::{Change, Moment, Trace};
