//! Mistakes in what a step is and takes.

use fastrand::Rng;

use super::{Expected, Text, Times, any, error, expected, one_of};
use crate::module::Module;
use crate::names::{pick, shown};
use crate::place::mark;

pub(super) fn not_async(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = any(module, rng);
    let step = &mut module.steps[step];
    step.keywords = mark("fn");
    step.awaits = false;
    error(format!(
        "the step `{}` must be an `async fn`\nhelp: run blocking work with `tokio::task::spawn_blocking` inside it",
        step.ident
    ))
}

pub(super) fn generic(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = any(module, rng);
    let step = &mut module.steps[step];
    step.generics = pick(rng, &["<@>", "<@: Clone>", "<@, U>"]).replace('@', &mark("T"));
    error(format!("the step `{}` cannot be generic: the runtime calls it by its name", step.ident))
}

pub(super) fn lifetime(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = with_context(module, rng)?;
    let ty = module.context.ty.clone();
    let step = &mut module.steps[step];
    step.generics = format!("<{}>", mark("'a"));
    replace(&mut step.params, &format!("&{ty}"), &format!("&'a {ty}"));
    error(format!("the step `{}` cannot be generic: the runtime calls it by its name", step.ident))
}

pub(super) fn is_unsafe(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = any(module, rng);
    let step = &mut module.steps[step];
    step.keywords = format!("async {} fn", mark("unsafe"));
    error(format!(
        "the step `{}` cannot be `unsafe`: the runtime calls it\nhelp: put an `unsafe` block inside it",
        step.ident
    ))
}

pub(super) fn own_self(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = any(module, rng);
    module.steps[step].params.insert(0, mark(pick(rng, &["&self", "self", "&mut self"])));
    error("`self` parameter is only allowed in associated functions")
}

pub(super) fn mutable_context(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = with_context(module, rng)?;
    let ty = module.context.ty.clone();
    replace(&mut module.steps[step].params, &format!("&{ty}"), &format!("{}mut {ty}", mark("&")));
    error("the context of a task does not change; take it as `&Context`")
}

pub(super) fn second_reference(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = with_context(module, rng)?;
    let ty = pick(rng, &["State<Gateway>", "Attempt", "u64"]);
    module.steps[step].params.push(format!("_: {}{ty}", mark("&")));
    if ty == "u64" {
        return error(
            "a step takes one reference, which is its context\n\
             help: everything else comes by value, such as `Output<step>` or `State<T>`",
        );
    }
    error(format!("the one reference that a step takes is its context\nhelp: take this by value, as `{ty}`"))
}

pub(super) fn borrowed(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = any(module, rng);
    let ty = pick(rng, &["State<@u64>", "(State<Log>, @u64)", "::tasker::Config<@mut u64>"])
        .replace('@', &mark("&"));
    module.steps[step].params.push(format!("_: {ty}"));
    error(
        "a step borrows nothing but its context\n\
         help: for a resource of the application, own it or share it: `State<Arc<T>>`",
    )
}

pub(super) fn conditional(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = any(module, rng);
    let cfg =
        format!("#[{}({})]", mark("cfg"), pick(rng, &["any()", "all()", "target_pointer_width = \"16\""]));
    let step = &mut module.steps[step];
    let lines = if rng.bool() { &mut step.before } else { &mut step.after };
    lines.push(cfg);
    error(
        "a step cannot be compiled conditionally: the graph is checked before `cfg`\n\
         help: put `#[cfg]` on the whole workflow, or skip the step at run time with `when`",
    )
}

pub(super) fn conditional_parameter(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = any(module, rng);
    let cfg = pick(rng, &["any()", "all()"]);
    module.steps[step].params.push(format!("#[{}({cfg})] _: State<Currency>", mark("cfg")));
    error("a parameter of a step cannot be compiled conditionally")
}

pub(super) fn context_of_another_type(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let context = format!("&{}", module.context.ty);
    let step = one_of(module, rng, |step| !module.steps[step].takes(&context))?;
    module.steps[step].params.push(format!("_: &{}", mark("String")));
    error("mismatched types")
}

/// The application state would have to provide what such a parameter needs, and there is no telling what that is.
pub(super) fn no_parameter(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = any(module, rng);
    module.steps[step].params.push(format!("_: {}", mark("Gateway")));
    let text = Text::Is("a step cannot receive a `Gateway`".to_owned());
    expected("error", text, Times::AndWhereRegistered)
}

pub(super) fn unnamed_parameter(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = any(module, rng);
    module.steps[step].params.push(format!("_: {} Send", mark("impl")));
    error("the type of a step's parameter must be named: the runtime chooses none")
}

/// Two functions of one name. rustc says so itself, at the signature, as long as that is one line without a brace.
pub(super) fn defined_twice(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let first = any(module, rng);
    let named = |of: usize| module.steps.iter().any(|step| step.names(of));
    let second = one_of(module, rng, |second| {
        second > first && !named(second) && !module.steps[second].value.ty.contains('{')
    })?;
    let ident = module.steps[first].ident.clone();
    let step = &mut module.steps[second];
    step.ident.clone_from(&ident);
    (step.marked, step.tall, step.clause) = (true, false, "");
    module.pinned = false; // to the shape of a graph that has both
    error(format!("the name `{}` is defined multiple times", shown(&ident)))
}

/// A step that takes the context.
fn with_context(module: &Module, rng: &mut Rng) -> Option<usize> {
    let context = format!("&{}", module.context.ty);
    one_of(module, rng, |step| module.steps[step].takes(&context))
}

fn replace(params: &mut [String], from: &str, to: &str) {
    for param in params {
        *param = param.replace(from, to);
    }
}
