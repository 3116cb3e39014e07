use std::time::Duration;

use proc_macro2::{Delimiter, Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::{after, before, generated, group, local, located};
use crate::model::{Config, Param, Readable, Retry, Step, Stranger, Workflow};
use crate::parse::fragments;
use crate::tokens;

/// The type of a step and what it implements.
pub(super) fn items(step: &Step, workflow: &Workflow) -> TokenStream {
    let krate = &workflow.krate;
    let Step { ident, vis, allows, name, .. } = step;
    let shown = ident.unraw();
    let doc = format!(" The step [`{shown}`](fn@{shown}), as a type: `Output<{shown}>`.");
    let returned = associated("Returned", &step.returned);
    let presence = if step.optional { quote!(#krate::Maybe) } else { quote!(#krate::Always) };
    // The keyword has the place of the function's name, because rustc takes it for where generics could be added: what it says about an
    // unknown type is then word for word what it says of the function, and it says that only once.
    let keyword = Ident::new("impl", ident.span());
    let params = step.values().map(|(n, ty)| {
        let (number, ty) = (number(n, krate), associated("Ty", ty));
        quote! {
            #[automatically_derived]
            #allows
            #keyword #krate::Param<#number> for #ident {
                #ty
            }
        }
    });
    // At the function's name, where rustc then says that a type of this name is declared.
    let (start, nothing) = (before(ident.span()), group(Delimiter::Brace, quote!(), generated(ident.span())));
    let vis = located(&vis.to_token_stream(), start);
    let marker = quote_spanned! {start=>
        #[doc = #doc]
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #vis enum #ident #nothing
    };
    let edges = edges(step, krate);
    let function = function(step, workflow);
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
        #function
    }
}

/// The type of a function that is named as if it were a step, so that rustc does not say that there is none.
pub(super) fn stranger(stranger: &Stranger, workflow: &Workflow) -> TokenStream {
    let Workflow { krate, vis, .. } = workflow;
    let Stranger { ident, returned } = stranger;
    let name = ident.unraw().to_string();
    quote! {
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #vis enum #ident {}

        #[automatically_derived]
        impl #krate::Step for #ident {
            type Workflow = Workflow;
            type Returned = #returned;
            type Presence = #krate::Always;
            const NAME: &'static ::core::primitive::str = #name;
        }
    }
}

