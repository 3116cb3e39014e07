use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::{generated, local, located};
use crate::model::{Config, Param, Readable, Retry, Step, Workflow};

/// The type of a step and what it implements.
pub(super) fn items(step: &Step, workflow: &Workflow) -> TokenStream {
    let krate = &workflow.krate;
    let Step { ident, vis, allows, name, .. } = step;
    let shown = ident.unraw();
    let doc = format!("The step [`{shown}`](fn@{shown}), as a type: `Output<{shown}>`.");
    let returned =
        step.returned.clone().unwrap_or_else(|| quote!(::core::result::Result<(), #krate::StepError>));
    let returned = quote_spanned!(generated(returned.span())=> type Returned = #returned;);
    let presence = if step.optional { quote!(#krate::Maybe) } else { quote!(#krate::Always) };
    // The keyword has the place of the function's name, because rustc takes it for where generics could be added: what it says about an
    // unknown type is then word for word what it says of the function, and it says that only once.
    let keyword = Ident::new("impl", ident.span());
    let params = step.values().map(|(n, ty)| {
        quote_spanned! {generated(ty.span())=>
            #[automatically_derived]
            #allows
            #keyword #krate::Param<#n> for #ident {
                type Ty = #ty;
            }
        }
    });
    // At the function's name, where rustc then says that a type of this name is declared.
    let vis = located(&vis.to_token_stream(), ident.span());
    let marker = quote_spanned! {generated(ident.span())=>
        #[doc = #doc]
        #[allow(non_camel_case_types)]
        #vis enum #ident {}
    };
    let handler = handler(step, workflow);
    let edges = edges(step, krate);
    quote! {
        #marker

        #[automatically_derived]
        #allows
        #keyword #krate::Step for #ident {
            type Workflow = Workflow;
            #returned
            type Presence = #presence;
            const NAME: &'static ::core::primitive::str = #name;
        }
        #edges
        #(#params)*
        #handler
    }
}

/// What the step may read.
fn edges(step: &Step, krate: &TokenStream) -> TokenStream {
    let ident = &step.ident;
    match &step.readable {
        Readable::These(steps) => {
            quote!(#(#[automatically_derived] impl #krate::DependsOn<#steps> for #ident {})*)
        }
        Readable::Any => quote!(#[automatically_derived] impl<__D> #krate::DependsOn<__D> for #ident {}),
    }
}

fn handler(step: &Step, workflow: &Workflow) -> TokenStream {
    let krate = &workflow.krate;
    let ident = &step.ident;
    let provided = step.values().map(|(n, _)| quote!(#krate::ProvidesParam<#ident, #n>));
    let invocation = local("invocation");
    let run = if step.callable { run(step, workflow, &invocation) } else { never(step) };
    quote! {
        #[automatically_derived]
        impl<__A> #krate::StepHandler<__A> for #ident
        where
            __A: ::core::marker::Sync + 'static #(+ #provided)*
        {
            fn run<'a>(
                #invocation: &'a #krate::Invocation<'a, __A>,
            ) -> #krate::__private::BoxFuture<'a, ::core::result::Result<#krate::Ended, #krate::StepError>> {
                #run
            }
        }
    }
}

/// The body where the function cannot be called. Something is wrong then that was reported, or that rustc reports; if it should not,
/// because a name was not what it looked like, nothing that contains this is built.
fn never(step: &Step) -> TokenStream {
    let message = format!("`#[workflow]` does not understand the signature of the step `{}`", step.ident);
    quote! {
        const { ::core::panic!(#message) };
        ::core::unreachable!()
    }
}

fn run(step: &Step, workflow: &Workflow, invocation: &Ident) -> TokenStream {
    let krate = &workflow.krate;
    let ident = &step.ident;
    let mut lets = TokenStream::new();
    if step.takes_context() || step.when.is_some() {
        let context = local("context");
        // At the type of the context, like what else is wrong with it: rustc says the same thing in one place only once.
        let place = workflow.context.span();
        let path = located(krate, place);
        let read =
            quote_spanned!(generated(place)=> #path::__private::context::<Workflow, __A>(#invocation)?);
        lets.extend(quote!(let #context = #read;));
    }
    lets.extend(step.when.as_ref().map(|condition| when(condition, krate, invocation)));
    let args = step.params.iter().enumerate().map(|(n, param)| match param {
        // A context of another type is a mismatch, at the type that the step wrote.
        Param::Context(span) => {
            let context = Ident::new("context", Span::mixed_site().located_at(*span));
            quote_spanned!(generated(*span)=> &#context)
        }
        Param::Value(_) | Param::Wrong => {
            let arg = local(&format!("arg{n}"));
            lets.extend(quote!(let #arg = #krate::__private::provide::<#ident, #n, __A>(#invocation)?;));
            quote!(#arg)
        }
    });
    let args: Vec<TokenStream> = args.collect();
    // A future that is not `Send` is reported at the name of the step.
    let located_krate = located(krate, ident.span());
    quote_spanned! {generated(ident.span())=>
        #located_krate::__private::Box::pin(async move {
            #lets
            #krate::__private::finish::<#ident>(#ident(#(#args),*).await)
        })
    }
}

/// Skips the step where its condition does not hold. What is no such function is a mismatch, at what was written.
fn when(condition: &TokenStream, krate: &TokenStream, invocation: &Ident) -> TokenStream {
    let (context, when, ended) = (local("context"), local("when"), local("ended"));
    let place = condition.span();
    let path = located(krate, place);
    let typed = quote_spanned! {generated(place)=>
        let #when: fn(&<Workflow as #path::Workflow>::Context) -> ::core::primitive::bool = #condition;
    };
    quote! {
        #typed
        if let ::core::option::Option::Some(#ended) = #krate::__private::ended_by(#invocation, #when(&#context)) {
            return #ended;
        }
    }
}

/// The description of a step for the definition of its workflow.
pub(super) fn spec(step: &Step, krate: &TokenStream) -> TokenStream {
    let Step { ident, description, depends_on, .. } = step;
    let bare = quote!(#krate::__private::step::<#ident>());
    let described =
        step.values().fold(bare, |inner, (n, _)| quote!(#krate::__private::describe::<#ident, #n>(#inner)));
    let description = (!description.is_empty()).then(|| quote!(.description(#description)));
    let depends_on = (!depends_on.is_empty()).then(|| quote!(.depends_on([#(#depends_on),*])));
    let retry = retry(&step.retry, krate).map(|policy| quote!(.retry(#policy)));
    let timeout = step.timeout.map(|timeout| {
        let timeout = time(timeout, krate);
        quote!(.timeout(#timeout))
    });
    let spec = quote!(#described #description #depends_on #retry #timeout);
    match &step.config {
        Some(config) => configured(&spec, config, step, krate),
        None => spec,
    }
}

/// The value, with the type of the parameter: another one is a mismatch, at the value.
fn configured(spec: &TokenStream, config: &Config, step: &Step, krate: &TokenStream) -> TokenStream {
    let ident = &step.ident;
    let value = &config.value;
    let typed = local("config");
    let Some((n, ty)) = step.values().find(|(n, _)| Some(*n) == config.param) else {
        return quote!({
            let #typed = #value;
            #krate::StepSpec::config(#spec, &#typed)
        });
    };
    let located = located(krate, ty.span());
    let expected = quote_spanned! {generated(ty.span())=>
        <<#ident as #located::Param<#n>>::Ty as ::core::ops::Deref>::Target
    };
    // Through the parameter, which rustc has checked: a type that cannot be stored is an error there, and not another one here.
    quote!({
        let #typed: #expected = #value;
        #krate::__private::configure::<#ident, #n>(#spec, #krate::Config(#typed))
    })
}

/// Only what was given is printed; the rest is the default, whatever it is.
fn retry(retry: &Retry, krate: &TokenStream) -> Option<TokenStream> {
    match retry {
        Retry::Default => None,
        Retry::Never => Some(quote!(#krate::RetryPolicy::NEVER)),
        Retry::Policy { limit, base, max } => {
            let rest = (limit.is_none() || base.is_none() || max.is_none())
                .then(|| quote!(..#krate::RetryPolicy::DEFAULT));
            let limit = limit.map(|limit| quote!(limit: #limit,));
            let base = base.map(|base| time(base, krate)).map(|base| quote!(base: #base,));
            let max = max.map(|max| time(max, krate)).map(|max| quote!(max: #max,));
            Some(quote!(#krate::RetryPolicy { #limit #base #max #rest }))
        }
    }
}

fn time(duration: Duration, krate: &TokenStream) -> TokenStream {
    // Attributes name no more than ten years.
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    quote!(#krate::__private::Duration::from_millis(#millis))
}
