//! Whether a file has the keys that it may have, and under each what belongs there. Nothing is compared with anything else here.

use tasker_rules::names::{is_name, is_semantic_version, own_event};
use tasker_rules::suggest::{nearest, quoted};

use super::keys::{
    Key, LEAST_SECONDS, MOST_COUNTED, MOST_EXECUTIONS, MOST_SECONDS, Mapping, SYNONYMS, TASK, Takes,
};
use super::mistake::Report;
use super::node::{Entry, Kind, Node};

/// Checks a whole file.
pub(crate) fn check(root: &Node, report: &mut Report<'_>) {
    mapping(root, &TASK, report);
}

pub(crate) fn mapping(node: &Node, known: &'static Mapping, report: &mut Report<'_>) {
    let what = known.what;
    if !matches!(node.kind, Kind::Map(_)) {
        let names = quoted(known.keys.iter().filter(|key| key.required).map(|key| key.name));
        let keys = if names.is_empty() { String::new() } else { format!(" with {names}") };
        report.add(node.span, format!("{what} is a mapping{keys}; here is {}", node.what()));
        return;
    }
    for entry in node.entries() {
        if report.is_full() {
            return;
        }
        match known.find(&entry.key) {
            Some(key) if entry.value.is_null() && !key.required => {}
            Some(key) => value(key, &entry.value, report),
            None => unknown(entry, known, report),
        }
    }
    for key in known.keys.iter().filter(|key| key.required) {
        let is_there = |entry: &Entry| entry.key == key.name || meant(&entry.key, known) == Some(key.name);
        if !node.entries().iter().any(is_there) {
            let what = what.split_once(' ').map_or(what, |(_, what)| what);
            let which = match node.text_of("name") {
                Some(name) if key.name != "name" => format!("the {what} `{name}`"),
                _ => format!("this {what}"),
            };
            report.help(node.span, format!("{which} has no `{}`", key.name), key.about);
        }
    }
}

