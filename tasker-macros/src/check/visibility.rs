//! How visible the generated types are.
//!
//! What a public type says of itself, as its context or its result, must be public: rustc refuses anything else (E0446), for a
//! `pub` type in a private module too. So a generated type is no more visible than the module it is in; nobody could
//! name it from further away.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Path, VisRestricted, Visibility};

/// The visibility of the type `Workflow`, written inside the module: where the module can be named.
pub(super) fn of_module(module: &Visibility) -> TokenStream {
    match module {
        Visibility::Public(_) => quote!(pub),
        Visibility::Inherited => quote!(pub(super)),
        Visibility::Restricted(restricted) => {
            let path = &restricted.path;
            if is_relative(path) { quote!(pub(in super::#path)) } else { module.to_token_stream() }
        }
    }
}

/// The visibility of the type of a step: its function's, within the module's.
pub(super) fn of_step(function: &Visibility, module: &Visibility) -> TokenStream {
    let within = match (function, module) {
        (Visibility::Inherited, _) | (_, Visibility::Public(_)) => true,
        (Visibility::Public(_), _) => false,
        // What begins at the module itself is no wider than the module; `crate` is, unless the module is as wide.
        (Visibility::Restricted(function), _) => is_relative(&function.path) || is_crate(module),
    };
    if within { function.to_token_stream() } else { of_module(module) }
}

fn is_crate(vis: &Visibility) -> bool {
    matches!(vis, Visibility::Restricted(VisRestricted { path, .. }) if path.is_ident("crate"))
}

/// `self` and `super` mean something else one level further down.
fn is_relative(path: &Path) -> bool {
    path.segments.first().is_some_and(|first| first.ident == "super" || first.ident == "self")
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn inside(module: &Visibility) -> String {
        of_module(module).to_string().replace(' ', "")
    }

    #[test]
    fn a_workflow_is_seen_where_its_module_is() {
        assert_eq!(inside(&parse_quote!(pub)), "pub");
        assert_eq!(inside(&Visibility::Inherited), "pub(super)");
        assert_eq!(inside(&parse_quote!(pub(crate))), "pub(crate)");
        assert_eq!(inside(&parse_quote!(pub(super))), "pub(insuper::super)");
        assert_eq!(inside(&parse_quote!(pub(in crate::shop))), "pub(incrate::shop)");
    }

    #[test]
    fn a_step_is_seen_no_further_than_its_module() {
        let step = |function: Visibility, module: Visibility| {
            of_step(&function, &module).to_string().replace(' ', "")
        };
        assert_eq!(step(parse_quote!(pub), parse_quote!(pub)), "pub");
        assert_eq!(step(parse_quote!(pub), parse_quote!(pub(crate))), "pub(crate)");
        assert_eq!(step(parse_quote!(pub), Visibility::Inherited), "pub(super)");
        assert_eq!(step(parse_quote!(pub(crate)), Visibility::Inherited), "pub(super)");
        assert_eq!(step(parse_quote!(pub(super)), parse_quote!(pub(crate))), "pub(super)");
        assert_eq!(step(parse_quote!(pub(self)), Visibility::Inherited), "pub(self)");
        assert_eq!(step(Visibility::Inherited, parse_quote!(pub)), "");
    }
}
