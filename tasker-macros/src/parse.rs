//! From tokens to what was written, with nothing judged yet.

mod args;
mod context;
mod docs;
mod module;

pub(crate) use args::{Arg, Value, args};
pub(crate) use module::{Module, Part, RawStep, module};
