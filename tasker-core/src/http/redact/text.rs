//! Secrets in a text of which nobody knows what it is: a form, a half of a JSON, a page of HTML, a log.
//!
//! Whatever stands behind the name of a secret and one of `=`, `:`, `=>` and the `>` of a tag is one. Quotes may be escaped, however often.
//! Where it ends is a guess that takes too much rather than too little.

use super::{REDACTED, is_secret};

/// Words before a secret in a header.
const SCHEMES: [&str; 4] = ["bearer", "basic", "digest", "token"];

/// Quotes as HTML has them.
const ENTITIES: [&str; 5] = ["&quot;", "&#34;", "&#39;", "&#x27;", "&apos;"];

/// `=` and `:` as they stand in a URL.
const ESCAPED: [&str; 4] = ["%3D", "%3d", "%3A", "%3a"];

/// A text as it may be shown.
pub(in crate::http) fn text(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let word = word(rest);
        if word == 0 {
            let after = login(rest).unwrap_or(0);
            if after > 0 {
                shown.push_str("//");
                shown.push_str(REDACTED);
                rest = &rest[after..];
            } else {
                let next = rest.chars().next().map_or(1, char::len_utf8);
                shown.push_str(&rest[..next]);
                rest = &rest[next..];
            }
            continue;
        }
        let (name, behind) = rest.split_at(word);
        let in_tag = shown.ends_with('<');
        shown.push_str(name);
        rest = behind;
        let value = if is_secret(name) { value(behind, in_tag) } else { credentials(name, behind) };
        if let Some((from, to)) = value.filter(|(from, to)| from < to) {
            shown.push_str(&behind[..from]);
            shown.push_str(REDACTED);
            rest = &behind[to..];
        }
    }
    shown
}

/// Where the word at the beginning of a text ends: also at a separator as it stands in a URL.
fn word(text: &str) -> usize {
    let end = text.find(|c: char| !is_word(c)).unwrap_or(text.len());
    let escaped = ESCAPED.into_iter().filter_map(|separator| text[..end].find(separator)).min();
    escaped.unwrap_or(end)
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '[' | ']' | '%')
}

/// Where the user and password of a URL end, at the beginning of the text.
fn login(text: &str) -> Option<usize> {
    let rest = text.strip_prefix("//")?;
    let end = rest.find(|c: char| c.is_whitespace() || "/\\\"'<>?#".contains(c)).unwrap_or(rest.len());
    rest[..end].rfind('@').map(|at| at + 2)
}

/// Where the credentials behind `Bearer` stand.
fn credentials(word: &str, behind: &str) -> Option<(usize, usize)> {
    let follows = matches!(word.to_ascii_lowercase().as_str(), "bearer" | "basic");
    let space = behind.len() - behind.trim_start_matches(' ').len();
    (follows && space > 0).then(|| (space, space + until(&behind[space..], "")))
}

/// Where the value behind the name of a secret stands.
fn value(behind: &str, in_tag: bool) -> Option<(usize, usize)> {
    let mut at = skip(behind, 0);
    if behind[at..].starts_with(']') {
        at = skip(behind, at + 1);
    }
    let separator =
        ["=>", "=", ":"].into_iter().chain(ESCAPED).find(|separator| behind[at..].starts_with(separator));
    match separator {
        Some(separator) => at += separator.len(),
        None if in_tag && behind[at..].starts_with('>') => {
            let from = at + 1;
            let end = behind[from..].find('<').map_or(behind.len(), |end| from + end);
            return Some((from, end));
        }
        None => return None,
    }
    let from = skip_spaces(behind, at);
    let rest = &behind[from..];
    if let Some(quote) = quote(rest) {
        let from = from + quote.len();
        return Some((from, end_of_quoted(behind, from, quote)));
    }
    if rest.starts_with(['{', '[']) {
        return Some((from, from + end_of_nested(rest)));
    }
    let to = if separator == Some(":") { line(rest) } else { unquoted(rest) };
    Some((from, from + to))
}

/// The quote at the beginning of a text, with the backslashes before it.
fn quote(text: &str) -> Option<&str> {
    if let Some(entity) = ENTITIES.into_iter().find(|entity| text.starts_with(entity)) {
        return Some(&text[..entity.len()]);
    }
    let slashes = text.len() - text.trim_start_matches('\\').len();
    text[slashes..].starts_with(['"', '\'', '`']).then(|| &text[..=slashes])
}

/// What may stand between a name and what separates it from its value: the end of a quote, and spaces.
fn skip(text: &str, from: usize) -> usize {
    let at = skip_spaces(text, from);
    quote(&text[at..]).map_or(at, |quote| skip_spaces(text, at + quote.len()))
}

fn skip_spaces(text: &str, from: usize) -> usize {
    text.len() - text[from..].trim_start().len()
}

