//! Reads the values of options.

mod depends_on;

use std::time::Duration;

pub(super) use depends_on::{steps, stray_step};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, ExprClosure, ExprLit, Lit, LitInt, LitStr, Path, Type};
use tasker_rules::suggest::{nearest, quoted};

use super::synonyms;
use crate::duration::{self, Wrong};
use crate::errors::Errors;
use crate::model::Retry;
use crate::parse::{self, Arg, Value};

const RETRY: [&str; 3] = ["limit", "base", "max"];

/// The longest wait of `RetryPolicy::DEFAULT`, to judge a `base` that comes without a `max`.
const DEFAULT_MAX: Duration = Duration::from_secs(30);

/// A time as it was written, for messages.
struct Time<'a> {
    duration: Duration,
    text: &'a LitStr,
}

/// The options without repetitions: which of two was meant is not ours to guess.
pub(super) fn once<'a>(args: &'a [Arg], errors: &mut Errors) -> Vec<&'a Arg> {
    let mut first: Vec<&Arg> = Vec::new();
    for arg in args {
        if first.iter().any(|other| other.key == arg.key) {
            errors.at(arg.span(), format!("`{}` is given twice", arg.key));
        } else {
            first.push(arg);
        }
    }
    first
}

/// `synonym` says what is written for something that goes by another name.
pub(super) fn unknown(
    arg: &Arg,
    known: &[&str],
    synonym: fn(&str) -> Option<&'static str>,
    errors: &mut Errors,
) {
    let key = arg.key.to_string();
    let help = match (synonym(&key), nearest(&key, known.iter().copied())) {
        (Some(help), _) => help.to_owned(),
        (None, Some(near)) => format!("an option with a similar name exists: `{near}`"),
        (None, None) => format!("the options are {}", quoted(known.iter().copied())),
    };
    errors.at(arg.span(), format!("unknown option `{key}`\nhelp: {help}"));
}

/// Code in which an editor can show and complete options, found among the items of `__private::options`. It is the same
/// for no options but for their names: an editor has to know the path before it can complete the first.
pub(super) fn hint(krate: &TokenStream, of: &str, args: &[Arg]) -> TokenStream {
    let of = Ident::new(of, Span::call_site());
    let keys = args.iter().map(|arg| &arg.key);
    let keys = keys.filter(|key| syn::parse_str::<Ident>(&key.to_string()).is_ok()); // no keywords
    quote!(const _: () = { use #krate::__private::options::#of::{#(#keys),*}; };)
}

/// `key = "text"`
pub(super) fn text<'a>(arg: &'a Arg, errors: &mut Errors) -> Option<&'a LitStr> {
    match &arg.value {
        Value::Expr(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) => Some(text),
        value => expected(arg, value, "a text", "\"..\"", errors),
    }
}

/// `key = 3`
fn number<'a>(arg: &'a Arg, example: &str, errors: &mut Errors) -> Option<&'a LitInt> {
    match &arg.value {
        Value::Expr(Expr::Lit(ExprLit { lit: Lit::Int(number), .. })) => Some(number),
        value => expected(arg, value, "a whole number", example, errors),
    }
}

/// `shape = 0x1f3a…`
pub(super) fn shape(arg: &Arg, errors: &mut Errors) -> Option<(u64, Span)> {
    let lit = number(arg, "0", errors)?;
    let parsed = lit.base10_parse::<u64>();
    if parsed.is_err() {
        errors.at(
            lit.span(),
            format!("`{lit}` is no shape\nhelp: write `shape = 0`; the error then says what to write"),
        );
    }
    parsed.ok().map(|shape| (shape, lit.span()))
}

/// `key = false`
pub(super) fn boolean(arg: &Arg, example: &str, errors: &mut Errors) -> Option<bool> {
    match &arg.value {
        Value::Expr(Expr::Lit(ExprLit { lit: Lit::Bool(boolean), .. })) => Some(boolean.value),
        value => expected(arg, value, "`true` or `false`", example, errors),
    }
}

/// `key = Type`
pub(super) fn ty<'a>(arg: &'a Arg, errors: &mut Errors) -> Option<&'a Type> {
    match &arg.value {
        Value::Type(ty) => Some(ty),
        value => expected(arg, value, "a type", "Type", errors),
    }
}

/// `key = path`
pub(super) fn path<'a>(arg: &'a Arg, errors: &mut Errors) -> Option<&'a Path> {
    match &arg.value {
        Value::Type(Type::Path(path)) if path.qself.is_none() => Some(&path.path),
        value => expected(arg, value, "a path", "::tasker", errors),
    }
}

/// `key`
pub(super) fn flag(arg: &Arg, errors: &mut Errors) {
    if !matches!(arg.value, Value::None) {
        errors.at(arg.span(), format!("`{}` takes no value", arg.key));
    }
}

/// `key = value`
pub(super) fn expr<'a>(arg: &'a Arg, what: &str, example: &str, errors: &mut Errors) -> Option<&'a Expr> {
    match &arg.value {
        Value::Expr(expr) => Some(expr),
        value => expected(arg, value, what, example, errors),
    }
}

