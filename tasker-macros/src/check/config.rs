//! The configuration of a step: what the attribute gives is what a parameter takes.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, GenericArgument, Ident, Type};

use super::signature::wrapped;
use crate::errors::Errors;
use crate::model::{Config, Step};
use crate::parse::fragments;
use crate::tokens;

/// The types of `tasker` that have nothing to do with the configuration.
const OTHERS: [&str; 8] =
    ["Output", "State", "Emit", "Annotate", "TaskId", "CorrelationId", "Attempt", "Cancelled"];

/// What a parameter has to do with the configuration, as far as its tokens tell.
enum Takes {
    /// `Config<T>`, with the place of it, and `T` as it is written.
    It(Span, String),
    /// One of the other types of `tasker`.
    No,
    /// A type under another name, which may be `Config` or contain one.
    Perhaps,
}

/// What a step takes its configuration as.
pub(super) enum Parameter {
    /// `Config<T>`, with the place of it, and `T` as it is written.
    Is(Span, String),
    /// Nothing of its own has to do with it.
    None,
    /// Nobody can tell.
    Unclear,
}

/// Ties `config = value` to the `Config` parameter. `incomplete` is whether some of the attribute could not be read.
pub(super) fn check(
    step: &mut Step,
    given: Option<(&Ident, &Expr)>,
    incomplete: bool,
    errors: &mut Errors,
) -> Parameter {
    let takes: Vec<(usize, Takes)> = step.values().map(|(n, ty)| (n, takes(ty))).collect();
    let mut its = takes.iter().filter_map(|(n, takes)| match takes {
        Takes::It(span, ty) => Some((*n, *span, ty)),
        Takes::No | Takes::Perhaps => None,
    });
    let first = its.next();
    let name = step.ident.unraw();
    // There is one configuration, so the second could only be a copy of the first.
    for (_, again, _) in its {
        errors.at(again, format!("the step `{name}` takes its configuration twice"));
    }
    match (given, first) {
        (None, Some((_, param, ty))) if !incomplete => errors.at(
            param,
            format!(
                "the step `{name}` takes a `Config` but has no configuration\n\
                 help: write `#[step(config = VALUE)]`, where the value is a `{ty}`"
            ),
        ),
        (Some((key, value)), None)
            if step.callable && takes.iter().all(|(_, takes)| matches!(takes, Takes::No)) =>
        {
            errors.at(
                key.span(),
                format!(
                    "the step `{name}` has a configuration but does not take it\n\
                 help: add a parameter: `config: Config<{}>`",
                    type_of(value).unwrap_or_else(|| "T".to_owned())
                ),
            );
        }
        _ => {}
    }
    step.config =
        given.map(|(_, value)| Config { value: value.to_token_stream(), param: first.map(|(n, ..)| n) });
    let none = step.callable && takes.iter().all(|(_, takes)| matches!(takes, Takes::No));
    match first {
        Some((_, span, ty)) => Parameter::Is(span, ty.clone()),
        None if none => Parameter::None,
        None => Parameter::Unclear,
    }
}

fn takes(ty: &TokenStream) -> Takes {
    let Ok(ty) = syn::parse2::<Type>(ty.clone()) else { return Takes::Perhaps };
    let ty = fragments::ty(&ty);
    match (wrapped(&ty), &ty) {
        (Some((name, GenericArgument::Type(inner))), _) if name == "Option" => {
            // What may be absent is the result of a step; a configuration never is.
            match takes(&inner.to_token_stream()) {
                Takes::No => Takes::No,
                Takes::It(..) | Takes::Perhaps => Takes::Perhaps,
            }
        }
        (Some((name, inner)), _) if name == "Config" => Takes::It(ty.span(), tokens::text(inner)),
        (Some((name, _)), _) if OTHERS.iter().any(|other| name == other) => Takes::No,
        (None, Type::Path(path)) => match path.path.segments.last() {
            Some(last) if OTHERS.iter().any(|other| last.ident == other) => Takes::No,
            _ => Takes::Perhaps,
        },
        _ => Takes::Perhaps,
    }
}

/// The type of a value, where it can be told: `Pricing` of `Pricing { .. }` and of `Pricing::default()`.
fn type_of(value: &Expr) -> Option<String> {
    let path = match value {
        Expr::Struct(value) => value.path.clone(),
        Expr::Call(call) => match &*call.func {
            Expr::Path(function) if function.path.segments.len() > 1 => {
                let mut path = function.path.clone();
                path.segments.pop();
                path.segments.pop_punct();
                path
            }
            _ => return None,
        },
        _ => return None,
    };
    Some(tokens::text(path))
}
