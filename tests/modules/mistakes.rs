//! The mistakes: each changes a module that is right in one way, marks the token that is wrong, and says what is to be said to it.

mod around;
mod edges;
mod options;
mod result;
mod signature;

use fastrand::Rng;

use crate::module::Module;

/// What rustc is to say.
#[derive(Debug)]
pub(crate) struct Expected {
    pub(crate) level: &'static str,
    pub(crate) text: Text,
    pub(crate) times: Times,
}

/// How often rustc says it: more than once only where it cannot be kept from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Times {
    Once,
    /// At the token, and once more where the workflow is registered.
    AndWhereRegistered,
    /// At the token, and any number of times where the result is read.
    AndWhereRead,
}

#[derive(Debug)]
pub(crate) enum Text {
    Is(String),
    /// What follows depends on more than the mistake.
    Begins(String),
    /// What comes before does.
    Ends(String),
}

pub(crate) struct Mistake {
    pub(crate) name: &'static str,
    /// None if the module has no room for it; the module is then of no use any more.
    pub(crate) make: fn(&mut Module, &mut Rng) -> Option<Expected>,
}

macro_rules! mistakes {
    ($($file:ident: $($name:ident)*;)*) => {
        pub(crate) const MISTAKES: &[Mistake] =
            &[$($(Mistake { name: stringify!($name), make: $file::$name }),*),*];
    };
}

mistakes! {
    edges: unknown_dependency unknown_name cycle self_dependency listed_twice redundant quoted tuple path_of_another_module
        not_an_ancestor runs_later reads_itself read_as_certain result_of_no_step;
    options: unknown_option misspelled_option misspelled_workflow_option bad_duration unquoted_duration no_time too_long bad_retry_duration
        limit_of_nothing base_over_max given_twice two_policies two_attributes one_stored_name empty_name no_value
        config_without_parameter parameter_without_config config_of_another_type bad_version;
    signature: not_async generic lifetime is_unsafe own_self mutable_context second_reference borrowed conditional conditional_parameter
        context_of_another_type no_parameter unnamed_parameter defined_twice;
    result: no_return_type no_result plain_value cannot_be_stored error_is_no_error unnamed_result borrows used_as_another_type
        unknown_field returns_another_type not_send;
    around: no_context context_through_a_glob private_context context_cannot_be_stored missing_resource no_steps
        unknown_context;
}

/// One error that says this.
fn error(text: impl Into<String>) -> Option<Expected> {
    expected("error", Text::Is(text.into()), Times::Once)
}

/// One error that begins so.
fn error_beginning(text: impl Into<String>) -> Option<Expected> {
    expected("error", Text::Begins(text.into()), Times::Once)
}

#[expect(clippy::unnecessary_wraps, reason = "it is the end of mistakes for which there may be no room")]
fn expected(level: &'static str, text: Text, times: Times) -> Option<Expected> {
    Some(Expected { level, text, times })
}

/// A step at random.
fn any(module: &Module, rng: &mut Rng) -> usize {
    rng.usize(..module.steps.len())
}

/// A step at random of those that are fit for it.
fn one_of(module: &Module, rng: &mut Rng, fit: impl Fn(usize) -> bool) -> Option<usize> {
    let fit: Vec<usize> = (0..module.steps.len()).filter(|&step| fit(step)).collect();
    rng.choice(fit)
}

/// Tries until it works, which it does sooner or later.
pub(crate) fn retry<T>(mut attempt: impl FnMut() -> Option<T>) -> T {
    loop {
        if let Some(done) = attempt() {
            return done;
        }
    }
}

impl Text {
    pub(crate) fn fits(&self, said: &str) -> bool {
        match self {
            Self::Is(text) => text == said,
            Self::Begins(text) => said.starts_with(text),
            Self::Ends(text) => said.ends_with(text),
        }
    }
}
