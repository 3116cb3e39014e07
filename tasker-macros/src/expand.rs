//! Prints the model.
//!
//! Each type that the user wrote is printed once, as the value of an associated type that has a bound: a type that
//! does not fit is one error, at that type. Everything else names the step and the number of the parameter.
//!
//! Whatever rustc may complain about has the place of the user's tokens that it comes from, but not their hygiene: names that are
//! generated can neither be seen nor shadowed, and lints take the code for what it is, generated.

mod step;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::model::Workflow;
use crate::parse::Module;

pub(crate) fn workflow(module: &Module, model: &Workflow) -> TokenStream {
    let Module { head, body, .. } = module;
    let Workflow { vis, name, warnings, .. } = model;
    let steps = model.steps.iter().map(|step| step::items(step, model));
    let doc = format!("The workflow `{name}`, as a type.");
    let definition = definition(model);
    let executable = executable(model);
    let hints = hints(&model.hints);
    let items = quote! {
        #body

        #(#steps)*

        #[doc = #doc]
        #vis enum Workflow {}

        #definition
        #executable
        #warnings
        #hints
    };
    // With the braces of the user, it is the user's module for rustc, and not a generated one.
    let mut items = Group::new(Delimiter::Brace, items);
    items.set_span(module.braces);
    quote!(#head #items)
}

fn definition(model: &Workflow) -> TokenStream {
    let Workflow { krate, namespace, name, version, description, context, .. } = model;
    let context = context.clone().unwrap_or_else(|| quote!(()));
    // All of it at the user's type, where rustc says that it cannot be stored or that it is not visible enough.
    let path = located(krate, context.span());
    let context = quote_spanned! {generated(context.span())=>
        type Context = <::core::result::Result<#context, #path::StepError> as #path::StepResult>::Stored;
    };
    let builder = local("builder");
    // Said where it is not the default.
    let concurrent = (!model.concurrent).then(|| quote!(.concurrent(false)));
    let specs = model.steps.iter().map(|step| step::spec(step, krate));
    quote! {
        #[automatically_derived]
        impl #krate::Workflow for Workflow {
            #context

            fn define() -> #krate::WorkflowBuilder {
                let #builder = #krate::__private::workflow::<Self>(#namespace, #name, #version).description(#description)#concurrent;
                // A statement each: one chain would nest as deep as there are steps.
                #(let #builder = #builder.step(#specs);)*
                #builder
            }
        }
    }
}

fn executable(model: &Workflow) -> TokenStream {
    let krate = &model.krate;
    let handlers = local("handlers");
    let steps: Vec<&Ident> = model.steps.iter().map(|step| &step.ident).collect();
    let count = steps.len();
    quote! {
        #[automatically_derived]
        impl<__A> #krate::Executable<__A> for Workflow
        where
            __A: 'static,
            #(#steps: #krate::StepHandler<__A>,)*
        {
            fn handlers() -> #krate::__private::Vec<(&'static ::core::primitive::str, #krate::__private::HandlerFn<__A>)> {
                let #handlers: [(&'static ::core::primitive::str, #krate::__private::HandlerFn<__A>); #count] = [
                    #((<#steps as #krate::Step>::NAME, <#steps as #krate::StepHandler<__A>>::run)),*
                ];
                #krate::__private::Vec::from(#handlers)
            }
        }
    }
}

/// Unfinished names, where only an editor sees them.
fn hints(hints: &TokenStream) -> Option<TokenStream> {
    (!hints.is_empty()).then(|| {
        quote! {
            #[allow(unexpected_cfgs)]
            const _: () = {
                #[cfg(rust_analyzer)]
                const _: () = { #hints };
            };
        }
    })
}

/// A name that the user's code can neither see nor shadow.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// The place of the user's token, for code that the user did not write.
fn generated(span: Span) -> Span {
    Span::call_site().located_at(span)
}

/// The same tokens at another place.
fn located(tokens: &TokenStream, span: Span) -> TokenStream {
    let place = |mut token: TokenTree| {
        token.set_span(token.span().located_at(span));
        token
    };
    tokens.clone().into_iter().map(place).collect()
}