/// The end of what is quoted: the same quote with as many backslashes. With more of them it is a part of the value.
fn end_of_quoted(text: &str, from: usize, quote: &str) -> usize {
    let mut at = from;
    while let Some(found) = text[at..].find(quote).map(|found| at + found) {
        if quote.starts_with('&') || !text[from..found].ends_with('\\') {
            return found;
        }
        // An even number of backslashes before a plain quote are backslashes of the value.
        let slashes = text[from..found].len() - text[from..found].trim_end_matches('\\').len();
        if quote.len() == 1 && slashes.is_multiple_of(2) {
            return found;
        }
        at = found + quote.len();
    }
    text.len()
}

/// The end of an object or a list. A bracket within a text counts, so it may end too late.
fn end_of_nested(text: &str) -> usize {
    let mut depth = 0_usize;
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            '{' | '[' if !quoted => depth += 1,
            '}' | ']' if !quoted => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// The end of what stands behind a colon, as in a header.
fn line(text: &str) -> usize {
    text.find(['\n', '\r', '<', '"', '}']).unwrap_or(text.len())
}

/// The end of what stands behind `=`, with the word before a credential.
fn unquoted(text: &str) -> usize {
    let end = until(text, "&;,)}");
    let is_scheme = SCHEMES.iter().any(|scheme| text[..end].eq_ignore_ascii_case(scheme));
    if is_scheme && text[end..].starts_with(' ') { end + 1 + until(&text[end + 1..], "&;,)}") } else { end }
}

fn until(text: &str, more: &str) -> usize {
    text.find(|c: char| c.is_whitespace() || "<>\"'`".contains(c) || more.contains(c)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::tests::random_cases;

    #[test]
    fn what_stands_behind_the_name_of_a_secret_is_hidden() {
        for (text, shown) in [
            ("access_token=hunter2&page=2", "access_token=[redacted]&page=2"),
            ("user%5Bpassword%5D=hunter2", "user%5Bpassword%5D=[redacted]"),
            ("no: password = hunter2, user = ann", "no: password = [redacted], user = ann"),
            (r#"{"password":"hunter2","name":"Ann"}"#, r#"{"password":"[redacted]","name":"Ann"}"#),
            (r#"{"password": "hun\"ter2", "a": 1}"#, r#"{"password": "[redacted]", "a": 1}"#),
            (r#"{"password": "hunter2\\", "a": 1}"#, r#"{"password": "[redacted]", "a": 1}"#),
            (r#"{"request":{"password":"hunt"#, r#"{"request":{"password":"[redacted]"#),
            (r#"{"secret":{"a":["hunter2"],"b":"}"},"n":1"#, r#"{"secret":[redacted],"n":1"#),
            (r#"{"pin_token": 1234}"#, r#"{"pin_token": [redacted]}"#),
            (r#""{\"password\":\"hunter2\",\"n\":1}""#, r#""{\"password\":\"[redacted]\",\"n\":1}""#),
            (
                r#"{"password"=>"hunter2", :api_key=>'x'}"#,
                r#"{"password"=>"[redacted]", :api_key=>'[redacted]'}"#,
            ),
            ("<password>hunter2</password><n>1</n>", "<password>[redacted]</password><n>1</n>"),
            ("<a token=\"hunter2\" n='1'>", "<a token=\"[redacted]\" n='1'>"),
            ("{&quot;password&quot;:&quot;hunter2&quot;}", "{&quot;password&quot;:&quot;[redacted]&quot;}"),
            ("Authorization: Bearer hunter2 x\nHost: y", "Authorization: [redacted]\nHost: y"),
            ("authorization=Bearer hunter2 and more", "authorization=[redacted] and more"),
            ("refused: Bearer hunter2", "refused: Bearer [redacted]"),
            ("at https://ann:hunter2@x.example/a?b=1", "at https://[redacted]@x.example/a?b=1"),
            ("the token expired; the keyword is: none", "the token expired; the keyword is: none"),
            ("%7B%22password%22%3A%22hunter2%22%7D&a=1", "%7B%22password%22%3A[redacted]&a=1"),
            ("params['password'] = 'hunter2';", "params['password'] = '[redacted]';"),
            ("[password] => hunter2\n[n] => 1", "[password] => [redacted]\n[n] => 1"),
            ("password=", "password="),
            ("", ""),
        ] {
            assert_eq!(super::text(text), shown);
        }
    }

    #[test]
    fn any_text_is_read_to_its_end() {
        random_cases(|random| {
            let alphabet: Vec<&str> = vec![
                "key", "\"", "\\", ":", "=", ">", "<", "{", "}", "[", "]", " ", "é", "//", "@", "&quot;",
                "a", "%3D",
            ];
            let text: String =
                (0..random.usize(..20)).filter_map(|_| random.choice(&alphabet).copied()).collect();
            let shown = super::text(&text);
            assert!(shown.contains(REDACTED) || shown == text, "{text:?}: {shown:?}");
        });
    }
}
