//! What a step's function may look like.

mod params;
mod returned;

use proc_macro2::{Span, TokenStream};
use syn::spanned::Spanned;
use syn::{Safety, Signature, Type};

pub(super) use params::{NamedType, Read, Reads, looks_like_a_type, wrapped};

use crate::errors::Errors;
use crate::model::{Param, Step};
use crate::parse::Module;
use crate::tokens;

/// Reports what is wrong with a signature.
struct Report<'a> {
    /// The type of the context, as it is written.
    context: &'a TokenStream,
    module: &'a Module,
    step: &'a mut Step,
    errors: &'a mut Errors,
}

impl Report<'_> {
    fn wrong(&mut self, span: Span, message: impl std::fmt::Display) {
        self.errors.at(span, message);
        self.step.callable = false;
    }

    fn is_context(&self, ty: &Type) -> bool {
        tokens::text(self.context) == tokens::text(ty)
    }
}

/// Fills in what the signature says of a step, parameters and result.
pub(super) fn check(
    signature: &Signature,
    module: &Module,
    context: &TokenStream,
    step: &mut Step,
    errors: &mut Errors,
) -> Reads {
    let mut reads = Reads::default();
    let mut report = Report { context, module, step, errors };
    qualifiers(signature, &mut report);
    if generics(signature, &mut report) {
        // Their types name what exists in the function only.
        report.step.params = signature.inputs.iter().map(|_| Param::Wrong).collect();
    } else {
        returned::read(signature, &mut report);
        for input in &signature.inputs {
            let param = params::read(input, &mut reads, &mut report);
            report.step.params.push(param);
        }
    }
    reads
}

/// The runtime awaits every step in the same way.
fn qualifiers(signature: &Signature, report: &mut Report<'_>) {
    let name = &signature.ident;
    if signature.asyncness.is_none() {
        report.wrong(
            signature.fn_token.span,
            format!(
                "the step `{name}` must be an `async fn`\n\
                 help: run blocking work with `tokio::task::spawn_blocking` inside it"
            ),
        );
    }
    // Nobody but the runtime calls it, and the runtime promises nothing.
    if let Safety::Unsafe(token) = &signature.safety {
        report.wrong(
            token.span,
            format!(
                "the step `{name}` cannot be `unsafe`: the runtime calls it\n\
                 help: put an `unsafe` block inside it"
            ),
        );
    }
    if let Some(abi) = &signature.abi {
        report.wrong(
            abi.extern_token.span,
            format!("the step `{name}` cannot be `extern`: it is called from Rust"),
        );
    }
}

/// A step runs by its name, so nobody chooses types for it.
fn generics(signature: &Signature, report: &mut Report<'_>) -> bool {
    let Some(first) = signature.generics.params.first() else { return false };
    report.wrong(
        first.span(),
        format!("the step `{}` cannot be generic: the runtime calls it by its name", signature.ident),
    );
    true
}
