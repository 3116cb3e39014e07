//! What a step may take, as far as its tokens tell.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Attribute, FnArg, GenericArgument, PathArguments, Type, TypeReference};

use super::Report;
use crate::model::Param;
use crate::parse::fragments;
use crate::tokens;

/// The types of `tasker` that a step takes by value and that have a parameter.
const WRAPPERS: [&str; 5] = ["Output", "State", "Config", "Emit", "Annotate"];

/// The other types of `tasker` that a step takes by value.
const VALUES: [&str; 4] = ["TaskId", "CorrelationId", "Attempt", "Cancelled"];

/// Types of Rust whose names look like those of functions.
pub(super) const PRIMITIVES: [&str; 16] = [
    "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128",
    "f32", "f64",
];

/// The steps that the by-value parameters of a step name.
#[derive(Default)]
pub(in crate::check) struct Reads {
    /// Each `Output<x>` and each `Option<Output<x>>`.
    pub(in crate::check) outputs: Vec<Read>,
    /// Every name of a type: with an alias of `Output`, only rustc can tell what is read.
    pub(in crate::check) mentions: Vec<Ident>,
    /// Each `Output<x>` where `x` looks like a type that is no step.
    pub(in crate::check) types: Vec<NamedType>,
}

/// What stands where the name of a step should be.
pub(in crate::check) struct NamedType {
    /// The number of the parameter.
    pub(in crate::check) param: usize,
    /// Its name, if it is a name.
    pub(in crate::check) ident: Option<Ident>,
}

/// `Output<x>`, or `Option<Output<x>>`.
#[derive(Clone)]
pub(in crate::check) struct Read {
    /// `x`.
    pub(in crate::check) step: Ident,
    pub(in crate::check) optional: bool,
}

pub(super) fn read(input: &FnArg, reads: &mut Reads, report: &mut Report<'_>) -> Param {
    match input {
        // rustc says that only methods take `self`.
        FnArg::Receiver(_) => {
            report.step.callable = false;
            Param::Wrong
        }
        FnArg::Typed(param) => {
            conditional(&param.attrs, report);
            match fragments::ty(&param.ty) {
                Type::Reference(reference) => context(&reference, report),
                ty => value(&ty, &param.ty, reads, report),
            }
        }
    }
}

/// The number of parameters is part of what is generated, and is not known before `cfg`.
fn conditional(attrs: &[Attribute], report: &mut Report<'_>) {
    if let Some(attr) = attrs.iter().find(|attr| attr.path().is_ident("cfg")) {
        report.wrong(attr.path().span(), "a parameter of a step cannot be compiled conditionally");
    }
}

/// The one reference that a step takes is to its context.
fn context(reference: &TypeReference, report: &mut Report<'_>) -> Param {
    // Everything but the context is the step's own.
    if let Some(instead) = by_value(&reference.elem).filter(|_| !report.is_context(&reference.elem)) {
        report.wrong(
            reference.and_token.span,
            format!(
                "the one reference that a step takes is its context\nhelp: take this by value, as `{instead}`"
            ),
        );
        return Param::Wrong;
    }
    // What a task was started with is a fact.
    if reference.mutability.is_some() {
        report
            .wrong(reference.and_token.span, "the context of a task does not change; take it as `&Context`");
        return Param::Wrong;
    }
    // It is read for each execution and lives as long as that.
    if let Some(lifetime) = &reference.lifetime {
        report.wrong(lifetime.span(), "the context is lent for one execution; take it as `&Context`");
        return Param::Wrong;
    }
    if let Some(span) = tokens::find(&reference.elem.to_token_stream(), "impl") {
        report.wrong(span, "the type of the context must be named; take it as `&Context`");
        return Param::Wrong;
    }
    if report.step.takes_context() {
        report.wrong(
            reference.and_token.span,
            "a step takes one reference, which is its context\n\
             help: everything else comes by value, such as `Output<step>` or `State<T>`",
        );
        return Param::Wrong;
    }
    Param::Context(reference.elem.span())
}

