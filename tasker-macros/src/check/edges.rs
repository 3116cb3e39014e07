//! The graph: what each step waits for, and what it may read.

mod cycle;
mod unknown;

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

use super::options::same;
use super::signature::{NamedType, Read, looks_like_a_type};
use super::{Draft, Index, file, visibility};
use crate::errors::Errors;
use crate::graph::{self, Ancestors, Edges};
use crate::model::{Param, Readable, Workflow};
use crate::parse::Module;

/// The edges that hold, and which steps may lack some of theirs.
struct Resolved {
    edges: Edges,
    /// Something that the step waits for, directly or not, could not be read or is on a cycle, so that nothing can be
    /// said about what it reads.
    unsure: Vec<bool>,
}

/// Fills in the edges of all steps, and puts those that can be into canonical order.
pub(super) fn resolve(
    drafts: &mut [Draft],
    index: &Index,
    module: &Module,
    workflow: &mut Workflow,
    errors: &mut Errors,
) -> Vec<usize> {
    let mut resolved = written(drafts, index, module, workflow, errors);
    read_strangers(drafts, index, module, workflow, &mut resolved, errors);
    let names: Vec<String> = drafts.iter().map(|draft| draft.step.name.clone()).collect();
    let order = graph::order(&resolved.edges, &names);
    for cycle in &order.cycles {
        cycle::report(cycle, drafts, errors);
    }
    spread_doubt(&mut resolved, &order.sorted);
    let ancestors = Ancestors::new(&resolved.edges, &order.sorted);
    let mut absent = Vec::new();
    for at in 0..drafts.len() {
        absent.extend(reads(at, drafts, index, &resolved, &ancestors, errors));
        no_steps(&mut drafts[at], index, module);
        workflow.warnings.extend(redundant(at, drafts, &resolved, &ancestors));
        workflow.hints.extend(functions(&drafts[at], index));
    }
    // That is reported, at each reader, so rustc should not say it again.
    for step in absent {
        drafts[step].step.optional = false;
    }
    show_what_is_read(drafts, index);
    for (draft, edges) in drafts.iter_mut().zip(&resolved.edges) {
        draft.step.depends_on = edges.iter().map(|&dependency| names[dependency].clone()).collect();
    }
    order.sorted
}

