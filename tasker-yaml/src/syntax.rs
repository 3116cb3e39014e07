//! What was probably meant by a text that is no YAML, and how that is written.
//!
//! The crate that reads YAML says what it did not find. Here the lines around that place are looked at for the slips that people make: a tab,
//! an indentation that is no other's, a second colon, a quote or a bracket without its end, a variable in braces. Where nothing of that is
//! seen, nothing is said.

use granit_parser::ErrorKind as Kind;

/// How to mend the text at a place where it is no YAML.
pub(crate) fn help(kind: &Kind, text: &str, at: usize) -> Option<String> {
    let at = text.floor_char_boundary(at.min(text.len()));
    let lines = Lines { text, at };
    match kind {
        Kind::TabNotAllowed
        | Kind::TabInBlockIndentation
        | Kind::TabInIndentation
        | Kind::TabAtBlockScalarStart
        | Kind::TabInPlainScalar => Some(lines.tab()),
        Kind::MappingValueNotAllowed => lines.colon(),
        Kind::ExpectedBlockMappingKey | Kind::ExpectedBlockSequenceEntry | Kind::ExpectedDocumentStart => {
            lines.indentation()
        }
        Kind::UnclosedQuotedScalar => Some(
            "the quote that begins here has no end: write it behind the value; a quote that is part of a text stands in quotes of the other kind"
                .to_owned(),
        ),
        Kind::InvalidTrailingSingleQuotedScalar => Some(lines.behind_a_quote('\'')),
        Kind::InvalidTrailingDoubleQuotedScalar => Some(lines.behind_a_quote('"')),
        Kind::UnknownQuotedScalarEscape => Some(
            "in double quotes `\\` begins an escape: write `\\\\` for one that is meant, or put the text in single quotes"
                .to_owned(),
        ),
        Kind::ExpectedFlowMappingSeparator
        | Kind::ExpectedFlowSequenceSeparator
        | Kind::InvalidColonPlacement
        | Kind::UnexpectedEofFlowMapping
        | Kind::UnexpectedEofFlowSequence
        | Kind::UnexpectedEofImplicitFlowMapping => Some(lines.brackets()),
        Kind::UnclosedFlowCollection { open } => {
            Some(format!("the `{open}` here has no `{}`: write it where the last entry ends", end_of(*open)))
        }
        Kind::MismatchedFlowCollectionEnd { .. } => {
            Some("a list is written `[a, b]`, and a mapping `{ key: value }`".to_owned())
        }
        Kind::BlockSequenceEntryNotAllowed => Some(
            "a list begins on the line behind its key, each item with `- `; a text that begins with `- ` is quoted"
                .to_owned(),
        ),
        Kind::CommentNotSeparated => {
            Some("before the `#` of a comment stands a space; a `#` that is part of a text stands in quotes".to_owned())
        }
        Kind::UnknownAnchor if lines.rest().starts_with('*') => Some(format!(
            "`*` stands for what `&` marked before, and there is no such mark; a text that begins with it is quoted: {}",
            in_quotes(lines.rest())
        )),
        _ => lines.first_sign(),
    }
}

/// A place in a text.
struct Lines<'t> {
    text: &'t str,
    at: usize,
}

/// Where a line has something: the columns of its dashes and of what follows them.
fn columns(line: &str) -> Vec<usize> {
    let mut column = line.len() - line.trim_start().len();
    let mut columns = vec![column];
    while let Some(rest) = line.get(column..).and_then(|rest| rest.strip_prefix("- ")) {
        column += 2 + rest.len() - rest.trim_start().len();
        columns.push(column);
    }
    columns
}

/// What a line says, without its dashes.
fn content(line: &str) -> &str {
    let column = columns(line).last().copied().unwrap_or_default();
    line.get(column..).unwrap_or_default().trim_end()
}

fn says_something(line: &str) -> bool {
    !line.trim().is_empty() && !line.trim_start().starts_with('#')
}

/// A text in the quotes that it needs.
fn in_quotes(text: &str) -> String {
    let text = text.trim();
    if text.contains(['"', '\\']) {
        format!("`'{}'`", text.replace('\'', "''"))
    } else {
        format!("`\"{text}\"`")
    }
}

impl<'t> Lines<'t> {
    fn begin(&self) -> usize {
        self.text[..self.at].rfind('\n').map_or(0, |at| at + 1)
    }