/// `written` is the same type, as it is printed.
fn value(ty: &Type, written: &Type, reads: &mut Reads, report: &mut Report<'_>) -> Param {
    let plain = ty.to_token_stream();
    if report.is_context(ty) {
        report
            .wrong(ty.span(), format!("a step is lent its context; take it as `&{}`", tokens::text(&plain)));
        return Param::Wrong;
    }
    if let Some(span) = tokens::find(&plain, "impl") {
        report.wrong(span, "the type of a step's parameter must be named: the runtime chooses none");
        return Param::Wrong;
    }
    if let Some(span) = tokens::borrow(&plain) {
        report.wrong(
            span,
            "a step borrows nothing but its context\n\
             help: for a resource of the application, own it or share it: `State<Arc<T>>`",
        );
        return Param::Wrong;
    }
    if let Some(object) = unsized_value(ty) {
        let (span, object) = (object.span(), tokens::text(object));
        report.wrong(span, format!("`{object}` has no size\nhelp: share it, as `State<Arc<{object}>>`"));
        return Param::Wrong;
    }
    reads.outputs.extend(output_of(ty));
    reads.types.extend(named_type(ty, report.step.params.len()));
    reads.mentions.extend(tokens::names(&plain));
    Param::Value(written.to_token_stream())
}

fn output_of(ty: &Type) -> Option<Read> {
    match wrapped(ty)? {
        (wrapper, GenericArgument::Type(Type::Path(path))) if wrapper == "Output" => {
            Some(Read { step: path.path.get_ident().cloned()?, optional: false })
        }
        (wrapper, GenericArgument::Type(inner)) if wrapper == "Option" => {
            output_of(inner).map(|read| Read { optional: true, ..read })
        }
        _ => None,
    }
}

/// `x` of `Output<x>`, where it does not look like the name of a function.
fn named_type(ty: &Type, param: usize) -> Option<NamedType> {
    let (wrapper, GenericArgument::Type(inner)) = wrapped(ty)? else { return None };
    if wrapper == "Option" {
        return named_type(inner, param);
    }
    let path = match inner {
        Type::Path(path) => Some(&path.path),
        _ => None,
    };
    let last = path.and_then(|path| path.segments.last());
    let function = last.is_some_and(|last| last.arguments.is_none() && !looks_like_a_type(&last.ident));
    if wrapper != "Output" || function {
        return None;
    }
    Some(NamedType { param, ident: path.and_then(|path| path.get_ident().cloned()) })
}

/// Whether this looks more like the name of a type than like that of a function.
pub(in crate::check) fn looks_like_a_type(ident: &Ident) -> bool {
    ident.to_string().starts_with(char::is_uppercase) || PRIMITIVES.iter().any(|primitive| ident == primitive)
}

/// How a step takes what it was given by reference, where it is no context.
fn by_value(ty: &Type) -> Option<String> {
    let known = match (wrapped(ty), ty) {
        (Some((wrapper, _)), _) => WRAPPERS.iter().any(|name| wrapper == name),
        (None, Type::Path(path)) => {
            path.path.segments.last().is_some_and(|last| VALUES.iter().any(|name| last.ident == name))
        }
        // What has no size is no context.
        (None, Type::TraitObject(_)) => return Some(format!("State<Arc<{}>>", tokens::text(ty))),
        _ => false,
    };
    known.then(|| tokens::text(ty))
}

/// The `dyn Trait` of `State<dyn Trait>`.
fn unsized_value(ty: &Type) -> Option<&Type> {
    match wrapped(ty)? {
        (wrapper, GenericArgument::Type(inner @ Type::TraitObject(_)))
            if WRAPPERS.iter().any(|name| wrapper == name) =>
        {
            Some(inner)
        }
        _ => None,
    }
}

/// `Wrapper` and `x` of `Wrapper<x>` or `path::Wrapper<x>`.
pub(in crate::check) fn wrapped(ty: &Type) -> Option<(&Ident, &GenericArgument)> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    match &last.arguments {
        PathArguments::AngleBracketed(arguments) => Some((&last.ident, arguments.args.first()?)),
        _ => None,
    }
}