/// `type Ty = State<Gateway>;`, at the type.
fn associated(name: &str, ty: &TokenStream) -> TokenStream {
    let end = after(ty.span());
    let (name, end) = (Ident::new(name, end), quote_spanned!(end=> ;));
    quote_spanned!(before(ty.span())=> type #name = #ty #end)
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

/// The function, as `tasker` calls it.
fn function(step: &Step, workflow: &Workflow) -> TokenStream {
    let krate = &workflow.krate;
    let Step { ident, allows, .. } = step;
    let sees = if sees_context(step) { quote!(Workflow) } else { quote!(()) };
    let numbers = step.values().map(|(n, _)| number(n, krate)).rev();
    let params = numbers.fold(quote!(()), |rest, number| quote!((#number, #rest)));
    let describe = describe(step, krate);
    let when = step.when.as_ref().map(|condition| when(condition, workflow));
    let call = call(step, workflow);
    quote! {
        #[automatically_derived]
        #allows
        impl #krate::__private::StepFn for #ident {
            type Sees = #sees;
            type Params = #params;
            #describe
            #when
            #call
        }

        // For all steps at once it would not show which one takes what an application does not have.
        #[automatically_derived]
        impl<__A> #krate::RunsIn<__A> for #ident where #params: #krate::__private::Provided<#ident, __A> {}
    }
}

fn sees_context(step: &Step) -> bool {
    step.takes_context() || step.when.is_some()
}

/// What is printed where the function cannot be called. Something is wrong then that was reported, or that rustc reports; if it should
/// not, because a name was not what it looked like, nothing that runs the step is built.
fn never(step: &Step) -> TokenStream {
    let name = step.ident.unraw();
    let Some(ty) = &step.unclear else {
        let message = format!("`#[workflow]` does not understand the signature of the step `{name}`");
        return quote!(
            const CALLABLE: () = ::core::panic!(#message);
        );
    };
    let message = format!(
        "the step `{name}` takes `{}`, and `#[workflow]` cannot see that this is the result of a step\n\
         help: write the name of the step's function, as in `Output<fetch_order>`",
        tokens::text(fragments::plain(ty.clone()))
    );
    let message = group(Delimiter::Parenthesis, quote!(#message), generated(ty.span()));
    let panic = quote_spanned!(before(ty.span())=> ::core::panic!);
    quote!(const CALLABLE: () = #panic #message;)
}

fn call(step: &Step, workflow: &Workflow) -> TokenStream {
    let krate = &workflow.krate;
    let ident = &step.ident;
    let signature = |context: &TokenStream, values: &TokenStream| {
        // What takes the context is at its type, like what else is wrong with it: rustc says the same thing in one place only once.
        let place = if sees_context(step) { workflow.context.span() } else { Span::call_site() };
        let (start, end) = (before(place), after(place));
        let (path, end) = (located(krate, start), quote_spanned!(end=> >));
        quote_spanned! {start=>
            fn call(
                #context: &#path::__private::Seen<Self #end,
                #values: #path::__private::Values<Self>,
            ) -> #path::__private::BoxFuture<'_, Self::Returned #end
        }
    };
    if !step.callable {
        let (never, signature) = (never(step), signature(&quote!(_), &quote!(_)));
        return quote!(#never #signature { ::core::unreachable!() });
    }
    let context = if step.takes_context() { local("context").to_token_stream() } else { quote!(_) };
    let arg = |n: usize| local(&format!("arg{n}"));
    let values = step.values().map(|(n, _)| arg(n)).rev();
    let signature = signature(&context, &values.fold(quote!(()), |rest, arg| quote!((#arg, #rest))));
    let args = step.params.iter().enumerate().map(|(n, param)| match param {
        // A context of another type is a mismatch, at the type that the step wrote.
        Param::Context(span) => {
            let context = Ident::new("context", Span::mixed_site().located_at(after(*span)));
            quote_spanned!(Span::mixed_site().located_at(before(*span))=> &*#context)
        }
        Param::Value(_) | Param::Wrong => arg(n).to_token_stream(),
    });
    // A future that is not `Send` is reported at the name of the step.
    let start = before(ident.span());
    let path = located(krate, start);
    let future = quote_spanned!(start=> #ident(#(#args),*));
    // The inner parentheses are for rustc, which takes what is in them to be as long as they are.
    let whole = |tokens| group(Delimiter::Parenthesis, tokens, generated(ident.span()));
    let future = whole(whole(future).to_token_stream());
    let call = quote_spanned!(start=> #path::__private::boxed #future);
    quote!(#signature { #call })
}

/// Asks the condition. What is no such function is a mismatch, at what was written.
fn when(condition: &TokenStream, workflow: &Workflow) -> TokenStream {
    let krate = &workflow.krate;
    let (context, when) = (local("context"), local("when"));
    let (start, end) = (before(condition.span()), Ident::new("bool", after(condition.span())));
    let path = located(krate, start);
    let typed = quote_spanned! {start=>
        let #when: fn(&<Workflow as #path::Workflow>::Context) -> ::core::primitive::#end = #condition;
    };
    let (start, end) = (before(workflow.context.span()), after(workflow.context.span()));
    let (path, seen, end) = (located(krate, start), quote_spanned!(end=> >), Ident::new("bool", end));
    let signature = quote_spanned! {start=>
        fn when(#context: &#path::__private::Seen<Self #seen) -> ::core::primitive::#end
    };
    quote! {
        #signature {
            #typed
            #when(#context)
        }
    }
}

/// What the attribute says, for the definition of the workflow; nothing where it says nothing.
fn describe(step: &Step, krate: &TokenStream) -> Option<TokenStream> {
    let Step { description, depends_on, .. } = step;
    let retry = retry(&step.retry, krate).map(|policy| quote!(.retry(#policy)));
    let timeout = step.timeout.map(|timeout| {
        let timeout = time(timeout, krate);
        quote!(.timeout(#timeout))
    });
    let told = !description.is_empty() || !depends_on.is_empty();
    let system = step.dependent_system.as_ref().map(|system| quote!(.dependent_system(#system)));
    if !told && retry.is_none() && timeout.is_none() && system.is_none() && step.config.is_none() {
        return None;
    }
    let described = local("step");
    let said = if told {
        quote!(#krate::__private::told(#described, #description, &[#(#depends_on),*]))
    } else {
        described.to_token_stream()
    };
    let spec = quote!(#said #retry #timeout #system);
    let spec = match &step.config {
        Some(config) => configured(&spec, config, step, krate),
        None => spec,
    };
    Some(quote! {
        fn describe(#described: #krate::StepSpec) -> #krate::StepSpec {
            #spec
        }
    })
}

/// The type that stands for the number of a parameter.
fn number(n: usize, krate: &TokenStream) -> TokenStream {
    /// How many have a name.
    const NAMED: usize = 8;
    if n < NAMED {
        let name = format_ident!("P{n}");
        quote!(#krate::__private::#name)
    } else {
        quote!(#krate::__private::Nth<#n>)
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
    let (number, start, target) =
        (number(n, krate), before(ty.span()), Ident::new("Target", after(ty.span())));
    let path = located(krate, start);
    let expected = quote_spanned! {start=>
        <<#ident as #path::Param<#number>>::Ty as ::core::ops::Deref>::#target
    };
    // Through the parameter, which rustc has checked: a type that cannot be stored is an error there, and not another one here.
    quote!({
        let #typed: #expected = #value;
        #krate::__private::configure::<#ident, #number>(#spec, #krate::Config(#typed))
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
