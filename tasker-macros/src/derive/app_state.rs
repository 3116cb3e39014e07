//! `#[derive(AppState)]`: one `Provides` for each field.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Field, Generics, Path, Type};

use crate::errors::Errors;
use crate::tokens::idents;

pub(crate) fn app_state(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let impls = errors.ok(syn::parse2(input)).map(|input: DeriveInput| {
        let krate = krate(&input, &mut errors);
        provides(&input, &krate, &mut errors)
    });
    let errors = errors.into_compile_errors();
    quote!(#impls #errors)
}

/// `#[app_state(crate = path)]`, or `::tasker`.
fn krate(input: &DeriveInput, errors: &mut Errors) -> TokenStream {
    let mut krate = quote!(::tasker);
    for attr in input.attrs.iter().filter(|attr| attr.path().is_ident("app_state")) {
        let parsed = attr.parse_nested_meta(|meta| {
            if !meta.path.is_ident("crate") {
                return Err(meta.error("unknown option\nhelp: the option is `crate = path`"));
            }
            krate = meta.value()?.call(Path::parse_mod_style)?.into_token_stream();
            Ok(())
        });
        errors.ok(parsed);
    }
    krate
}

fn provides(input: &DeriveInput, krate: &TokenStream, errors: &mut Errors) -> TokenStream {
    let Data::Struct(data) = &input.data else {
        let what = if matches!(input.data, Data::Enum(_)) { "an enum" } else { "a union" };
        errors.at(
            input.ident.span(),
            format!("`AppState` goes on a struct, not on {what}\nhelp: each field of the struct is what steps take as `State<Field>`"),
        );
        return TokenStream::new();
    };
    let ident = &input.ident;
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    let mut seen = HashSet::new();
    let mut output = TokenStream::new();
    for (member, field) in data.fields.members().zip(&data.fields) {
        let ty = &field.ty;
        if !one_of_each_type(field, &mut seen, errors) || !not_a_parameter(ty, &input.generics, errors) {
            continue;
        }
        // Without parameters such a bound would be checked, and reported, at the derive instead of the field.
        let bound = mentions_parameter(ty, &input.generics).then(|| quote!(#ty: ::core::clone::Clone));
        let bounds = where_clause.map(|clause| &clause.predicates).into_iter().flatten();
        let bounds = quote!(where #(#bounds,)* #bound);
        output.extend(quote_spanned! {Span::call_site().located_at(ty.span())=>
            #[automatically_derived]
            impl #impl_generics #krate::Provides<#ty> for #ident #ty_generics #bounds {
                fn provide(&self) -> #ty {
                    ::core::clone::Clone::clone(&self.#member)
                }
            }
        });
    }
    output
}

/// A step asks for a type, so there must be one answer. Types under two names are rustc's to tell.
fn one_of_each_type(field: &Field, seen: &mut HashSet<String>, errors: &mut Errors) -> bool {
    let first = seen.insert(field.ty.to_token_stream().to_string());
    if !first {
        errors.at(
            field.ty.span(),
            "another field has this type too, and a step that takes it could not tell which it gets\n\
             help: give one of them a type of its own, such as `struct Replica(Pool)`",
        );
    }
    first
}

fn mentions_parameter(ty: &Type, generics: &Generics) -> bool {
    let words = idents(&ty.to_token_stream());
    generics.type_params().any(|param| words.contains(&param.ident))
}

/// `Provides<T>` for a bare `T` would overlap with every other field where `T` is that field's type.
fn not_a_parameter(ty: &Type, generics: &Generics, errors: &mut Errors) -> bool {
    let Type::Path(path) = ty else { return true };
    let Some(name) =
        path.path.get_ident().filter(|name| generics.type_params().any(|param| param.ident == **name))
    else {
        return true;
    };
    errors.at(
        name.span(),
        format!(
            "a field of the type parameter `{name}` cannot be told from the other fields\n\
             help: wrap it: `Arc<{name}>`, or a struct of your own"
        ),
    );
    false
}