/// The edges of `depends_on`; the wrong ones are reported and left out.
fn written(
    drafts: &[Draft],
    index: &Index,
    module: &Module,
    workflow: &mut Workflow,
    errors: &mut Errors,
) -> Resolved {
    let mut edges: Edges = Vec::with_capacity(drafts.len());
    let mut unsure = Vec::with_capacity(drafts.len());
    for (at, draft) in drafts.iter().enumerate() {
        let mut own = draft.supplied.as_ref().map(|edges| edges.steps.clone()).unwrap_or_default();
        let mut doubt = !draft.complete;
        for name in &draft.depends_on {
            match index.get(name) {
                None => {
                    doubt = true;
                    workflow.hints.extend(
                        quote!(const _: ::core::marker::PhantomData<#name> = ::core::marker::PhantomData;),
                    );
                    unknown::report(name, at, drafts, module, workflow, errors);
                }
                Some(dependency) if dependency == at => {
                    // Another step may have been meant.
                    doubt = true;
                    errors.at(
                        name.span(),
                        format!("the step `{name}` depends on itself\nhelp: {}", instead(draft, index)),
                    );
                }
                Some(dependency) if own.contains(&dependency) => {
                    errors.at(name.span(), format!("`{name}` is listed twice"));
                }
                Some(dependency) => own.push(dependency),
            }
        }
        edges.push(own);
        unsure.push(doubt);
    }
    Resolved { edges, unsure }
}

/// What to write where a step is told to wait for itself: the steps that it reads, as well as the others.
fn instead(draft: &Draft, index: &Index) -> String {
    let own = &draft.step.ident;
    let read = draft.reads.outputs.iter().map(|read| &read.step);
    let steps = draft.depends_on.iter().chain(read.filter(|read| index.get(read).is_some()));
    let mut steps = steps.filter(|step| !same(step, own)).peekable();
    if steps.peek().is_none() {
        return "name the step that it waits for, or leave `depends_on` out".to_owned();
    }
    format!("write `#[step({})]`", with_edges(steps))
}

/// A function without `#[step]` that is read is named as one that is waited for.
fn read_strangers(
    drafts: &[Draft],
    index: &Index,
    module: &Module,
    workflow: &mut Workflow,
    resolved: &mut Resolved,
    errors: &mut Errors,
) {
    for (at, draft) in drafts.iter().enumerate() {
        for Read { step: name, .. } in &draft.reads.outputs {
            if index.get(name).is_some()
                || !module.has_other_function(name)
                || module.declares(name).is_some()
            {
                continue;
            }
            resolved.unsure[at] = true;
            if !workflow.strangers.iter().any(|stranger| same(&stranger.ident, name)) {
                unknown::stranger(name, workflow, errors);
            }
        }
    }
}

/// A step behind a doubtful one is doubtful, and so is all that cannot be put in order.
fn spread_doubt(resolved: &mut Resolved, sorted: &[usize]) {
    let Resolved { edges, unsure } = resolved;
    let mut knotted = vec![true; edges.len()];
    for &step in sorted {
        knotted[step] = false;
        unsure[step] |= edges[step].iter().any(|&dependency| unsure[dependency]);
    }
    for (doubt, knotted) in unsure.iter_mut().zip(knotted) {
        *doubt |= knotted;
    }
}

/// A step may read what it waits for, directly or not, because only that is sure to be there. Returned are the steps whose results it
/// wrongly takes for certain.
fn reads(
    at: usize,
    drafts: &mut [Draft],
    index: &Index,
    resolved: &Resolved,
    ancestors: &Ancestors,
    errors: &mut Errors,
) -> Vec<usize> {
    let waits_for =
        |step: usize, other: usize| resolved.edges[step].contains(&other) || ancestors.contains(step, other);
    let outputs: Vec<(Read, usize)> = drafts[at]
        .reads
        .outputs
        .iter()
        .filter_map(|read| Some((read.clone(), index.get(&read.step)?)))
        .collect();
    let missing: Vec<Ident> = outputs
        .iter()
        .filter(|&&(_, read)| read != at && !waits_for(at, read) && !ancestors.contains(read, at))
        .map(|(output, _)| output.step.clone())
        .collect();
    let name = drafts[at].step.ident.unraw();
    for (Read { step: ident, .. }, read) in &outputs {
        if *read == at {
            errors.at(ident.span(), format!("the step `{name}` cannot read its own result"));
            continue;
        }
        if resolved.unsure[at] || waits_for(at, *read) {
            continue;
        }
        if ancestors.contains(*read, at) {
            errors.at(
                ident.span(),
                format!("the step `{name}` reads the result of `{ident}`, which runs after it"),
            );
        } else {
            let help = if let Some(file::Edges { place, .. }) = &drafts[at].supplied {
                format!("add `{}` to its `depends_on_steps`, {place}", drafts[*read].step.name)
            } else {
                let edges = drafts[at].depends_on.iter().filter(|edge| **edge != name);
                format!("write `#[step({})]`", with_edges(edges.chain(&missing)))
            };
            errors.at(
                ident.span(),
                format!(
                    "the step `{name}` reads the result of `{ident}` but does not depend on it\nhelp: {help}"
                ),
            );
        }
    }
    // What cannot be read at all need not be read otherwise.
    let readable = |read: usize| read != at && !ancestors.contains(read, at);
    let absent = certain(drafts, &outputs, readable, errors);
    if resolved.unsure[at] {
        drafts[at].step.readable = Readable::Any;
        return absent;
    }
    // What is wrong is reported; rustc should not say it again.
    let mut readable: Vec<usize> = resolved.edges[at].clone();
    readable.extend(outputs.iter().map(|(_, read)| *read));
    let mentioned = drafts[at].reads.mentions.iter().filter_map(|mention| index.get(mention));
    readable.extend(mentioned.filter(|&mention| ancestors.contains(at, mention)));
    readable.sort_unstable();
    readable.dedup();
    // As written in `depends_on`, where it is: so an editor knows that the word there is the step.
    let named = |read: usize| drafts[at].depends_on.iter().find(|name| index.get(name) == Some(read));
    let readable =
        readable.iter().map(|&read| named(read).unwrap_or(&drafts[read].step.ident).clone()).collect();
    drafts[at].step.readable = Readable::These(readable);
    absent
}

/// What is no step rustc refuses where it is written; it is not used again, so that it does not refuse it again.
fn no_steps(draft: &mut Draft, index: &Index, module: &Module) {
    let is_step = |ident: &Ident| index.get(ident).is_some() || stands_for_a_step(ident, module);
    for NamedType { param, ident } in &draft.reads.types {
        if ident.as_ref().is_some_and(is_step) {
            continue;
        }
        let param = &mut draft.step.params[*param];
        if let Param::Value(ty) = param {
            draft.step.unclear = Some(ty.clone());
        }
        *param = Param::Wrong;
        draft.step.callable = false;
    }
}

/// Whether the module gives this name to something that may be a step: `type Checked = validate_cart;`.
fn stands_for_a_step(name: &Ident, module: &Module) -> bool {
    let mut name = name;
    // An alias of an alias leads to an end, or in a circle.
    for _ in &module.aliases {
        let Some(alias) = module.aliases.iter().find(|alias| same(&alias.name, name)) else { break };
        if !looks_like_a_type(&alias.of) {
            return true;
        }
        name = &alias.of;
    }
    false
}

/// The result of a step that may be skipped may be absent. Returned are the steps that are read as if theirs were certain.
fn certain(
    drafts: &[Draft],
    outputs: &[(Read, usize)],
    readable: impl Fn(usize) -> bool,
    errors: &mut Errors,
) -> Vec<usize> {
    let wrong = outputs.iter().filter(|(output, read)| !output.optional && drafts[*read].step.optional);
    let wrong = wrong.map(|(output, read)| {
        if !readable(*read) {
            return *read;
        }
        let ident = &output.step;
        let why =
            if drafts[*read].step.when.is_some() { "may be skipped by its `when`" } else { "is `skippable`" };
        errors.at(
            ident.span(),
            format!(
                "the step `{ident}` {why}, so its result may be absent\n\
                 help: take `Option<Output<{ident}>>`"
            ),
        );
        *read
    });
    wrong.collect()
}

/// Each name of a step that stands for its type names the function as well: an editor that renames one renames the other,
/// wherever it is asked.
fn functions(draft: &Draft, index: &Index) -> TokenStream {
    let names = draft.depends_on.iter().chain(&draft.reads.mentions);
    let steps = names.filter(|name| index.get(name).is_some());
    steps.map(|step| quote!(let _ = #step;)).collect()
}

/// A step shows the types of the steps that it reads, so they are at least as visible. What one of them reads is
/// shown by it in turn, hence the repetition, which ends because every round widens something.
fn show_what_is_read(drafts: &mut [Draft], index: &Index) {
    let reads =
        |draft: &Draft| draft.reads.mentions.iter().filter_map(|read| index.get(read)).collect::<Vec<_>>();
    let reads: Vec<Vec<usize>> = drafts.iter().map(reads).collect();
    let mut changed = true;
    while changed {
        changed = false;
        for (reader, reads) in reads.iter().enumerate() {
            let vis = drafts[reader].step.vis.clone();
            for &read in reads {
                changed |= visibility::widen(&mut drafts[read].step.vis, &vis);
            }
        }
    }
}

/// `depends_on` with these steps.
fn with_edges<'a>(steps: impl Iterator<Item = &'a Ident>) -> String {
    let mut all: Vec<String> = Vec::new();
    for name in steps.map(Ident::to_string) {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    match all.as_slice() {
        [one] => format!("depends_on = {one}"),
        many => format!("depends_on = [{}]", many.join(", ")),
    }
}

/// A warning for a direct edge that a longer way implies and that no parameter needs. A macro on stable Rust can only
/// warn through what rustc warns about: the use of something deprecated.
fn redundant(at: usize, drafts: &[Draft], resolved: &Resolved, ancestors: &Ancestors) -> TokenStream {
    let draft = &drafts[at];
    if resolved.unsure[at] || !draft.step.callable {
        return TokenStream::new();
    }
    let edges = &resolved.edges[at];
    let warnings = edges.iter().filter_map(|&dependency| {
        let via = *edges.iter().find(|&&via| via != dependency && ancestors.contains(via, dependency))?;
        let ident = draft.depends_on.iter().find(|ident| same(ident, &drafts[dependency].step.ident))?;
        if draft.reads.mentions.iter().any(|mention| same(mention, ident)) {
            return None;
        }
        let note = format!(
            "`{}` already waits for `{ident}` through `{}`; the edge changes nothing",
            draft.step.ident, drafts[via].step.ident
        );
        Some(quote_spanned! {ident.span()=>
            const _: () = {
                #[deprecated(note = #note)]
                #[allow(non_upper_case_globals)]
                const redundant_dependency: () = ();
                redundant_dependency
            };
        })
    });
    warnings.collect()
}
