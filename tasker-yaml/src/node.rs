//! A file as a tree that knows where each part of it stands.

use serde_json::{Map, Number, Value};

/// A part of the text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// A value with its place. It holds what is written: the names of variables, never their values.
#[derive(Debug, Clone)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Where it stands.
    pub span: Span,
}

/// What a value is.
#[derive(Debug, Clone)]
pub enum Kind {
    /// Nothing: an empty place, `~` or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number that JSON has, too.
    Number(Number),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping, each key once.
    Map(Vec<Entry>),
}

/// A key of a mapping, and its value.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub span: Span,
    /// What stands under it.
    pub value: Node,
}

impl Node {
    /// The value of a key that is there and not null.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        let entry = self.entries().iter().find(|entry| entry.key == key)?;
        (!entry.value.is_null()).then_some(&entry.value)
    }

    /// The entry of a key, whatever stands under it.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// Whether it is nothing.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null)
    }

    /// Its text, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Its truth value, if it is one.
    #[must_use]
    pub fn flag(&self) -> Option<bool> {
        match self.kind {
            Kind::Bool(flag) => Some(flag),
            _ => None,
        }
    }

    /// What is in the list; nothing where it is none.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        match &self.kind {
            Kind::List(items) => items,
            _ => &[],
        }
    }

    /// What is in the mapping; nothing where it is none.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The text of a key.
    #[must_use]
    pub fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    /// What it is, for a message.
    #[must_use]
    pub fn what(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Bool(_) => "a truth value",
            Kind::Number(_) => "a number",
            Kind::Text(_) => "a text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
        }
    }

    /// The value as it is written, as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(flag) => Value::Bool(*flag),
            Kind::Number(number) => Value::Number(number.clone()),
            Kind::Text(text) => Value::String(text.clone()),
            Kind::List(items) => items.iter().map(Self::to_json).collect(),
            Kind::Map(entries) => {
                let entries = entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json()));
                Value::Object(entries.collect::<Map<_, _>>())
            }
        }
    }

    /// The part that a JSON Pointer (RFC 6901) leads to, or as far as it leads.
    #[must_use]
    pub fn at(&self, pointer: &str) -> &Self {
        let mut at = self;
        for segment in pointer.split('/').skip(1) {
            match at.member(&unescaped(segment)) {
                Some(next) => at = next,
                None => break,
            }
        }
        at
    }

    /// The entry that a JSON Pointer leads to, if it leads to one of a mapping.
    #[must_use]
    pub fn entry_at(&self, pointer: &str) -> Option<&Entry> {
        let (parents, last) = pointer.rsplit_once('/')?;
        let parent =
            parents.split('/').skip(1).try_fold(self, |at, segment| at.member(&unescaped(segment)))?;
        parent.entry(&unescaped(last))
    }

    fn member(&self, name: &str) -> Option<&Self> {
        match &self.kind {
            Kind::Map(_) => self.entry(name).map(|entry| &entry.value),
            Kind::List(items) => name.parse().ok().and_then(|at: usize| items.get(at)),
            _ => None,
        }
    }
}

/// A piece of a JSON Pointer as what it names.
fn unescaped(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}
