//! Durable workflows in your own application.
//!
//! A workflow is a module, a step is an async function in it, and an edge is written on the step that waits. What does not
//! fit together is an error of `cargo build`; what is started survives the process.
//!
//! ```
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//! use tasker::{Output, SqlStore, StepError, Tasker, workflow};
//!
//! #[workflow(namespace = "shop")]
//! mod order {
//!     use super::*;
//!
//!     #[derive(Serialize, Deserialize, JsonSchema)]
//!     pub struct Context {
//!         pub cents: u64,
//!     }
//!
//!     #[step]
//!     pub async fn charge(ctx: &Context) -> Result<String, StepError> {
//!         Ok(format!("payment of {}", ctx.cents))
//!     }
//!
//!     #[step(depends_on = charge)]
//!     pub async fn confirm(payment: Output<charge>) -> Result<String, StepError> {
//!         Ok(format!("thank you for your {}", *payment))
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = SqlStore::connect("sqlite::memory:").await?; // or "sqlite://orders.db"
//! let tasker = Tasker::builder(()).store(store).register::<order::Workflow>().build().await?;
//! let task = tasker.start::<order::Workflow>(order::Context { cents: 1250 }).await?;
//! task.wait().await?;
//! assert_eq!(task.output::<order::confirm>().await?.unwrap(), "thank you for your payment of 1250");
//! # tasker.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! Tasks are kept by a [`Store`]:
//!
//! | store | feature | workers |
//! |---|---|---|
//! | `SqlStore` on SQLite | `sqlite` (default) | any number of processes on one machine |
//! | `SqlStore` on PostgreSQL 13 or newer | `postgres` | any number of processes on any number of machines |
//! | [`MemoryStore`] | | this process; for tests |
//!
//! With the feature `yaml`, the module `yaml` reads workflows from the files of Ruby Tasker; their steps are run by a [`StepHandler`] each,
//! or by the functions of a module that is made with the file: `#[workflow(yaml = "config/order.yaml")]`.
//! With the feature `testing`, the module `testing` runs workflows in virtual time, for the tests of an application.
//!
//! With the feature `prometheus`, the module `metrics` counts what the engine does, for Prometheus. With the feature
//! `otel`, the module `otel` sends a trace of each task to a collector of OpenTelemetry.
//!
//! With the feature `logs`, the module `logs` writes what is logged: as JSON or for people, with the step that it belongs to and without
//! secrets.
//!
//! With the feature `http`, the module `http` lets steps call the API of another system.
//!
//! The book beside this crate says what holds when processes and databases die, and what operation takes.

// Named as well, so that the compiler can say which feature brings a module that is missing.
#[cfg(feature = "http")]
#[doc(inline)]
pub use tasker_core::http;
#[cfg(feature = "logs")]
#[doc(inline)]
pub use tasker_core::logs;
#[cfg(feature = "prometheus")]
#[doc(inline)]
pub use tasker_core::metrics;
#[cfg(feature = "otel")]
#[doc(inline)]
pub use tasker_core::otel;
#[cfg(feature = "testing")]
#[doc(inline)]
pub use tasker_core::testing;
#[cfg(feature = "yaml")]
#[doc(inline)]
pub use tasker_core::yaml;
pub use tasker_core::*;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use tasker_orm::{Profile, SqlStore, SqlStoreOptions, StartIn, StartInTransaction};

/// The database behind [`SqlStore`]: its tables as entities of sea-orm 2, for queries of one's own, and its migrations, for hosts that
/// apply their own. Only the store writes to the tables.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub mod orm {
    pub use tasker_orm::{entity, migration, sea_orm};
}
