use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;

use super::{Draft, config, identity, options, signature, synonyms, visibility};
use crate::errors::Errors;
use crate::model::{Readable, Retry, Step, Workflow};
use crate::parse::{self, Arg, Module, RawStep};

const OPTIONS: [&str; 8] =
    ["depends_on", "retry", "no_retry", "timeout", "when", "skippable", "config", "name"];

/// Where an attribute says what a file may say, too.
#[derive(Default)]
pub(super) struct Said {
    pub(super) depends_on: Option<Span>,
    pub(super) retry: Option<Span>,
    pub(super) skippable: Option<Span>,
    pub(super) config: bool,
    pub(super) name: bool,
}

impl Said {
    fn of(list: &[&Arg]) -> Self {
        let at =
            |keys: &[&str]| list.iter().find(|arg| keys.iter().any(|key| arg.is(key))).map(|arg| arg.span());
        Self {
            depends_on: at(&["depends_on"]),
            retry: at(&["retry", "no_retry"]),
            skippable: at(&["skippable", "when"]),
            config: at(&["config"]).is_some(),
            name: at(&["name"]).is_some(),
        }
    }
}

/// Reads one step, without its place among the others.
pub(super) fn draft(
    raw: &RawStep,
    ident: &Ident,
    (module, has_file): (&Module, bool),
    workflow: &mut Workflow,
    errors: &mut Errors,
) -> Draft {
    let step = Step {
        ident: ident.clone(),
        function_vis: raw.vis.clone(),
        vis: visibility::of_step(&raw.vis, &module.vis),
        allows: raw.allows.clone(),
        name: ident.unraw().to_string(),
        description: raw.summary.clone(),
        depends_on: Vec::new(),
        readable: Readable::These(Vec::new()),
        params: Vec::new(),
        returned: TokenStream::new(),
        retry: Retry::Default,
        timeout: None,
        dependent_system: None,
        config: None,
        when: None,
        optional: false,
        callable: true,
        unclear: None,
    };
    let mut draft = Draft {
        step,
        depends_on: Vec::new(),
        complete: true,
        reads: signature::Reads::default(),
        name_at: ident.span(),
        said: Said::default(),
        config: config::Parameter::Unclear,
        supplied: None,
    };
    let args = parse::args(raw.args.clone(), &OPTIONS, errors);
    draft.complete = args.complete;
    workflow.hints.extend(options::hint(&workflow.krate, "step", &args.list));
    let list = options::once(&args.list, errors);
    draft.complete &= list.len() == args.list.len();
    draft.said = Said::of(&list);
    let mut configuration = None;
    for arg in &list {
        match arg.key.to_string().as_str() {
            "depends_on" => {
                let (steps, complete) = options::steps(arg, errors);
                draft.depends_on = steps;
                draft.complete &= complete;
            }
            "retry" => draft.step.retry = options::retry(arg, &mut workflow.hints, &workflow.krate, errors),
            "no_retry" => {
                options::flag(arg, errors);
                draft.step.retry = Retry::Never;
            }
            "timeout" => draft.step.timeout = options::timeout(arg, errors),
            "when" => {
                draft.step.when =
                    options::function(arg, "is_express", errors).map(ToTokens::into_token_stream);
                draft.step.optional = true;
            }
            "skippable" => {
                options::flag(arg, errors);
                draft.step.optional = true;
            }
            "config" => {
                let value = options::expr(arg, "a value", "Pricing { .. }", errors);
                configuration = value.map(|value| (&arg.key, value));
            }
            "name" => stored_name(arg, &mut draft, errors),
            _ => {
                draft.complete = false;
                if !options::stray_step(arg, &args.list, module, errors) {
                    options::unknown(arg, &OPTIONS, synonyms::step, errors);
                }
            }
        }
    }
    if let Err(message) = identity::step_name(&draft.step.name) {
        errors.at(draft.name_at, message);
    }
    one_retry_policy(&list, errors);
    skippable_once(&list, errors);
    placement(raw, &mut draft.step, errors);
    match &raw.signature {
        Ok(signature) => {
            draft.reads = signature::check(signature, module, &workflow.context, &mut draft.step, errors);
        }
        Err(error) => {
            draft.step.callable = false;
            errors.push(error.clone());
        }
    }
    if draft.step.returned.is_empty() {
        draft.step.returned = wrong_result(&workflow.krate, errors);
    }
    let unread = list.iter().any(|arg| arg.is("config")) && configuration.is_none();
    // What a file says may be the configuration.
    let incomplete = unread || !draft.complete || has_file;
    draft.config = config::check(&mut draft.step, configuration, incomplete, errors);
    draft
}

/// What a step returns of which nobody knows what it returns, because of the last mistake.
pub(super) fn wrong_result(krate: &TokenStream, errors: &Errors) -> TokenStream {
    let ty = errors.wrong_type(krate).unwrap_or_else(|| quote!(()));
    quote!(::core::result::Result<#ty, #krate::StepError>)
}

fn stored_name(arg: &Arg, draft: &mut Draft, errors: &mut Errors) {
    if let Some(text) = options::text(arg, errors) {
        draft.step.name = text.value();
        draft.name_at = text.span();
    }
}

/// `no_retry` is a policy of its own.
fn one_retry_policy(list: &[&Arg], errors: &mut Errors) {
    let both = |arg: &&&Arg| arg.is("retry") || arg.is("no_retry");
    if let Some(second) = list.iter().filter(both).nth(1) {
        errors.at(second.span(), "`retry` and `no_retry` contradict each other\nhelp: keep one of them");
    }
}

/// A step with a condition may be skipped already.
fn skippable_once(list: &[&Arg], errors: &mut Errors) {
    let Some(flag) = list.iter().find(|arg| arg.is("skippable")) else { return };
    if list.iter().any(|arg| arg.is("when")) {
        errors.at(
            flag.span(),
            "a step with `when` is skippable already: operators may skip it, too\nhelp: leave `skippable` out",
        );
    }
}

/// What may stand beside `#[step]`.
fn placement(raw: &RawStep, step: &mut Step, errors: &mut Errors) {
    for again in &raw.repeated {
        errors.at(*again, "a function is one step\nhelp: put all options into one `#[step(..)]`");
    }
    // The graph is checked before `cfg` is evaluated, so it would be checked with steps that are not there.
    if let Some(cfg) = raw.cfg {
        step.callable = false;
        errors.at(
            cfg,
            "a step cannot be compiled conditionally: the graph is checked before `cfg`\n\
             help: put `#[cfg]` on the whole workflow, or skip the step at run time with `when`",
        );
    }
}
