//! The type that stands where a mistake left none.

/// What a step returns, or a task is started with, where `#[workflow]` could not tell.
///
/// Its argument is an error of the macro: `Wrong<{ compile_error!("..") }>`. For rustc this is a type that is known to be wrong, and of
/// what is known to be wrong it says nothing more: whatever a body does with a value of it, whatever it is compared with, and
/// whatever it does not implement.
#[derive(Debug)]
pub struct Wrong<const MISTAKE: bool>;
