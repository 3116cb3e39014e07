use syn::{Attribute, Expr, ExprLit, Lit, Meta};

use super::fragments;

/// The first paragraph of an item's docs, as one line: what rustdoc shows in lists.
pub(super) fn summary(attrs: &[Attribute]) -> String {
    let texts = attrs.iter().filter(|attr| attr.path().is_ident("doc")).filter_map(|attr| match &attr.meta {
        Meta::NameValue(meta) => match fragments::expr(meta.value.clone()) {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    });
    // A block comment is one text of many lines.
    first_paragraph(&texts.collect::<Vec<_>>().join("\n"))
}

/// The first paragraph of a text, as one line.
pub(crate) fn first_paragraph(text: &str) -> String {
    let lines = text.lines().map(str::trim).skip_while(|line| line.is_empty());
    lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Whether an item has documentation.
pub(super) fn has(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| attr.path().is_ident("doc") && matches!(attr.meta, Meta::NameValue(_)))
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn the_first_paragraph_is_the_summary() {
        let module: syn::ItemMod = parse_quote! {
            ///
            /// Takes a cart
            /// to an order.
            ///
            /// More.
            #[allow(unused)]
            mod order {}
        };
        assert_eq!(summary(&module.attrs), "Takes a cart to an order.");
    }

    #[test]
    fn a_block_comment_has_lines_too() {
        let module: syn::ItemMod = parse_quote! {
            #[doc = "\n Takes a cart.\n\n More.\n"]
            mod order {}
        };
        assert_eq!(summary(&module.attrs), "Takes a cart.");
    }
}
