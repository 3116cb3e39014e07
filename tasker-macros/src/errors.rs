//! Every mistake of one expansion, so that a build reports them all.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::quote;

/// The mistakes, in the order found.
#[derive(Default)]
pub(crate) struct Errors(Vec<syn::Error>);

impl Errors {
    pub(crate) fn push(&mut self, error: syn::Error) {
        self.0.push(error);
    }

    pub(crate) fn at(&mut self, span: Span, message: impl Display) {
        self.0.push(syn::Error::new(span, message));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The value, or a record of why there is none.
    pub(crate) fn ok<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// A type to stand where there is none because of the last mistake; `None` if there was no mistake.
    ///
    /// The mistake is an argument of it, as a value, so that it is a type of which rustc knows that it is wrong: it says nothing about
    /// what is done with its values. And it says one thing in one place only once.
    pub(crate) fn wrong_type(&self, krate: &TokenStream) -> Option<TokenStream> {
        let error = self.0.last()?.to_compile_error();
        Some(quote!(#krate::__private::Wrong<{ #error }>))
    }

    pub(crate) fn into_compile_errors(self) -> TokenStream {
        self.0.into_iter().map(syn::Error::into_compile_error).collect()
    }
}
