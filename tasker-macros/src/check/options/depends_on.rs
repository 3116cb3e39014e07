//! The names of steps, and what people write instead.

use proc_macro2::Ident;
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Lit};

use super::{expr, same};
use crate::errors::Errors;
use crate::parse::{Arg, Module, Value, fragments};

/// `key = step` or `key = [step, step]`; the second value is whether all of it could be read.
pub(in crate::check) fn steps(arg: &Arg, errors: &mut Errors) -> (Vec<Ident>, bool) {
    let Some(value) = expr(arg, "steps", "step` or `depends_on = [step, step]", errors) else {
        return (Vec::new(), false);
    };
    let items = items(value);
    let mut steps = Vec::new();
    for item in &items {
        match item {
            Expr::Path(path) if path.qself.is_none() && path.path.get_ident().is_some() => {
                steps.extend(path.path.get_ident().cloned());
            }
            Expr::Path(_) => errors.at(
                item.span(),
                "expected the name of a step's function, without a path\n\
                 note: a step depends on steps of its own workflow",
            ),
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => errors.at(
                item.span(),
                format!(
                    "expected the name of a step's function\nhelp: write `{}`, without quotes",
                    text.value()
                ),
            ),
            Expr::Tuple(_) => {
                errors.at(item.span(), "expected a list in brackets: `depends_on = [step, step]`");
            }
            _ => errors.at(item.span(), "expected the name of a step's function"),
        }
    }
    let complete = steps.len() == items.len();
    (steps, complete)
}

/// The elements of a list, or the one that stands for itself.
fn items(value: &Expr) -> Vec<Expr> {
    match value {
        Expr::Array(array) => array.elems.iter().cloned().map(fragments::expr).collect(),
        one => vec![one.clone()],
    }
}

/// A step where an option should be: the brackets around several steps were left out, or `depends_on` was.
pub(in crate::check) fn stray_step(arg: &Arg, all: &[Arg], module: &Module, errors: &mut Errors) -> bool {
    let is_step = |arg: &Arg| {
        let mut steps = module.steps.iter().filter_map(|step| step.ident.as_ref());
        matches!(arg.value, Value::None) && steps.any(|step| same(step, &arg.key))
    };
    if !is_step(arg) {
        return false;
    }
    // One error for all of them, at the first.
    if all.iter().find(|arg| is_step(arg)).is_some_and(|first| first.is_same(arg)) {
        let given = all.iter().filter(|arg| arg.is("depends_on")).flat_map(|arg| match &arg.value {
            Value::Expr(value) => items(value),
            _ => Vec::new(),
        });
        let given = given.filter_map(|item| match item {
            Expr::Path(path) => path.path.get_ident().map(Ident::to_string),
            _ => None,
        });
        let strays = all.iter().filter(|arg| is_step(arg)).map(|arg| arg.key.to_string());
        let names: Vec<String> = given.chain(strays).collect();
        let list = match names.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        errors.at(
            arg.span(),
            format!("`{}` is a step, and no option\nhelp: write `depends_on = {list}`", arg.key),
        );
    }
    true
}