    fn line(&self) -> &'t str {
        self.text[self.begin()..].lines().next().unwrap_or_default()
    }

    fn number(&self) -> usize {
        self.text[..self.at].matches('\n').count() + 1
    }

    /// The lines above that say something, from the nearest on, with their numbers.
    fn above(&self) -> impl Iterator<Item = (usize, &'t str)> {
        let above: Vec<(usize, &str)> =
            self.text[..self.begin()].lines().enumerate().map(|(at, line)| (at + 1, line)).collect();
        above.into_iter().rev().filter(|(_, line)| says_something(line))
    }

    /// The line up to the place, and from there on.
    fn before(&self) -> &'t str {
        &self.text[self.begin()..self.at]
    }

    fn rest(&self) -> &'t str {
        self.text[self.at..].lines().next().unwrap_or_default().trim_end()
    }

    fn tab(&self) -> String {
        let from = self.number();
        let lines = self.text.lines().enumerate().skip(from - 1);
        let indented = |line: &str| line[..line.len() - line.trim_start().len()].contains('\t');
        match lines.map(|(at, line)| (at + 1, line)).find(|(_, line)| indented(line)) {
            Some((number, _)) => format!("line {number} is indented with a tab: indent with spaces"),
            None => "write spaces in the place of the tab".to_owned(),
        }
    }

    /// There is a colon where no key can be.
    fn colon(&self) -> Option<String> {
        let (line, before) = (content(self.line()), content(self.before()));
        if let Some((key, value)) = line.split_once(": ").filter(|(key, _)| key.len() < before.len()) {
            if value.trim_start().starts_with(['"', '\'']) {
                return Some("what is quoted ends with its quote; put the whole value in quotes".to_owned());
            }
            let quoted = in_quotes(value);
            return Some(format!("a value with `: ` in it is quoted: `{key}: {}`", quoted.trim_matches('`')));
        }
        let (number, above) = self.above().next()?;
        let said = content(above);
        let deeper = columns(self.line()).last() > columns(above).last();
        match said.split_once(':') {
            Some((_, value)) if deeper && (value.starts_with(' ') && !value.trim().is_empty()) => {
                Some(format!(
                    "this line is indented further than line {number}, `{said}`, which has a value already: indent both alike"
                ))
            }
            Some((key, value)) if !value.starts_with(' ') && !value.is_empty() => {
                Some(format!("behind a colon stands a space, so line {number} is written `{key}: {value}`"))
            }
            None => Some(format!(
                "line {number}, `{said}`, has no colon; a key and its value are written `key: value`"
            )),
            _ => None,
        }
    }

    /// Something stands where there is nothing that it could belong to.
    fn indentation(&self) -> Option<String> {
        let line = content(self.line());
        let value = line.split_once(": ").map_or(line, |(_, value)| value);
        let is_behind = !content(self.before()).is_empty();
        if is_behind && value.starts_with(['{', '[']) {
            let (first, quoted) = (&value[..1], in_quotes(value));
            return Some(format!("a text that begins with `{first}` is quoted: {quoted}"));
        }
        let own = *columns(self.line()).first()?;
        let mut open: Vec<usize> = Vec::new();
        let mut least = usize::MAX;
        for (_, line) in self.above() {
            let columns = columns(line);
            let first = columns.first().copied().unwrap_or_default();
            if first < least {
                open.extend(columns.iter().filter(|column| **column < least));
                least = first;
            }
        }
        if open.contains(&own) {
            let help = "items of a list, which begin with `- `, and keys cannot stand side by side: indent what is part of the other";
            return Some(help.to_owned());
        }
        open.sort_unstable();
        open.dedup();
        let open: Vec<String> = open.iter().map(ToString::to_string).collect();
        (!open.is_empty()).then(|| {
            format!(
                "this line is indented by {}, and what it could belong to by {}: indent it like the lines that it stands beside",
                spaces(own),
                open.join(", ")
            )
        })
    }

    /// Something follows a closing quote.
    fn behind_a_quote(&self, quote: char) -> String {
        let odd = |line: &str| line.matches(quote).count() % 2 == 1;
        if odd(self.before())
            && let Some((number, _)) = self.above().find(|(_, line)| odd(line))
        {
            return format!(
                "the quote on line {number} has no end there, so the first one of this line ends it: close it on line {number}"
            );
        }
        match quote {
            '\'' => "in single quotes a `'` is written twice: `'it''s'`; or put the text in double quotes"
                .to_owned(),
            _ => "put the whole value in quotes; in double quotes a `\"` is written `\\\"`".to_owned(),
        }
    }

    /// A list or a mapping on one line does not go on as it should.
    fn brackets(&self) -> String {
        let (before, rest) = (self.before(), self.rest());
        if before.ends_with('$') && rest.starts_with('{') {
            // The whole value, of which the variable may be a part.
            let begin = before.rfind(['{', '[', ',']).map_or(0, |at| at + 1);
            let begin = before[begin..].rfind(": ").map_or(begin, |at| begin + at + 2);
            let variable = rest.find('}').map_or(rest.len(), |at| at + 1);
            let end = rest[variable..].find([',', ' ', ']', '}']).map_or(rest.len(), |at| variable + at);
            let value = format!("{}{}", &before[begin..], &rest[..end]);
            return format!(
                "between brackets a variable is quoted, because of its own braces: {}",
                in_quotes(&value)
            );
        }
        let mut open: Vec<(usize, char)> = Vec::new();
        for (at, sign) in self.text[..self.at].char_indices() {
            match sign {
                '[' | '{' => open.push((at, sign)),
                ']' | '}' => drop(open.pop()),
                _ => {}
            }
        }
        let earlier = open.last().filter(|(at, _)| *at < self.begin());
        if let Some(&(at, sign)) = earlier {
            let number = self.text[..at].matches('\n').count() + 1;
            let end = end_of(sign);
            return format!(
                "the `{sign}` on line {number} has no `{end}`: write it where the last entry ends"
            );
        }
        "entries are separated by commas, and a list or mapping ends with its bracket; a text with `: `, a comma or a bracket in it is quoted"
            .to_owned()
    }

    /// A value begins with what means something else.
    fn first_sign(&self) -> Option<String> {
        let rest = self.rest();
        let sign = rest.chars().next()?;
        let is_first = self.before().trim_end().ends_with(':') || content(self.before()).is_empty();
        (is_first && "@`%&*!|>,[]{}?".contains(sign))
            .then(|| format!("a text that begins with `{sign}` is quoted: {}", in_quotes(rest)))
    }
}

/// The bracket that ends what another begins.
fn end_of(bracket: char) -> char {
    if bracket == '[' { ']' } else { '}' }
}

fn spaces(count: usize) -> String {
    match count {
        0 => "no spaces".to_owned(),
        1 => "1 space".to_owned(),
        many => format!("{many} spaces"),
    }
}
