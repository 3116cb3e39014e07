//! What must not reach a terminal, or end a line, as it is: control characters, and those that turn the direction of what follows.

use std::fmt::Write;

/// Whether a character is one of them.
pub(super) fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{feff}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Writes a text as the string of JSON that it is.
pub(super) fn json(out: &mut String, text: &str) {
    out.push('"');
    each(
        out,
        text,
        |c| matches!(c, '"' | '\\'),
        |out, c| match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // All of them have four digits.
            _ => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
        },
    );
    out.push('"');
}

/// Writes a text for people; `also` are characters that have a backslash before them.
pub(super) fn shown(out: &mut String, text: &str, also: fn(char) -> bool) {
    each(out, text, also, |out, c| match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        _ if is_unsafe(c) => {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
        _ => {
            out.push('\\');
            out.push(c);
        }
    });
}

/// Writes what is harmless as it is, piece by piece.
fn each(out: &mut String, text: &str, also: fn(char) -> bool, escape: fn(&mut String, char)) {
    let mut rest = text;
    while let Some(at) = rest.find(|c| is_unsafe(c) || also(c)) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let mut characters = rest.chars();
        if let Some(c) = characters.next() {
            escape(out, c);
        }
        rest = characters.as_str();
    }
    out.push_str(rest);
}
