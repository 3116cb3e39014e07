//! What messages repeat of what somebody gave: not more than anybody reads. What is given may be of any length.

use std::borrow::Cow;

/// A text, or its beginning with a sign that there was more: so many characters at most.
pub(crate) fn echo(text: &str, most: usize) -> Cow<'_, str> {
    // No character has less than a byte.
    if text.len() <= most || text.chars().nth(most).is_none() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().take(most.saturating_sub(1)).chain(['…']).collect())
}

#[cfg(test)]
mod tests {
    use super::echo;

    #[test]
    fn what_is_long_is_cut_between_characters() {
        assert_eq!(echo("häuser", 6), "häuser");
        assert_eq!(echo("häuser", 5), "häus…");
        assert_eq!(echo("", 0), "");
    }
}
