//! What a handler says is wrong with the description of a step: each mistake on its own, with its place in the configuration, so that whoever
//! has the text of the configuration can show where it stands. [`StepHandler::check`](crate::StepHandler::check) returns them.

use std::fmt;

/// One thing that is wrong with the description of a step.
///
/// ```
/// use tasker_core::StepMistake;
///
/// let mistake = StepMistake::new("`currency` is no currency").at("/currency").help("write three letters, such as `EUR`");
/// assert_eq!(mistake.to_string(), "`currency` is no currency; write three letters, such as `EUR`");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StepMistake {
    message: String,
    help: Option<String>,
    place: String,
    on: On,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum On {
    Key,
    Value,
}

impl StepMistake {
    /// A mistake of the configuration as a whole. The text is shown, so it has no values that may be secret.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, place: String::new(), on: On::Key }
    }

    /// Says which value of the configuration is wrong, by a JSON Pointer (RFC 6901) such as `/headers/Accept`.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        (self.place, self.on) = (place.into(), On::Value);
        self
    }

    /// Says which key of the configuration is wrong, by the JSON Pointer of its value.
    #[must_use]
    pub fn at_key(mut self, place: impl Into<String>) -> Self {
        (self.place, self.on) = (place.into(), On::Key);
        self
    }

    /// Says how to mend it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// What is wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where in the configuration, as a JSON Pointer; empty for the whole.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Whether the key is wrong, whatever stands under it.
    #[must_use]
    pub fn is_of_key(&self) -> bool {
        self.on == On::Key
    }

    /// How it can be mended, if that was said.
    #[must_use]
    pub fn how_to_mend(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

impl fmt::Display for StepMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, "; {help}"))
    }
}

/// All that is wrong with the description of a step; there is at least one mistake. A text alone is one of the configuration as a whole.
///
/// ```
/// use tasker_core::{StepMistake, StepMistakes};
///
/// let mut mistakes = Vec::new();
/// mistakes.push(StepMistake::new("nothing reads `feee`").at_key("/feee").help("did you mean `fee`?"));
/// let found: Result<(), StepMistakes> = StepMistakes::check(mistakes);
/// assert_eq!(found.unwrap_err().to_string(), "nothing reads `feee`; did you mean `fee`?");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct StepMistakes(Vec<StepMistake>);

impl StepMistakes {
    /// Nothing, if there are no mistakes.
    ///
    /// # Errors
    /// With all of them, if there are.
    pub fn check(mistakes: Vec<StepMistake>) -> Result<(), Self> {
        if mistakes.is_empty() { Ok(()) } else { Err(Self(mistakes)) }
    }

    /// Every mistake.
    #[must_use]
    pub fn mistakes(&self) -> &[StepMistake] {
        &self.0
    }
}

impl From<StepMistake> for StepMistakes {
    fn from(mistake: StepMistake) -> Self {
        Self(vec![mistake])
    }
}

impl From<String> for StepMistakes {
    fn from(message: String) -> Self {
        StepMistake::new(message).into()
    }
}

impl From<&str> for StepMistakes {
    fn from(message: &str) -> Self {
        StepMistake::new(message).into()
    }
}
