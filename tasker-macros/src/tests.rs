//! The whole expansion, outside a compiler. What rustc makes of it is in `tests/ui` of the repository.

#[expect(unreachable_pub, reason = "it is a module of a library elsewhere")]
#[path = "../../tests/src/snapshot.rs"]
mod snapshot;
mod text;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;

use crate::{derive, expansion};

fn order() -> TokenStream {
    quote! {
        /// Takes a cart to an order.
        pub mod order {
            #![allow(unused)]
            use super::{Cart, Context, Gateway};

            /// Adds up the cart.
            #[step(timeout = "15s", name = "validate")]
            pub async fn validate_cart(ctx: &Context) -> Result<Cart, StepError> { Ok(Cart { cents: 1 }) }

            #[step(depends_on = validate_cart, retry(limit = 3, base = "2s", max = "1m"), config = Pricing { fee: 30 })]
            async fn charge(cart: Output<validate_cart>, gateway: State<Gateway>, pricing: Config<Pricing>) -> Result<u64, StepError> {
                gateway.charge(cart.cents + pricing.fee).await
            }

            #[step(depends_on = validate_cart, when = |ctx| ctx.express)]
            async fn quote() -> Result<u64, StepError> { Ok(1) }

            #[step(depends_on = [validate_cart, charge, quote], no_retry)]
            async fn r#ship(ctx: &Context, cart: Output<validate_cart>, quote: Option<Output<quote>>, attempt: Attempt) -> Result<(), StepError> { Ok(()) }

            fn helper() {}

            #[workflow]
            mod parts {
                #[step]
                async fn weigh(ctx: &Context) -> Result<(), StepError> { Ok(()) }
            }
        }
    }
}

fn options() -> TokenStream {
    quote!(
        namespace = "shop",
        name = "order",
        version = "1.0.0",
        context = Context,
        concurrent = false,
        shape = 0x0,
        crate = ::tasker
    )
}

/// The texts of the errors in an expansion, those between its items. Deeper in them one stands only once more.
fn errors(expansion: &TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    let mut inside = false;
    for token in expansion.clone() {
        match token {
            TokenTree::Ident(ident) => inside |= ident == "compile_error",
            TokenTree::Group(group) if inside => {
                let text = syn::parse2::<syn::LitStr>(group.stream()).map(|text| text.value());
                found.extend(text);
                inside = false;
            }
            _ => {}
        }
    }
    found
}

/// Every identifier that an expansion has to keep: all but those of `#[step]`.
fn words(tokens: &TokenStream) -> Vec<String> {
    let is_step = |group: &Group| matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(word)) if word == "step");
    let mut found = Vec::new();
    let mut hash = false;
    for token in tokens.clone() {
        match &token {
            TokenTree::Ident(ident) => found.push(ident.to_string()),
            TokenTree::Group(group) if hash && group.delimiter() == Delimiter::Bracket && is_step(group) => {}
            TokenTree::Group(group) => found.extend(words(&group.stream())),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
        hash = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '#');
    }
    found
}

/// Every token stream that lacks one token, or all after it, at any depth.
fn damaged(tokens: &TokenStream) -> Vec<TokenStream> {
    let trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let mut all = Vec::new();
    for (at, tree) in trees.iter().enumerate() {
        let (before, after) = (&trees[..at], &trees[at + 1..]);
        all.push(before.iter().cloned().collect());
        all.push(before.iter().chain(after).cloned().collect());
        if let TokenTree::Group(group) = tree {
            for inner in damaged(&group.stream()) {
                let group = TokenTree::from(Group::new(group.delimiter(), inner));
                all.push(before.iter().chain([&group]).chain(after).cloned().collect());
            }
        }
    }
    all
}

