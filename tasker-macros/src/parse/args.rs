use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Token, Type, parenthesized};

use crate::errors::Errors;

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

    pub(crate) fn is(&self, key: &str) -> bool {
        self.key == key
    }
}

/// Reads each argument on its own, so that one wrong argument hides no other.
pub(crate) fn args(tokens: TokenStream, errors: &mut Errors) -> Args {
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
                errors.push(input.error("expected `,` before the next option"));
                args.complete = false;
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
    let first = input.span();
    // What is no type at all, such as a text, may be a value: the option then says what it expects.
    if TYPES.iter().any(|name| key == name)
        && let Ok(ty) = input.fork().parse::<Type>()
    {
        input.parse::<Type>()?;
        return Ok(Value::Type(ty));
    }
    let value = input.parse().map(Value::Expr);
    value.map_err(|_| syn::Error::new(first, format!("expected a value for `{key}`")))
}

fn skip_to_comma(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}
