//! What steps and modules are called: plain words, words that mean something else in Rust, and raw identifiers.

use fastrand::Rng;

const PLAIN: [&str; 22] = [
    "validate_cart",
    "charge",
    "ship",
    "notify",
    "reserve",
    "refund",
    "pack",
    "invoice",
    "audit",
    "a",
    "b2",
    "x_",
    "_hidden",
    "step_1",
    "step_2",
    "größe",
    "prüfe_alles",
    "fetch_order",
    "fetch_orders",
    "send_mail",
    "close",
    "a_name_that_is_as_long_as_nobody_would_ever_write_it_but_somebody_may",
];

/// Names that shadow something, or that generated code might be using itself.
const SHADOWS: [&str; 50] = [
    "drop",
    "result",
    "vec",
    "option",
    "self_",
    "ok",
    "some",
    "string",
    "str",
    "bool",
    "char",
    "usize",
    "u32",
    "i64",
    "clone",
    "default",
    "send",
    "sync",
    "future",
    "core",
    "std",
    "alloc",
    "tasker",
    "serde",
    "stage",
    "output",
    "state",
    "config",
    "attempt",
    "context",
    "workflow",
    "step",
    "invocation",
    "builder",
    "handlers",
    "run",
    "define",
    "arg0",
    "into",
    "iter",
    "main",
    "test",
    "log",
    "union",
    "auto",
    "macro_rules",
    "written",
    "provide",
    "panic",
    "assert",
];

/// Those among them that are types, which a step of the same name hides.
pub(crate) const PRIMITIVES: [&str; 6] = ["str", "bool", "char", "usize", "u32", "i64"];

/// Words that are names only with `r#`.
const KEYWORDS: [&str; 12] =
    ["match", "type", "async", "fn", "mod", "struct", "loop", "move", "ref", "gen", "use", "impl"];

const MODULES: [&str; 10] = [
    "order",
    "refunds",
    "r#try",
    "r#order",
    "workflow",
    "core",
    "std",
    "result",
    "bestellung_größe",
    "tasker",
];

/// A name of a step, as it is declared.
pub(crate) fn step(rng: &mut Rng) -> String {
    match rng.u8(..10) {
        0..5 => spell(pick(rng, &PLAIN), rng),
        5..9 => spell(pick(rng, &SHADOWS), rng),
        _ => format!("r#{}", pick(rng, &KEYWORDS)),
    }
}

pub(crate) fn module(rng: &mut Rng) -> &'static str {
    pick(rng, &MODULES)
}

/// What the name is without `r#`.
pub(crate) fn bare(name: &str) -> &str {
    name.strip_prefix("r#").unwrap_or(name)
}

/// The name as rustc shows it: with `r#` only where it needs that.
pub(crate) fn shown(name: &str) -> String {
    let bare = bare(name);
    if KEYWORDS.contains(&bare) { format!("r#{bare}") } else { bare.to_owned() }
}

/// One of the ways to write a name: a keyword needs `r#`, and anything else may have it.
pub(crate) fn spell(name: &str, rng: &mut Rng) -> String {
    let name = bare(name);
    if KEYWORDS.contains(&name) || rng.u8(..12) == 0 { format!("r#{name}") } else { name.to_owned() }
}

/// A name with a typo: one letter is doubled, left out, or swapped with the next one. None if that makes no name.
pub(crate) fn misspell(name: &str, rng: &mut Rng) -> Option<String> {
    let mut letters: Vec<char> = bare(name).chars().collect();
    let at = rng.usize(..letters.len());
    match rng.u8(..3) {
        0 if letters.len() > 2 && at > 0 => drop(letters.remove(at)),
        1 if at + 1 < letters.len() => letters.swap(at, at + 1),
        _ => letters.insert(at, letters[at]),
    }
    let typo: String = letters.into_iter().collect();
    let is_name = !typo.starts_with(|c: char| c.is_ascii_digit()) && !["self", "_"].contains(&typo.as_str());
    is_name.then(|| spell(&typo, rng))
}

pub(crate) fn pick<T: Copy>(rng: &mut Rng, from: &[T]) -> T {
    from[rng.usize(..from.len())]
}
