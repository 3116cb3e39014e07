//! From tokens to what was written, with nothing judged yet.

mod aliases;
mod args;
mod context;
mod docs;
pub(crate) mod fragments;
mod module;
mod stray;

pub(crate) use aliases::Alias;
pub(crate) use args::{Arg, Value, args};
pub(crate) use docs::first_paragraph;
pub(crate) use module::{Misplaced, Module, Part, RawStep, module};
