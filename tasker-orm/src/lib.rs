//! Keeps Tasker's tasks in a database through sea-orm.
//!
//! * [`SqlStore`] is the [`Store`](tasker_core::Store) that an application uses.
//! * [`entity`] are the tables as sea-orm entities: for queries of a host's own. Only the store writes to them.
//! * [`migration`] creates the tables. [`SqlStore::connect`] applies it by itself; a host that runs its own
//!   migrations can splice [`migration::migrations`] into them.

mod batch;
pub mod entity;
mod error;
pub mod migration;
mod presence;
mod profile;
mod statement;
mod store;

pub use profile::Profile;
pub use store::{SqlStore, SqlStoreOptions};
