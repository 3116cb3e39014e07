//! Prints the model.
//!
//! Each type that the user wrote is printed once, as the value of an associated type that has a bound: a type that
//! does not fit is one error, at that type. Everything else names the step and the number of the parameter.
//!
//! Whatever rustc may complain about has the place of the user's tokens that it comes from, but not their hygiene: names that are
//! generated can neither be seen nor shadowed, and lints take the code for what it is, generated.
//!
//! No generated word lies exactly on a word of the user: an editor takes the one for the other, and would show and rename both. It stands
//! [`before`] the word or [`after`] it, and what rustc underlines is what lies between the first token and the last.

mod docs;
mod step;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::model::{File, Step, Workflow};
use crate::parse::{Module, Part};

pub(crate) fn workflow(module: &Module, model: &Workflow) -> TokenStream {
    let Module { head, inner, .. } = module;
    let Workflow { vis, namespace, name, version, warnings, .. } = model;
    let names = docs::Names::of(model);
    let graph = module.documented.then(|| docs::graph(model, &names, &module.vis));
    let body = body(module, &names);
    let steps = model.steps.iter().map(|step| step::items(step, model));
    let strangers = model.strangers.iter().map(|stranger| step::stranger(stranger, model));
    let doc = format!(" The workflow `{namespace}.{name}`, version {version}, as a type.");
    // Where the name of the module begins, and as a word of the user: there an editor leads to.
    let workflow = Ident::new("Workflow", start(module.ident.span()));
    let definition = definition(model);
    let executable = executable(model);
    let hints = hints(&model.hints);
    let items = quote! {
        #inner
        #graph

        #body

        #hints

        #(#steps)*
        #(#strangers)*

        #[doc = #doc]
        #vis enum #workflow {}

        #definition
        #executable
        #warnings
    };
    // With the braces of the user, it is the user's module for rustc, and not a generated one.
    let items = group(Delimiter::Brace, items, module.braces);
    quote!(#head #items)
}

/// The items of the user, with what is added to their documentation.
fn body(module: &Module, names: &docs::Names<'_>) -> TokenStream {
    let parts = module.body.iter().map(|part| match part {
        Part::Tokens(tokens) => tokens.clone(),
        Part::Documented(function) => docs::function(function, names, &module.vis).unwrap_or_default(),
    });
    parts.collect()
}

fn definition(model: &Workflow) -> TokenStream {
    let Workflow { krate, namespace, name, version, description, context, .. } = model;
    // All of it at the user's type, where rustc says that it cannot be stored or that it is not visible enough.
    let (start, end) = (before(context.span()), after(context.span()));
    let path = located(krate, start);
    let (declared, stored) = (Ident::new("Context", end), quote_spanned!(end=> Stored;));
    let context = quote_spanned! {start=>
        type #declared = <::core::result::Result<#context, #path::StepError> as #path::StepResult>::#stored
    };
    // Said where it is not the default.
    let concurrent = (!model.concurrent).then(|| quote!(.concurrent(false)));
    let steps = steps(model);
    let builder = quote! {
        #krate::__private::workflow::<Self, #steps>(#namespace, #name, #version, #description)#concurrent
    };
    // The text is part of the program: what runs is what was checked, and cargo builds anew when it changes.
    let builder = match &model.file {
        Some(File { path, absolute }) => {
            quote!(#krate::__private::of_file(#builder, #path, ::core::include_str!(#absolute)))
        }
        None => builder,
    };
    quote! {
        #[automatically_derived]
        impl #krate::Workflow for Workflow {
            #context

            fn define() -> #krate::WorkflowBuilder {
                #builder
            }
        }
    }
}

/// A list of all steps is one obligation for rustc, where a clause for each step would be looked through for each step.
fn executable(model: &Workflow) -> TokenStream {
    let krate = &model.krate;
    let steps = steps(model);
    quote! {
        #[automatically_derived]
        impl<__A: 'static> #krate::Executable<__A> for Workflow
        where
            #steps: #krate::__private::Handlers<__A>,
        {
            fn handlers() -> #krate::__private::Vec<(&'static ::core::primitive::str, #krate::__private::HandlerFn<__A>)> {
                #krate::__private::handlers::<#steps, __A>()
            }
        }
    }
}

/// The types of all steps: a tuple of them, or two lists half as long each.
fn steps(model: &Workflow) -> TokenStream {
    list(&model.steps, &model.krate)
}

fn list(steps: &[Step], krate: &TokenStream) -> TokenStream {
    /// The longest tuple that is a list of steps to `tasker`.
    const WIDTH: usize = 16;
    if steps.len() <= WIDTH {
        let steps = steps.iter().map(|step| &step.ident);
        return quote!((#(#steps,)*));
    }
    let (left, right) = steps.split_at(steps.len() / 2);
    let (left, right) = (list(left, krate), list(right, krate));
    quote!(#krate::__private::Join<#left, #right>)
}

/// What only an editor sees. It stands before what is generated, because an editor completes a name only in
/// front of the end that the code had without it.
fn hints(hints: &TokenStream) -> TokenStream {
    quote! {
        #[allow(unexpected_cfgs)]
        const _: () = {
            #[cfg(rust_analyzer)]
            const _: () = { #hints };
        };
    }
}

/// A name that the user's code can neither see nor shadow.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// The place of the user's token, for code that the user did not write.
fn generated(span: Span) -> Span {
    Span::call_site().located_at(span)
}

/// The place where the user's token begins, for code that the user did not write.
fn before(span: Span) -> Span {
    generated(start(span))
}

/// The place where the user's token ends, for code that the user did not write.
fn after(span: Span) -> Span {
    // Unit tests have no places.
    generated(if proc_macro::is_available() { span.unwrap().end().into() } else { span })
}

/// No more than the place where the user's token begins.
fn start(span: Span) -> Span {
    if proc_macro::is_available() { span.unwrap().start().into() } else { span }
}

fn group(delimiter: Delimiter, tokens: TokenStream, span: Span) -> Group {
    let mut group = Group::new(delimiter, tokens);
    group.set_span(span);
    group
}

/// The same tokens at another place.
fn located(tokens: &TokenStream, span: Span) -> TokenStream {
    let place = |mut token: TokenTree| {
        token.set_span(token.span().located_at(span));
        token
    };
    tokens.clone().into_iter().map(place).collect()
}
