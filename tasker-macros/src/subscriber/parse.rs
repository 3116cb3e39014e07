//! From tokens to the methods of the block, with nothing judged yet.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::discouraged::Speculative;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Generics, Ident, Signature, Token, Type, Visibility, WhereClause};

/// An `impl` block.
pub(super) struct Block {
    /// All before its body.
    pub(super) head: TokenStream,
    pub(super) cfg: TokenStream,
    pub(super) generics: Generics,
    pub(super) ty: Type,
    pub(super) braces: Span,
    /// The items without `#[event]`.
    pub(super) body: TokenStream,
    pub(super) methods: Vec<Method>,
}

/// A function in the block.
pub(super) struct Method {
    pub(super) events: Vec<Attribute>,
    pub(super) cfg: TokenStream,
    pub(super) signature: Signature,
}

pub(super) fn block(item: TokenStream) -> syn::Result<Block> {
    let parser = |input: ParseStream<'_>| {
        let attrs = input.call(Attribute::parse_outer)?;
        if !input.peek(Token![impl]) {
            return Err(
                input.error("`#[subscriber]` goes on the `impl` block of a type: `impl Mailer { .. }`")
            );
        }
        let keyword: Token![impl] = input.parse()?;
        let mut generics: Generics = if input.peek(Token![<]) { input.parse()? } else { Generics::default() };
        let parameters = generics.clone();
        let ty: Type = input.parse()?;
        if input.peek(Token![for]) {
            return Err(input.error(
                "`#[subscriber]` goes on an `impl` block without a trait, and writes `impl Subscriber` itself",
            ));
        }
        let predicates: Option<WhereClause> = input.parse()?;
        generics.where_clause.clone_from(&predicates);
        let body: Group = input.parse()?;
        let head = quote!(#(#attrs)* #keyword #parameters #ty #predicates);
        Ok(Block {
            head,
            cfg: cfg(&attrs),
            generics,
            ty,
            braces: body.span(),
            body: body.stream(),
            methods: Vec::new(),
        })
    };
    let mut block = parser.parse2(item)?;
    let mut methods = Vec::new();
    let body = items.parse2(block.body)?;
    block.body = body
        .into_iter()
        .map(|(tokens, method)| {
            methods.extend(method);
            tokens
        })
        .collect();
    block.methods = methods;
    Ok(block)
}

/// Each item, and what it is if it is a function.
fn items(input: ParseStream<'_>) -> syn::Result<Vec<(TokenStream, Option<Method>)>> {
    let mut items = Vec::new();
    let inner = input.call(Attribute::parse_inner)?;
    items.push((quote!(#(#inner)*), None));
    while !input.is_empty() {
        let attrs = input.call(Attribute::parse_outer)?;
        let (events, kept): (Vec<_>, Vec<_>) =
            attrs.into_iter().partition(|attr| attr.path().is_ident("event"));
        let ahead = input.fork();
        let function = ahead.parse::<Visibility>().and_then(|vis| Ok((vis, ahead.parse::<Signature>()?)));
        let Ok((vis, signature)) = function else {
            let rest = rest(input)?;
            items.push((quote!(#(#kept)* #rest), None));
            continue;
        };
        input.advance_to(&ahead);
        let rest = rest(input)?;
        // A method that only waits for events may have nothing to wait for.
        let allow = (signature.asyncness.is_some() && hears(&signature.ident, &events))
            .then(|| quote!(#[allow(clippy::unused_async)]));
        let tokens = quote!(#(#kept)* #allow #vis #signature #rest);
        items.push((tokens, Some(Method { events, cfg: cfg(&kept), signature })));
    }
    Ok(items)
}

fn hears(method: &Ident, events: &[Attribute]) -> bool {
    !events.is_empty() || method.to_string().starts_with("on_")
}

/// What is left of an item: up to its braces, or its semicolon.
fn rest(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut rest = TokenStream::new();
    while !input.is_empty() {
        let tree: TokenTree = input.parse()?;
        let ends = match &tree {
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            TokenTree::Punct(punct) => punct.as_char() == ';',
            _ => false,
        };
        rest.extend([tree]);
        if ends {
            break;
        }
    }
    Ok(rest)
}

fn cfg(attrs: &[Attribute]) -> TokenStream {
    attrs.iter().filter(|attr| attr.path().is_ident("cfg")).map(ToTokens::to_token_stream).collect()
}
