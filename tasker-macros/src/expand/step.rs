use std::time::Duration;

use proc_macro2::{Delimiter, Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::{after, before, generated, group, local, located};
use crate::model::{Config, Param, Retry, Step, Workflow};

/// The type of a step and what it implements.
pub(super) fn items(step: &Step, workflow: &Workflow) -> TokenStream {
    let krate = &workflow.krate;
    let Step { ident, vis, allows, name, readable, .. } = step;
    let shown = ident.unraw();
    let doc = format!("The step [`{shown}`](fn@{shown}), as a type: `Output<{shown}>`.");
    let returned =
        step.returned.clone().unwrap_or_else(|| quote!(::core::result::Result<(), #krate::StepError>));
    let returned = associated("Returned", &returned);
    let params = step.values().map(|(n, ty)| {
        let ty = associated("Ty", ty);
        quote! {
            #[automatically_derived]
            #allows
            impl #krate::Param<#n> for #ident {
                #ty
            }
        }
    });
    // At the function's name, where rustc then says that a type of this name is declared.
    let (start, nothing) = (before(ident.span()), group(Delimiter::Brace, quote!(), generated(ident.span())));
    let vis = located(&vis.to_token_stream(), start);
    let marker = quote_spanned! {start=>
        #[doc = #doc]
        #[allow(non_camel_case_types)]
        #vis enum #ident #nothing
    };
    let handler = handler(step, workflow);
    quote! {
        #marker

        #[automatically_derived]
        #allows
        impl #krate::Step for #ident {
            type Workflow = Workflow;
            #returned
            const NAME: &'static str = #name;
        }
        #(#[automatically_derived] impl #krate::DependsOn<#readable> for #ident {})*
        #(#params)*
        #handler
    }
}

/// `type Ty = State<Gateway>;`, at the type.
fn associated(name: &str, ty: &TokenStream) -> TokenStream {
    let end = after(ty.span());
    let (name, end) = (Ident::new(name, end), quote_spanned!(end=> ;));
    quote_spanned!(before(ty.span())=> type #name = #ty #end)
}

fn handler(step: &Step, workflow: &Workflow) -> TokenStream {
    let krate = &workflow.krate;
    let ident = &step.ident;
    let provided = step.values().map(|(n, _)| quote!(#krate::__private::ProvidesParam<#ident, #n>));
    let invocation = local("invocation");
    let run = if step.callable { run(step, workflow, &invocation) } else { quote!(::core::unreachable!()) };
    quote! {
        #[automatically_derived]
        impl<__A> #krate::StepHandler<__A> for #ident
        where
            __A: ::core::marker::Sync + 'static #(+ #provided)*
        {
            fn run<'a>(
                #invocation: &'a #krate::Invocation<'a, __A>,
            ) -> #krate::__private::BoxFuture<'a, ::core::result::Result<#krate::Json, #krate::StepError>> {
                #run
            }
        }
    }
}

fn run(step: &Step, workflow: &Workflow, invocation: &Ident) -> TokenStream {
    let krate = &workflow.krate;
    let ident = &step.ident;
    let mut lets = TokenStream::new();
    if step.takes_context() {
        let context = local("context");
        // At the type of the context, like what else is wrong with it: rustc says the same thing in one place only once.
        let place = workflow.context.span();
        let (start, end) = (before(place), after(place));
        let path = located(krate, start);
        let call = group(Delimiter::Parenthesis, quote!(#invocation), generated(place));
        let call = quote_spanned!(end=> > #call?);
        let read = quote_spanned!(start=> #path::__private::context::<Workflow, __A #call);
        lets.extend(quote!(let #context = #read;));
    }
    let args = step.params.iter().enumerate().map(|(n, param)| match param {
        // A context of another type is a mismatch, at the type that the step wrote.
        Param::Context(span) => {
            let context = Ident::new("context", Span::mixed_site().located_at(after(*span)));
            quote_spanned!(Span::mixed_site().located_at(before(*span))=> &#context)
        }
        Param::Value(_) | Param::Wrong => {
            let arg = local(&format!("arg{n}"));
            lets.extend(quote!(let #arg = #krate::__private::provide::<#ident, #n, __A>(#invocation)?;));
            quote!(#arg)
        }
    });
    let args: Vec<TokenStream> = args.collect();
    // A future that is not `Send` is reported at the name of the step.
    let (start, end, whole) = (before(ident.span()), after(ident.span()), generated(ident.span()));
    let body = quote_spanned! {start=>
        #lets
        #krate::__private::finish::<#ident>(#ident(#(#args),*).await)
    };
    let body = group(Delimiter::Brace, body, whole);
    let moving = quote_spanned!(end=> move #body);
    let future = group(Delimiter::Parenthesis, quote_spanned!(start=> async #moving), whole);
    let path = located(krate, start);
    quote_spanned!(start=> #path::__private::Box::pin #future)
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
    let config = step
        .config
        .as_ref()
        .map(|config| config_value(config, step, krate))
        .map(|value| quote!(.config(&#value)));
    quote!(#described #description #depends_on #retry #timeout #config)
}

/// The value, with the type of the parameter: another one is a mismatch, at the value.
fn config_value(config: &Config, step: &Step, krate: &TokenStream) -> TokenStream {
    let ident = &step.ident;
    let value = &config.value;
    let typed = local("config");
    let param = step.values().find(|(n, _)| Some(*n) == config.param);
    let expected = param.map(|(n, ty)| {
        let krate = located(krate, before(ty.span()));
        let target = Ident::new("Target", after(ty.span()));
        quote_spanned!(before(ty.span())=> : <<#ident as #krate::Param<#n>>::Ty as ::core::ops::Deref>::#target)
    });
    quote!({
        let #typed #expected = #value;
        #typed
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
