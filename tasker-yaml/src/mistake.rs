//! What is wrong with files, and how it is told: the place, the line with what is wrong underlined, and how to mend it.

use std::collections::{BTreeSet, HashSet};
use std::fmt;

use super::node::{Entry, Node, Span};
use crate::Source;

/// One thing that is wrong with a file.
///
/// It prints as the compiler prints an error, with a piece of the file. The file is shown as it is written, so values of variables are not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    file: String,
    message: String,
    help: Option<String>,
    place: Option<Place>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    line: usize,
    column: usize,
    /// The line as it is shown.
    text: String,
    /// Which characters of it are underlined.
    from: usize,
    length: usize,
}

/// What is wrong with YAML files: every mistake that was found, by file and place.
///
/// `Debug` prints the same text, because that is what a `main` shows which returns it.
#[derive(Clone, PartialEq, Eq)]
pub struct YamlError {
    mistakes: Vec<Mistake>,
    /// Whether there are more than are told.
    more: bool,
}

impl Mistake {
    /// A mistake that has no place in the text.
    #[doc(hidden)]
    #[must_use]
    pub fn of_file(file: &str, message: impl Into<String>, help: Option<String>) -> Self {
        Self { file: file.to_owned(), message: message.into(), help, place: None }
    }

    #[doc(hidden)]
    #[must_use]
    pub fn at(source: &Source, span: Span, message: impl Into<String>, help: Option<String>) -> Self {
        let place = Some(Place::of(source, span));
        Self { file: source.name().to_owned(), message: message.into(), help, place }
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line in it, from 1; none if the mistake is one of the file as a whole.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.place.as_ref().map(|place| place.line)
    }

    /// The character in the line, from 1.
    #[must_use]
    pub fn column(&self) -> Option<usize> {
        self.place.as_ref().map(|place| place.column)
    }

    /// What is wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// How it can be mended.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

impl Place {
    /// More of a line is not shown.
    const WIDEST: usize = 110;

    fn of(source: &Source, span: Span) -> Self {
        let text = source.text();
        let start = text.floor_char_boundary(span.start.min(text.len()));
        let line = source.line(Span { start, end: start });
        let begin = source.begin_of(line);
        let rest = &text[begin..];
        let whole = rest.split(['\n', '\r']).next().unwrap_or_default();
        let column = text[begin..start].chars().count();
        let end = text.floor_char_boundary(span.end.clamp(start, text.len())).min(begin + whole.len());
        let length = text.get(start..end).map_or(0, |part| part.trim_end().chars().count()).max(1);
        // Of a long line the part around the mistake.
        let skip = if column + length > Self::WIDEST { column.saturating_sub(Self::WIDEST / 3) } else { 0 };
        let mut shown: String = whole
            .chars()
            .skip(skip)
            .take(Self::WIDEST)
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let (mut from, cut) = (column - skip, whole.chars().count() > skip + Self::WIDEST);
        if skip > 0 {
            shown.insert_str(0, "… ");
            from += 2;
        }
        if cut {
            shown.push_str(" …");
        }
        Self { line, column: column + 1, text: shown, from, length: length.min(Self::WIDEST) }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        let Some(Place { line, column, text, from, length }) = &self.place else {
            write!(f, "\n --> {}", self.file)?;
            return self.help.as_ref().map_or(Ok(()), |help| write!(f, "\n  = help: {help}"));
        };
        let number = line.to_string();
        let gap = " ".repeat(number.len());
        write!(f, "\n{gap}--> {}:{line}:{column}\n{gap} |\n{number} | {text}", self.file)?;
        write!(f, "\n{gap} | {}{}", " ".repeat(*from), "^".repeat(*length))?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, "\n{gap} = help: {help}"))
    }
}

impl YamlError {
    /// Each mistake once, in the order of the files and of the lines in them.
    #[doc(hidden)]
    #[must_use]
    pub fn of(mut mistakes: Vec<Mistake>) -> Self {
        let mut files: Vec<String> = Vec::new();
        for mistake in &mistakes {
            if !files.contains(&mistake.file) {
                files.push(mistake.file.clone());
            }
        }
        let file = |mistake: &Mistake| files.iter().position(|file| *file == mistake.file);
        mistakes.sort_by_key(|mistake| (file(mistake), mistake.line(), mistake.column()));
        mistakes.dedup();
        Self { mistakes, more: false }
    }

    /// Every mistake, up to a hundred in a file.
    #[must_use]
    pub fn mistakes(&self) -> &[Mistake] {
        &self.mistakes
    }

    /// The mistakes of several files together.
    #[doc(hidden)]
    pub fn add(&mut self, other: Self) {
        self.mistakes.extend(other.mistakes);
        self.more |= other.more;
    }

    #[doc(hidden)]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.mistakes.is_empty()
    }
}

