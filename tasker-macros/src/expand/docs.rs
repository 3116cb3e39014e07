//! What rustdoc shows of a workflow: its graph on the page of the module, and with each function what it waits for.
//!
//! Only what has documentation is given more: rustc still misses what the user did not write. A step is named by its function; the type
//! of the same name is hidden, so that each step is there once.

use std::collections::HashMap;
use std::fmt::Write;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::Visibility;
use syn::ext::IdentExt;

use crate::model::{Step, Workflow};

/// The steps by their stored names, and by those of their functions.
pub(super) struct Names<'a> {
    stored: HashMap<&'a str, &'a Step>,
    functions: HashMap<String, &'a Step>,
}

impl<'a> Names<'a> {
    pub(super) fn of(workflow: &'a Workflow) -> Self {
        let stored = workflow.steps.iter().map(|step| (step.name.as_str(), step)).collect();
        let functions = workflow.steps.iter().map(|step| (step.ident.to_string(), step)).collect();
        Self { stored, functions }
    }

    /// The dependencies of a step, with links.
    fn dependencies(&self, step: &Step, module: &Visibility) -> Vec<String> {
        let steps = step.depends_on.iter().filter_map(|name| self.stored.get(name.as_str()));
        steps.map(|step| mention(step, module)).collect()
    }
}

/// The graph, for the documentation of the module.
pub(super) fn graph(workflow: &Workflow, names: &Names<'_>, module: &Visibility) -> TokenStream {
    let mut text = String::from("\n# Steps\n\n| step | waits for | what it does |\n|---|---|---|\n");
    for step in &workflow.steps {
        let (name, dependencies) = (mention(step, module), names.dependencies(step, module));
        let _ = writeln!(text, "| {name} | {} | {} |", dependencies.join(", "), cell(&step.description));
    }
    quote!(#![doc = #text])
}

/// What the documentation of a function says last.
pub(super) fn function(function: &Ident, names: &Names<'_>, module: &Visibility) -> Option<TokenStream> {
    let step = names.functions.get(&function.to_string())?;
    let dependencies = names.dependencies(step, module);
    let mut sentences: Vec<String> = Vec::new();
    if let Some((last, others)) = dependencies.split_last() {
        let and = if others.is_empty() { "" } else { " and " };
        sentences.push(format!("Waits for {}{and}{last}.", others.join(", ")));
    }
    if step.optional {
        sentences.push("May be skipped, and has no result then.".to_owned());
    }
    let text = format!(" {}", sentences.join(" "));
    (!sentences.is_empty()).then(|| quote!(#[doc = ""] #[doc = #text]))
}

/// The name of a step, with a link where whoever sees the module sees the function too.
fn mention(step: &Step, module: &Visibility) -> String {
    let name = step.ident.unraw();
    let hidden =
        matches!(module, Visibility::Public(_)) && !matches!(step.function_vis, Visibility::Public(_));
    if hidden { format!("`{name}`") } else { format!("[`{name}`](fn@{name})") }
}

/// A description in a cell of a table: links become their texts, because they may lead nowhere without the rest of the documentation.
fn cell(description: &str) -> String {
    let mut text = String::with_capacity(description.len());
    let mut rest = description;
    let mut code = false;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '`' => {
                code = !code;
                text.push(c);
            }
            '|' => text.push_str("\\|"),
            '[' if !code => {}
            ']' if !code => rest = without_target(rest),
            _ => text.push(c),
        }
    }
    text
}

/// What follows the `(..)` or `[..]` of a link, if there is one.
fn without_target(rest: &str) -> &str {
    let end = match rest.chars().next() {
        Some('(') => ')',
        Some('[') => ']',
        _ => return rest,
    };
    rest.split_once(end).map_or(rest, |(_, after)| after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_has_no_links_and_no_bars() {
        assert_eq!(cell("Charges the [`Cart`] once"), "Charges the `Cart` once");
        assert_eq!(cell("See [the guide](https://x.org) or [it][1]."), "See the guide or it.");
        assert_eq!(cell("Takes `[u8]` | nothing"), "Takes `[u8]` \\| nothing");
        assert_eq!(cell("a link that does not [end"), "a link that does not end");
    }
}
