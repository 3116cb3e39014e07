//! What the expansion of `#[subscriber]` calls.

use super::{CustomEvent, SubscriberError, SubscriberResult};
use crate::{Event, schema};

/// What a method of a `#[subscriber]` may return.
#[diagnostic::on_unimplemented(
    message = "a method that hears of an event cannot return `{Self}`",
    label = "returns neither nothing nor `Result<(), E>`",
    note = "an error is anything that `?` turns into a `Box<dyn Error + Send + Sync>`; with it, the event is delivered again"
)]
pub trait Returns {
    /// Whether the event was taken.
    fn taken(self) -> SubscriberResult;
}

impl Returns for () {
    fn taken(self) -> SubscriberResult {
        Ok(())
    }
}

impl<E: Into<SubscriberError>> Returns for Result<(), E> {
    fn taken(self) -> SubscriberResult {
        self.map_err(Into::into)
    }
}

/// What an event of the application says, as its type.
pub fn read<E: Event>(event: &CustomEvent) -> Result<E, SubscriberError> {
    schema::read(event.whole()).map_err(|violation| {
        let (name, ty) = (&event.name, std::any::type_name::<E>());
        let violation = violation.under(name);
        format!("what `{name}` says does not fit the type `{ty}`: {violation}").into()
    })
}

/// Whether a type is the event of this name, as the compiler asks.
#[must_use]
pub const fn is_named<E: Event>(name: &str) -> bool {
    let (known, name) = (E::NAME.as_bytes(), name.as_bytes());
    let mut at = 0;
    while at < known.len() && at < name.len() && known[at] == name[at] {
        at += 1;
    }
    at == known.len() && at == name.len()
}
