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

pub use tasker_core::*;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use tasker_orm::{Profile, SqlStore, SqlStoreOptions, StartIn, StartInTransaction};

/// The database behind [`SqlStore`]: its tables as entities, its migrations, and the sea-orm that they belong to.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub mod orm {
    pub use tasker_orm::{entity, migration};
}
