//! What an unquoted word of YAML is: the core schema of YAML 1.2 (10.3.2), and a warning where Ruby, which reads YAML 1.1, takes it for
//! something else.

use serde_json::Number;

use super::node::Kind;

/// What a plain scalar stands for. An error says why it is none, and how to write what is meant.
pub fn resolve(text: &str) -> Result<Kind, (String, String)> {
    if let Some(ambiguous) = ambiguous(text) {
        return Err(ambiguous);
    }
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::Bool(true),
        "false" | "False" | "FALSE" => Kind::Bool(false),
        _ => match number(text)? {
            Some(number) => Kind::Number(number),
            None => Kind::Text(text.to_owned()),
        },
    })
}

fn number(text: &str) -> Result<Option<Number>, (String, String)> {
    let too_large = || {
        let help = format!("quote it, if it is meant as text: \"{text}\"");
        (format!("the number `{text}` is too large"), help)
    };
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix)
            && !digits.is_empty()
            && digits.chars().all(|c| c.is_digit(radix))
        {
            return u64::from_str_radix(digits, radix).map(|n| Some(n.into())).map_err(|_| too_large());
        }
    }
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let unsigned = text.strip_prefix('+').unwrap_or(text);
        if let Ok(number) = unsigned.parse::<i64>() {
            return Ok(Some(number.into()));
        }
        return unsigned.parse::<u64>().map(|n| Some(n.into())).map_err(|_| too_large());
    }
    if matches!(digits, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        let help = "JSON, which tasks are stored as, has no such number".to_owned();
        return Err((format!("`{text}` cannot be used"), help));
    }
    if !is_float(digits) {
        return Ok(None);
    }
    let number = text.parse::<f64>().ok().and_then(Number::from_f64);
    number.map(Some).ok_or_else(too_large)
}

/// `(\. [0-9]+ | [0-9]+ (\. [0-9]*)?) ([eE] [-+]? [0-9]+)?`
fn is_float(digits: &str) -> bool {
    let (mantissa, exponent) = digits
        .split_once(['e', 'E'])
        .map_or((digits, None), |(mantissa, exponent)| (mantissa, Some(exponent)));
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let exponent_fits = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !digits.is_empty() && all_digits(digits)
    });
    exponent_fits && all_digits(whole) && all_digits(part) && !(whole.is_empty() && part.is_empty())
}

/// What Ruby reads as something else than YAML 1.2 does.
fn ambiguous(text: &str) -> Option<(String, String)> {
    let first = text.chars().next()?;
    let told = |ruby: &str, write: &str| {
        Some((
            format!("`{text}` is {ruby} for Ruby, and a text for YAML 1.2"),
            format!("write {write}, or quote it: \"{text}\""),
        ))
    };
    let lower = text.to_ascii_lowercase();
    // Written in one of three ways: `yes`, `Yes`, `YES`.
    let one_case = || text == lower || text == text.to_ascii_uppercase() || text.get(1..) == lower.get(1..);
    match lower.as_str() {
        "yes" | "on" if one_case() => return told("true", "`true`"),
        "no" | "off" if one_case() => return told("false", "`false`"),
        _ => {}
    }
    if first == ':' && text.chars().nth(1).is_some_and(|c| c.is_alphabetic() || c == '_' || c == '"') {
        return told("a symbol", &format!("`{}`", &text[1..]));
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let all = |allowed: &str| digits.chars().all(|c| c.is_ascii_digit() || allowed.contains(c));
    if digits.len() > 1 && digits.starts_with('0') && all("_") {
        let message = format!("`{text}` begins with 0: Ruby reads it as an octal number");
        return Some((message, format!("write the number without the 0, or quote it: \"{text}\"")));
    }
    if digits.contains(['_', ',']) && all("_,") && digits.ends_with(|c: char| c.is_ascii_digit()) {
        let bare: String = text.chars().filter(|c| !"_,".contains(*c)).collect();
        return told("a number", &format!("`{bare}`"));
    }
    let parts: Vec<&str> = digits.split(':').collect();
    let sexagesimal = |part: &&str| {
        (1..=2).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && part.parse::<u8>().is_ok_and(|number| number < 60)
    };
    if (2..=3).contains(&parts.len())
        && parts[0].bytes().all(|byte| byte.is_ascii_digit())
        && parts[1..].iter().all(sexagesimal)
    {
        return told("a number of base 60", "what is meant");
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(text: &str) -> String {
        match resolve(text) {
            Ok(Kind::Null) => "null".into(),
            Ok(Kind::Bool(flag)) => flag.to_string(),
            Ok(Kind::Number(number)) => number.to_string(),
            Ok(Kind::Text(text)) => format!("{text:?}"),
            Ok(other) => format!("{other:?}"),
            Err((message, help)) => format!("{message}; {help}"),
        }
    }

    #[test]
    fn words_are_what_yaml_1_2_says() {
        for (text, meant) in [
            ("", "null"),
            ("~", "null"),
            ("Null", "null"),
            ("TRUE", "true"),
            ("false", "false"),
            ("tRue", "\"tRue\""),
            ("0", "0"),
            ("-17", "-17"),
            ("+17", "17"),
            ("18446744073709551615", "18446744073709551615"),
            ("0x1F", "31"),
            ("0o17", "15"),
            ("1.5", "1.5"),
            ("-.5", "-0.5"),
            ("1.", "1.0"),
            ("1e3", "1000.0"),
            ("1.0.0", "\"1.0.0\""),
            (".", "\".\""),
            ("e5", "\"e5\""),
            ("-", "\"-\""),
            ("0xZZ", "\"0xZZ\""),
            ("2024-01-01", "\"2024-01-01\""),
            ("http://a.example:80/x", "\"http://a.example:80/x\""),
            ("Order::Handler", "\"Order::Handler\""),
            ("1,2 and 3", "\"1,2 and 3\""),
            ("10:99", "\"10:99\""),
            ("é", "\"é\""),
        ] {
            assert_eq!(shown(text), meant, "{text}");
        }
        let Ok(Kind::Number(number)) = resolve("0.05") else { panic!() };
        assert_eq!(json!(0.05), json!(number));
    }

    #[test]
    fn what_ruby_reads_otherwise_is_refused() {
        for (text, told) in [
            ("yes", "`yes` is true for Ruby, and a text for YAML 1.2; write `true`, or quote it: \"yes\""),
            ("OFF", "`OFF` is false for Ruby, and a text for YAML 1.2; write `false`, or quote it: \"OFF\""),
            (
                ":get",
                "`:get` is a symbol for Ruby, and a text for YAML 1.2; write `get`, or quote it: \":get\"",
            ),
            (
                "1_000",
                "`1_000` is a number for Ruby, and a text for YAML 1.2; write `1000`, or quote it: \"1_000\"",
            ),
            (
                "0755",
                "`0755` begins with 0: Ruby reads it as an octal number; write the number without the 0, or quote it: \"0755\"",
            ),
            (
                "12:30",
                "`12:30` is a number of base 60 for Ruby, and a text for YAML 1.2; write what is meant, or quote it: \"12:30\"",
            ),
        ] {
            assert_eq!(shown(text), told);
        }
    }

    #[test]
    fn what_json_cannot_hold_is_refused() {
        assert!(shown("1e999").starts_with("the number `1e999` is too large; quote it"));
        assert!(shown("18446744073709551616").starts_with("the number `18446744073709551616` is too large"));
        assert!(shown("-.inf").starts_with("`-.inf` cannot be used"));
    }
}
