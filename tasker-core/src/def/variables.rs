//! Which pieces of the texts of a configuration came from variables.
//!
//! A handler takes a text as one piece. Who fills templates, or shows them, has to know more: the value of a variable is no template, and
//! is shown to nobody. So what expands a configuration keeps the pieces of each text, and a type that needs them finds them while it is
//! read: [`Variables::while_reading`] is around the reading, and [`Variables::of_what_is_read`] in the middle of it. They go by the end of a place,
//! so the type may be a part of what is read, and by the text itself, which something else may have replaced since.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The pieces of each text in which a variable has a part, by its place, a JSON Pointer.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Variables(Arc<BTreeMap<String, Vec<Part>>>);

/// The place of a field, or of an item, of what stands at another place.
pub(crate) fn place_in(place: &str, key: &str) -> String {
    format!("{place}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// A piece of a text.
#[derive(Clone, PartialEq)]
pub(crate) enum Part {
    Plain(String),
    Variable { name: String, value: String },
}

impl Part {
    /// As it may be shown.
    #[cfg(feature = "http")]
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Variable { name, .. } => format!("${{{name}}}"),
        }
    }

    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Plain(text) | Self::Variable { value: text, .. } => text,
        }
    }
}

thread_local! {
    static READING: RefCell<Variables> = RefCell::default();
}

/// Puts back what was read before, even when the reading panics.
struct Before(Variables);

impl Drop for Before {
    fn drop(&mut self) {
        READING.replace(std::mem::take(&mut self.0));
    }
}

impl Variables {
    /// Keeps the pieces of a text.
    #[cfg(feature = "yaml")]
    pub(crate) fn add(&mut self, place: &str, parts: Vec<Part>) {
        Arc::make_mut(&mut self.0).insert(place.to_owned(), parts);
    }

    /// Reads something from the configuration that these belong to.
    pub(crate) fn while_reading<T>(&self, read: impl FnOnce() -> T) -> T {
        let _before = Before(READING.replace(self.clone()));
        read()
    }
}

/// Whether a text falls into these pieces.
#[cfg(feature = "http")]
fn are_of(parts: &[Part], text: &str) -> bool {
    let rest = parts.iter().try_fold(text, |rest, part| rest.strip_prefix(part.text()));
    rest == Some("")
}

#[cfg(feature = "http")]
impl Variables {
    /// Those of the configuration that is read just now.
    pub(crate) fn of_what_is_read() -> Self {
        READING.with_borrow(Self::clone)
    }

    /// The pieces of a text, if a variable has a part in it.
    pub(crate) fn parts(&self, place: &str, text: &str) -> Option<&[Part]> {
        let here = self.0.get(place).into_iter();
        let below = self.0.iter().filter(|(other, _)| other.ends_with(place)).map(|(_, parts)| parts);
        here.chain(below).map(Vec::as_slice).find(|parts| are_of(parts, text))
    }

    /// Names and values.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.values().flatten().filter_map(|part| match part {
            Part::Variable { name, value } => Some((name.as_str(), value.as_str())),
            Part::Plain(_) => None,
        })
    }
}
