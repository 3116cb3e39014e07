//! The fragments of `macro_rules!`: what a macro was given for `$vis:vis`, `$item:item` or `$ty:ty` arrives as a group without
//! delimiters.
//!
//! A fragment is one thing, so the group stays where a part of something may have come so, such as a type or an operand. It is looked
//! through where something is recognized: an item, a visibility, an attribute, a body, a value, a type.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, Type};

use super::module::{is_group, is_punct};

/// The items with the fragments opened that stand where an item begins.
pub(super) fn opened(items: TokenStream) -> TokenStream {
    let mut kept: Vec<TokenTree> = Vec::new();
    open(items, &mut kept);
    kept.into_iter().collect()
}

fn open(items: TokenStream, kept: &mut Vec<TokenTree>) {
    for tree in items {
        match fragment(&tree) {
            Some(fragment) if begins_item(kept) => open(fragment.stream(), kept),
            _ => kept.push(tree),
        }
    }
}

/// Whether the next token is the first of an item, or comes after its attributes.
fn begins_item(before: &[TokenTree]) -> bool {
    match before {
        [] => true,
        [.., hash, attribute] if is_group(attribute, Delimiter::Bracket) => {
            is_punct(hash, '#') || is_punct(hash, '!')
        }
        [.., last] => is_punct(last, ';') || is_body(last),
    }
}

/// Whether this is a block, which may come from `$body:block`.
pub(super) fn is_body(tree: &TokenTree) -> bool {
    let Some(fragment) = fragment(tree) else { return is_group(tree, Delimiter::Brace) };
    let mut trees = fragment.stream().into_iter();
    matches!((trees.next(), trees.next()), (Some(only), None) if is_body(&only))
}

/// The tokens with the fragments opened that they begin with.
pub(super) fn opened_first(tokens: TokenStream) -> Vec<TokenTree> {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    match trees.split_first() {
        Some((first, rest)) => match fragment(first) {
            Some(fragment) => {
                opened_first(fragment.stream()).into_iter().chain(rest.iter().cloned()).collect()
            }
            None => trees,
        },
        None => trees,
    }
}

fn fragment(tree: &TokenTree) -> Option<&Group> {
    match tree {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => Some(group),
        _ => None,
    }
}

/// The value without the groups around it.
pub(crate) fn expr(value: Expr) -> Expr {
    match value {
        Expr::Group(group) => expr(*group.expr),
        value => value,
    }
}

/// The type as it would be written out, to be looked at. What is printed is the one that was written.
pub(crate) fn ty(ty: &Type) -> Type {
    let tokens = ty.to_token_stream();
    if has_fragment(&tokens) { syn::parse2(plain(tokens)).unwrap_or_else(|_| ty.clone()) } else { ty.clone() }
}

fn has_fragment(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().any(|tree| match tree {
        TokenTree::Group(group) => group.delimiter() == Delimiter::None || has_fragment(&group.stream()),
        _ => false,
    })
}

/// The tokens without any group that a fragment came in.
pub(crate) fn plain(tokens: TokenStream) -> TokenStream {
    let trees = tokens.into_iter().map(|tree| match tree {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => plain(group.stream()),
        TokenTree::Group(group) => {
            let mut inner = Group::new(group.delimiter(), plain(group.stream()));
            inner.set_span(group.span());
            TokenTree::Group(inner).into()
        }
        tree => tree.into(),
    });
    trees.collect()
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;
    use crate::tokens::text;

    fn of_macro(tokens: TokenStream) -> Group {
        Group::new(Delimiter::None, tokens)
    }

    #[test]
    fn items_and_visibilities_are_opened_and_nothing_else() {
        let (vis, sum) = (of_macro(quote!(pub)), of_macro(quote!(1 + 1)));
        let item = of_macro(quote!(
            #[step]
            #vis async fn a() -> R {}
        ));
        let opened = opened(quote!(use a::b; #item #[doc = "c"] #vis struct C; #vis const D: u8 = #sum * 2;));
        let expected = quote!(
            use a::b;
            #[step]
            pub async fn a() -> R {}
            #[doc = "c"]
            pub struct C;
            pub const D: u8 = #sum * 2;
        );
        assert_eq!(opened.to_string(), expected.to_string());
    }

    #[test]
    fn a_type_is_looked_at_as_if_it_were_written_out() {
        let (step, context) = (of_macro(quote!(charge)), of_macro(quote!(&Context)));
        for (given, expected) in [
            (quote!(Option<Output<#step>>), quote!(Option<Output<charge>>)),
            (quote!(#context), quote!(&Context)),
            (quote!((#context, [u8; 3])), quote!((&Context, [u8; 3]))),
        ] {
            let given: Type = syn::parse2(given).expect("a type");
            assert_eq!(text(ty(&given)), text(expected));
        }
    }
}
