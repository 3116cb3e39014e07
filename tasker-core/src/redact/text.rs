//! Secrets in a text of which nobody knows what it is: a form, a half of a JSON, a page of HTML, a log, what Rust prints for debugging.
//!
//! Whatever stands behind the name of a secret and one of `=`, `:`, `=>`, the `>` of a tag and the `,` of a pair is one. Quotes may be escaped, however often.
//! Where it ends is a guess that takes too much rather than too little. Names are looked at only where such a separator follows, and nothing is
//! copied until something is hidden.

use std::borrow::Cow;

use super::{REDACTED, Redaction};

/// Words before a secret in a header.
const SCHEMES: [&str; 4] = ["bearer", "basic", "digest", "token"];

/// What follows `bearer` in a sentence.
const PROSE: [&str; 12] = [
    "auth",
    "authentication",
    "authorization",
    "credentials",
    "header",
    "is",
    "not",
    "of",
    "scheme",
    "token",
    "tokens",
    "was",
];

/// How what is said of a place in JSON begins, which stands before a colon as a path: `/key: no value of the type that is asked for`.
const SAID: [&str; 14] = [
    "a", "an", "does", "has", "is", "it", "missing", "must", "needs", "no", "not", "the", "there", "unknown",
];

/// Names that stand before a colon in sentences, too. Of what follows them one word is taken, and not the line.
const EVERYDAY: [&str; 10] =
    ["auth", "key", "pass", "pin", "salt", "secret", "session", "signature", "sig", "token"];

/// Values that are no secrets.
const PLAIN: [&str; 6] = ["true", "false", "null", "nil", "none", "undefined"];

/// Quotes as HTML has them.
const ENTITIES: [&str; 5] = ["&quot;", "&#34;", "&#39;", "&#x27;", "&apos;"];

/// `=` and `:` as they stand in a URL.
const ESCAPED: [&str; 4] = ["%3D", "%3d", "%3A", "%3a"];

/// What separates a name from its value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Separator {
    /// `=`, `=>` and what stands for `=` and `:` in a URL.
    Equals,
    Colon,
    /// The end of a tag.
    Tag,
}

/// A text as it may be shown.
pub(super) fn text<'t>(redaction: &Redaction, text: &'t str) -> Cow<'t, str> {
    let mut shown = String::new();
    // How much of the text is in `shown`, and how much of it was looked at.
    let (mut copied, mut at) = (0, 0);
    let mut in_secret_tag = false;
    while at < text.len() {
        let rest = &text[at..];
        let word = word(rest);
        let (before, name, follows) = (&text[..at], &rest[..word], &rest[word..]);
        let (value, behind) = if rest.starts_with(['<', '>']) {
            let is_open =
                std::mem::take(&mut in_secret_tag) && rest.starts_with('>') && !before.ends_with('/');
            (is_open.then(|| (1, end_of_content(rest, 1))), at)
        } else if word == 0 {
            (login(rest), at)
        } else {
            in_secret_tag |=
                follows.starts_with(char::is_whitespace) && opens_tag(before) && redaction.is_secret(name);
            (pem_behind(name, follows).or_else(|| value(redaction, before, name, follows)), at + word)
        };
        match value.filter(|(from, to)| from < to) {
            Some((from, to)) => {
                shown.push_str(&text[copied..behind + from]);
                shown.push_str(REDACTED);
                copied = behind + to;
                at = copied;
            }
            None if word == 0 => at += rest.chars().next().map_or(1, char::len_utf8),
            None => at = behind,
        }
    }
    if copied == 0 {
        return text.into();
    }
    shown.push_str(&text[copied..]);
    shown.into()
}

/// Where the word at the beginning of a text ends: also at a separator as it stands in a URL.
fn word(text: &str) -> usize {
    let is_escaped = |at: usize| ESCAPED.into_iter().any(|separator| text[at..].starts_with(separator));
    let end = text.char_indices().find(|&(at, c)| !is_word(c) || c == '%' && is_escaped(at));
    end.map_or(text.len(), |(at, _)| at)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '[' | ']' | '%')
}

