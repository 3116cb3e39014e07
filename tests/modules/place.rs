//! Where an error is to be: a generated text has its token between `«` and `»`, which are taken out again.

/// Lines and columns of a token, from 1; columns count characters, and the last one is past the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) from: (u64, u64),
    pub(crate) to: (u64, u64),
}

/// The token with the marks.
pub(crate) fn mark(token: &str) -> String {
    format!("«{token}»")
}

/// The text without the marks, and the place between them.
pub(crate) fn unmark(marked: &str) -> (String, Option<Place>) {
    let mut text = String::with_capacity(marked.len());
    let (mut at, mut from, mut place) = ((1, 1), None, None);
    for c in marked.chars() {
        match (c, from) {
            ('«', _) => from = Some(at),
            ('»', Some(from)) => place = Some(Place { from, to: at }),
            _ => {
                at = if c == '\n' { (at.0 + 1, 1) } else { (at.0, at.1 + 1) };
                text.push(c);
            }
        }
    }
    (text, place)
}

#[test]
fn a_place_is_counted_in_characters() {
    let (text, place) = unmark("a\n größe «größe, b\nc» d");
    assert_eq!(text, "a\n größe größe, b\nc d");
    assert_eq!(place, Some(Place { from: (2, 8), to: (3, 2) }));
    assert_eq!(unmark("a"), ("a".to_owned(), None));
}
