use std::fmt;

/// A digest of what decides the order of a workflow's steps: their names and edges, in canonical order.
///
/// FNV-1a, 64 bits, over `name < dependency , … ; ` for each step, dependencies by name; a step that may be skipped has a `?` before
/// its `;`. Retry policies, timeouts, configuration and documentation are not part of it. A workflow that runs one step of a task at a
/// time adds a mark at the end. `tasker-macros` computes the same number. Tasks in flight are found again by it, so it never changes
/// for a graph that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape(u64);

impl Shape {
    /// The shape of steps given in canonical order, each with the names of its dependencies in order of name and whether it may
    /// be skipped.
    pub fn of<'a, D>(steps: impl IntoIterator<Item = (&'a str, D, bool)>) -> Self
    where
        D: IntoIterator<Item = &'a str>,
    {
        let mut hash = Fnv1a::new();
        for (name, dependencies, optional) in steps {
            hash.feed(name, b'<');
            for dependency in dependencies {
                hash.feed(dependency, b',');
            }
            hash.feed(if optional { "?" } else { "" }, b';');
        }
        Self(hash.0)
    }

    /// The shape of the same steps where one of a task runs at a time.
    pub(super) fn one_at_a_time(self) -> Self {
        let mut hash = Fnv1a(self.0);
        hash.feed("concurrent=false", b';');
        Self(hash.0)
    }

    /// The shape that a database keeps as this number.
    #[must_use]
    pub const fn from_i64(number: i64) -> Self {
        Self(number.cast_unsigned())
    }

    /// The number as databases keep it.
    #[must_use]
    pub const fn as_i64(self) -> i64 {
        self.0.cast_signed()
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#018x}", self.0)
    }
}

struct Fnv1a(u64);

impl Fnv1a {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn feed(&mut self, text: &str, end: u8) {
        for &byte in text.as_bytes().iter().chain([&end]) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_edges_make_the_shape() {
        let shape = |steps: &[(&str, &[&str])]| {
            Shape::of(steps.iter().map(|&(name, dependencies)| (name, dependencies.to_vec(), false)))
        };
        let chain = shape(&[("a", &[]), ("b", &["a"])]);
        assert_eq!(chain, shape(&[("a", &[]), ("b", &["a"])]));
        assert_ne!(chain, shape(&[("a", &[]), ("b", &[])]));
        assert_ne!(chain, shape(&[("a", &[]), ("c", &["a"])]));
        assert_eq!(Shape::from_i64(chain.as_i64()), chain);
    }

    /// Tasks are stored under it: a new release must find those of an old one.
    #[test]
    fn the_shape_of_a_graph_is_the_same_in_every_release() {
        let chain = |optional| Shape::of([("a", vec![], false), ("b", vec!["a"], optional)]);
        assert_eq!(chain(false).to_string(), "0x80212cb875fb41eb");
        assert_eq!(chain(false).one_at_a_time().to_string(), "0x86629dfe025ef325");
        assert_eq!(chain(true).to_string(), "0xb3ae557079fc45e4");
    }
}