/// Where the user and password of a URL stand, at the beginning of the text.
fn login(text: &str) -> Option<(usize, usize)> {
    let rest = text.strip_prefix("//")?;
    let end = rest.find(|c: char| c.is_whitespace() || "/\\\"'<>?#".contains(c)).unwrap_or(rest.len());
    rest[..end].rfind('@').map(|at| (2, at + 2))
}

/// Where the credentials behind `Bearer` stand.
fn credentials(word: &str, behind: &str) -> Option<(usize, usize)> {
    let is_bearer = word.eq_ignore_ascii_case("bearer");
    if !is_bearer && !word.eq_ignore_ascii_case("basic") {
        return None;
    }
    let from = behind.len() - behind.trim_start_matches(' ').len();
    if from == 0 {
        return None;
    }
    let to = from + until(&behind[from..], "");
    let follows = &behind[from..to];
    let bare = follows.trim_end_matches(|c: char| c.is_ascii_punctuation());
    // A sentence about them; no credentials of `Basic` are of small letters only.
    let is_prose = if is_bearer {
        PROSE.iter().any(|word| bare.eq_ignore_ascii_case(word))
    } else {
        bare.chars().all(|c| c.is_ascii_lowercase()) && !follows.ends_with('=')
    };
    // The name of something else, which is looked at by itself.
    let is_named = bare.contains('=') || follows.ends_with('=') && quote(&behind[to..]).is_some();
    (!is_prose && !is_named).then_some((from, to))
}

/// Whether a text ends where the name of an element of XML begins, without that of its namespace.
fn opens_tag(before: &str) -> bool {
    let space = before.strip_suffix(':').map_or(before, |before| before.trim_end_matches(is_word));
    space.ends_with('<')
}

/// Where the content of an element ends that has no others in it.
fn end_of_content(text: &str, from: usize) -> usize {
    let end = if text[from..].trim_start().starts_with("<![CDATA[") { "]]>" } else { "<" };
    text[from..].find(end).map_or(text.len(), |at| from + at + if end == "<" { 0 } else { end.len() })
}

/// What a key in PEM begins with, as a word.
const PEM: &str = "-----BEGIN";

/// Where a private key stands behind the word that begins its first line.
fn pem_behind(word: &str, behind: &str) -> Option<(usize, usize)> {
    if !word.ends_with(PEM) {
        return None;
    }
    let label = behind.find('-')?;
    let is_key = behind[..label].contains("PRIVATE KEY") && behind[label..].starts_with("-----");
    let from = label + 5;
    is_key.then(|| (from, behind[from..].find("-----END").map_or(behind.len(), |at| from + at)))
}

/// The end of the last line of a private key in PEM.
fn end_of_pem(text: &str) -> Option<usize> {
    let (_, end) = pem_behind(PEM, text.strip_prefix(PEM)?)?;
    let label = (PEM.len() + end + "-----END".len()).min(text.len());
    Some(text[label..].find("-----").map_or(text.len(), |at| label + at + 5))
}

