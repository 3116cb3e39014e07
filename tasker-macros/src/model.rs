//! What was written, checked: the expansion prints this and decides nothing.

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream};
use syn::Visibility;

/// A workflow that can be printed, also after errors.
pub(crate) struct Workflow {
    /// The path of the crate `tasker`.
    pub(crate) krate: TokenStream,
    /// The visibility of the type `Workflow`.
    pub(crate) vis: Visibility,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) description: String,
    /// The type of the context, which is that of [`Errors::wrong_type`](crate::errors::Errors::wrong_type) if there is none.
    pub(crate) context: TokenStream,
    /// Whether steps of one task may run at the same time.
    pub(crate) concurrent: bool,
    /// The file that it was made with.
    pub(crate) file: Option<File>,
    /// The shape that its version is pinned to, and where that is written.
    pub(crate) pin: Option<(u64, Span)>,
    /// In the order written.
    pub(crate) steps: Vec<Step>,
    /// The functions that are named as if they were steps, which is reported.
    pub(crate) strangers: Vec<Stranger>,
    /// Code that makes rustc warn.
    pub(crate) warnings: TokenStream,
    /// Unfinished names, in places where an editor can complete them.
    pub(crate) hints: TokenStream,
}

/// The task file of a [`Workflow`].
pub(crate) struct File {
    /// As the attribute says it.
    pub(crate) path: String,
    /// Where it is.
    pub(crate) absolute: String,
}

/// A step of a [`Workflow`].
pub(crate) struct Step {
    /// The function's name, which the step's type shares.
    pub(crate) ident: Ident,
    /// The visibility of the function.
    pub(crate) function_vis: Visibility,
    /// The visibility of the step's type.
    pub(crate) vis: Visibility,
    /// The lints that the function allows; its types are printed once more, and are no worse there.
    pub(crate) allows: TokenStream,
    /// The stored name.
    pub(crate) name: String,
    pub(crate) description: String,
    /// The stored names of the steps that it waits for.
    pub(crate) depends_on: Vec<String>,
    pub(crate) readable: Readable,
    pub(crate) params: Vec<Param>,
    /// What the function returns. Where that cannot be printed, a result of
    /// [`Errors::wrong_type`](crate::errors::Errors::wrong_type).
    pub(crate) returned: TokenStream,
    pub(crate) retry: Retry,
    pub(crate) timeout: Option<Duration>,
    /// The system outside that it talks to, where a file says it.
    pub(crate) dependent_system: Option<String>,
    pub(crate) config: Option<Config>,
    /// The condition under which it runs.
    pub(crate) when: Option<TokenStream>,
    /// Whether its result may be absent. Not where somebody reads it as if it were certain, which is already reported.
    pub(crate) optional: bool,
    /// Whether the function can be called as it is written; if not, that is already reported.
    pub(crate) callable: bool,
    /// The type of a parameter of which rustc says that it is wrong, unless it is not what it looks like.
    pub(crate) unclear: Option<TokenStream>,
}

/// A function without `#[step]` that a step waits for, or reads.
pub(crate) struct Stranger {
    pub(crate) ident: Ident,
    /// What it would return as a step.
    pub(crate) returned: TokenStream,
}

/// The steps whose results a step may read.
pub(crate) enum Readable {
    /// Its dependencies, and the further ancestors that its parameters name.
    These(Vec<Ident>),
    /// Any, because something is wrong with its dependencies, which is already reported.
    Any,
}

/// A parameter of a step, at its place.
pub(crate) enum Param {
    /// The context, by reference. Where its type is written.
    Context(Span),
    /// Anything else, by value.
    Value(TokenStream),
    /// Wrong, and reported.
    Wrong,
}

/// When a step runs again after a failure. What is none here is the default of `tasker`.
pub(crate) enum Retry {
    Default,
    Never,
    Policy { limit: Option<u32>, base: Option<Duration>, max: Option<Duration> },
}

/// The configuration of a step.
pub(crate) struct Config {
    pub(crate) value: TokenStream,
    /// The number of the parameter whose type it must fit, where that can be told.
    pub(crate) param: Option<usize>,
}

impl Step {
    /// The parameters taken by value, with their numbers.
    pub(crate) fn values(&self) -> impl DoubleEndedIterator<Item = (usize, &TokenStream)> {
        self.params.iter().enumerate().filter_map(|(n, param)| match param {
            Param::Value(ty) => Some((n, ty)),
            Param::Context(_) | Param::Wrong => None,
        })
    }

    pub(crate) fn takes_context(&self) -> bool {
        self.params.iter().any(|param| matches!(param, Param::Context(_)))
    }
}