/// `key = function`, which rustc checks; what is written in quotes or as a number is none.
pub(super) fn function<'a>(arg: &'a Arg, example: &str, errors: &mut Errors) -> Option<&'a Expr> {
    match expr(arg, "a function", example, errors)? {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. })
            if syn::parse_str::<Path>(&text.value()).is_ok()
                || syn::parse_str::<ExprClosure>(&text.value()).is_ok() =>
        {
            errors.at(
                text.span(),
                format!("expected a function\nhelp: write `{}`, without quotes", text.value()),
            );
            None
        }
        literal @ Expr::Lit(_) => expected(arg, &Value::Expr(literal.clone()), "a function", example, errors),
        function => Some(function),
    }
}

fn expected<T>(arg: &Arg, value: &Value, what: &str, example: &str, errors: &mut Errors) -> Option<T> {
    let span = match value {
        Value::Expr(expr) => expr.span(),
        Value::Type(ty) => ty.span(),
        Value::None | Value::Paren(_) => arg.span(),
    };
    errors.at(span, format!("expected {what}: `{} = {example}`", arg.key));
    None
}

/// `timeout = "30s"`
pub(super) fn timeout(arg: &Arg, errors: &mut Errors) -> Option<Duration> {
    let time = time(arg, errors)?;
    // No attempt could finish in no time.
    if time.duration.is_zero() {
        errors.at(
            time.text.span(),
            "the `timeout` must be longer than nothing\nhelp: leave it out for no limit",
        );
        return None;
    }
    Some(time.duration)
}

fn time<'a>(arg: &'a Arg, errors: &mut Errors) -> Option<Time<'a>> {
    let text = match &arg.value {
        Value::Expr(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) => text,
        value => return expected(arg, value, "a duration in quotes", "\"30s\"", errors),
    };
    let written = text.value();
    match duration::parse(&written) {
        Ok(duration) => return Some(Time { duration, text }),
        Err(Wrong::Form) => errors.at(
            text.span(),
            format!(
                "`{written}` is not a duration\n\
                 help: write a whole number and a unit, such as \"500ms\", \"30s\", \"5m\", \"2h\" or \"1d\""
            ),
        ),
        Err(Wrong::TooLong) => {
            errors
                .at(text.span(), format!("`{written}` is too long\nhelp: the most is \"3650d\", ten years"));
        }
    }
    None
}

/// `retry(limit = 3, base = "2s", max = "1m")`
pub(super) fn retry(arg: &Arg, hints: &mut TokenStream, krate: &TokenStream, errors: &mut Errors) -> Retry {
    let Value::Paren(inner) = &arg.value else {
        errors.at(arg.span(), "expected `retry(limit = 3, base = \"2s\", max = \"30s\")`");
        return Retry::Default;
    };
    let args = parse::args(inner.clone(), &RETRY, errors);
    hints.extend(hint(krate, "retry", &args.list));
    let (mut limit, mut base, mut max) = (None, None, None);
    for arg in once(&args.list, errors) {
        match arg.key.to_string().as_str() {
            "limit" => limit = retry_limit(arg, errors),
            "base" => base = time(arg, errors),
            "max" => max = time(arg, errors),
            _ => unknown(arg, &RETRY, synonyms::retry, errors),
        }
    }
    let without_max = args.complete && !args.list.iter().any(|arg| arg.is("max"));
    retry_waits(base.as_ref(), max.as_ref(), without_max, errors);
    Retry::Policy { limit, base: base.map(|time| time.duration), max: max.map(|time| time.duration) }
}

/// The first execution counts, so that a limit of 0 would mean a step that never runs.
fn retry_limit(arg: &Arg, errors: &mut Errors) -> Option<u32> {
    let lit = number(arg, "3", errors)?;
    match lit.base10_parse::<u32>() {
        Ok(0) => {
            errors.at(
                lit.span(),
                "a step is executed at least once, so the least `limit` is 1\nhelp: write `no_retry` for one execution",
            );
            None
        }
        Ok(limit) => Some(limit),
        Err(_) => {
            errors.at(lit.span(), format!("`{lit}` is not a number of executions from 1 to {}", u32::MAX));
            None
        }
    }
}

/// A first wait that is longer than the longest one would silently be cut short.
fn retry_waits(base: Option<&Time<'_>>, max: Option<&Time<'_>>, without_max: bool, errors: &mut Errors) {
    let Some(base) = base else { return };
    let wait = base.text.value();
    match max {
        Some(max) if base.duration > max.duration => errors.at(
            base.text.span(),
            format!(
                "the first wait, {wait}, is longer than the longest one, {}\nhelp: make `max` {wait} or more, or `base` shorter",
                max.text.value()
            ),
        ),
        None if without_max && base.duration > DEFAULT_MAX => errors.at(
            base.text.span(),
            format!(
                "the first wait, {wait}, is longer than the longest one, which is 30s unless given\n\
                 help: add `max = \"...\"`, {wait} or more"
            ),
        ),
        _ => {}
    }
}

/// Whether two names are the same to rustc: `r#ship` is `ship`.
pub(super) fn same(a: &Ident, b: &Ident) -> bool {
    a.unraw() == b.unraw()
}
