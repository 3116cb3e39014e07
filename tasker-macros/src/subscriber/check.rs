//! From methods to routes, and what is wrong with them.

mod signature;
mod topic;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{GenericParam, Path, Token};

use super::parse::{Block, Method};
use super::{Route, Topic};
use crate::errors::Errors;
use crate::tokens;
use topic::Found;

/// What a block says.
pub(super) struct Model {
    pub(super) routes: Vec<Route>,
    /// The method `wants`, where there is one that can be asked.
    pub(super) wants: Option<Filter>,
    /// Whether the type has a lifetime, which is told already.
    pub(super) borrows: bool,
}

/// `fn wants(&self, event: &TaskerEvent) -> bool`.
pub(super) struct Filter {
    pub(super) method: syn::Ident,
    pub(super) cfg: TokenStream,
}

/// `crate = path`, or `::tasker`.
pub(super) fn krate(args: TokenStream, errors: &mut Errors) -> TokenStream {
    let mut krate = quote!(::tasker);
    let parser = |input: ParseStream<'_>| {
        if input.is_empty() {
            return Ok(());
        }
        if !input.peek(Token![crate]) {
            return Err(input.error(
                "unknown option\nhelp: the option is `crate = path`; what is heard stands on the methods",
            ));
        }
        input.parse::<Token![crate]>()?;
        input.parse::<Token![=]>()?;
        krate = input.call(Path::parse_mod_style)?.into_token_stream();
        input.parse::<Option<Token![,]>>()?;
        Ok(())
    };
    errors.ok(parser.parse2(args));
    krate
}

pub(super) fn model(block: &Block, errors: &mut Errors) -> Model {
    let lifetimes = block.generics.params.iter().filter_map(|param| match param {
        GenericParam::Lifetime(lifetime) => Some(lifetime.lifetime.span()),
        GenericParam::Type(_) | GenericParam::Const(_) => None,
    });
    let lifetimes: Vec<Span> = lifetimes.chain(tokens::borrow(&block.ty.to_token_stream())).collect();
    for &at in &lifetimes {
        errors.at(
            at,
            "a subscriber lives as long as the `Tasker`, so its type cannot borrow\n\
             help: let it own what it needs, or share it in an `Arc`",
        );
    }
    let mut model = Model { routes: Vec::new(), wants: None, borrows: !lifetimes.is_empty() };
    let (mut seen, mut meant): (Vec<(Topic, String)>, bool) = (Vec::new(), false);
    for method in &block.methods {
        if method.events.is_empty() && method.signature.ident == "wants" {
            model.wants = signature::filter(method, errors);
            continue;
        }
        let (topic, written) = match topic::of(method, errors) {
            Found::Nothing => continue,
            found => {
                meant = true;
                let Found::Topic(topic, written) = found else { continue };
                (topic, written)
            }
        };
        let name = method.signature.ident.unraw().to_string();
        // What `#[cfg]` takes out may be there in another way.
        if method.cfg.is_empty() {
            if let Some((_, other)) = seen.iter().find(|(other, _)| *other == topic) {
                errors.at(
                    written.span(),
                    format!(
                        "`{other}` hears of `{topic}` already\nhelp: an event has one method; let that one call the other"
                    ),
                );
                continue;
            }
            seen.push((topic.clone(), name));
        }
        if let Some((heard, returns)) = signature::read(method, &topic, &written, errors) {
            let (method, cfg) = (method.signature.ident.clone(), method.cfg.clone());
            model.routes.push(Route { method, topic, heard, cfg, returns });
        }
    }
    if !meant {
        errors.push(syn::Error::new_spanned(
            &block.ty,
            "this subscriber hears of nothing\n\
             help: name a method after an event, such as `async fn on_task_completed(&self, event: &TaskCompleted)`, \
             or give it one: `#[event(\"order.shipped\")]`",
        ));
    }
    model
}

impl std::fmt::Display for Topic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Own(name) => f.write_str(name),
            Self::Custom(name) => f.write_str(name),
            Self::Prefix(prefix) => write!(f, "{prefix}*"),
            Self::All => f.write_str("*"),
        }
    }
}

fn is_async(method: &Method) -> bool {
    method.signature.asyncness.is_some()
}
