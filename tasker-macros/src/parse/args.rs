use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Token, Type, parenthesized};

use super::fragments;
use crate::errors::Errors;
use crate::tokens::idents;

/// The arguments of one attribute.
pub(crate) struct Args {
    pub(crate) list: Vec<Arg>,
    /// Whether all that was written is in the list. If not, nothing should be said about what seems to be missing.
    pub(crate) complete: bool,
}

/// One `key`, `key = value` or `key(value)` of an attribute.
pub(crate) struct Arg {
    pub(crate) key: Ident,
    pub(crate) value: Value,
}

pub(crate) enum Value {
    None,
    Expr(Expr),
    Type(Type),
    Paren(TokenStream),
}

/// The keys whose value is a type or a path.
const TYPES: [&str; 2] = ["context", "crate"];

impl Arg {
    pub(crate) fn span(&self) -> Span {
        self.key.span()
    }

    /// Whether it is the same one, and not another of the same name.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }

    pub(crate) fn is(&self, key: &str) -> bool {
        self.key == key
    }
}

/// Reads each argument on its own, so that one wrong argument hides no other. `known` are the options that there are.
pub(crate) fn args(tokens: TokenStream, known: &[&str], errors: &mut Errors) -> Args {
    let mut args = Args { list: Vec::new(), complete: true };
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            match arg(input) {
                Ok(arg) => args.list.push(arg),
                Err(error) => {
                    errors.push(error);
                    args.complete = false;
                    skip_to_comma(input)?;
                }
            }
            if input.peek(Token![,]) {
                input.parse::<Token![,]>()?;
            } else if !input.is_empty() {
                errors.push(without_comma(input, args.list.last(), known));
                args.complete = false;
                skip_to_option(input, known)?;
            }
        }
        Ok(())
    };
    if let Err(error) = parser.parse2(tokens) {
        errors.push(error);
        args.complete = false;
    }
    args
}

fn arg(input: ParseStream<'_>) -> syn::Result<Arg> {
    let Ok(key) = input.call(Ident::parse_any) else {
        return Err(input.error("expected an option such as `timeout = \"30s\"`"));
    };
    let value = if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        value(input, &key)?
    } else if input.peek(syn::token::Paren) {
        let content;
        parenthesized!(content in input);
        Value::Paren(content.parse()?)
    } else if input.is_empty() || input.peek(Token![,]) {
        Value::None
    } else {
        return Err(input.error(format!("expected `=` or `(` after `{key}`")));
    };
    Ok(Arg { key, value })
}

fn value(input: ParseStream<'_>, key: &Ident) -> syn::Result<Value> {
    if input.is_empty() || input.peek(Token![,]) {
        return Err(syn::Error::new(key.span(), format!("`{key} =` has no value")));
    }
    // What is no type at all, such as a text, may be a value: the option then says what it expects.
    if TYPES.iter().any(|name| key == name)
        && let Ok(ty) = input.fork().parse::<Type>()
    {
        input.parse::<Type>()?;
        return Ok(Value::Type(fragments::ty(&ty)));
    }
    // Apart, so that what is left over of a half-read list is no second error.
    let fork = input.fork();
    match fork.parse() {
        Ok(value) => {
            input.advance_to(&fork);
            Ok(Value::Expr(fragments::expr(value)))
        }
        Err(_) => Err(no_value(key, input)),
    }
}

/// What to say of something that is no value.
fn no_value(key: &Ident, input: ParseStream<'_>) -> syn::Error {
    let rest: TokenStream = input.fork().parse().unwrap_or_default();
    let comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
    let value: TokenStream = rest.into_iter().take_while(|token| !comma(token)).collect();
    if key != "depends_on" {
        return syn::Error::new(input.span(), format!("expected a value for `{key}`"));
    }
    match idents(&value).into_iter().find(|word| syn::parse_str::<Ident>(&word.to_string()).is_err()) {
        Some(word) => syn::Error::new(
            word.span(),
            format!("`{word}` is a keyword\nhelp: a function of this name is called `r#{word}`"),
        ),
        None => syn::Error::new(
            input.span(),
            "expected the name of a step's function, or a list: `depends_on = [step, step]`",
        ),
    }
}

/// What to say where the next word comes without a comma.
fn without_comma(input: ParseStream<'_>, before: Option<&Arg>, known: &[&str]) -> syn::Error {
    let step =
        before.is_some_and(|arg| arg.is("depends_on") && matches!(arg.value, Value::Expr(Expr::Path(_))));
    let help = if step && !is_option(input, known) {
        "\nhelp: several steps are a list: `depends_on = [step, step]`"
    } else {
        ""
    };
    input.error(format!("expected `,` before the next option{help}"))
}

/// What comes after a comma that is missing belongs to the same mistake, up to something that is an option without doubt.
fn skip_to_option(input: ParseStream<'_>, known: &[&str]) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) && !is_option(input, known) {
        input.parse::<TokenTree>()?;
    }
    input.parse::<Option<Token![,]>>()?;
    Ok(())
}

/// Whether a word comes next that is an option, or that has what only options have: `=` or parentheses.
fn is_option(input: ParseStream<'_>, known: &[&str]) -> bool {
    let next = input.fork();
    let Ok(word) = next.call(Ident::parse_any) else { return false };
    known.iter().any(|option| word == option) || next.peek(Token![=]) || next.peek(syn::token::Paren)
}

fn skip_to_comma(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}
