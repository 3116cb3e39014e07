use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{FnArg, LitStr, Type};

use super::{identity, options, synonyms, visibility};
use crate::errors::Errors;
use crate::model::Workflow;
use crate::parse::{self, Module, fragments};
use crate::tokens;

const OPTIONS: [&str; 8] =
    ["namespace", "name", "version", "context", "concurrent", "shape", "yaml", "crate"];

/// What the attribute says itself, and where: a file must not say otherwise.
#[derive(Default)]
pub(super) struct Said {
    pub(super) namespace: Option<Span>,
    pub(super) name: Option<Span>,
    pub(super) version: Option<Span>,
    pub(super) concurrent: Option<Span>,
    pub(super) yaml: Option<Yaml>,
}

/// `yaml = "…"`
pub(super) struct Yaml {
    pub(super) key: Span,
    /// The path; none where something else stands, which is reported.
    pub(super) path: Option<LitStr>,
}

/// Reads `#[workflow(..)]`. The steps come later.
pub(super) fn options(args: TokenStream, module: &Module, errors: &mut Errors) -> (Workflow, Said) {
    let name = module.ident.unraw().to_string();
    let mut workflow = Workflow {
        krate: quote!(::tasker),
        vis: visibility::of_module(&module.vis),
        namespace: "default".to_owned(),
        name: name.clone(),
        version: "0.1.0".to_owned(),
        description: module.summary.clone(),
        context: TokenStream::new(),
        concurrent: true,
        file: None,
        pin: None,
        steps: Vec::new(),
        strangers: Vec::new(),
        warnings: TokenStream::new(),
        hints: TokenStream::new(),
    };
    let args = parse::args(args, &OPTIONS, errors);
    let mut complete = args.complete;
    let (mut said, mut context) = (Said::default(), None);
    for arg in options::once(&args.list, errors) {
        match arg.key.to_string().as_str() {
            "namespace" => {
                said.namespace = Some(arg.span());
                set(
                    &mut workflow.namespace,
                    options::text(arg, errors),
                    identity::label("namespace"),
                    errors,
                );
            }
            "name" => {
                said.name = Some(arg.span());
                set(&mut workflow.name, options::text(arg, errors), identity::label("name"), errors);
            }
            "version" => {
                said.version = Some(arg.span());
                set(&mut workflow.version, options::text(arg, errors), identity::version, errors);
            }
            "context" => context = options::ty(arg, errors).map(ToTokens::into_token_stream),
            "concurrent" => {
                said.concurrent = Some(arg.span());
                workflow.concurrent = options::boolean(arg, "false", errors).unwrap_or(true);
            }
            "shape" => workflow.pin = options::shape(arg, errors),
            "yaml" => {
                said.yaml = Some(Yaml { key: arg.span(), path: options::text(arg, errors).cloned() });
            }
            "crate" => {
                if let Some(path) = options::path(arg, errors) {
                    workflow.krate = path.into_token_stream();
                }
            }
            _ => {
                complete = false;
                options::unknown(arg, &OPTIONS, synonyms::workflow, errors);
            }
        }
    }
    if said.name.is_none()
        && said.yaml.is_none()
        && let Err(message) = identity::label("name")(&name)
    {
        errors.at(module.ident.span(), message);
    }
    workflow.hints.extend(options::hint(&workflow.krate, "workflow", &args.list));
    if !args.list.iter().any(|arg| arg.is("context")) {
        context = default_context(module, complete, errors);
    }
    workflow.context = context.or_else(|| errors.wrong_type(&workflow.krate)).unwrap_or_else(|| quote!(()));
    (workflow, said)
}

/// The type `Context` of the module.
fn default_context(module: &Module, complete: bool, errors: &mut Errors) -> Option<TokenStream> {
    match &module.context {
        Some(found) if found.private => {
            errors.at(
                found.ident.span(),
                "this is the context of the workflow, and only this module can see it: nobody could start a task\n\
                 help: make it as visible as the module, with `pub` or `pub(crate)`",
            );
            None
        }
        Some(found) => Some(found.ident.to_token_stream()),
        None => {
            if complete {
                no_context(module, errors);
            }
            None
        }
    }
}

/// Every task is started with a context, if only an empty one, so that it can be validated and shown.
fn no_context(module: &Module, errors: &mut Errors) {
    let named = match taken(module) {
        Some(ty) => format!("write `#[workflow(context = {ty})]`, if `{ty}` is what its tasks are started with"),
        None => "declare `struct Context { ... }` in the module, or name a type with `#[workflow(context = Type)]`".to_owned(),
    };
    let unseen = if module.globs { "\nnote: what comes through a glob import is not seen here" } else { "" };
    errors.at(
        module.ident.span(),
        format!("the workflow `{}` has no context\nhelp: {named}{unseen}", module.ident),
    );
}

/// The type under another name than `Context` that all steps take which take a reference.
fn taken(module: &Module) -> Option<String> {
    let signatures = module.steps.iter().filter_map(|step| step.signature.as_ref().ok());
    let mut types = signatures.flat_map(|signature| &signature.inputs).filter_map(|input| match input {
        FnArg::Typed(param) => match fragments::ty(&param.ty) {
            Type::Reference(reference) => Some(reference),
            _ => None,
        },
        FnArg::Receiver(_) => None,
    });
    let first = types.next()?;
    let Type::Path(path) = &*first.elem else { return None };
    let other = path.path.get_ident().is_none_or(|name| name != "Context");
    let text = tokens::text(&first.elem);
    (other && types.all(|ty| tokens::text(&ty.elem) == text)).then_some(text)
}

fn set(
    into: &mut String,
    text: Option<&syn::LitStr>,
    rule: impl Fn(&str) -> Result<(), String>,
    errors: &mut Errors,
) {
    let Some(text) = text else { return };
    *into = text.value();
    if let Err(message) = rule(into) {
        errors.at(text.span(), message);
    }
}
