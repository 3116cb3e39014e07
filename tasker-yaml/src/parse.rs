//! From the text of a file to its tree. The one place that knows the crate which reads YAML.
//!
//! What would make a small file large in memory (aliases of aliases) or deep is counted while the tree grows and refused as soon as
//! it is too much. Mistakes that leave the structure whole, such as a key that is written twice, are reported and the rest is read.

use std::borrow::Cow;
use std::collections::HashMap;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, Span as Place, Tag};

use super::mistake::Report;
use super::node::{Entry, Kind, Node, Span};
use super::{scalar, syntax};

/// The longest file, in bytes.
pub const LONGEST: usize = 1 << 20;
/// The most values in a file, and the most bytes of their texts, with each alias counted as what it stands for.
const MOST_NODES: usize = 100_000;
const MOST_BYTES: usize = 4 << 20;
/// How deep values may stand in each other.
const DEEPEST: usize = 64;

/// The tree of a file; none if it is no YAML at all.
pub fn parse(report: &mut Report<'_>) -> Option<Node> {
    let text = report.text();
    if text.len() > LONGEST {
        let size = text.len();
        report.help(
            Span { start: 0, end: 0 },
            format!("the file is {size} bytes long, more than the limit of {LONGEST}"),
            "describe a smaller task, or several tasks in a file each",
        );
        return None;
    }
    let options = granit_parser::options! {
        emit_comments: false,
        flow_nesting_limit: DEEPEST + 1,
        block_nesting_limit: DEEPEST + 1,
    };
    let mut tree =
        Tree { report, open: Vec::new(), anchors: HashMap::new(), root: None, nodes: 0, bytes: 0, tag: None };
    for next in Parser::new_from_str_with_options(text, options) {
        match next {
            Ok((event, place)) => {
                tree.tag = place.tag_span().map(span);
                tree.take(event, span(place))?;
            }
            Err(error) => {
                let start = error.marker().byte_offset().unwrap_or(text.len());
                let place = Span { start, end: start };
                let message = match error.kind() {
                    ErrorKind::RecursionLimitExceeded => too_deep(),
                    _ => format!("this is no YAML: {}", error.info()),
                };
                match syntax::help(error.kind(), text, start) {
                    Some(help) => tree.report.help(place, message, help),
                    None => tree.report.add(place, message),
                }
                return None;
            }
        }
    }
    let root = tree.root;
    if root.is_none() {
        report.add(Span { start: 0, end: 0 }, "the file is empty");
    }
    root
}

fn span(place: Place) -> Span {
    let range = place.byte_range().unwrap_or_default();
    Span { start: range.start, end: range.end.max(range.start) }
}

/// A list or a mapping that has not ended.
struct Open {
    span: Span,
    anchor: usize,
    content: Content,
    /// How many values stand in it, and how many bytes of text.
    nodes: usize,
    bytes: usize,
    deepest: usize,
}

enum Content {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, key: Option<(String, Span)> },
}

/// What an alias stands for, and how much it is.
struct Anchored {
    node: Node,
    nodes: usize,
    bytes: usize,
    depth: usize,
}

struct Tree<'r, 's> {
    report: &'r mut Report<'s>,
    open: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    root: Option<Node>,
    nodes: usize,
    bytes: usize,
    /// Where the tag of the present value stands.
    tag: Option<Span>,
}

