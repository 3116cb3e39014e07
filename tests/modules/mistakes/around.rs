//! Mistakes around the steps: the context, the application, the module.

use fastrand::Rng;

use super::{Expected, Text, Times, error, expected, one_of};
use crate::module::Module;
use crate::place::mark;

const NO_CONTEXT: &str = "has no context\nhelp: declare `struct Context { ... }` in the module, or name a type with `#[workflow(context = Type)]`";

pub(super) fn no_context(module: &mut Module, _: &mut Rng) -> Option<Expected> {
    let (ty, read) = (format!("&{}", module.context.ty), format!(", {}, &", module.context.read));
    for step in &mut module.steps {
        step.params.retain(|param| !param.contains(&ty));
        step.lines.retain(|line| !line.contains(&read));
    }
    without(module, "");
    let text = format!("the workflow `{}` {NO_CONTEXT}", module.name);
    module.name = mark(&module.name);
    error(text)
}

pub(super) fn context_through_a_glob(module: &mut Module, _: &mut Rng) -> Option<Expected> {
    let context = format!("&{}", module.context.ty);
    if context != "&Context"
        || module.context.read == "ctx"
        || !module.steps.iter().any(|step| step.takes(&context))
    {
        return None; // the import would be unused, or of another type
    }
    without(module, "    use ::stage::globbed::*;\n");
    let text = format!(
        "the workflow `{}` {NO_CONTEXT}\nnote: what comes through a glob import is not seen here",
        module.name
    );
    module.name = mark(&module.name);
    error(text)
}

pub(super) fn private_context(module: &mut Module, _: &mut Rng) -> Option<Expected> {
    let (before, after) = module.context.item.split_once("struct Context")?;
    let (derive, _) = before.split_once('\n')?;
    module.context.item = format!("{derive}\n    struct {}{after}", mark("Context"));
    error(
        "this is the context of the workflow, and only this module can see it: nobody could start a task\n\
         help: make it as visible as the module, with `pub` or `pub(crate)`",
    )
}

pub(super) fn context_cannot_be_stored(module: &mut Module, _: &mut Rng) -> Option<Expected> {
    let (before, after) = module.context.item.split_once("struct Context")?;
    let (_, vis) = before.split_once('\n')?;
    module.context.item = format!("{vis}struct {}{after}", mark("Context"));
    expected("error", Text::Ends("::Context` cannot be stored with a task".to_owned()), Times::Once)
}

pub(super) fn unknown_context(module: &mut Module, _: &mut Rng) -> Option<Expected> {
    let arg = module.args.iter_mut().find(|arg| arg.starts_with("context"))?;
    *arg = format!("context = ::stage::{}", mark("Ordr"));
    error("cannot find type `Ordr` in crate `::stage`")
}

pub(super) fn missing_resource(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    one_of(module, rng, |step| module.steps[step].takes("State<Gateway>"))?;
    module.app = "Poor";
    module.registered = mark(&module.registered);
    error("the application state `Poor` does not provide `Gateway`")
}

pub(super) fn no_steps(module: &mut Module, _: &mut Rng) -> Option<Expected> {
    module.steps.clear();
    module.name = mark(&module.name);
    error("a workflow needs at least one `#[step]` function")
}

/// Declares the context in another way, that does not count.
fn without(module: &mut Module, item: &str) {
    item.clone_into(&mut module.context.item);
    module.args.retain(|arg| !arg.starts_with("context"));
}
