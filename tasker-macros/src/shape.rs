//! The shape of a workflow: the number that `tasker` computes and stores with each task, for `shape = 0x…`.

/// A step, as far as it is part of the shape.
pub(crate) struct Step<'a> {
    pub(crate) name: &'a str,
    /// The names of its dependencies, in whatever order.
    pub(crate) depends_on: Vec<&'a str>,
    /// Whether it may be skipped.
    pub(crate) optional: bool,
}

/// FNV-1a, 64 bits, over `name < dependency , … ? ;` for each step in canonical order, dependencies by name. `Shape::of` of
/// `tasker` says what is part of it and why.
pub(crate) fn of<'a>(steps: impl IntoIterator<Item = Step<'a>>, concurrent: bool) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut feed = |text: &str, end: u8| {
        for &byte in text.as_bytes().iter().chain([&end]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    };
    for Step { name, mut depends_on, optional } in steps {
        feed(name, b'<');
        depends_on.sort_unstable();
        for dependency in depends_on {
            feed(dependency, b',');
        }
        if optional {
            feed("", b'?');
        }
        feed("", b';');
    }
    if !concurrent {
        feed("concurrent=false", b';');
    }
    hash
}
