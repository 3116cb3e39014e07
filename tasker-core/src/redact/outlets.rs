//! The log and the traces of a process, which hide what they were told to hide, and not what a Tasker was.

use std::sync::{Mutex, PoisonError};

use super::Redaction;

static OUTLETS: Mutex<Vec<(&'static str, Redaction)>> = Mutex::new(Vec::new());

impl Redaction {
    /// Something of this process goes by it, which is called so.
    #[cfg_attr(
        not(any(feature = "logs", feature = "otel")),
        expect(dead_code, reason = "nothing else says anything")
    )]
    pub(crate) fn is_used_by(&self, outlet: &'static str) {
        let mut outlets = OUTLETS.lock().unwrap_or_else(PoisonError::into_inner);
        if !outlets.iter().any(|(name, redaction)| *name == outlet && redaction == self) {
            outlets.push((outlet, self.clone()));
        }
    }

    /// Warns of names that a Tasker hides, and the log or the traces of its process do not.
    pub(crate) fn compare_with_outlets(&self) {
        let outlets = OUTLETS.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (outlet, redaction) in outlets {
            let names = self.shown_by(&redaction);
            if !names.is_empty() {
                tracing::warn!(
                    target: "tasker",
                    names = names.join(", "),
                    "this Tasker hides what has these names, and `{outlet}` does not; give the same names to `{outlet}`, by `redact`"
                );
            }
        }
    }

    /// The names that it was told to hide and another one would show.
    fn shown_by(&self, other: &Self) -> Vec<&str> {
        let hidden = self.hidden.iter().filter(|name| !self.shown.contains(name));
        hidden.filter(|name| !other.is_secret(name)).map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_one_shows_is_found() {
        let redaction = Redaction::new().hide(["iban", "card_number", "api_key", "plain"]).show(["plain"]);
        assert_eq!(redaction.shown_by(&redaction), [""; 0]);
        assert_eq!(redaction.shown_by(&Redaction::new().hide(["Card-Number"])), ["iban"]);
        assert_eq!(redaction.shown_by(&Redaction::new()), ["iban", "cardnumber"]);
    }
}
