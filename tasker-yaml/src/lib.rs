//! The file format of Tasker: a text becomes a tree that knows where each part of it stands, and every mistake in it is found.
//!
//! `parse` → `shape` (the keys, and what stands under each) → `merge` (what is different in an environment) → `check` (whether the parts fit
//! together). What handlers there are, what variables hold and what a JSON Schema means is not known here: `tasker-core` goes on
//! from the tree when an application starts, and `tasker-macros` when one is compiled. So a file is judged in the same words by both.
//!
//! Applications see [`Mistake`] and [`YamlError`] as `tasker::yaml`; the rest is no part of what `tasker` promises.

mod check;
mod file;
pub mod keys;
mod merge;
mod mistake;
mod node;
mod parse;
pub mod scalar;
mod shape;
mod syntax;

pub use check::{STEPS, dependencies_of};
pub use file::{Source, read, read_subscriptions};
pub use merge::Task;
pub use mistake::{Mistake, Report, YamlError};
pub use node::{Entry, Kind, Node, Span};
pub use parse::{LONGEST, parse};
