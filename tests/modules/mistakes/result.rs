//! Mistakes in what a step returns, and in what others make of it.

use fastrand::Rng;

use super::{Expected, Text, Times, any, error, error_beginning, expected, one_of};
use crate::module::{Module, Step, Value};
use crate::names::pick;
use crate::place::mark;

pub(super) fn no_return_type(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = any(module, rng);
    let step = &mut module.steps[step];
    step.returns.clear();
    step.tail.clear();
    let text = format!(
        "the step `{}` must return a `Result`\nhelp: write `-> Result<(), StepError>` if it has none to give",
        step.ident
    );
    step.ident = mark(&step.ident);
    error(text)
}

/// It may be another name of a `Result`, as far as the macro sees. For rustc the results that others read have no type then, and it says
/// so at each of them.
pub(super) fn no_result(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = one_of(module, rng, |step| is_unknown(&module.steps[step].value.ty))?;
    plain(&mut module.steps[step]);
    let times = if module.is_read(step) { Times::AndWhereRead } else { Times::Once };
    let text = Text::Is("a step must return `Result<T, E>` where `E: Into<StepError>`".to_owned());
    expected("error", text, times)
}

/// What cannot be another name of a `Result`: nothing is said where it is read.
pub(super) fn plain_value(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = one_of(module, rng, |step| !is_unknown(&module.steps[step].value.ty))?;
    let step = &mut module.steps[step];
    plain(step);
    error(format!(
        "the step `{}` must return a `Result`\nhelp: write `-> Result<{}, StepError>`",
        step.ident, step.value.ty
    ))
}

/// Whether it is a type of another module.
fn is_unknown(ty: &str) -> bool {
    ty == "Number" || ty.starts_with("::stage::")
}

pub(super) fn cannot_be_stored(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = any(module, rng);
    let step = &mut module.steps[step];
    let opaque = "::stage::Opaque".to_owned();
    step.value = Value { ty: opaque.clone(), make: opaque, stored: false, private: false };
    step.returns = mark("Result<#, StepError>");
    error("`Opaque` cannot be stored with a task")
}

pub(super) fn error_is_no_error(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = any(module, rng);
    module.steps[step].returns = mark("Result<#, ::stage::Refused>");
    expected("error", Text::Ends("Refused` is not the error of a step".to_owned()), Times::Once)
}

pub(super) fn unnamed_result(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = any(module, rng);
    let step = &mut module.steps[step];
    step.returns = format!("Result<{} Send, StepError>", mark("impl"));
    error(format!("the result of the step `{}` is stored, so its type must be named", step.ident))
}

pub(super) fn borrows(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let context = format!("&{}", module.context.ty);
    let step = one_of(module, rng, |step| module.steps[step].takes(&context))?;
    let step = &mut module.steps[step];
    step.returns = format!("Result<{}u64, StepError>", mark("&"));
    "Ok(&7)".clone_into(&mut step.tail);
    error(format!("the result of the step `{}` is stored, so it cannot borrow", step.ident))
}

pub(super) fn used_as_another_type(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = one_of(module, rng, |step| !module.steps[step].reads.is_empty())?;
    let step = &mut module.steps[step];
    let read = rng.choice(&step.reads)?;
    step.lines.push(format!("let _: &::std::cell::Cell<u64> = {};", mark(&read.value)));
    error("mismatched types")
}

pub(super) fn unknown_field(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    // Of the whole `Output`: what a plain number says of its fields is something else.
    let output =
        |step: &Step| step.reads.iter().find_map(|read| read.value.strip_prefix("&*").map(str::to_owned));
    let step = one_of(module, rng, |step| output(&module.steps[step]).is_some())?;
    let step = &mut module.steps[step];
    let name = output(step)?;
    step.lines.push(format!("let _ = &{name}.{};", mark("nothing")));
    error_beginning("no field `nothing` on type `")
}

pub(super) fn returns_another_type(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = any(module, rng);
    module.steps[step].tail = format!("Ok({})", mark(pick(rng, &["1.5", "'a'", "b\"ab\""])));
    error("mismatched types")
}

pub(super) fn not_send(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = any(module, rng);
    let step = &mut module.steps[step];
    step.lines.extend(
        [
            "let local = ::stage::Local::new(7);",
            "::std::future::ready(()).await;",
            "log.same(\"local\", &*local, &7);",
        ]
        .map(str::to_owned),
    );
    step.ident = mark(&step.ident);
    error("future cannot be sent between threads safely")
}

/// The step returns its value as it is.
fn plain(step: &mut Step) {
    step.returns = mark("#");
    "written".clone_into(&mut step.tail);
}
