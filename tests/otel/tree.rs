//! Spans as the tree that they make.

use std::collections::{BTreeMap, BTreeSet};

use crate::collector::Span;

/// The spans of one trace.
pub(crate) struct Tree(pub(crate) Vec<Span>);

impl Tree {
    /// One for each trace.
    pub(crate) fn all(spans: Vec<Span>) -> Vec<Tree> {
        let mut traces: BTreeMap<u128, Vec<Span>> = BTreeMap::new();
        for span in spans {
            traces.entry(span.trace).or_default().push(span);
        }
        traces.into_values().map(Tree).collect()
    }

    /// The tree in words: each span with its children below it, in the order of their beginning; and that it is one, with no span twice.
    pub(crate) fn drawn(&self) -> String {
        let ids: BTreeSet<u64> = self.0.iter().map(|span| span.id).collect();
        assert_eq!(ids.len(), self.0.len(), "a span was sent twice: {:#?}", self.0);
        let mut lines = Vec::new();
        for root in self.0.iter().filter(|span| !ids.contains(&span.parent)) {
            assert_eq!(root.parent, 0, "the parent of a span is missing: {:#?}", self.0);
            self.draw(root, 0, &mut lines);
        }
        lines.join("\n")
    }

    fn draw(&self, span: &Span, depth: usize, lines: &mut Vec<String>) {
        let step = match span.of("step") {
            "" => span.of("workflow").to_owned(),
            step => format!("{step} {} {}", span.of("attempt"), span.of("outcome")),
        };
        let link = self.0.iter().find(|other| span.links.contains(&(other.trace, other.id)));
        let link = link.map(|to| format!(" -> {} {}", to.of("step"), to.of("attempt"))).unwrap_or_default();
        let error = if span.is_error { " ERROR" } else { "" };
        let name = span.name.trim_start_matches("tasker.");
        lines.push(format!("{}{name} {step}{link}{error}", "  ".repeat(depth)).trim_end().to_owned());
        let mut children: Vec<&Span> = self.0.iter().filter(|child| child.parent == span.id).collect();
        children.sort_by_key(|child| child.begins);
        for child in children {
            self.draw(child, depth + 1, lines);
        }
    }

    /// Who sent them.
    pub(crate) fn services(&self) -> BTreeSet<&str> {
        self.0.iter().map(|span| span.service.as_str()).collect()
    }
}
