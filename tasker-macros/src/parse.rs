//! From tokens to what was written, with nothing judged yet.

mod args;
mod context;
mod docs;
mod module;
mod stray;

pub(crate) use args::{Arg, Value, args};
pub(crate) use module::{Misplaced, Module, Part, RawStep, module};
