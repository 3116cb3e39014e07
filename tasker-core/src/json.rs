//! JSON as it is stored: text that is written once, read by whoever asks for it, and not parsed in between.

use std::fmt;
use std::io;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::schema::{self, Violation};

/// A JSON document as text. Copies share the text.
#[derive(Clone, PartialEq, Eq)]
pub struct Json(Arc<str>);

impl Json {
    /// The JSON of a value.
    ///
    /// # Errors
    /// When the value cannot be written as JSON, for instance a map whose keys are not strings.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self, serde_json::Error> {
        serde_json::to_string(value).map(|text| Self(text.into()))
    }

    /// How many bytes the JSON of a value has; nothing is kept of it. Of a value that cannot be written it is what comes before that is noticed.
    pub(crate) fn size_of<T: Serialize + ?Sized>(value: &T) -> usize {
        struct Count(usize);
        impl io::Write for Count {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0 += bytes.len();
                Ok(bytes.len())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut count = Count(0);
        let _ = serde_json::to_writer(&mut count, value);
        count.0
    }

    /// Text that a store kept; it was valid JSON when it was stored.
    #[must_use]
    pub fn from_stored(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The value as a `T`.
    ///
    /// # Errors
    /// When the text is not JSON, or not that of a `T`.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.0)
    }

    /// The same, with the place of what does not fit, and without what has the name of a secret.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Violation> {
        schema::read_text(&self.0)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
