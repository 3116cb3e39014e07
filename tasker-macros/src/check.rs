//! From what was written to a model that holds together.
//!
//! One rule is one function. A rule reports what is wrong at the words that are wrong and drops them, so that what is
//! left can be printed; where something could not be read, nothing is said about what seems to be missing because of it.

mod config;
mod edges;
#[cfg_attr(not(feature = "yaml"), allow(dead_code, reason = "without the feature no file is read"))]
mod file;
pub(crate) mod identity;
mod options;
mod place;
mod signature;
mod step;
mod synonyms;
mod visibility;
mod workflow;

use std::collections::HashMap;

use proc_macro2::{Ident, Span, TokenStream};
use syn::ext::IdentExt;

use crate::errors::Errors;
use crate::model::{Step, Workflow};
use crate::parse::Module;
use crate::shape;

/// A step on its way into the model.
struct Draft {
    step: Step,
    /// Its dependencies as written.
    depends_on: Vec<Ident>,
    /// Whether `depends_on` is all that was written.
    complete: bool,
    /// What its by-value parameters name.
    reads: signature::Reads,
    /// Where its stored name is given.
    name_at: Span,
    /// What the attribute says itself, and where.
    said: step::Said,
    /// What is known of its `Config` parameter.
    config: config::Parameter,
    /// Its edges, where a file says them and the attribute does not.
    supplied: Option<file::Edges>,
}

/// The steps by the names of their functions.
struct Index(HashMap<String, usize>);

impl Index {
    fn get(&self, function: &Ident) -> Option<usize> {
        self.0.get(&function.unraw().to_string()).copied()
    }
}

pub(crate) fn workflow(args: TokenStream, module: &Module, errors: &mut Errors) -> Workflow {
    let (mut workflow, said) = workflow::options(args, module, errors);
    place::check(module, errors);
    let (mut drafts, index) = drafts(module, &mut workflow, said.yaml.is_some(), errors);
    file::agree(&said, &mut drafts, &index, module, &mut workflow, errors);
    stored_names(&drafts, errors);
    let order = edges::resolve(&mut drafts, &index, module, &mut workflow, errors);
    pin(&drafts, &order, &workflow, errors);
    workflow.steps = drafts.into_iter().map(|draft| draft.step).collect();
    workflow
}

/// Reads every step on its own, so that the edges between them can be resolved afterwards.
fn drafts(
    module: &Module,
    workflow: &mut Workflow,
    has_file: bool,
    errors: &mut Errors,
) -> (Vec<Draft>, Index) {
    let mut index = HashMap::new();
    let mut drafts = Vec::new();
    for raw in &module.steps {
        let Some(ident) = &raw.ident else {
            errors.at(raw.attribute, "`#[step]` goes on a function: `#[step] async fn charge(..)`");
            continue;
        };
        if index.contains_key(&ident.unraw().to_string()) {
            continue; // rustc says that the function is defined twice
        }
        index.insert(ident.unraw().to_string(), drafts.len());
        drafts.push(step::draft(raw, ident, (module, has_file), workflow, errors));
    }
    (drafts, Index(index))
}

/// Tasks keep their steps by name, so a workflow cannot have two of one name.
fn stored_names(drafts: &[Draft], errors: &mut Errors) {
    let mut first: HashMap<&str, &Draft> = HashMap::new();
    for draft in drafts {
        let name = draft.step.name.as_str();
        let Some(other) = first.insert(name, draft) else { continue };
        // One of the two must have been renamed to it; that is the one to point at.
        let renamed = if draft.step.ident.unraw() == name { other } else { draft };
        let (a, b) = (other.step.ident.unraw(), draft.step.ident.unraw());
        errors.at(renamed.name_at, format!("the steps `{a}` and `{b}` are both stored as `{name}`"));
    }
}

/// Compares the graph with the one that the version is pinned to, if nothing is wrong with it otherwise.
fn pin(drafts: &[Draft], order: &[usize], workflow: &Workflow, errors: &mut Errors) {
    let Some((pinned, span)) = workflow.pin.filter(|_| errors.is_empty()) else { return };
    let steps = order.iter().map(|&at| {
        let Step { name, depends_on, optional, .. } = &drafts[at].step;
        shape::Step { name, depends_on: depends_on.iter().map(String::as_str).collect(), optional: *optional }
    });
    let shape = shape::of(steps, workflow.concurrent);
    if shape == pinned {
        return;
    }
    if pinned == 0 {
        // The first time: there was nothing from which the graph could differ.
        let name = &workflow.name;
        errors.at(
            span,
            format!("`{name}` is not pinned to its graph yet\nhelp: write `shape = {shape:#018x}`"),
        );
    } else {
        let Workflow { name, version, .. } = workflow;
        errors.at(
            span,
            format!(
                "the graph of `{name}` is not the one that version {version} is pinned to\n\
                 note: tasks that were started keep their graph, and only a build that has all of its steps can go on with them\n\
                 help: raise `version`, unless no task was ever started with {version}; then write `shape = {shape:#018x}`"
            ),
        );
    }
}
