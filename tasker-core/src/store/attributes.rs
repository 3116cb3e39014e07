use std::collections::BTreeSet;

use crate::echo::echo;
use crate::schema::{self, Violation};
use crate::{Timestamp, TraceParent};

/// What an attribute reads as that was not given, as in Tasker.
pub const UNKNOWN: &str = "unknown";

/// The most tags that a task has.
const MOST_TAGS: usize = 50;

/// Who asked for a task, why and when, and the tags by which it is found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    /// Who asked for it.
    pub initiator: Option<String>,
    /// The system from which it was asked for.
    pub source_system: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// When; otherwise when it is created.
    pub requested_at: Option<Timestamp>,
    /// What it is found by.
    pub tags: BTreeSet<String>,
    /// What it shares with the request that it came from; otherwise its id stands for it.
    pub correlation_id: Option<String>,
    /// The span that asked for it, as the header `traceparent` of the W3C.
    pub traceparent: Option<String>,
}

impl Attributes {
    /// Whether there is nothing to store.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self { initiator, source_system, reason, requested_at, tags, correlation_id, traceparent } = self;
        initiator.is_none()
            && source_system.is_none()
            && reason.is_none()
            && requested_at.is_none()
            && tags.is_empty()
            && correlation_id.is_none()
            && traceparent.is_none()
    }

    /// What keeps them from being stored; the paths are those of a [`TaskRequest`](crate::TaskRequest).
    pub(crate) fn violations(&self) -> Vec<Violation> {
        let Self { initiator, source_system, reason, requested_at, tags, correlation_id, traceparent } = self;
        let mut violations = Vec::new();
        let mut check = |path: &str, message: Option<String>| {
            violations.extend(message.map(|message| Violation { path: path.to_owned(), message }));
        };
        for (path, text) in
            [("/initiator", initiator), ("/source_system", source_system), ("/reason", reason)]
        {
            check(path, text.as_deref().and_then(|text| not_printable(text, 128)));
        }
        let before = requested_at.is_some_and(|at| at.as_micros() < 0);
        check("/requested_at", before.then(|| "it lies before 1970".to_owned()));
        let many = (tags.len() > MOST_TAGS)
            .then(|| format!("there are {}; a task has at most {MOST_TAGS} tags", tags.len()));
        check("/tags", many);
        check("/correlation_id", correlation_id.as_deref().and_then(no_correlation_id));
        check("/traceparent", traceparent.as_deref().and_then(no_trace_parent));
        for tag in tags {
            let shown = echo(tag, 100);
            check("/tags", not_printable(tag, 64).map(|message| format!("{shown:?}: {message}")));
        }
        schema::first_of(violations)
    }
}

/// What keeps a text from being a correlation id, which stands in logs and headers: the rule of Tasker.
fn no_correlation_id(text: &str) -> Option<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    let is_one = begins && text.len() <= 100 && text.chars().all(fits);
    (!is_one).then(|| {
        let rule = "1 to 100 letters, digits, `-` and `_` of ASCII, and begins with a letter or a digit";
        format!("{:?} is no correlation id, which has {rule}", echo(text, 100))
    })
}

fn no_trace_parent(text: &str) -> Option<String> {
    text.parse::<TraceParent>().err().map(|error| error.to_string())
}

/// What is wrong with a text that has to be of 1 to so many printable characters.
pub(crate) fn not_printable(text: &str, most: usize) -> Option<String> {
    let length = text.chars().count();
    if !(1..=most).contains(&length) {
        return Some(format!("it has {length} characters; it can have 1 to {most}"));
    }
    let control = text.chars().find(|character| character.is_control())?;
    Some(format!("it has the character {control:?}; only printable ones can be stored"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_that_cannot_be_stored_is_told() {
        let attributes = Attributes {
            initiator: Some("x".repeat(129)),
            source_system: Some(String::new()),
            reason: Some("a\nb".to_owned()),
            requested_at: Some(Timestamp::from_micros(-1)),
            tags: (0..51).map(|n| n.to_string()).chain(["é".repeat(65)]).collect(),
            correlation_id: Some("-x".to_owned()),
            traceparent: Some("zero".to_owned()),
        };
        let told: Vec<String> = attributes.violations().iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 8, "{told:?}");
        assert_eq!(
            told[..7],
            [
                "/initiator: it has 129 characters; it can have 1 to 128",
                "/source_system: it has 0 characters; it can have 1 to 128",
                "/reason: it has the character '\\n'; only printable ones can be stored",
                "/requested_at: it lies before 1970",
                "/tags: there are 52; a task has at most 50 tags",
                "/correlation_id: \"-x\" is no correlation id, which has 1 to 100 letters, digits, `-` and `_` of ASCII, \
                 and begins with a letter or a digit",
                "/traceparent: \"zero\" is no trace parent, which looks like \
                 `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`: the version is not two hexadecimal digits",
            ]
        );
        assert!(told[7].ends_with("it has 65 characters; it can have 1 to 64"), "{}", told[7]);
    }

    #[test]
    fn what_fits_is_not_complained_about() {
        let attributes = Attributes {
            initiator: Some("é".repeat(128)),
            tags: BTreeSet::from(["x".repeat(64)]),
            ..Attributes::default()
        };
        assert!(attributes.violations().is_empty() && !attributes.is_empty());
        assert!(Attributes::default().is_empty());
    }
}
