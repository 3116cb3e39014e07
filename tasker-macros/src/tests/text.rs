//! The text of an expansion, as it is kept in the repository.

use quote::ToTokens;
use syn::{Attribute, File, Item, Meta};

use super::snapshot;
use crate::expansion;

/// The program whose expansion is kept; that it compiles is tested where it is.
const ORDER: &str = include_str!("../../../tests/expansion/order.rs");

#[test]
fn the_expansion_of_a_workflow_that_uses_everything_is_as_it_is_kept() {
    let program = syn::parse_file(ORDER).expect("a program");
    let module = program.items.into_iter().find_map(|item| match item {
        Item::Mod(module) => Some(module),
        _ => None,
    });
    let mut module = module.expect("a module");
    let is_workflow =
        |attr: &Attribute| attr.path().segments.last().is_some_and(|last| last.ident == "workflow");
    let at = module.attrs.iter().position(is_workflow).expect("the attribute");
    let Meta::List(arguments) = module.attrs.remove(at).meta else { panic!("it has arguments") };
    let expanded = expansion(arguments.tokens, module.into_token_stream());
    let file: File = syn::parse2(expanded).expect("Rust");
    let head = "// The expansion of the module in `order.rs`. `TASKER_SNAPSHOTS=overwrite cargo test -p tasker-macros text` writes it anew.\n\n";
    snapshot::check(
        "../tests/expansion/order.expanded.rs",
        &format!("{head}{}", prettyplease::unparse(&file)),
    );
}
