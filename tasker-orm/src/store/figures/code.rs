//! The code of an error, from as much of its text as was read.

use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

/// The code, if the error has one. It stands before the facts, which may be long; that the text ends in them is no obstacle.
pub(super) fn code_of(text: &str) -> Option<String> {
    let mut code = None;
    // An error here means that the text ended, or is none of ours; what was found until then counts.
    let _ = serde_json::Deserializer::from_str(text).deserialize_map(Fields(&mut code));
    code
}

struct Fields<'c>(&'c mut Option<String>);

impl<'de> Visitor<'de> for Fields<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the error of a step")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        while let Some(field) = fields.next_key::<String>()? {
            if field == "code" {
                *self.0 = fields.next_value()?;
            } else {
                fields.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_found_in_a_text_that_was_cut() {
        let error =
            tasker_core::StepError::permanent("say \"code\":\"NO\"").code("A \"B\"").context("x".repeat(100));
        let text = serde_json::to_string(&error).unwrap();
        assert_eq!(code_of(&text).as_deref(), Some("A \"B\""));
        assert_eq!(code_of(&text[..text.len() - 50]).as_deref(), Some("A \"B\""));
        let without = serde_json::to_string(&tasker_core::StepError::retryable("no")).unwrap();
        assert_eq!([code_of(&without), code_of("what?"), code_of("")], [None, None, None]);
    }
}
