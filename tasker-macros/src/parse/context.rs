use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

/// A type that a module declares or imports.
pub(crate) struct Found {
    pub(crate) ident: Ident,
    /// Whether it is a type of its own that is declared without any visibility. An alias only stands for another type.
    pub(crate) private: bool,
    /// Whether it is a type of its own, and not another name of one.
    pub(crate) own: bool,
}

/// The declaration or the import of a type of this name among the items themselves. Glob imports and macros cannot be looked into.
pub(super) fn find(items: &TokenStream, name: &str) -> Option<Found> {
    let trees: Vec<TokenTree> = items.clone().into_iter().collect();
    trees.iter().enumerate().find_map(|(at, tree)| match tree {
        TokenTree::Ident(word)
            if ["struct", "enum", "union", "type"].iter().any(|keyword| word == keyword) =>
        {
            match trees.get(at + 1) {
                Some(TokenTree::Ident(ident)) if ident == name => {
                    let own = word != "type";
                    let private = own && !has_visibility(&trees[..at]);
                    Some(Found { ident: ident.clone(), private, own })
                }
                _ => None,
            }
        }
        TokenTree::Ident(word) if word == "use" => {
            let end = trees[at..].iter().position(is_semicolon).map_or(trees.len(), |length| at + length);
            import(&trees[at + 1..end], name).map(|ident| Found { ident, private: false, own: false })
        }
        _ => None,
    })
}

/// Whether what comes before a keyword ends in `pub` or `pub(..)`.
fn has_visibility(before: &[TokenTree]) -> bool {
    let before = match before {
        [rest @ .., TokenTree::Group(group)] if group.delimiter() == Delimiter::Parenthesis => rest,
        all => all,
    };
    matches!(before.last(), Some(TokenTree::Ident(word)) if word == "pub")
}

/// Where a `use` tree brings in the name: it ends a path, or it is what a path is renamed to.
fn import(tree: &[TokenTree], name: &str) -> Option<Ident> {
    tree.iter().enumerate().find_map(|(at, token)| match token {
        TokenTree::Ident(ident) if ident == name => match tree.get(at + 1) {
            None => Some(ident.clone()),
            Some(TokenTree::Punct(next)) if next.as_char() == ',' => Some(ident.clone()),
            Some(_) => None,
        },
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
            import(&group.stream().into_iter().collect::<Vec<_>>(), name)
        }
        _ => None,
    })
}

/// Whether there is a `use path::*` among the items.
pub(super) fn has_glob(items: &TokenStream) -> bool {
    let mut import = false;
    items.clone().into_iter().any(|token| match token {
        TokenTree::Ident(word) => {
            import |= word == "use";
            false
        }
        TokenTree::Punct(punct) => {
            import &= punct.as_char() != ';';
            import && punct.as_char() == '*'
        }
        TokenTree::Group(group) => import && group.stream().to_string().contains('*'),
        TokenTree::Literal(_) => false,
    })
}

pub(super) fn is_semicolon(tree: &TokenTree) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ';')
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn declarations_and_imports_count() {
        for items in [
            quote!(
                pub struct Context {
                    a: u8,
                }
            ),
            quote!(
                fn f() {}
                type Context = u8;
            ),
            quote!(
                use super::Context;
            ),
            quote!(
                use super::{
                    a,
                    b::{Context, c},
                };
            ),
            quote!(
                use super::Order as Context;
            ),
            quote!(
                pub(crate) use super::{Order as Context};
            ),
        ] {
            assert!(find(&items, "Context").is_some(), "{items}");
        }
    }

    #[test]
    fn other_mentions_do_not() {
        for items in [
            quote!(
                use super::*;
            ),
            quote!(
                use super::Context as Other;
            ),
            quote!(
                use super::Context::*;
            ),
            quote!(
                use super::{Context::A};
                struct A;
            ),
            quote!(
                fn f(_: &Context) {
                    struct Context;
                }
            ),
            quote!(
                struct Contexts;
            ),
            quote!(struct),
            quote!(use),
        ] {
            assert!(find(&items, "Context").is_none(), "{items}");
        }
    }

    #[test]
    fn a_private_declaration_is_told_from_others() {
        let private = |items: TokenStream| find(&items, "Context").is_some_and(|found| found.private);
        assert!(
            private(quote!(
                #[derive(Debug)]
                struct Context;
            )) && private(quote!(
                pub fn f() {}
                enum Context {}
            ))
        );
        assert!(
            !private(quote!(
                pub struct Context;
            )) && !private(quote!(
                pub(crate) enum Context {}
            ))
        );
        assert!(
            !private(quote!(
                use super::Context;
            )) && !private(quote!(
                type Context = u8;
            ))
        );
    }

    #[test]
    fn globs_are_seen() {
        assert!(
            has_glob(&quote!(
                use super::*;
            )) && has_glob(&quote!(
                use a::{b, c::*};
            ))
        );
        assert!(!has_glob(&quote!(
            use super::a;
            const B: u8 = 2 * 3;
            fn f(a: *const u8) {
                use b::*;
            }
        )));
    }
}
