//! A name in `depends_on` that no step has.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use tasker_rules::suggest::{nearest, quoted};

use crate::check::Draft;
use crate::check::options::same;
use crate::check::step::wrong_result;
use crate::errors::Errors;
use crate::model::{Stranger, Workflow};
use crate::parse::Module;

pub(super) fn report(
    name: &Ident,
    at: usize,
    drafts: &[Draft],
    module: &Module,
    workflow: &mut Workflow,
    errors: &mut Errors,
) {
    if module.has_other_function(name) {
        stranger(name, workflow, errors);
        return;
    }
    let own = &drafts[at].step.ident;
    let others = drafts.iter().map(|draft| &draft.step).filter(|step| !same(&step.ident, own));
    let names: Vec<String> = others.clone().map(|step| step.ident.to_string()).collect();
    let names = names.iter().map(String::as_str);
    let stored = others.clone().find(|step| *name == step.name.as_str());
    let help = match (stored, nearest(&name.to_string(), names.clone())) {
        (Some(step), _) => {
            format!(
                "this is the stored name of the step `{0}`; write `{0}`, the name of its function",
                step.ident.unraw()
            )
        }
        (None, Some(near)) => format!("a step with a similar name exists: `{near}`"),
        (None, None) if names.len() == 0 => format!("`{own}` is the only step"),
        (None, None) if names.len() == 1 => format!("the other step is {}", quoted(names)),
        (None, None) => format!("the other steps are {}", quoted(names)),
    };
    errors.at(name.span(), format!("no step `{name}` in this workflow\nhelp: {help}"));
}

/// A function of the module without `#[step]`. Whatever else names it is right if it becomes a step.
pub(super) fn stranger(name: &Ident, workflow: &mut Workflow, errors: &mut Errors) {
    errors.at(name.span(), format!("the function `{name}` is no step\nhelp: write `#[step]` on it"));
    if !workflow.strangers.iter().any(|stranger| same(&stranger.ident, name)) {
        let returned = wrong_result(&workflow.krate, errors);
        workflow.strangers.push(Stranger { ident: name.clone(), returned });
    }
}
