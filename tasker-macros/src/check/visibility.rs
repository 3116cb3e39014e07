//! How visible the generated types are.
//!
//! What a type says of itself through a trait, as its context, its result or its parameters, must be as visible as the type: rustc
//! refuses anything else (E0446), for a `pub` type in a private module too. So a generated type is no more visible than
//! the module it is in, from further away than which nobody can name it, and as visible as what reads its result.

use syn::{Path, VisRestricted, Visibility, parse_quote};

/// The visibility of the type `Workflow`, written inside the module: where the module can be named.
pub(super) fn of_module(module: &Visibility) -> Visibility {
    match module {
        Visibility::Inherited => parse_quote!(pub(super)),
        Visibility::Restricted(VisRestricted { path, .. }) if is_relative(path) => {
            parse_quote!(pub(in super::#path))
        }
        Visibility::Public(_) | Visibility::Restricted(_) => module.clone(),
    }
}

/// The visibility of the type of a step: its function's, within the module's.
pub(super) fn of_step(function: &Visibility, module: &Visibility) -> Visibility {
    let within = match (function, module) {
        (Visibility::Inherited, _) | (_, Visibility::Public(_)) => true,
        (Visibility::Public(_), _) => false,
        // What begins at the module itself is no wider than the module; `crate` is, unless the module is as wide.
        (Visibility::Restricted(function), _) => is_relative(&function.path) || is_crate(module),
    };
    if within { function.clone() } else { of_module(module) }
}

/// Widens the visibility of a step to that of a step that reads its result, and so shows its type. Says whether it did.
pub(super) fn widen(read: &mut Visibility, reader: &Visibility) -> bool {
    let wider = reach(reader) > reach(read);
    if wider {
        read.clone_from(reader);
    }
    wider
}

/// How far something is visible, as far as that can be told: the module, an ancestor of it, the crate, everywhere.
fn reach(vis: &Visibility) -> u8 {
    match vis {
        Visibility::Inherited => 0,
        Visibility::Restricted(VisRestricted { path, .. }) if path.is_ident("self") => 0,
        Visibility::Restricted(_) if is_crate(vis) => 2,
        Visibility::Restricted(_) => 1,
        Visibility::Public(_) => 3,
    }
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
    use quote::ToTokens;

    use super::*;

    fn text(vis: &Visibility) -> String {
        vis.to_token_stream().to_string().replace(' ', "")
    }

    #[test]
    fn a_workflow_is_seen_where_its_module_is() {
        let inside = |module| text(&of_module(&module));
        assert_eq!(inside(parse_quote!(pub)), "pub");
        assert_eq!(inside(Visibility::Inherited), "pub(super)");
        assert_eq!(inside(parse_quote!(pub(crate))), "pub(crate)");
        assert_eq!(inside(parse_quote!(pub(super))), "pub(insuper::super)");
        assert_eq!(inside(parse_quote!(pub(in crate::shop))), "pub(incrate::shop)");
    }

    #[test]
    fn a_step_is_seen_no_further_than_its_module() {
        let step = |function, module| text(&of_step(&function, &module));
        assert_eq!(step(parse_quote!(pub), parse_quote!(pub)), "pub");
        assert_eq!(step(parse_quote!(pub), parse_quote!(pub(crate))), "pub(crate)");
        assert_eq!(step(parse_quote!(pub), Visibility::Inherited), "pub(super)");
        assert_eq!(step(parse_quote!(pub(crate)), Visibility::Inherited), "pub(super)");
        assert_eq!(step(parse_quote!(pub(super)), parse_quote!(pub(crate))), "pub(super)");
        assert_eq!(step(parse_quote!(pub(self)), Visibility::Inherited), "pub(self)");
        assert_eq!(step(Visibility::Inherited, parse_quote!(pub)), "");
    }

    #[test]
    fn a_result_is_seen_where_it_is_read() {
        let widened = |mut read: Visibility, reader| {
            widen(&mut read, &reader);
            text(&read)
        };
        assert_eq!(widened(Visibility::Inherited, parse_quote!(pub(super))), "pub(super)");
        assert_eq!(widened(parse_quote!(pub(super)), parse_quote!(pub(crate))), "pub(crate)");
        assert_eq!(widened(parse_quote!(pub), parse_quote!(pub(crate))), "pub");
        assert_eq!(widened(parse_quote!(pub(self)), Visibility::Inherited), "pub(self)");
    }
}
