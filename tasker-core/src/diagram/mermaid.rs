//! The text that Mermaid draws a diagram from.
//!
//! Names, errors and addresses are anything that somebody wrote, and Mermaid reads much as its own: quotes, semicolons, backticks, `%%`,
//! tags, formulas, even the word `end`. So node ids are made here, and in labels only letters, digits and a few marks stand as they are; all
//! else is written as `#CODE;`, which Mermaid shows as that character.

use std::fmt::Write;

use super::model::DiagramModel;

pub(super) fn write(model: &DiagramModel) -> String {
    let mut text = format!("graph {}\n", model.direction);
    // Writing to a string does not fail.
    let _ = writeln!(text, "  subgraph diagram[\"{}\"]", label(&model.title));
    // What is in a frame goes across unless it is told otherwise.
    let _ = writeln!(text, "    direction {}", model.direction);
    for node in &model.nodes {
        let _ = writeln!(text, "    {}[\"{}\"]", node.id, label(&node.label));
        if let Some(url) = &node.url {
            let _ = writeln!(text, "    click {} href \"{}\"", node.id, address(url));
        }
        if let Some(style) = &node.style {
            let _ = writeln!(text, "    style {} {style}", node.id);
        }
    }
    for edge in &model.edges {
        let _ = match &edge.label {
            Some(name) => {
                writeln!(text, "    {} -->|\"{}\"| {}", edge.source_id, label(name), edge.target_id)
            }
            None => writeln!(text, "    {} --> {}", edge.source_id, edge.target_id),
        };
    }
    text.push_str("  end\n");
    text
}

/// A text between double quotes, in one line.
fn label(text: &str) -> String {
    let mut label = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => label.push_str("<br/>"),
            '"' | '\'' => label.push('\''),
            c if c.is_alphanumeric()
                || matches!(c, ' ' | '_' | '-' | '.' | ',' | ':' | '/' | '(' | ')' | '@' | '…') =>
            {
                label.push(c);
            }
            c if c.is_control() => label.push(' '),
            // Two of them in a row would begin a formula, whichever way they are written: a space without width goes between.
            '$' => label.push_str("#36;#8203;"),
            c => {
                let _ = write!(label, "#{};", u32::from(c));
            }
        }
    }
    label
}

/// An address between double quotes: what may not stand in one is percent-encoded.
fn address(url: &str) -> String {
    let mut address = String::with_capacity(url.len());
    for byte in url.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte) {
            address.push(char::from(byte));
        } else {
            let _ = write!(address, "%{byte:02X}");
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_name_holds_the_label_is_one_quoted_text() {
        for odd in [
            "a\"b",
            "a`b`",
            "%%{init}%%",
            "end",
            "a;b",
            "<script>",
            "a]b[\"]",
            "#35;",
            "a\r\tb",
            "a\\nb",
            "🚀",
            "a|b",
        ] {
            let label = label(odd);
            let mut rest = label.replace("<br/>", "");
            rest.retain(|c| !c.is_alphanumeric());
            let harmless = |c: char| " _-.,:/()@…'#;".contains(c);
            assert!(rest.chars().all(harmless), "{odd} became {label}");
        }
        assert_eq!(label("1 < 2; say \"no\"\nor"), "1 #60; 2#59; say 'no'<br/>or");
        assert_eq!(label("größe 記録"), "größe 記録");
    }

    #[test]
    fn an_address_has_no_quote_and_no_space() {
        assert_eq!(address("/tasker/a b\"><x>?q=1#é"), "/tasker/a%20b%22%3E%3Cx%3E?q=1#%C3%A9");
    }
}
