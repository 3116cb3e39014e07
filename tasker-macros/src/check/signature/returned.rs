//! What a step returns, as far as its tokens tell: a `Result`, unless it is a type that cannot be another name of one.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::{FnArg, GenericArgument, PathArguments, ReturnType, Signature, Type, TypePath};

use super::Report;
use super::params::{PRIMITIVES, wrapped};
use crate::parse::{Module, fragments};
use crate::tokens;

/// Types of Rust that are no `Result`, and that nobody gives another meaning without saying so in the module.
const PLAIN: [&str; 14] = [
    "String", "Vec", "Option", "Box", "Arc", "Rc", "Cow", "HashMap", "BTreeMap", "HashSet", "BTreeSet",
    "VecDeque", "PathBuf", "Duration",
];

/// Where a path to one of them begins.
const ROOTS: [&str; 3] = ["std", "core", "alloc"];

/// What is returned is stored or recorded: one type, that owns what it holds. Whether it is a `Result` is for rustc
/// to say where it may be an alias.
pub(super) fn read(signature: &Signature, report: &mut Report<'_>) {
    let name = &signature.ident;
    let ReturnType::Type(_, ty) = &signature.output else {
        report.wrong(
            name.span(),
            format!(
                "the step `{name}` must return a `Result`\n\
                 help: write `-> Result<(), StepError>` if it has none to give"
            ),
        );
        return;
    };
    let returned = ty.to_token_stream();
    let ty = fragments::ty(ty);
    let written = ty.to_token_stream();
    if let Some(span) = tokens::find(&written, "impl") {
        report.wrong(span, format!("the result of the step `{name}` is stored, so its type must be named"));
    } else if is_no_result(&ty, report.module) {
        let result = result(&ty).unwrap_or_else(|| "Result<T, StepError>".to_owned());
        let message = format!("the step `{name}` must return a `Result`\nhelp: write `-> {result}`");
        // At all of it.
        report.errors.push(syn::Error::new_spanned(&returned, message));
        report.step.callable = false;
    } else if let Some(span) = tokens::borrow(&written) {
        // Without a parameter to borrow from, rustc says that a lifetime is missing.
        let reference =
            |input: &FnArg| matches!(input, FnArg::Typed(param) if matches!(*param.ty, Type::Reference(_)));
        if signature.inputs.iter().any(reference) {
            report.errors.at(span, format!("the result of the step `{name}` is stored, so it cannot borrow"));
        }
        report.step.callable = false;
    } else {
        report.step.returned = returned;
    }
}

/// Whether this cannot be another name of a `Result`.
fn is_no_result(ty: &Type, module: &Module) -> bool {
    match ty {
        Type::Path(TypePath { qself: None, path, .. }) => {
            let Some(last) = path.segments.last() else { return false };
            let known = PLAIN.iter().chain(&PRIMITIVES).any(|plain| last.ident == plain);
            if path.segments.len() == 1 {
                last.ident != "Result" && module.declares(&last.ident).map_or(known, |found| found.own)
            } else {
                known && ROOTS.iter().any(|root| path.segments[0].ident == root)
            }
        }
        Type::Path(_) | Type::Macro(_) | Type::Group(_) | Type::Paren(_) => false,
        _ => true,
    }
}

/// The `Result` that it was to be, if that can be told.
fn result(ty: &Type) -> Option<String> {
    let value = match ty {
        Type::Tuple(_) | Type::Array(_) => tokens::text(ty),
        Type::Path(_) => {
            if let Some((wrapper, GenericArgument::Type(inner))) = wrapped(ty)
                && let Some((value, error)) = of_result(inner)
            {
                return Some(around(wrapper, &value, &error));
            }
            tokens::text(ty)
        }
        _ => return None,
    };
    // What else has a `Result` in it may have been meant in more than one way.
    tokens::find(&ty.to_token_stream(), "Result").is_none().then(|| format!("Result<{value}, StepError>"))
}

/// `T` and `E` of `Result<T, E>`.
fn of_result(ty: &Type) -> Option<(String, String)> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Result")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    let mut arguments = arguments.args.iter().map(tokens::text);
    Some((arguments.next()?, arguments.next()?))
}

/// The `Result` that was put into something: what may be absent is a value, and a result that is shared is none.
fn around(wrapper: &Ident, value: &str, error: &str) -> String {
    let pointer = ["Box", "Arc", "Rc", "Cow"].iter().any(|pointer| wrapper == pointer);
    if pointer { format!("Result<{value}, {error}>") } else { format!("Result<{wrapper}<{value}>, {error}>") }
}
