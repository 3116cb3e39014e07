//! What the module says is compared with the file, and what it does not say is taken from there.

use std::fmt::Display;

use proc_macro2::Span;
use syn::ext::IdentExt;
use tasker_rules::suggest::quoted;

use super::Edges;
use super::facts::{Facts, Step, Told};
use crate::check::config::Parameter;
use crate::check::workflow::Said;
use crate::check::{Draft, Index};
use crate::errors::Errors;
use crate::model::{Retry, Workflow};
use crate::parse::first_paragraph;

/// What is said about the workflow as a whole.
pub(super) fn workflow(facts: &Facts, said: &Said, workflow: &mut Workflow, errors: &mut Errors) {
    let mut text = |key: &str, said: Option<Span>, into: &mut String, told: Option<&Told<String>>| {
        let Some(Told { value, line }) = told else { return };
        match said {
            None => into.clone_from(value),
            Some(span) if into != value => differs(key, span, &*into, value, &facts.place(*line), errors),
            Some(_) => {}
        }
    };
    text("namespace", said.namespace, &mut workflow.namespace, facts.namespace.as_ref());
    text("name", said.name, &mut workflow.name, Some(&facts.name));
    text("version", said.version, &mut workflow.version, facts.version.as_ref());
    if let Some(Told { value, line }) = &facts.concurrent {
        match said.concurrent {
            None => workflow.concurrent = *value,
            Some(span) if workflow.concurrent != *value => {
                differs("concurrent", span, &workflow.concurrent, value, &facts.place(*line), errors);
            }
            Some(_) => {}
        }
    }
    if workflow.description.is_empty() {
        workflow.description = first_paragraph(&facts.description);
    }
}

fn differs(
    key: &str,
    span: Span,
    here: &impl Display,
    there: &impl Display,
    place: &str,
    errors: &mut Errors,
) {
    errors.at(
        span,
        format!(
            "`{key}` is `{here}` here and `{there}` in {place}\n\
             help: make both the same, or leave `{key}` out, which then comes from the file"
        ),
    );
}

/// What is said about each step.
pub(super) fn steps(
    facts: &Facts,
    pairs: &[Option<usize>],
    drafts: &mut [Draft],
    index: &Index,
    errors: &mut Errors,
) {
    for (step, pair) in facts.steps.iter().zip(pairs) {
        let Some(at) = *pair else { continue };
        // Before it is known what the file lacks.
        config(facts, step, &drafts[at], errors);
        edges(facts, step, at, pairs, drafts, index, errors);
        let draft = &mut drafts[at];
        skippable(facts, step, draft, errors);
        retry(facts, step, draft, errors);
        if draft.step.description.is_empty() {
            draft.step.description = first_paragraph(&step.description);
        }
        draft.step.dependent_system.clone_from(&step.dependent_system);
    }
}

/// The edges of a file are all edges.
fn edges(
    facts: &Facts,
    step: &Step,
    at: usize,
    pairs: &[Option<usize>],
    drafts: &mut [Draft],
    index: &Index,
    errors: &mut Errors,
) {
    let there: Vec<usize> = step.depends_on.value.iter().filter_map(|&step| pairs[step]).collect();
    let lacking = there.len() < step.depends_on.value.len();
    let place = facts.place(step.depends_on.line);
    let Some(span) = drafts[at].said.depends_on else {
        let draft = &mut drafts[at];
        draft.supplied = Some(Edges { steps: there, place });
        draft.complete &= !lacking;
        return;
    };
    let here: Vec<Option<usize>> = drafts[at].depends_on.iter().map(|name| index.get(name)).collect();
    // What is wrong with the names that are written is told where edges are resolved.
    let readable = drafts[at].complete && here.iter().all(|step| step.is_some_and(|step| step != at));
    let same = there.iter().all(|step| here.contains(&Some(*step)))
        && here.iter().flatten().all(|step| there.contains(step));
    if lacking || !readable || same {
        drafts[at].complete &= !lacking;
        return;
    }
    let names = |steps: &[usize]| match steps {
        [] => "nothing".to_owned(),
        steps => quoted(steps.iter().map(|&step| drafts[step].step.name.as_str())),
    };
    let (here, there) = (names(&here.into_iter().flatten().collect::<Vec<_>>()), names(&there));
    errors.at(
        span,
        format!(
            "the step `{}` waits for {here} here, and for {there} in {place}\n\
             help: make both the same, or leave `depends_on` out, which then comes from the file",
            drafts[at].step.ident.unraw()
        ),
    );
    drafts[at].complete = false;
}

fn skippable(facts: &Facts, step: &Step, draft: &mut Draft, errors: &mut Errors) {
    let Some(Told { value, line }) = &step.skippable else { return };
    match draft.said.skippable {
        None => draft.step.optional = *value,
        Some(span) if !*value => errors.at(
            span,
            format!(
                "the step `{}` may be skipped by this, and {} says `skippable: false`\n\
                 help: take this away, or `skippable: false` out of the file",
                draft.step.ident.unraw(),
                facts.place(*line)
            ),
        ),
        Some(_) => {}
    }
}

fn retry(facts: &Facts, step: &Step, draft: &mut Draft, errors: &mut Errors) {
    let Some(Told { value: there, line }) = step.limit.as_ref() else { return };
    let here = match &mut draft.step.retry {
        retry @ Retry::Default => {
            *retry = match there {
                1 => Retry::Never,
                limit => Retry::Policy { limit: Some(*limit), base: None, max: None },
            };
            return;
        }
        Retry::Policy { limit: limit @ None, .. } => {
            *limit = Some(*there);
            return;
        }
        Retry::Never => 1,
        Retry::Policy { limit: Some(limit), .. } => *limit,
    };
    if let Some(span) = draft.said.retry.filter(|_| here != *there) {
        let place = facts.place(*line);
        errors.at(
            span,
            format!(
                "the retry limit of the step `{}` is {here} here and {there} in {place}\n\
                 help: make both the same, or leave the limit out, which then comes from the file",
                draft.step.ident.unraw()
            ),
        );
    }
}

/// A configuration that nobody reads is a mistake, and so is one that is not there.
fn config(facts: &Facts, step: &Step, draft: &Draft, errors: &mut Errors) {
    let name = draft.step.ident.unraw();
    match (step.config, draft.said.config, &draft.config) {
        (None, false, Parameter::Is(span, ty)) if draft.complete => errors.at(
            *span,
            format!(
                "the step `{name}` takes a `Config`, and {} has no `handler_config` for it\n\
                 help: write one there, or `#[step(config = VALUE)]` here, where the value is a `{ty}`",
                facts.place(step.name.line)
            ),
        ),
        (Some(line), false, Parameter::None) => errors.at(
            draft.step.ident.span(),
            format!(
                "the step `{name}` does not take the configuration that {} has for it\n\
                 help: add a parameter: `config: Config<T>`, or take the `handler_config` out of the file",
                facts.place(line)
            ),
        ),
        _ => {}
    }
}