impl fmt::Display for YamlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for mistake in &self.mistakes {
            write!(f, "{mistake}\n\n")?;
        }
        match self.mistakes.len() {
            number if self.more => write!(f, "{number} mistakes and more; nothing was registered"),
            1 => f.write_str("1 mistake; nothing was registered"),
            number => write!(f, "{number} mistakes; nothing was registered"),
        }
    }
}

impl fmt::Debug for YamlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "YamlError:\n{self}\n")
    }
}

impl std::error::Error for YamlError {}

/// The most mistakes that are told of a file.
const MOST: usize = 100;

/// The mistakes of one file, as they are found.
pub struct Report<'s> {
    source: &'s Source,
    mistakes: Vec<Mistake>,
    more: bool,
    /// Where values stand of which nothing more is to be said.
    settled: HashSet<usize>,
    /// Where the mistakes stand.
    told: BTreeSet<usize>,
}

impl<'s> Report<'s> {
    /// None so far.
    #[must_use]
    pub fn of(source: &'s Source) -> Self {
        Self { source, mistakes: Vec::new(), more: false, settled: HashSet::new(), told: BTreeSet::new() }
    }

    /// The text of the file.
    #[must_use]
    pub fn text(&self) -> &'s str {
        self.source.text()
    }

    /// The line on which something stands, for a message about another place.
    #[must_use]
    pub fn line_of(&self, span: Span) -> String {
        format!("line {}", self.source.line(span))
    }

    /// Adds a mistake.
    pub fn add(&mut self, span: Span, message: impl Into<String>) {
        self.push(span, message.into(), None);
    }

    /// Adds a mistake, with how to mend it.
    pub fn help(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.push(span, message.into(), Some(help.into()));
    }

    /// Whether nobody wants to read more. Who compares names then stops, because that takes time.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.mistakes.len() >= MOST
    }

    fn push(&mut self, span: Span, message: String, help: Option<String>) {
        if self.is_full() {
            self.more = true;
        } else if !self.settled.contains(&span.start) {
            self.told.insert(span.start);
            self.mistakes.push(Mistake::at(self.source, span, message, help));
        }
    }

    /// Says no more about a value: whatever is found later follows from what was told about it.
    pub fn settle(&mut self, span: Span) {
        self.settled.insert(span.start);
    }

    /// Whether something was told of this part of the file, or of what stands in it.
    #[must_use]
    pub fn tells_of(&self, node: &Node) -> bool {
        let Span { start, end } = node.span;
        self.told.range(start..end.max(start + 1)).next().is_some()
            || node.items().iter().any(|item| self.tells_of(item))
            || node.entries().iter().any(|entry| self.tells_of_key(entry) || self.tells_of(&entry.value))
    }

    /// Whether something was told of the key itself.
    #[must_use]
    pub fn tells_of_key(&self, entry: &Entry) -> bool {
        self.told.contains(&entry.span.start)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.mistakes.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.mistakes.len()
    }

    /// What was found, in the order of the file.
    #[must_use]
    pub fn into_error(self) -> YamlError {
        YamlError { more: self.more || self.is_full(), ..YamlError::of(self.mistakes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, part: &str) -> String {
        let start = text.find(part).unwrap();
        let span = Span { start, end: start + part.len() };
        let source = Source::new("a.yaml".into(), text.into());
        Mistake::at(&source, span, "no", Some("yes".into())).to_string()
    }

    #[test]
    fn a_mistake_is_underlined() {
        assert_eq!(
            shown("a: 1\nbé: two three\n", "two"),
            "error: no\n --> a.yaml:2:5\n  |\n2 | bé: two three\n  |     ^^^\n  = help: yes"
        );
    }

    #[test]
    fn what_goes_over_lines_is_underlined_to_the_end_of_the_first() {
        let shown = shown("a:\r\n  - b  \r\n  - c\r\n", "- b  \r\n  - c");
        assert!(shown.contains("2 |   - b  \n  |   ^^^\n"), "{shown}");
    }

    #[test]
    fn of_a_long_line_the_part_with_the_mistake_is_shown() {
        let text = format!("a: {}wrong{}", "x ".repeat(200), "y ".repeat(200));
        let shown = shown(&text, "wrong");
        assert!(shown.lines().all(|line| line.chars().count() < 130), "{shown}");
        let lines: Vec<&str> = shown.lines().collect();
        let caret = lines[4].chars().position(|c| c == '^').unwrap();
        assert_eq!(lines[3].chars().skip(caret).take(5).collect::<String>(), "wrong");
    }

    #[test]
    fn a_place_at_the_end_of_the_text_is_one() {
        let source = Source::new("a.yaml".into(), "a:".into());
        let shown = Mistake::at(&source, Span { start: 2, end: 9 }, "no", None).to_string();
        assert!(shown.ends_with("1 | a:\n  |   ^"), "{shown}");
    }
}