/// Where what is to be hidden stands behind a word.
fn value(redaction: &Redaction, before: &str, name: &str, behind: &str) -> Option<(usize, usize)> {
    let Some((separator, at)) = separator(before, behind) else {
        return credentials(name, behind);
    };
    if !redaction.is_secret(name) {
        return credentials(name, behind);
    }
    if separator == Separator::Tag {
        return Some((at, end_of_content(behind, at)));
    }
    let from = skip_spaces(behind, at);
    let rest = &behind[from..];
    if let Some(quote) = quote(rest) {
        let from = from + quote.len();
        return Some((from, end_of_quoted(behind, from, quote)));
    }
    if let Some(end) = end_of_pem(rest) {
        return Some((from, from + end));
    }
    if separator == Separator::Colon && before.ends_with('/') {
        let begins = |said: &str| rest.strip_prefix(said).is_some_and(|rest| rest.starts_with(' '));
        if SAID.into_iter().any(begins) {
            return None;
        }
    }
    let mut to = end_of_nested(rest);
    let closes = |to: usize| {
        let rest = rest[to..].trim_start_matches(' ');
        rest.is_empty() || rest.starts_with([',', ';', '}', ']', ')', '\n', '\r'])
    };
    if to == 0 || !closes(to) {
        let is_everyday = EVERYDAY.iter().any(|word| name.eq_ignore_ascii_case(word));
        to += match separator {
            Separator::Colon if !is_everyday => line(&rest[to..]),
            _ => unquoted(&rest[to..]),
        };
    }
    let is_plain = PLAIN.iter().any(|word| rest[..to].eq_ignore_ascii_case(word));
    (!is_plain).then_some((from, from + to))
}

/// What separates a name from its value, and where it ends.
fn separator(before: &str, behind: &str) -> Option<(Separator, usize)> {
    let mut at = skip(behind, 0);
    if behind[at..].starts_with(']') {
        at = skip(behind, at + 1);
    }
    let rest = &behind[at..];
    // The path of a name in Rust.
    if rest.starts_with("::") {
        return None;
    }
    for (written, separator) in [("=>", Separator::Equals), ("=", Separator::Equals), (":", Separator::Colon)]
    {
        if rest.starts_with(written) {
            return Some((separator, at + written.len()));
        }
    }
    if rest.starts_with('%') {
        let escaped = ESCAPED.into_iter().find(|separator| rest.starts_with(separator))?;
        return Some((Separator::Equals, at + escaped.len()));
    }
    if rest.starts_with(',') {
        return (at > 0 && opens_pair(before)).then_some((Separator::Equals, at + 1));
    }
    (rest.starts_with('>') && opens_tag(before)).then_some((Separator::Tag, at + 1))
}

/// Whether a text ends where the name in a pair begins, as Rust prints lists of them: `("key", "x")`.
fn opens_pair(before: &str) -> bool {
    before.strip_suffix('"').is_some_and(|before| before.trim_end_matches('\\').ends_with('('))
}