/// The key that was meant by one that there is not.
fn meant(key: &str, known: &'static Mapping) -> Option<&'static str> {
    if known.find(key).is_some() {
        return None;
    }
    let synonym = SYNONYMS.iter().find(|(word, meant)| *word == key && known.find(meant).is_some());
    synonym.map(|(_, meant)| *meant).or_else(|| nearest(key, known.keys.iter().map(|key| key.name)))
}

fn unknown(entry: &Entry, known: &'static Mapping, report: &mut Report<'_>) {
    let (key, names) = (entry.key.as_str(), || quoted(known.keys.iter().map(|key| key.name)));
    let within = |outer: &&Key| matches!(outer.takes, Takes::One(inner) if inner.find(key).is_some());
    let help = match meant(key, known) {
        _ if known.keys.iter().any(|outer| within(&outer)) => {
            let outer = known.keys.iter().find(within).map_or("", |outer| outer.name);
            format!("it stands under `{outer}`")
        }
        Some(meant) if SYNONYMS.iter().any(|(word, _)| *word == key) => {
            format!("it is called `{meant}` here")
        }
        Some(near) => format!("did you mean `{near}`?"),
        None if known.find("handler_config").is_some() => {
            let what = known.what;
            format!(
                "what a handler is to read stands under `handler_config`; the keys of {what} are {}",
                names()
            )
        }
        None => format!("the keys of {} are {}", known.what, names()),
    };
    report.help(entry.span, format!("{} has no key `{key}`", known.what), help);
}

fn value(key: &Key, node: &Node, report: &mut Report<'_>) {
    let name = key.name;
    let mut takes = |what: &str| {
        report.add(node.span, format!("`{name}` takes {what}; here is {}", node.what()));
    };
    match &key.takes {
        Takes::Name(most) => named(name, node, *most, report),
        Takes::Event => event(name, node, report),
        Takes::Text(most) => match node.text() {
            None => takes("a text"),
            Some(text) if text.chars().count() > *most => {
                report.add(node.span, format!("`{name}` is longer than {most} characters"));
            }
            Some(_) => {}
        },
        Takes::Version => version(node, report),
        Takes::Flag => {
            if node.flag().is_none() {
                takes("`true` or `false`");
            }
        }
        Takes::Limit => limit(name, node, report),
        Takes::Count => match &node.kind {
            Kind::Number(number) if number.as_u64().is_some_and(|n| (1..=MOST_COUNTED).contains(&n)) => {}
            Kind::Number(number) => {
                let message =
                    format!("`{name}` takes a whole number from 1 to {MOST_COUNTED}; here is {number}");
                report.help(node.span, message, key.about);
            }
            _ => takes("a whole number"),
        },
        Takes::Seconds => match &node.kind {
            Kind::Number(number)
                if number.as_f64().is_some_and(|n| (LEAST_SECONDS..=MOST_SECONDS).contains(&n)) => {}
            Kind::Number(number) => {
                let message =
                    format!("`{name}` takes {LEAST_SECONDS} to {MOST_SECONDS} seconds; here is {number}");
                report.help(node.span, message, key.about);
            }
            Kind::Text(_) => {
                let message = format!("`{name}` takes a number of seconds; here is a text");
                report.help(node.span, message, format!("write the number alone, as in `{name}: 30`"));
            }
            _ => takes("a number of seconds"),
        },
        Takes::Names => match &node.kind {
            Kind::List(items) => items.iter().for_each(|item| named(name, item, 128, report)),
            Kind::Text(text) => {
                let help = format!("write `{name}: [{text}]`");
                report.help(node.span, format!("`{name}` takes a list of names; here is one name"), help);
            }
            _ => takes("a list of names"),
        },
        Takes::Config => {
            if !matches!(node.kind, Kind::Map(_)) {
                takes("a mapping");
            }
        }
        Takes::Schema => {
            if !matches!(node.kind, Kind::Map(_) | Kind::Bool(_)) {
                takes("a JSON Schema");
            }
        }
        Takes::One(known) => mapping(node, known, report),
        Takes::List(known) => match &node.kind {
            Kind::List(items) => items.iter().for_each(|item| mapping(item, known, report)),
            _ => takes(&format!("a list, in which each item is {}", known.what)),
        },
        Takes::Each(known) => match &node.kind {
            Kind::Map(entries) => {
                for entry in entries.iter().filter(|entry| !entry.value.is_null()) {
                    mapping(&entry.value, known, report);
                }
            }
            _ => takes(&format!("a mapping, in which each value is {}", known.what)),
        },
    }
}

/// A name is stored with tasks and shown to everybody.
fn named(key: &str, node: &Node, most: usize, report: &mut Report<'_>) {
    let Some(name) = node.text() else {
        let what = if key == "depends_on_step" && matches!(node.kind, Kind::List(_)) {
            "the name of one step; `depends_on_steps` takes a list"
        } else if matches!(node.kind, Kind::Number(_) | Kind::Bool(_)) {
            "a name; quote it, if it is meant as text"
        } else {
            "a name"
        };
        report.add(node.span, format!("`{key}` takes {what}; here is {}", node.what()));
        report.settle(node.span);
        return;
    };
    if name.contains("${") {
        report.help(
            node.span,
            format!("a variable cannot stand in `{key}`"),
            "what is called so is stored with each task and shown everywhere; variables stand in a `handler_config`, and what differs by \
             environment under `environments`",
        );
    } else if !is_name(name, most) {
        report.add(node.span, format!("`{key}` takes 1 to {most} printable characters"));
        report.settle(node.span);
    }
}

/// Files of Ruby Tasker have names without a dot, so that is no mistake.
fn event(key: &str, node: &Node, report: &mut Report<'_>) {
    named(key, node, 128, report);
    if let Some((name, own)) = node.text().and_then(|name| Some((name, own_event(name)?))) {
        report.help(
            node.span,
            format!("the event `{name}` has a name that is kept for Tasker's own"),
            format!("those begin with `{own}.`; begin with what it is about, as in `payment.processed`"),
        );
    }
}

fn version(node: &Node, report: &mut Report<'_>) {
    const HELP: &str = "a version is three numbers in quotes or without, such as `1.0.0`";
    match &node.kind {
        Kind::Text(text) if is_semantic_version(text) && text.len() <= 64 => {}
        Kind::Text(text) if text.contains("${") => named("version", node, 64, report),
        Kind::Text(text) => {
            report.help(node.span, format!("`{text}` is not a semantic version"), HELP);
        }
        Kind::Number(_) => {
            let written = report.text().get(node.span.start..node.span.end).unwrap_or_default().trim();
            let (message, help) = (
                format!("`version: {written}` is a number"),
                match written.matches('.').count() {
                    1 => format!("quote all three numbers of the version: `version: \"{written}.0\"`"),
                    _ => format!("quote all three numbers of the version: `version: \"{written}.0.0\"`"),
                },
            );
            report.help(node.span, message, help);
        }
        _ => report.help(node.span, format!("`version` takes a text; here is {}", node.what()), HELP),
    }
}

fn limit(key: &str, node: &Node, report: &mut Report<'_>) {
    let Kind::Number(number) = &node.kind else {
        report.add(node.span, format!("`{key}` takes a whole number; here is {}", node.what()));
        return;
    };
    match number.as_u64() {
        // That is for `check`, which knows whether the step is retried at all.
        Some(0) => {}
        Some(limit) if limit <= MOST_EXECUTIONS => {}
        Some(limit) => report.help(
            node.span,
            format!("`{key}` is {limit}; the most is {MOST_EXECUTIONS}"),
            "a step that may fail more often than that will not come to its end by itself",
        ),
        None => report.help(
            node.span,
            format!("`{key}` takes a whole number from 1 to {MOST_EXECUTIONS}; here is {number}"),
            "it counts the executions that may fail, the first included; the default is 3",
        ),
    }
}
