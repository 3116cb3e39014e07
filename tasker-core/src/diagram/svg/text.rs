//! Texts whose width has to be known before anybody draws them.
//!
//! Who will draw them has a font of its own, so widths are estimates: those of a common sans-serif, a little on the wide side.

use std::fmt;

/// How wide and high something is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in super::super) struct Size {
    pub(in super::super) width: f64,
    pub(in super::super) height: f64,
}

/// How wide a text is, about, at this size of the font.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(em).sum::<f64>() * size
}

/// The width of a character, in parts of the font's size.
fn em(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '|' | '!' | '\'' | '`' | 'I' => 0.33,
        'f' | 't' | 'r' | ' ' | '(' | ')' | '[' | ']' | '/' | '\\' | '-' | '·' => 0.4,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' => 0.92,
        '#' | '&' | '<' | '>' | '+' | '=' | '~' | '^' => 0.8,
        'A'..='Z' => 0.7,
        '\u{0300}'..='\u{036f}' | '\u{200b}'..='\u{200f}' => 0.0,
        c if (c as u32) < 0x1100 => 0.59,
        // From here on mostly ideographs, syllables and pictures, which are as wide as high.
        _ => 1.05,
    }
}

/// The text, or as much of its beginning as fits, with an ellipsis.
pub(super) fn fit(text: &str, size: f64, most: f64) -> String {
    if width(text, size) <= most {
        return text.to_owned();
    }
    let mut room = most / size - em('…');
    let mut end = 0;
    for (at, c) in text.char_indices() {
        room -= em(c);
        if room < 0.0 {
            break;
        }
        end = at + c.len_utf8();
    }
    format!("{}…", text[..end].trim_end())
}

/// The text as it may stand in XML, in an element or in a quoted attribute. Characters that XML has no place for are left out.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            // Marks that turn the direction of what follows around would reach beyond their text.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            c => escaped.push(c),
        }
    }
    escaped
}

/// A coordinate, shown with one decimal at most. A picture has tens of thousands of them.
pub(super) struct Number(f64);

pub(super) fn number(value: f64) -> Number {
    Number(value)
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = (self.0 * 10.0).round() as i64;
        let (sign, whole, rest) = (if tenths < 0 { "-" } else { "" }, tenths.abs() / 10, tenths.abs() % 10);
        if rest == 0 { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{rest}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_does_not_fit_is_cut_with_an_ellipsis() {
        assert_eq!(fit("charge", 13.0, 200.0), "charge");
        let cut = fit("charge the card of the customer", 13.0, 100.0);
        assert!(cut.ends_with('…') && width(&cut, 13.0) <= 100.0, "{cut}");
        assert!(cut.starts_with("charge the"), "{cut}");
        assert_eq!(fit("記録", 13.0, 1.0), "…");
    }

    #[test]
    fn nothing_that_is_written_in_a_text_is_markup() {
        assert_eq!(
            escape("<a href=\"x\" b='&'>\u{1b}\u{0}\u{202e}\n"),
            "&lt;a href=&quot;x&quot; b=&#39;&amp;&#39;&gt;\n"
        );
    }

    #[test]
    fn coordinates_are_short() {
        let shown = [12.0, 12.04, 12.25, -0.04, -0.4, -3.0].map(|value| number(value).to_string());
        assert_eq!(shown, ["12", "12", "12.3", "0", "-0.4", "-3"]);
    }
}
