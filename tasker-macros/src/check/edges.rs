//! The graph: what each step waits for, and what it may read.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

use super::options::same;
use super::{Draft, Index, visibility};
use crate::errors::Errors;
use crate::graph::{self, Ancestors, Edges};
use crate::model::Workflow;
use crate::suggest::{nearest, quoted};

/// The edges that hold, and which steps may lack some of theirs.
struct Resolved {
    edges: Edges,
    /// Something that the step waits for, directly or not, could not be read or is on a cycle, so that nothing can be
    /// said about what it reads.
    unsure: Vec<bool>,
}

/// Fills in the edges of all steps.
pub(super) fn resolve(drafts: &mut [Draft], index: &Index, workflow: &mut Workflow, errors: &mut Errors) {
    let mut resolved = written(drafts, index, &mut workflow.hints, errors);
    let order = graph::order(&resolved.edges);
    for cycle in &order.cycles {
        report_cycle(cycle, drafts, errors);
    }
    spread_doubt(&mut resolved, &order.sorted);
    let ancestors = Ancestors::new(&resolved.edges, &order.sorted);
    for at in 0..drafts.len() {
        reads(at, drafts, index, &resolved, &ancestors, errors);
        workflow.warnings.extend(redundant(at, drafts, &resolved, &ancestors));
        workflow.hints.extend(functions(&drafts[at], index));
    }
    show_what_is_read(drafts, index);
    let names: Vec<String> = drafts.iter().map(|draft| draft.step.name.clone()).collect();
    for (draft, edges) in drafts.iter_mut().zip(&resolved.edges) {
        draft.step.depends_on = edges.iter().map(|&dependency| names[dependency].clone()).collect();
    }
}

/// The edges of `depends_on`; the wrong ones are reported and left out.
fn written(drafts: &[Draft], index: &Index, hints: &mut TokenStream, errors: &mut Errors) -> Resolved {
    let mut edges: Edges = Vec::with_capacity(drafts.len());
    let mut unsure = Vec::with_capacity(drafts.len());
    for (at, draft) in drafts.iter().enumerate() {
        let mut own = Vec::new();
        let mut doubt = !draft.complete;
        for name in &draft.depends_on {
            match index.get(name) {
                None => {
                    doubt = true;
                    hints.extend(
                        quote!(const _: ::core::marker::PhantomData<#name> = ::core::marker::PhantomData;),
                    );
                    unknown(name, at, drafts, errors);
                }
                Some(dependency) if dependency == at => {
                    errors.at(name.span(), format!("the step `{name}` depends on itself"));
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

fn unknown(name: &Ident, at: usize, drafts: &[Draft], errors: &mut Errors) {
    let own = &drafts[at].step.ident;
    let others: Vec<String> = drafts
        .iter()
        .map(|draft| &draft.step.ident)
        .filter(|ident| !same(ident, own))
        .map(Ident::to_string)
        .collect();
    let others = others.iter().map(String::as_str);
    let help = match nearest(&name.to_string(), others.clone()) {
        Some(near) => format!("a step with a similar name exists: `{near}`"),
        None if others.len() == 0 => format!("`{own}` is the only step"),
        None => format!("the other steps are {}", quoted(others)),
    };
    errors.at(name.span(), format!("no step `{name}` in this workflow\nhelp: {help}"));
}

/// One error for a cycle, at the first of its edges: any one of them may be the wrong one.
fn report_cycle(cycle: &[usize], drafts: &[Draft], errors: &mut Errors) {
    let name = |at: usize| drafts[at].step.ident.unraw().to_string();
    let edges: Vec<(usize, usize)> =
        cycle.iter().copied().zip(cycle.iter().copied().cycle().skip(1)).collect();
    let written = |&(from, to): &(usize, usize)| {
        drafts[from].depends_on.iter().find(|dependency| same(dependency, &drafts[to].step.ident))
    };
    let Some(first) = edges.first().and_then(written) else { return };
    let path = cycle
        .iter()
        .chain(cycle.first())
        .map(|&at| format!("`{}`", name(at)))
        .collect::<Vec<_>>()
        .join(" -> ");
    let notes = edges.iter().map(|edge| {
        let line = written(edge).and_then(line).map_or_else(String::new, |line| format!("line {line}: "));
        format!("note: {line}`{}` depends on `{}`\n", name(edge.0), name(edge.1))
    });
    let notes: String = notes.collect();
    errors.at(
        first.span(),
        format!("these steps wait for each other: {path}\n{notes}help: remove one of these dependencies"),
    );
}

/// The line of a token, where a compiler is there to know it.
fn line(ident: &Ident) -> Option<usize> {
    proc_macro::is_available().then(|| ident.span().unwrap().line())
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

/// A step may read what it waits for, directly or not, because only that is sure to be there.
fn reads(
    at: usize,
    drafts: &mut [Draft],
    index: &Index,
    resolved: &Resolved,
    ancestors: &Ancestors,
    errors: &mut Errors,
) {
    let waits_for =
        |step: usize, other: usize| resolved.edges[step].contains(&other) || ancestors.contains(step, other);
    let outputs: Vec<(Ident, usize)> =
        drafts[at].reads.outputs.iter().filter_map(|read| Some((read.clone(), index.get(read)?))).collect();
    let missing: Vec<Ident> = outputs
        .iter()
        .filter(|&&(_, read)| read != at && !waits_for(at, read))
        .map(|(ident, _)| ident.clone())
        .collect();
    let name = drafts[at].step.ident.unraw();
    for (ident, read) in &outputs {
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
            let attribute =
                with_edges(drafts[at].depends_on.iter().filter(|edge| **edge != name).chain(&missing));
            errors.at(
                ident.span(),
                format!(
                    "the step `{name}` reads the result of `{ident}` but does not depend on it\n\
                     help: write `#[step({attribute})]`"
                ),
            );
        }
    }
    // What is wrong is reported; rustc should not say it again.
    let mut readable: Vec<usize> = resolved.edges[at].clone();
    readable.extend(outputs.iter().map(|(_, read)| *read));
    let mentioned = drafts[at].reads.mentions.iter().filter_map(|mention| index.get(mention));
    readable.extend(mentioned.filter(|&mention| ancestors.contains(at, mention) || resolved.unsure[at]));
    readable.sort_unstable();
    readable.dedup();
    // As written in `depends_on`, where it is: so an editor knows that the word there is the step.
    let named = |read: usize| drafts[at].depends_on.iter().find(|name| index.get(name) == Some(read));
    drafts[at].step.readable =
        readable.iter().map(|&read| named(read).unwrap_or(&drafts[read].step.ident).clone()).collect();
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
