//! Which function is which step of the file.
//!
//! A function is the step of its stored name; one without `name = …` is also the step of which its name is the snake case, because
//! `fetch-cart` and `orders/fetch cart` cannot be names of functions. What is left over on both sides and looks like one name is one mistake.

use proc_macro2::Ident;
use syn::LitStr;
use syn::ext::IdentExt;
use tasker_rules::names::snake_case;
use tasker_rules::suggest::{nearest, quoted};

use super::facts::{Facts, Step};
use crate::check::Draft;
use crate::errors::Errors;
use crate::parse::Module;

/// For each step of the file the place of its draft.
pub(super) fn pairs(
    facts: &Facts,
    path: &LitStr,
    drafts: &mut [Draft],
    module: &Module,
    errors: &mut Errors,
) -> Vec<Option<usize>> {
    let mut pairs: Vec<Option<usize>> = vec![None; facts.steps.len()];
    let mut left: Vec<usize> = Vec::new();
    for (at, draft) in drafts.iter_mut().enumerate() {
        match facts.steps.iter().position(|step| step.name.value == draft.step.name) {
            // That two functions have one stored name is told elsewhere.
            Some(step) if pairs[step].is_some() => draft.complete = false,
            Some(step) => pairs[step] = Some(at),
            None => left.push(at),
        }
    }
    // Steps of which nobody can say whether a function is theirs.
    let mut unclear = vec![false; facts.steps.len()];
    left.retain(|&at| match by_snake_case(facts, &pairs, &drafts[at]).as_slice() {
        [] => true,
        [step] => {
            pairs[*step] = Some(at);
            false
        }
        several => {
            drafts[at].complete = false;
            for &step in several {
                unclear[step] = true;
            }
            more_than_one(facts, several, &drafts[at], errors);
            false
        }
    });
    // A step and a function that are left over are one that was renamed.
    let alone = left.len() == 1 && unpaired(facts, &pairs).count() == 1;
    for at in left {
        let draft = &mut drafts[at];
        let name = draft.step.name.clone();
        let meant = similar(facts, &pairs, draft)
            .map(|step| (step, "a step with a similar name is"))
            .or_else(|| first_alone(facts, &pairs, alone));
        let help = if let Some((step, what)) = meant {
            pairs[step] = Some(at);
            let near = &facts.steps[step].name;
            format!("{what} in line {}: `{}`", near.line, near.value)
        } else {
            // What it would wait for, nobody can say.
            draft.complete = false;
            let names = quoted(facts.steps.iter().map(|step| step.name.value.as_str()));
            format!("write the step into the file, or take `#[step]` away; the steps there are {names}")
        };
        errors.at(draft.name_at, format!("{} has no step `{name}`\nhelp: {help}", facts.path));
    }
    for (at, step) in facts.steps.iter().enumerate() {
        match pairs[at] {
            Some(draft) => drafts[draft].step.name.clone_from(&step.name.value),
            None if unclear[at] => {}
            None => without_function(facts, step, path, module, errors),
        }
    }
    pairs
}

/// The steps whose names are that of the function in snake case.
fn by_snake_case(facts: &Facts, pairs: &[Option<usize>], draft: &Draft) -> Vec<usize> {
    if draft.said.name {
        return Vec::new();
    }
    let function = draft.step.ident.unraw().to_string();
    let fitting = unpaired(facts, pairs).filter(|(_, step)| snake_case(&step.name.value) == function);
    fitting.map(|(at, _)| at).collect()
}

fn more_than_one(facts: &Facts, several: &[usize], draft: &Draft, errors: &mut Errors) {
    let names = several.iter().map(|&at| facts.steps[at].name.value.as_str());
    let first = names.clone().next().unwrap_or_default();
    errors.at(
        draft.name_at,
        format!(
            "the function `{}` could be each of these steps of {}: {}\n\
             help: say which it is: `#[step(name = {first:?})]`",
            draft.step.ident.unraw(),
            facts.path,
            quoted(names)
        ),
    );
}

/// The step that was meant by the name of a step or of its function, among those without a function.
fn similar(facts: &Facts, pairs: &[Option<usize>], draft: &Draft) -> Option<usize> {
    let function = draft.step.ident.unraw().to_string();
    let names = || unpaired(facts, pairs).map(|(_, step)| step.name.value.as_str());
    let near = nearest(&draft.step.name, names()).or_else(|| nearest(&function, names()))?;
    unpaired(facts, pairs).find(|(_, step)| step.name.value == near).map(|(at, _)| at)
}

/// The one step without a function, if there is one such step and one such function.
fn first_alone(facts: &Facts, pairs: &[Option<usize>], alone: bool) -> Option<(usize, &'static str)> {
    let (at, _) = unpaired(facts, pairs).next().filter(|_| alone)?;
    Some((at, "the step without a function is"))
}

fn unpaired<'f>(facts: &'f Facts, pairs: &[Option<usize>]) -> impl Iterator<Item = (usize, &'f Step)> {
    facts.steps.iter().enumerate().filter(|(at, _)| pairs[*at].is_none())
}

fn without_function(facts: &Facts, step: &Step, path: &LitStr, module: &Module, errors: &mut Errors) {
    // It may be what could not be read.
    if module.steps.iter().any(|raw| raw.ident.is_none()) {
        return;
    }
    let (name, function) = (&step.name.value, snake_case(&step.name.value));
    let ident = syn::parse_str::<Ident>(&function).ok();
    let is_step =
        module.steps.iter().filter_map(|raw| raw.ident.as_ref()).any(|step| step.unraw() == function);
    let help = match &ident {
        Some(ident) if !is_step && module.has_other_function(ident) => {
            format!("write `#[step]` on the function `{function}`")
        }
        Some(_) if !is_step => {
            format!("add it: `#[step] pub async fn {function}(..) -> Result<T, StepError>`")
        }
        _ => format!("add a function with this stored name: `#[step(name = {name:?})] pub async fn ..`"),
    };
    errors.at(
        path.span(),
        format!(
            "{}: the step `{name}` has no function in this module\nhelp: {help}",
            facts.place(step.name.line)
        ),
    );
}