impl Tree<'_, '_> {
    /// Takes the next event; none if the file is not to be read any further.
    fn take(&mut self, event: Event<'_>, span: Span) -> Option<()> {
        match event {
            Event::DocumentStart(..) if self.root.is_some() => {
                self.report.help(
                    span,
                    "a second document begins here",
                    "a file describes one task; put the other into a file of its own",
                );
                return None;
            }
            Event::Scalar(text, style, anchor, tag) => {
                let node = Node { kind: self.scalar(text, style, tag.as_deref(), span), span };
                let bytes = node.text().map_or(0, str::len);
                self.end(Anchored { node, nodes: 1, bytes, depth: 0 }, anchor)?;
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.collection_tag(tag.as_deref(), "seq", span);
                self.begin(span, anchor, Content::List(Vec::new()))?;
            }
            Event::MappingStart(_, anchor, tag) => {
                self.collection_tag(tag.as_deref(), "map", span);
                self.begin(span, anchor, Content::Map { entries: Vec::new(), key: None })?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close()?,
            Event::Alias(id) => {
                let known = self.anchors.get(&id);
                let Some((nodes, bytes, depth)) = known.map(|known| (known.nodes, known.bytes, known.depth))
                else {
                    self.report.add(span, "an alias cannot stand inside what it names");
                    return None;
                };
                // Before it is copied.
                self.count(nodes, bytes, depth, span)?;
                let node = Node { span, kind: self.anchors.get(&id)?.node.kind.clone() };
                self.nodes -= nodes;
                self.bytes -= bytes;
                self.end(Anchored { node, nodes, bytes, depth }, 0)?;
            }
            _ => {}
        }
        Some(())
    }

    fn begin(&mut self, span: Span, anchor: usize, content: Content) -> Option<()> {
        self.open.push(Open { span, anchor, content, nodes: 1, bytes: 0, deepest: 0 });
        self.count(1, 0, 0, span)
    }

    fn close(&mut self) -> Option<()> {
        let Open { span, anchor, content, nodes, bytes, deepest } = self.open.pop()?;
        let kind = match content {
            Content::List(items) => Kind::List(items),
            Content::Map { entries, .. } => Kind::Map(self.unique(entries)),
        };
        // It was counted when it began, and what stands in it when that ended.
        self.nodes -= nodes;
        self.bytes -= bytes;
        self.end(Anchored { node: Node { kind, span }, nodes, bytes, depth: deepest + 1 }, anchor)
    }

    /// Puts a whole value where it belongs.
    fn end(&mut self, value: Anchored, anchor: usize) -> Option<()> {
        self.count(value.nodes, value.bytes, value.depth, value.node.span)?;
        let Anchored { node, nodes, bytes, depth } = value;
        if anchor != 0 {
            self.anchors.insert(anchor, Anchored { node: node.clone(), nodes, bytes, depth });
            // The copy that is kept.
            self.count(nodes, bytes, 0, node.span)?;
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Some(());
        };
        open.nodes += nodes;
        open.bytes += bytes;
        open.deepest = open.deepest.max(depth);
        match &mut open.content {
            Content::List(items) => items.push(node),
            Content::Map { entries, key } => match key.take() {
                Some((key, span)) => entries.push(Entry { key, span, value: node }),
                None => *key = Some(key_of(self.report, &node)),
            },
        }
        Some(())
    }

    /// Refuses what is too much.
    fn count(&mut self, nodes: usize, bytes: usize, depth: usize, span: Span) -> Option<()> {
        self.nodes += nodes;
        self.bytes += bytes;
        if self.open.len() + depth > DEEPEST {
            self.report.add(span, too_deep());
            return None;
        }
        if self.nodes > MOST_NODES || self.bytes > MOST_BYTES {
            self.report.help(
                span,
                format!("with this the file is more than {MOST_NODES} values, or {MOST_BYTES} bytes of text"),
                "each alias counts as all that it stands for",
            );
            return None;
        }
        Some(())
    }

    fn scalar(&mut self, text: Cow<'_, str>, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Kind {
        let is_text = match tag.map(|tag| (tag.core_suffix(), tag.original())) {
            // `!` alone says that it is no number.
            None => style != ScalarStyle::Plain,
            Some((Some("str"), _)) => true,
            Some((_, tag)) if tag == "!" => true,
            Some((Some(_), _)) => false,
            Some((None, tag)) => {
                self.unknown_tag(&tag, span);
                true
            }
        };
        if is_text {
            return Kind::Text(text.into_owned());
        }
        scalar::resolve(&text).unwrap_or_else(|(message, help)| {
            self.report.help(span, message, help);
            self.report.settle(span);
            // Whatever is meant, it is there.
            Kind::Text(text.into_owned())
        })
    }

    fn collection_tag(&mut self, tag: Option<&Tag>, expected: &str, span: Span) {
        if let Some(tag) = tag
            && tag.core_suffix() != Some(expected)
        {
            self.unknown_tag(&tag.original(), span);
        }
    }

    fn unknown_tag(&mut self, tag: &str, span: Span) {
        self.report.help(
            self.tag.unwrap_or(span),
            format!("the tag `{tag}` means nothing here"),
            "remove it: values are texts, numbers, truth values, lists and mappings",
        );
    }

    /// The entries of a mapping with each key once, and what `<<` brings.
    fn unique(&mut self, entries: Vec<Entry>) -> Vec<Entry> {
        let mut seen: HashMap<String, Span> = HashMap::with_capacity(entries.len());
        let (mut unique, mut merged) = (Vec::with_capacity(entries.len()), Vec::new());
        for entry in entries {
            if entry.key == "<<" {
                merged.push(entry.value);
            } else if let Some(&first) = seen.get(&entry.key) {
                let message = format!("the key `{}` is written twice", entry.key);
                let help = format!("it stands on {} already", self.report.line_of(first));
                self.report.help(entry.span, message, help);
            } else {
                seen.insert(entry.key.clone(), entry.span);
                unique.push(entry);
            }
        }
        for node in merged {
            let Node { kind, span } = node;
            let sources = match kind {
                Kind::List(items) => items,
                kind => vec![Node { kind, span }],
            };
            for source in sources {
                let Kind::Map(entries) = source.kind else {
                    self.report.add(span, "`<<` takes a mapping, or a list of mappings");
                    break;
                };
                for entry in entries {
                    if !seen.contains_key(&entry.key) {
                        seen.insert(entry.key.clone(), entry.span);
                        unique.push(entry);
                    }
                }
            }
        }
        unique
    }
}

fn too_deep() -> String {
    format!("this stands more than {DEEPEST} lists and mappings deep")
}

/// A key as JSON has it.
fn key_of(report: &mut Report<'_>, node: &Node) -> (String, Span) {
    let key = match &node.kind {
        Kind::Text(text) => text.clone(),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => {
            report.text().get(node.span.start..node.span.end).unwrap_or_default().trim().to_owned()
        }
        Kind::List(_) | Kind::Map(_) => {
            report.add(node.span, format!("a key is a text; here is {}", node.what()));
            String::new()
        }
    };
    (key, node.span)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use serde_json::{Value, json};

    use super::*;
    use crate::Mistake;
    use crate::Source;

    fn read(text: &str) -> Result<Value, Vec<String>> {
        let source = Source::new("a.yaml".into(), text.into());
        let mut report = Report::of(&source);
        let node = parse(&mut report);
        if report.is_empty() {
            return Ok(node.unwrap().to_json());
        }
        let told = |mistake: &Mistake| {
            let help = mistake.help().map(|help| format!("; {help}")).unwrap_or_default();
            let (line, column) = (mistake.line().unwrap(), mistake.column().unwrap());
            format!("{line}:{column} {}{help}", mistake.message())
        };
        Err(report.into_error().mistakes().iter().map(told).collect())
    }

    #[test]
    fn a_file_becomes_what_it_says() {
        assert_eq!(
            read(
                "---\na: 1.0.0 # x\nb: [x, \"1\", 'yes', !!str 5, ~]\nc:\n- d: |\n    two\n    lines\n  404: e\n"
            ),
            Ok(
                json!({"a": "1.0.0", "b": ["x", "1", "yes", "5", null], "c": [{"d": "two\nlines\n", "404": "e"}]})
            )
        );
    }

    #[test]
    fn aliases_and_merge_keys_stand_for_what_they_name() {
        assert_eq!(
            read("a: &a {x: 1, y: 2}\nb: *a\nc: {<<: *a, y: 3}\nd: {<<: [{z: 0}, *a]}\n"),
            Ok(
                json!({"a": {"x": 1, "y": 2}, "b": {"x": 1, "y": 2}, "c": {"y": 3, "x": 1}, "d": {"z": 0, "x": 1, "y": 2}})
            )
        );
    }

    #[test]
    fn what_is_no_yaml_is_told_with_its_place() {
        for (text, told) in [
            ("", "1:1 the file is empty"),
            ("a: [1, 2\nb: 3\n", "2:2 this is no YAML"),
            ("a: 1\n\tb: 2\n", "1:4 this is no YAML: while scanning a plain scalar, found a tab"),
            ("a: 1\n---\nb: 2\n", "2:1 a second document begins here; a file describes one task"),
            ("a: &x [*x]\n", "1:8 an alias cannot stand inside what it names"),
            ("a: *b\n", "1:4 this is no YAML"),
            ("a: 1\nb: 2\na: 3\n", "3:1 the key `a` is written twice; it stands on line 1 already"),
            ("a: !ruby/object:X {}\n", "the tag `!ruby/object:X` means nothing here"),
            ("? [a]\n: 1\n", "a key is a text; here is a list"),
            ("a: {<<: 5}\n", "`<<` takes a mapping"),
            ("a: yes\n", "1:4 `yes` is true for Ruby"),
        ] {
            let mistakes = read(text).unwrap_err();
            assert_eq!(mistakes.len(), 1, "{text}: {mistakes:?}");
            assert!(mistakes[0].contains(told), "{text}: {mistakes:?}");
        }
    }

    #[test]
    fn what_was_probably_meant_is_told_with_how_it_is_written() {
        let two = "items of a list, which begin with `- `, and keys cannot stand side by side";
        for (text, help) in [
            ("a:\n\tb: 2\n", "line 2 is indented with a tab: indent with spaces"),
            ("s:\n  - name: x\n\t  h: y\n", "line 3 is indented with a tab"),
            (
                "s:\n  - name: a\n   h: A\n",
                "this line is indented by 3 spaces, and what it could belong to by 0, 2, 4",
            ),
            ("s:\n  - a\n - b\n", "this line is indented by 1 space, and what it could belong to by 0, 2, 4"),
            (
                "  name: a\nversion: 1\n",
                "this line is indented by no spaces, and what it could belong to by 2",
            ),
            (
                "a:\n   b: 1\n  c: 2\n",
                "this line is indented by 2 spaces, and what it could belong to by 0, 3",
            ),
            (
                "name: a\n  version: 1\n",
                "this line is indented further than line 1, `name: a`, which has a value already",
            ),
            ("s:\n  - name: a\n\n     h: A\n", "this line is indented further than line 2, `name: a`, which"),
            ("a:\n  - b\n  c: d\n", two),
            ("a: 1\n- b\n", two),
            ("about: note: this\n", "a value with `: ` in it is quoted: `about: \"note: this\"`"),
            ("s:\n  - name: a: \"b\"\n", "a value with `: ` in it is quoted: `name: 'a: \"b\"'`"),
            ("a: \"x\": y\n", "what is quoted ends with its quote"),
            ("name:order\nversion: 1\n", "behind a colon stands a space, so line 1 is written `name: order`"),
            ("name order\nversion: 1\n", "line 1, `name order`, has no colon"),
            ("a: \"b\nc: d\n", "the quote that begins here has no end"),
            ("a: 'it's'\nb: c\n", "in single quotes a `'` is written twice"),
            ("a: \"b\nc: \"d\"\n", "the quote on line 1 has no end there"),
            ("a: \"x\" y\n", "put the whole value in quotes"),
            ("a: \"C:\\dir\"\n", "in double quotes `\\` begins an escape"),
            ("a: {x: ${Y:-z}, b: 1}\n", "because of its own braces: `\"${Y:-z}\"`"),
            ("a: { auth: Bearer ${X}/y, b: 1 }\n", "because of its own braces: `\"Bearer ${X}/y\"`"),
            ("a: [${X}]\n", "because of its own braces: `\"${X}\"`"),
            ("name: [order\n", "the `[` here has no `]`: write it where the last entry ends"),
            ("a: [1, 2\nb: 3\n", "the `[` on line 1 has no `]`"),
            ("a: {x: [1]\nb: 2\n", "the `{` on line 1 has no `}`"),
            ("a: {x: 1 y: 2}\n", "entries are separated by commas"),
            ("a: [1}\n", "a list is written `[a, b]`"),
            ("url: {base}/carts\nb: 1\n", "a text that begins with `{` is quoted: `\"{base}/carts\"`"),
            ("a: *bold*\n", "a text that begins with it is quoted: `\"*bold*\"`"),
            ("a: @b\n", "a text that begins with `@` is quoted: `\"@b\"`"),
            ("a: >x\n", "a text that begins with `>` is quoted: `\">x\"`"),
            ("a: , b\n", "a text that begins with `,` is quoted: `\", b\"`"),
            ("a: - b\n", "a list begins on the line behind its key"),
            ("a: \"b\"#c\n", "before the `#` of a comment stands a space"),
        ] {
            let mistakes = read(text).unwrap_err();
            assert!(mistakes.len() == 1 && mistakes[0].contains(help), "{text}: {mistakes:?}");
        }
    }

    #[test]
    fn what_would_grow_is_refused_at_once() {
        use std::fmt::Write;
        let mut laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
        for level in 1..12 {
            let before = vec![format!("*a{}", level - 1); 9].join(", ");
            let _ = writeln!(laughs, "a{level}: &a{level} [{before}]");
        }
        let mut texts = format!("a: &a {}\nb: [", "x".repeat(100_000));
        texts.push_str(&vec!["*a"; 10_000].join(", "));
        texts.push_str("]\n");
        let nested = (1..10).fold("a0: &a0 [[[[[[[[[[1]]]]]]]]]]\n".to_owned(), |text, level| {
            format!("{text}a{level}: &a{level} [[[[[[[[[[*a{}]]]]]]]]]]\n", level - 1)
        });
        for (text, told) in [
            (laughs, "more than 100000 values"),
            (texts, "more than 100000 values, or 4194304 bytes of text"),
            (nested, "more than 64 lists and mappings deep"),
            ("[".repeat(100_000), "more than 64 lists and mappings deep"),
            ("- ".repeat(100_000), "more than 64 lists and mappings deep"),
            (
                format!("a: {}", "x".repeat(LONGEST)),
                "the file is 1048579 bytes long, more than the limit of 1048576",
            ),
        ] {
            let before = Instant::now();
            let mistakes = read(&text).unwrap_err();
            assert!(before.elapsed() < Duration::from_secs(2), "{told}: {:?}", before.elapsed());
            assert_eq!(mistakes.len(), 1, "{mistakes:?}");
            assert!(mistakes[0].contains(told), "{told}: {mistakes:?}");
        }
    }
}
