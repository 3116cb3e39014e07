//! Prints the block, and the `impl Subscriber`.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use tasker_rules::names::event_type;

use super::check::Model;
use super::parse::Block;
use super::{Heard, Route, Topic};

pub(super) fn subscriber(block: &Block, model: &Model, krate: &TokenStream) -> TokenStream {
    let Block { head, cfg, generics, ty, braces, body, .. } = block;
    let mut user = Group::new(Delimiter::Brace, body.clone());
    user.set_span(*braces);
    let (impl_generics, _, predicates) = generics.split_for_impl();
    let predicates = predicates.map(|clause| &clause.predicates).into_iter().flatten();
    let needed = quote!(::core::marker::Send + ::core::marker::Sync + 'static);
    let shared = if model.borrows {
        // A type that borrows is told about. Asked of `Self`, rustc would go on about its lifetimes.
        let types = generics.type_params().map(|param| &param.ident);
        quote!(Self: 'static, #(#types: #needed,)*)
    } else if generics.params.is_empty() {
        TokenStream::new()
    } else {
        quote!(Self: #needed)
    };
    let names = model.routes.iter().map(|route| {
        let (name, cfg) = (route.topic.to_string(), &route.cfg);
        quote!(#cfg events.push(#name);)
    });
    let wants = model.wants.as_ref().map(|filter| {
        let (method, cfg) = (&filter.method, &filter.cfg);
        quote! {
            #cfg
            fn wants(&self, event: &#krate::events::TaskerEvent) -> ::core::primitive::bool {
                <#ty>::#method(self, event)
            }
        }
    });
    // First what names one event, then what names several, the most precise one first.
    let mut routes: Vec<&Route> = model.routes.iter().collect();
    routes.sort_by_key(|route| match &route.topic {
        Topic::Own(_) | Topic::Custom(_) => 0,
        Topic::Prefix(prefix) => usize::MAX - prefix.len(),
        Topic::All => usize::MAX,
    });
    let arms = routes.into_iter().map(|route| arm(route, ty, krate));
    let place = Span::call_site().located_at(ty.span());
    let implemented = quote_spanned! {place=>
        #cfg
        #[automatically_derived]
        #[#krate::async_trait]
        impl #impl_generics #krate::events::Subscriber for #ty where #(#predicates,)* #shared
    };
    quote! {
        // That a method takes what it does not use, and waits for nothing, is the subscriber's rule.
        #[allow(clippy::unused_self, clippy::unused_async)]
        #head #user

        #implemented {
            fn events(&self) -> #krate::__private::Vec<&::core::primitive::str> {
                #[allow(unused_mut)]
                let mut events = #krate::__private::Vec::new();
                #(#names)*
                events
            }

            #wants

            #[allow(clippy::unused_async)]
            async fn on_event(&self, event: &#krate::events::TaskerEvent) -> #krate::events::SubscriberResult {
                match &event.what {
                    #(#arms)*
                    _ => ::core::result::Result::Ok(()),
                }
            }
        }
    }
}

fn arm(route: &Route, ty: &syn::Type, krate: &TokenStream) -> TokenStream {
    let Route { method, topic, heard, cfg, returns } = route;
    let what = quote!(#krate::events::What);
    let pattern = match topic {
        Topic::Own(name) => {
            let variant = Ident::new(&event_type(name), Span::call_site());
            let facts = if matches!(heard, Heard::Whole) { quote!(_) } else { quote!(facts) };
            quote!(#what::#variant(#facts))
        }
        Topic::Custom(name) => quote!(#what::Custom(facts) if facts.name == #name),
        Topic::Prefix(prefix) => quote!(_ if event.name().starts_with(#prefix)),
        Topic::All => quote!(_),
    };
    let call = |argument: TokenStream| {
        // At what is returned: there rustc says that it cannot be.
        let place = Span::call_site().located_at(returns.as_ref().map_or(method.span(), Spanned::span));
        quote_spanned!(place=> #krate::__private::Returns::taken(<#ty>::#method(self, #argument).await))
    };
    let body = match heard {
        Heard::Whole => call(quote!(event)),
        Heard::Custom => call(quote!(facts)),
        Heard::Facts(ty) => {
            let place = Span::call_site().located_at(ty.span());
            call(quote_spanned!(place=> facts))
        }
        Heard::Said(ty, name) => {
            let text = name.value();
            let (at_type, at_name) =
                (Span::call_site().located_at(ty.span()), Span::call_site().located_at(name.span()));
            let read = quote_spanned!(at_type=> #krate::__private::read::<#ty>(facts)?);
            let message =
                format!("this is not the name of the event that the method takes: `#[event(\"{text}\")]`");
            let same = quote_spanned! {at_name=>
                const { ::core::assert!(#krate::__private::is_named::<#ty>(#text), #message) }
            };
            let call = call(quote!(&said));
            quote!({ #same; let said = #read; #call })
        }
    };
    quote!(#cfg #pattern => #body,)
}
