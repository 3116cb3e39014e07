//! The names that a module gives to what has another one: `type X = step;` and `use path::step as X;`.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

use super::context::is_semicolon;
use super::module::is_punct;

/// Another name, and the last word of what it stands for.
pub(crate) struct Alias {
    pub(crate) name: Ident,
    pub(crate) of: Ident,
}

/// Those among the items themselves; what stands in other modules and comes from macros cannot be looked into.
pub(super) fn of(items: &TokenStream) -> Vec<Alias> {
    let trees: Vec<TokenTree> = items.clone().into_iter().collect();
    let mut found = Vec::new();
    for (at, tree) in trees.iter().enumerate() {
        let TokenTree::Ident(word) = tree else { continue };
        let end = trees[at..].iter().position(is_semicolon).map_or(trees.len(), |length| at + length);
        if word == "use" {
            renamed(&trees[at + 1..end], &mut found);
        } else if word == "type"
            && let [TokenTree::Ident(name), equals, .., TokenTree::Ident(of)] = &trees[at + 1..end]
            && is_punct(equals, '=')
        {
            found.push(Alias { name: name.clone(), of: of.clone() });
        }
    }
    found
}

/// Each `step as X` of a `use` tree.
fn renamed(tree: &[TokenTree], found: &mut Vec<Alias>) {
    for window in tree.windows(3) {
        if let [TokenTree::Ident(of), TokenTree::Ident(word), TokenTree::Ident(name)] = window
            && word == "as"
        {
            found.push(Alias { name: name.clone(), of: of.clone() });
        }
    }
    for token in tree {
        if let TokenTree::Group(group) = token
            && group.delimiter() == Delimiter::Brace
        {
            renamed(&group.stream().into_iter().collect::<Vec<_>>(), found);
        }
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn what_has_another_name_is_found_under_it() {
        let items = quote!(
            type Checked = validate_cart;
            pub type Paid = self::charge;
            type Cart = Vec<u64>;
            type Of<T> = T;
            use self::{
                a::{ship as Shipped, b},
                charge as Charged,
            };
            use super::Context;
            fn f() {
                use self::x as Y;
            }
        );
        let found: Vec<String> = of(&items).iter().map(|Alias { name, of }| format!("{name} {of}")).collect();
        assert_eq!(found, ["Checked validate_cart", "Paid charge", "Charged charge", "Shipped ship"]);
    }
}