#[test]
fn a_pin_that_does_not_hold_is_told_the_one_that_does() {
    let [error] = errors(&expansion(options(), order())).try_into().expect("one error");
    let (_, pin) = error.split_once("shape = 0x").expect("the number");
    let number = u64::from_str_radix(pin.trim_end_matches('`'), 16).expect("a number");
    let pinned = quote!(namespace = "shop", concurrent = false, shape = #number);
    assert_eq!(errors(&expansion(pinned, order())), [""; 0]);
}

#[test]
fn a_valid_workflow_has_no_errors_and_its_output_is_a_module() {
    let output = expansion(quote!(), order());
    assert_eq!(errors(&output), [""; 0]);
    let module: syn::ItemMod = syn::parse2(output).expect("one module");
    let (_, items) = module.content.expect("a body");
    let types: Vec<String> = items
        .iter()
        .filter_map(|item| match item {
            syn::Item::Enum(item) => Some(item.ident.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(types, ["validate_cart", "charge", "quote", "r#ship", "Workflow"]);
}

#[test]
fn a_skippable_step_is_part_of_the_graph_as_one_with_a_condition_is() {
    let pin = |options: TokenStream| {
        let module = quote!(
            mod order {
                type Context = ();
                #[step(#options)]
                async fn charge() -> Result<u8, StepError> {
                    Ok(1)
                }
            }
        );
        let [error] = errors(&expansion(quote!(shape = 0), module)).try_into().expect("one error");
        error
    };
    assert_eq!(pin(quote!(skippable)), pin(quote!(when = |_| true)));
    assert_ne!(pin(quote!(skippable)), pin(quote!()));
}

#[test]
fn damaged_modules_never_panic_and_keep_their_items() {
    for module in damaged(&order()) {
        let mut output = words(&expansion(options(), module.clone())).into_iter();
        for word in words(&module) {
            // In the same order, with what was generated between them.
            assert!(output.any(|other| other == word), "`{word}` is lost of {module}");
        }
    }
}

/// A module for `tests/ui/yaml/order.yaml` that says nothing itself but what the file cannot say.
#[cfg(feature = "yaml")]
fn of_a_file() -> TokenStream {
    quote! {
        mod order {
            type Context = ();
            #[step]
            async fn fetch_cart() -> Result<u64, StepError> { Ok(1) }
            #[step(retry(base = "1s"))]
            async fn reserve(cart: Output<fetch_cart>) -> Result<u64, StepError> { Ok(1) }
            #[step]
            async fn gift_wrap() -> Result<u64, StepError> { Ok(1) }
            #[step(timeout = "3s")]
            async fn charge() -> Result<u64, StepError> { Ok(1) }
            /// Brings it.
            #[step(depends_on = [gift_wrap, charge])]
            async fn ship(wrapped: Option<Output<gift_wrap>>, cart: Output<fetch_cart>) -> Result<u64, StepError> { Ok(1) }
        }
    }
}

#[cfg(feature = "yaml")]
#[test]
fn what_a_module_does_not_say_its_file_supplies() {
    // What an author without the file would have to write.
    let written = quote! {
        #[doc = "Takes a cart to an order."]
        mod order {
            type Context = ();
            #[doc = "Finds the cart."]
            #[step]
            async fn fetch_cart() -> Result<u64, StepError> { Ok(1) }
            #[step(depends_on = fetch_cart, retry(limit = 5, base = "1s"))]
            async fn reserve(cart: Output<fetch_cart>) -> Result<u64, StepError> { Ok(1) }
            #[step(name = "gift/wrap", depends_on = fetch_cart, skippable)]
            async fn gift_wrap() -> Result<u64, StepError> { Ok(1) }
            #[step(depends_on = fetch_cart, no_retry, timeout = "3s")]
            async fn charge() -> Result<u64, StepError> { Ok(1) }
            /// Brings it.
            #[step(depends_on = [gift_wrap, charge])]
            async fn ship(wrapped: Option<Output<gift_wrap>>, cart: Output<fetch_cart>) -> Result<u64, StepError> { Ok(1) }
        }
    };
    let identity = quote!(namespace = "shop", name = "order_process", version = "1.2.0");
    let [with_file, written] =
        [expansion(quote!(yaml = "../tests/ui/yaml/order.yaml"), of_a_file()), expansion(identity, written)];
    for expansion in [&with_file, &written] {
        assert_eq!(errors(expansion), [""; 0]);
    }
    let (with_file, written) = (impls(with_file), impls(written));
    assert_eq!(with_file.len(), written.len());
    for (with_file, written) in with_file.iter().zip(&written) {
        match with_file.split_once("of_file (") {
            None => assert_eq!(with_file, written),
            Some((before, after)) => {
                assert!(after.contains("/tests/ui/yaml/order.yaml"), "{after}");
                let before = before.trim_end().trim_end_matches(":: tasker :: __private ::").trim_end();
                assert!(written.starts_with(before), "{written}");
            }
        }
    }
}

/// What is generated of a workflow, each impl as text; the place of a name in `depends_on` is of no account.
#[cfg(feature = "yaml")]
fn impls(expansion: TokenStream) -> Vec<String> {
    use quote::ToTokens;

    let module: syn::ItemMod = syn::parse2(expansion).expect("one module");
    let items = module.content.map(|(_, items)| items).unwrap_or_default();
    let items = items.into_iter().filter(|item| matches!(item, syn::Item::Impl(_)));
    items.map(|item| item.to_token_stream().to_string()).collect()
}

#[cfg(feature = "yaml")]
#[test]
fn damaged_modules_of_a_file_never_panic() {
    for module in damaged(&of_a_file()) {
        expansion(quote!(yaml = "../tests/ui/yaml/order.yaml"), module);
    }
    for args in damaged(&quote!(yaml = "../tests/ui/yaml/order.yaml", version = "1.2.0")) {
        expansion(args, of_a_file());
    }
}

#[cfg(not(feature = "yaml"))]
#[test]
fn without_the_feature_a_file_is_one_mistake() {
    let [error] = errors(&expansion(quote!(yaml = "order.yaml"), order())).try_into().expect("one error");
    assert!(error.contains("needs the feature `yaml`"), "{error}");
}

#[test]
fn damaged_options_never_panic() {
    for args in damaged(&options()) {
        expansion(args, order());
    }
}

#[test]
fn odd_items_never_panic() {
    let odd = [
        quote!(),
        quote!(
            fn f() {}
        ),
        quote!(mod),
        quote!(
            mod order;
        ),
        quote!(
            mod order {}
            mod other {}
        ),
        quote!(mod order { #[step] }),
        quote!(mod order { #[step] #[step(,)] fn }),
        quote!(
            mod order {
                #[step(depends_on)]
                fn f();
                #[step(= 3)]
                async fn f<const N: usize>(self) -> [u8; { N }] {}
            }
        ),
        quote!(
            mod order {
                #[step = "a"]
                async fn a(&self, _: Option<Output<(a, u8)>>, _: &dyn Send) -> Result<!, ()> {}
                #[step[depends_on = a]]
                async fn b(_: Output<Option<a>>) -> &'static str {}
                macro_rules! steps {
                    () => {
                        #[step]
                        fn c() {}
                    };
                }
                impl A {
                    #[step(b)]
                    fn d() {}
                }
            }
        ),
        quote!(
            mod order {
                #[step(depends_on = [a, a, b], retry = 3)]
                async fn a(_: Output<a>, _: Output) {}
            }
        ),
    ];
    for item in odd {
        assert!(!errors(&expansion(quote!(), item.clone())).is_empty(), "{item}");
    }
}

#[test]
fn damaged_application_states_never_panic() {
    let state = quote! {
        #[app_state(crate = ::tasker)]
        pub struct App<'a, T: Clone, const N: usize> where T: Send { a: u8, b: Arc<T>, c: [u8; N] }
    };
    assert_eq!(errors(&derive::app_state(state.clone())), [""; 0]);
    for input in damaged(&state) {
        derive::app_state(input);
    }
}

#[test]
fn damaged_events_never_panic() {
    let event = quote! {
        #[derive(Clone)]
        #[event("payment.authorized", crate = ::tasker)]
        pub struct PaymentAuthorized { payment: String }
    };
    assert_eq!(errors(&derive::event(event.clone())), [""; 0]);
    for input in damaged(&event) {
        derive::event(input);
    }
}

#[test]
fn an_empty_group_is_damaged_in_two_ways() {
    let tokens = TokenStream::from(TokenTree::from(Group::new(Delimiter::Brace, TokenStream::new())));
    assert_eq!(damaged(&tokens).len(), 2);
}
