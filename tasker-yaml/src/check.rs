//! Whether the parts of a task fit together: names, dependencies, limits.

use std::collections::{HashMap, HashSet};

use tasker_rules::cycles::{Edges, cycles};
use tasker_rules::suggest::{nearest, quoted};

use super::keys::MOST_EXECUTIONS;
use super::mistake::Report;
use super::node::{Kind, Node, Span};

/// The key under which the steps stand.
pub const STEPS: &str = "step_templates";

/// Checks a task as it is in an environment. What has not the right type was told before, and is left out here.
pub(crate) fn check(task: &Node, report: &mut Report<'_>) {
    let steps = task.get(STEPS);
    if let Some(steps) = steps.filter(|steps| matches!(&steps.kind, Kind::List(items) if items.is_empty())) {
        report.add(steps.span, "the task has no steps");
    }
    let steps = steps.map(Node::items).unwrap_or_default();
    named_once(steps, report);
    named_steps(task, steps, report);
    dependencies(steps, report);
    for step in steps {
        limit(step, report);
    }
}

/// The steps that a step waits for: both ways of writing it, each step once.
#[must_use]
pub fn dependencies_of(step: &Node) -> Vec<(&str, Span)> {
    let one = step.get("depends_on_step").into_iter();
    let many = step.get("depends_on_steps").map(Node::items).unwrap_or_default();
    let mut seen = HashSet::new();
    one.chain(many)
        .filter_map(|node| Some((node.text()?, node.span)))
        .filter(|(name, _)| seen.insert(*name))
        .collect()
}

fn named_once(steps: &[Node], report: &mut Report<'_>) {
    let mut seen: HashMap<&str, Span> = HashMap::new();
    for node in steps.iter().filter_map(|step| step.get("name")) {
        let Some(name) = node.text() else { continue };
        if let Some(&first) = seen.get(name) {
            let help = format!("the other one stands on {}", report.line_of(first));
            report.help(node.span, format!("two steps are named `{name}`"), help);
        } else {
            seen.insert(name, node.span);
        }
    }
}

fn named_steps(task: &Node, steps: &[Node], report: &mut Report<'_>) {
    let Some(list) = task.get("named_steps") else { return };
    let known: Vec<&str> = list.items().iter().filter_map(Node::text).collect();
    let set: HashSet<&str> = known.iter().copied().collect();
    let called: HashSet<&str> = steps.iter().filter_map(|step| step.text_of("name")).collect();
    // A dependency is a step, or a mistake that is told where dependencies are checked.
    for node in steps.iter().filter_map(|step| step.get("name")) {
        let Some(name) = node.text().filter(|name| !set.contains(name)) else { continue };
        if report.is_full() {
            return;
        }
        let help = match nearest(name, known.iter().copied().filter(|known| !called.contains(known))) {
            Some(near) => format!("the list has `{near}`, which no step is called: let both say the same"),
            None => "add it to `named_steps`, or leave `named_steps` out".to_owned(),
        };
        report.help(node.span, format!("the step `{name}` is not in the list `named_steps`"), help);
    }
}

fn dependencies(steps: &[Node], report: &mut Report<'_>) {
    let mut names: Vec<&str> = steps.iter().filter_map(|step| step.text_of("name")).collect();
    names.dedup();
    let places: HashMap<&str, usize> =
        steps.iter().enumerate().rev().filter_map(|(at, step)| Some((step.text_of("name")?, at))).collect();
    let mut edges: Edges = vec![Vec::new(); steps.len()];
    for (at, step) in steps.iter().enumerate() {
        let own = step.text_of("name").unwrap_or_default();
        for (name, span) in dependencies_of(step) {
            match places.get(name) {
                _ if name == own => {
                    let help = "take it out: a step waits for others";
                    report.help(span, format!("the step `{own}` depends on itself"), help);
                }
                Some(&dependency) => edges[at].push(dependency),
                None if report.is_full() => return,
                None => {
                    let help = match nearest(name, names.iter().copied()) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!("the steps are {}", quoted(names.iter().copied())),
                    };
                    report.help(
                        span,
                        format!("the step `{own}` depends on `{name}`, which there is not"),
                        help,
                    );
                }
            }
        }
    }
    for cycle in cycles(&edges) {
        let name = |step: usize| steps[step].text_of("name").unwrap_or_default();
        let first = cycle[0];
        let way: Vec<String> =
            cycle.iter().chain([&first]).map(|&step| format!("`{}`", name(step))).collect();
        let next = name(cycle[1 % cycle.len()]);
        let dependencies = dependencies_of(&steps[first]);
        let place = dependencies.iter().find(|(name, _)| *name == next).map(|(_, span)| *span);
        report.help(
            place.unwrap_or(steps[first].span),
            format!("these steps wait for each other: {}", shortened(way).join(" waits for ")),
            "take one of these dependencies out",
        );
    }
}

/// A long way without its middle.
fn shortened(mut way: Vec<String>) -> Vec<String> {
    const ENDS: usize = 5;
    if way.len() > 3 * ENDS {
        let left_out = way.len() - 2 * ENDS;
        way.splice(ENDS..way.len() - ENDS, [format!("… ({left_out} more)")]);
    }
    way
}

fn limit(step: &Node, report: &mut Report<'_>) {
    let Some(node) = step.get("default_retry_limit") else { return };
    let never = step.get("default_retryable").and_then(Node::flag) == Some(false);
    if matches!(&node.kind, Kind::Number(number) if number.as_u64() == Some(0)) && !never {
        report.help(
            node.span,
            format!(
                "`default_retry_limit` takes a whole number from 1 to {MOST_EXECUTIONS}: with 0 the step would never run"
            ),
            "it counts the executions that may fail, the first included; 1 is for a step that is not tried again",
        );
    }
}
