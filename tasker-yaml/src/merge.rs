//! What is different in an environment, merged over the rest of a file. Every part keeps the place where it stands.

use std::collections::{HashMap, HashSet};

use tasker_rules::suggest::{nearest, quoted};

use super::mistake::Report;
use super::node::{Entry, Kind, Node, Span};
use crate::check::STEPS;

/// A task as it is in an environment.
#[derive(Debug, Clone)]
pub struct Task {
    /// Its mapping, without `environments`.
    pub node: Node,
    /// What is different in each environment.
    pub environments: Vec<Entry>,
    /// The environment that was perhaps meant, where the file says nothing about the one that was asked for.
    pub nearest_environment: Option<String>,
}

/// The file as it is in an environment, or without any. What environments say about steps that there are not is a mistake, in each of them.
pub(crate) fn merged(root: &Node, environment: Option<&str>, report: &mut Report<'_>) -> Task {
    let environments = root.get("environments").map(Node::entries).unwrap_or_default();
    let steps: HashMap<&str, usize> = root
        .get(STEPS)
        .map(Node::items)
        .unwrap_or_default()
        .iter()
        .enumerate()
        .filter_map(|(at, step)| Some((step.text_of("name")?, at)))
        .collect();
    for Entry { key, value, .. } in environments {
        check_steps(key, value.get(STEPS).map(Node::items).unwrap_or_default(), &steps, report);
    }
    let mut merged = root.clone();
    if let Kind::Map(entries) = &mut merged.kind {
        entries.retain(|entry| entry.key != "environments");
    }
    let mut nearest_environment = None;
    if let Some(environment) = environment {
        if let Some(Entry { value, .. }) = environments.iter().find(|entry| entry.key == environment) {
            merge_task(&mut merged, value, &steps);
        } else {
            let names = environments.iter().map(|entry| entry.key.as_str());
            nearest_environment = nearest(environment, names).map(str::to_owned);
        }
    }
    Task { node: merged, environments: environments.to_vec(), nearest_environment }
}

fn check_steps(environment: &str, overrides: &[Node], steps: &HashMap<&str, usize>, report: &mut Report<'_>) {
    let mut seen: HashMap<&str, Span> = HashMap::new();
    for over in overrides {
        let Some(node) = over.get("name") else { continue };
        let Some(name) = node.text() else { continue };
        if !steps.contains_key(name) && !report.is_full() {
            let message =
                format!("the environment `{environment}` changes the step `{name}`, which there is not");
            let mut names: Vec<&str> = steps.keys().copied().collect();
            names.sort_unstable();
            let help = match nearest(name, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the steps are {}", quoted(names.iter().copied())),
            };
            report.help(node.span, message, help);
        }
        if let Some(first) = seen.insert(name, node.span) {
            let message = format!("the environment `{environment}` changes the step `{name}` twice");
            let help = format!("the first time on {}; write both as one", report.line_of(first));
            report.help(node.span, message, help);
        }
    }
}

fn merge_task(task: &mut Node, over: &Node, steps: &HashMap<&str, usize>) {
    let Kind::Map(entries) = &mut task.kind else { return };
    for over in over.entries() {
        let base = entries.iter_mut().find(|entry| entry.key == over.key);
        match base {
            Some(Entry { key, value: Node { kind: Kind::List(base), .. }, .. }) if key == STEPS => {
                for over in over.value.items() {
                    let at = over.text_of("name").and_then(|name| steps.get(name));
                    if let Some(base) = at.and_then(|&at| base.get_mut(at)) {
                        merge(base, over);
                    }
                }
            }
            Some(base) => merge(&mut base.value, &over.value),
            None => entries.push(over.clone()),
        }
    }
    entries.retain(|entry| !entry.value.is_null());
}

/// Objects are merged key by key, null takes a key away, and anything else is replaced.
fn merge(base: &mut Node, over: &Node) {
    let (Kind::Map(entries), Kind::Map(over_entries)) = (&mut base.kind, &over.kind) else {
        *base = over.clone();
        return;
    };
    let places: HashMap<String, usize> =
        entries.iter().enumerate().map(|(at, entry)| (entry.key.clone(), at)).collect();
    let (gone, changed): (Vec<&Entry>, Vec<&Entry>) =
        over_entries.iter().partition(|entry| entry.value.is_null());
    for over in changed {
        match places.get(&over.key).and_then(|&at| entries.get_mut(at)) {
            Some(base) => merge(&mut base.value, &over.value),
            None => entries.push(over.clone()),
        }
    }
    let gone: HashSet<&str> = gone.into_iter().map(|entry| entry.key.as_str()).collect();
    entries.retain(|entry| !gone.contains(entry.key.as_str()));
}
