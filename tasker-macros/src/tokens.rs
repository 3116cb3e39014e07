//! Questions about the tokens of a type.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;

/// A type or an expression as people write it; the tokens themselves would be printed with a space between any two.
pub(crate) fn text(tokens: impl ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string();
    for (spaced, tight) in [
        (" :: ", "::"),
        (":: ", "::"),
        (" < ", "<"),
        ("< ", "<"),
        (" >", ">"),
        (" ,", ","),
        (" ;", ";"),
        ("& ", "&"),
        (" !", "!"),
    ] {
        text = text.replace(spaced, tight);
    }
    text
}

/// Every identifier, at any depth.
pub(crate) fn idents(tokens: &TokenStream) -> Vec<Ident> {
    let mut found = Vec::new();
    for token in tokens.clone() {
        match token {
            TokenTree::Ident(ident) => found.push(ident),
            TokenTree::Group(group) => found.extend(idents(&group.stream())),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    found
}

/// Every identifier, at any depth, that may name a type by itself: not those that are followed by `::`.
pub(crate) fn names(tokens: &TokenStream) -> Vec<Ident> {
    let trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let colon = |at: usize| matches!(trees.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    let mut found = Vec::new();
    for (at, tree) in trees.iter().enumerate() {
        match tree {
            TokenTree::Ident(_) if colon(at + 1) && colon(at + 2) => {}
            TokenTree::Ident(ident) => found.push(ident.clone()),
            TokenTree::Group(group) => found.extend(names(&group.stream())),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    found
}

/// The word, where it occurs.
pub(crate) fn find(tokens: &TokenStream, word: &str) -> Option<Span> {
    idents(tokens).into_iter().find(|ident| ident == word).map(|ident| ident.span())
}

/// The `&` or `'_` of a borrow whose lifetime is left out. Nothing is said about types that take arguments, such as `fn(&str)`, where
/// leaving it out means "any".
pub(crate) fn borrow(tokens: &TokenStream) -> Option<Span> {
    if idents(tokens).iter().any(|ident| ["fn", "Fn", "FnMut", "FnOnce"].iter().any(|name| ident == name)) {
        return None;
    }
    let trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let word =
        |at: usize, text: &str| matches!(trees.get(at), Some(TokenTree::Ident(ident)) if ident == text);
    let punct =
        |at: usize, c: char| matches!(trees.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == c);
    trees.iter().enumerate().find_map(|(at, tree)| match tree {
        TokenTree::Punct(_) if punct(at, '&') && !punct(at + 1, '\'') => Some(tree.span()),
        TokenTree::Punct(_) if punct(at, '\'') && word(at + 1, "_") => Some(tree.span()),
        TokenTree::Group(group) => borrow(&group.stream()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn where_a_path_begins_is_no_name_of_a_type() {
        let found = |tokens| names(&tokens).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(found(quote!(::tasker::Output<charge>)), ["Output", "charge"]);
        assert_eq!(found(quote!((a::B, [self::c; D], fn(e: F)))), ["B", "c", "D", "fn", "e", "F"]);
    }

    #[test]
    fn a_type_is_shown_as_it_is_written() {
        for ty in
            ["Output<validate_cart>", "State<Arc<dyn Gateway>>", "(u8, Vec<std::string::String>)", "[u8; 3]"]
        {
            let tokens: TokenStream = ty.parse().expect("tokens");
            assert_eq!(text(tokens), ty);
        }
    }

    #[test]
    fn a_borrow_is_found_where_its_lifetime_is_left_out() {
        for ty in [quote!(&str), quote!(State<&str>), quote!((u8, Cow<'_, str>)), quote!(&mut u8)] {
            assert!(borrow(&ty).is_some(), "{ty}");
        }
        for ty in
            [quote!(State<&'static str>), quote!(State<Arc<dyn Fn(&str) -> u8>>), quote!(Output<charge>)]
        {
            assert!(borrow(&ty).is_none(), "{ty}");
        }
    }
}