/// The quote at the beginning of a text, with the backslashes before it, and the `b` or `r` of Rust.
fn quote(text: &str) -> Option<&str> {
    if let Some(entity) = ENTITIES.into_iter().find(|entity| text.starts_with(entity)) {
        return Some(&text[..entity.len()]);
    }
    let letters = text.len() - text.trim_start_matches(['b', 'r', 'c']).len();
    let letters = if letters > 2 { 0 } else { letters };
    let slashes = text.len() - letters - text[letters..].trim_start_matches('\\').len();
    text[letters + slashes..].starts_with(['"', '\'', '`']).then(|| &text[..=letters + slashes])
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
    let quote = quote.trim_start_matches(['b', 'r', 'c']);
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

/// The end of an object, a list, or what Rust prints of a value: `Some("x")`, `Key { id: 1 }`; 0 if it is none. A bracket within a text counts, so it may end
/// too late.
fn end_of_nested(text: &str) -> usize {
    let name = text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | ':'))).unwrap_or(text.len());
    let opens = match text[name..].strip_prefix(' ') {
        Some(rest) if name > 0 && rest.starts_with('{') => name + 1,
        _ => name,
    };
    if !text[opens..].starts_with(['{', '[', '(']) {
        return 0;
    }
    let mut depth = 0_usize;
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text[opens..].char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            '{' | '[' | '(' if !quoted => depth += 1,
            '}' | ']' | ')' if !quoted => {
                depth -= 1;
                if depth == 0 {
                    return opens + at + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// The end of what stands behind a colon, as in a header. A number is at its end before a comma.
fn line(text: &str) -> usize {
    let number = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    if number > 0 && text[number..].starts_with([',', ')', ']']) {
        return number;
    }
    let ends = text.char_indices().find(|&(at, c)| match c {
        '\n' | '\r' | '<' | '}' => true,
        // That of the text around it.
        '"' => text[at + 1..].is_empty() || text[at + 1..].starts_with([',', '}', ']', ')', ' ', '\n', '\r']),
        _ => false,
    });
    ends.map_or(text.len(), |(at, _)| at)
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
            // XML.
            ("<password>hunter2</password><a>1</a>", "<password>[redacted]</password><a>1</a>"),
            ("<wsse:Password>hunter2</wsse:Password>", "<wsse:Password>[redacted]</wsse:Password>"),
            (
                r#"<wsse:Password Type="a#PasswordText" b="1">hunter2</wsse:Password>"#,
                r#"<wsse:Password Type="a#PasswordText" b="1">[redacted]</wsse:Password>"#,
            ),
            (r#"<key token="hunter2"\n>hunter2</key> a"#, r#"<key token="[redacted]"\n>[redacted]</key> a"#),
            ("<token><![CDATA[hunter<2]]></token> a", "<token>[redacted]</token> a"),
            ("<token>\n<![CDATA[hunter2", "<token>[redacted]"),
            (
                r#"<token id="1"/><a>b</a><token a="1"></token>"#,
                r#"<token id="1"/><a>b</a><token a="1"></token>"#,
            ),
            ("<a:b><c d:key=\"1\">e</c></a:b>", "<a:b><c d:key=\"[redacted]\">e</c></a:b>"),
            // A key in PEM has lines.
            (
                "private_key=-----BEGIN RSA PRIVATE KEY-----\nhunter2\nhunter2\n-----END RSA PRIVATE KEY-----\nand",
                "private_key=[redacted]\nand",
            ),
            (
                "of: -----BEGIN PRIVATE KEY-----\\nhunter2\\n-----END PRIVATE KEY-----\\n",
                "of: -----BEGIN PRIVATE KEY-----[redacted]-----END PRIVATE KEY-----\\n",
            ),
            ("-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2", "-----BEGIN OPENSSH PRIVATE KEY-----[redacted]"),
            (
                "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
                "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
            ),
            // What Rust prints.
            (r#"Key { token: "a", id: 1 }"#, r#"Key { token: "[redacted]", id: 1 }"#),
            (r#"Key { token: Some("a"), id: 1 }"#, "Key { token: [redacted], id: 1 }"),
            (r#"Key { id: 1, token: Some("a") }"#, "Key { id: 1, token: [redacted] }"),
            (
                r#"[("x-api-key", "hunter2"), ("a", "b"), ("token", 12), ("secret", Some("x"))]"#,
                r#"[("x-api-key", "[redacted]"), ("a", "b"), ("token", [redacted]), ("secret", [redacted])]"#,
            ),
            (r#""[(\"password\", \"hunter2\")]""#, r#""[(\"password\", \"[redacted]\")]""#),
            (r#"["token", "key", "x"]"#, r#"["token", "key", "x"]"#),
            (r#"Key { secret: Key { b: "}" }, id: 1 }"#, "Key { secret: [redacted], id: 1 }"),
            (r#"password: b"hunter2", n: 1"#, r#"password: b"[redacted]", n: 1"#),
            ("password: 1234, n: 1", "password: [redacted], n: 1"),
            ("password: Some(1) or 2", "password: [redacted]"),
            (r#"password: hun"ter2"#, "password: [redacted]"),
            (r#"{"error":"password: hunter2","n":1}"#, r#"{"error":"password: [redacted]","n":1}"#),
            // What is said in sentences.
            ("unexpected token: x1 at line 3", "unexpected token: [redacted] at line 3"),
            ("my_token: x1 x2\nat 3", "my_token: [redacted]\nat 3"),
            ("second pass: hunter2 of 3", "second pass: [redacted] of 3"),
            ("the pin of the card, DB_PASS=hunter2", "the pin of the card, DB_PASS=[redacted]"),
            ("bypass: on, compass=north, pass_count=3", "bypass: on, compass=north, pass_count=3"),
            ("shop::session::open failed, password: none", "shop::session::open failed, password: none"),
            (
                "the bearer token is missing, basic validation failed",
                "the bearer token is missing, basic validation failed",
            ),
            ("Basic dXNlcg== and bearer abcdef", "Basic [redacted] and bearer [redacted]"),
            ("postgres://shop:hunter2@db/shop?sslmode=on", "postgres://[redacted]@db/shop?sslmode=on"),
            ("Cookie: a=b; c=d", "Cookie: [redacted]"),
            ("", ""),
        ] {
            assert_eq!(super::text(&Redaction::new(), text), shown);
        }
    }

    #[test]
    fn a_text_without_a_secret_is_not_copied() {
        let place = "/password: no value of the type that is asked for; /items/0/api_key: is missing";
        for plain in
            ["the gateway answered 503: try again, order=7 (http://x.example/a?b=1)", "", "ähm: é", place]
        {
            assert!(matches!(super::text(&Redaction::new(), plain), Cow::Borrowed(same) if same == plain));
        }
    }

    #[test]
    fn a_long_text_takes_no_longer_than_its_length_asks_for() {
        const LENGTH: usize = 100_000;
        let redaction = Redaction::new().hide(["ab"]);
        let look = |text: &str| {
            let begun = std::time::Instant::now();
            super::text(&redaction, text);
            let took = begun.elapsed();
            assert!(took.as_secs_f64() < 5.0, "{:?}: {took:?}", &text[..12]);
        };
        for piece in [
            "a%3D",
            "a%3A",
            "a%",
            "basic,",
            "bearer=",
            "bearer ",
            "basic \"",
            "abc.",
            "abC",
            "key ",
            "key\\",
            "\\\"key",
            "key=\"\"",
            "key=\\\"",
            "key:{",
            "key:[](",
            "//",
            "//a@",
            "//a",
            "<key>",
            "<key a=\"1\">",
            "<a:key",
            "<key><![CDATA[",
            "key: null ",
            "a b\\",
            "-----BEGIN PRIVATE KEY-----",
            "-----BEGIN ",
            "&quot;key",
        ] {
            for end in ["", "=1"] {
                look(&(piece.repeat(LENGTH / piece.len()) + end));
            }
        }
        look(&"no thank you ".repeat(100_000));
    }

    #[test]
    fn any_text_is_read_to_its_end() {
        let pieces = [
            "key", "\"", "\\", ":", "=", ">", "<", "{", "}", "[", "]", "(", ")", " ", "é", "//", "@",
            "&quot;", "a", "%3D", "Some", "b", "\n", ",", "1", "Bearer",
        ];
        let seed = std::env::var("TASKER_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or_else(|| fastrand::u64(..));
        println!("TASKER_SEED={seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        for _ in 0..20_000 {
            let text: String =
                (0..random.usize(..20)).filter_map(|_| random.choice(&pieces).copied()).collect();
            let shown = super::text(&Redaction::new(), &text);
            assert!(shown.contains(REDACTED) || shown == text, "{text:?}: {shown:?}");
        }
    }

    #[test]
    fn a_secret_is_found_behind_any_words() {
        let pieces =
            ["key", ">", "<", "{", "}", "[", "(", ")", " ", "é", "//", "@", "a", "Some", "\n", ",", "Bearer"];
        let seed = fastrand::u64(..);
        println!("TASKER_SEED={seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        for _ in 0..20_000 {
            let words: String =
                (0..random.usize(..20)).filter_map(|_| random.choice(&pieces).copied()).collect();
            let text = format!("{words} password=\"hunter2\"");
            let shown = super::text(&Redaction::new(), &text);
            assert!(!shown.contains("hunter2"), "{text:?}: {shown:?}");
        }
    }
}
