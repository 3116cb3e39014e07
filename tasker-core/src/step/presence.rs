//! Whether the result of a step is certain to be there for those that run after it.
//!
//! A step that may be skipped has no result then. Whoever reads it takes `Option<Output<step>>`; that it does is checked by rustc,
//! because the step says which of the two it is by a type.

use super::Step;

/// What [`Step::Presence`] may be: [`Always`] or [`Maybe`].
pub trait Presence: sealed::Sealed {
    /// Whether the step may be over without a result.
    const MAYBE: bool;
}

/// The step has a result once it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Always {}

/// The step may be skipped, by its `when` or by an operator, and has no result then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maybe {}

impl Presence for Always {
    const MAYBE: bool = false;
}

impl Presence for Maybe {
    const MAYBE: bool = true;
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for super::Always {}
    impl Sealed for super::Maybe {}
}

/// A step that has a result once it is over: its [`Presence`] is [`Always`].
#[diagnostic::on_unimplemented(
    message = "step `{Self}` may be skipped, so its result may be absent",
    label = "the result of `{Self}` may be absent",
    note = "take `Option<Output<{Self}>>`"
)]
pub trait Certain: Step {}

#[diagnostic::do_not_recommend]
impl<S: Step<Presence = Always>> Certain for S {}
