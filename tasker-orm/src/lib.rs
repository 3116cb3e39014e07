//! Keeps Tasker's tasks in a database through sea-orm.
//!
//! * [`SqlStore`] is the [`Store`](tasker_core::Store) that an application uses, on SQLite or PostgreSQL; [`SqlStoreOptions`] says how it
//!   is opened, and [`Profile`] what is asked of a PostgreSQL.
//! * [`StartIn`] starts tasks in transactions of the host's own.
//! * [`entity`] are the tables as sea-orm entities: for queries of a host's own. Only the store writes to them.
//! * [`migration`] creates the tables. [`SqlStore::connect`] applies it by itself; a host that runs its own
//!   migrations can splice [`migration::migrations`] into them.

#![cfg_attr(
    not(all(feature = "sqlite", feature = "postgres")),
    allow(dead_code, reason = "what only the other database needs")
)]

mod batch;
pub mod entity;
mod error;
mod mark;
pub mod migration;
mod presence;
mod profile;
mod start_in;
mod statement;
mod store;

pub use profile::Profile;
/// The sea-orm whose entities and transactions these are.
pub use sea_orm;
pub use start_in::{StartIn, StartInTransaction};
pub use store::{SqlStore, SqlStoreOptions};
