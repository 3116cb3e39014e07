//! Names for many steps of the same kind, which live as long as the process, as those in a macro do.

use std::sync::LazyLock;

/// The most steps of a kind.
const MOST: usize = 10_000;

static NAMES: LazyLock<Vec<String>> =
    LazyLock::new(|| (0..MOST).map(|number| format!("step_{number:05}")).collect());

/// The first so many names, at most 10,000, in their order.
pub(crate) fn names(count: usize) -> impl Iterator<Item = &'static str> {
    NAMES.iter().take(count).map(String::as_str)
}
