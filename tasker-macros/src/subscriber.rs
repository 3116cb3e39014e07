//! `#[subscriber]`: an `impl` block whose methods hear of events, each of its own.
//!
//! `parse` finds the methods in the block, of which only the signatures are read: bodies and all other items pass through. `check` makes
//! routes of them and collects every mistake. `expand` prints the block as it is and beside it the `impl Subscriber`, also after mistakes, so that nobody
//! is told that the type is no subscriber.

mod check;
mod expand;
mod parse;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Ident, Type};

use crate::errors::Errors;

/// A method that hears of an event.
struct Route {
    method: Ident,
    topic: Topic,
    heard: Heard,
    /// The `#[cfg]` of the method.
    cfg: TokenStream,
    /// What it returns, where something is written.
    returns: Option<Type>,
}

/// Which events a method hears of.
#[derive(Clone, PartialEq, Eq)]
enum Topic {
    /// One of Tasker's own.
    Own(&'static str),
    /// One of the application.
    Custom(String),
    /// All that begin so; the dot is a part of it.
    Prefix(String),
    All,
}

/// What a method takes.
enum Heard {
    /// The event with its id and time.
    Whole,
    /// The facts of one of Tasker's own events, as this type.
    Facts(Type),
    /// `CustomEvent`.
    Custom,
    /// What an event of the application says, as this type; with the name as it is written.
    Said(Type, syn::LitStr),
}

pub(crate) fn expansion(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let output = match parse::block(item.clone()) {
        Ok(block) => {
            let krate = check::krate(args, &mut errors);
            let model = check::model(&block, &mut errors);
            expand::subscriber(&block, &model, &krate)
        }
        Err(error) => {
            errors.push(error);
            item
        }
    };
    let errors = errors.into_compile_errors();
    quote!(#output #errors)
}
