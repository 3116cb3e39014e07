//! Which events a method hears of.

use proc_macro2::Span;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Ident, LitStr};
use tasker_rules::names::{EVENTS, own_event};
use tasker_rules::suggest::{nearest, quoted};

use super::super::Topic;
use super::super::parse::Method;
use super::is_async;
use crate::derive::event_name;
use crate::errors::Errors;

/// Where an event is named.
pub(super) enum Written {
    Method(Ident),
    Attribute(LitStr),
}

impl Written {
    pub(super) fn span(&self) -> Span {
        match self {
            Self::Method(ident) => ident.span(),
            Self::Attribute(name) => name.span(),
        }
    }
}

/// What is known of a method.
pub(super) enum Found {
    /// It is for others.
    Nothing,
    /// It is to hear of something that there is not.
    Wrong,
    Topic(Topic, Written),
}

pub(super) fn of(method: &Method, errors: &mut Errors) -> Found {
    let [attribute, more @ ..] = method.events.as_slice() else { return of_name(method, errors) };
    for again in more {
        errors.at(again.path().span(), "`#[event(..)]` is given twice");
    }
    let name = attribute.meta.require_list().and_then(|list| syn::parse2::<LitStr>(list.tokens.clone()));
    let Ok(name) = name else {
        errors.at(
            attribute.meta.to_token_stream().span(),
            "expected the name of an event in quotes: `#[event(\"order.shipped\")]`, or `#[event(\"*\")]` for all",
        );
        return Found::Wrong;
    };
    match errors.ok(topic(&name)) {
        Some(topic) => Found::Topic(topic, Written::Attribute(name)),
        None => Found::Wrong,
    }
}

/// `on_task_completed` hears of `task.completed`.
fn of_name(method: &Method, errors: &mut Errors) -> Found {
    let ident = &method.signature.ident;
    let name = ident.unraw().to_string();
    let Some(event) = name.strip_prefix("on_") else { return Found::Nothing };
    if let Some(known) = EVENTS.into_iter().find(|known| known.replace('.', "_") == event) {
        return Found::Topic(Topic::Own(known), Written::Method(ident.clone()));
    }
    // One that is not async may be anything.
    if !is_async(method) {
        return Found::Nothing;
    }
    errors.at(ident.span(), format!("there is no event for `{name}`\nhelp: {}", instead_of(&name, event)));
    Found::Wrong
}

/// What to write instead of a method `on_…`, which is of no event: one of Tasker's own if it speaks of tasks or steps, or else the
/// attribute that an event of the application needs.
fn instead_of(method: &str, event: &str) -> String {
    let (first, rest) = event.split_once('_').unwrap_or((event, ""));
    if nearest(first, ["step", "task"]).is_some() {
        let methods: Vec<String> = EVENTS.into_iter().map(method_of).collect();
        let methods = || methods.iter().map(String::as_str);
        return match nearest(method, methods()) {
            Some(near) => format!("did you mean `{near}`? `tasker::events` has a type for each event"),
            None => format!("the methods for Tasker's own events are {}", quoted(methods())),
        };
    }
    let named = format!("{first}.{rest}");
    let example = if event_name(&named).is_ok() { named } else { "order.shipped".to_owned() };
    format!(
        "an event of the application is named: `#[event(\"{example}\")]`; the methods for Tasker's own begin with `on_task_` or `on_step_`"
    )
}

fn method_of(event: &str) -> String {
    format!("on_{}", event.replace('.', "_"))
}

fn topic(name: &LitStr) -> syn::Result<Topic> {
    let text = name.value();
    let unknown = |own: &str| {
        let help = match nearest(&text, EVENTS) {
            Some(near) => format!("did you mean `{near}`? `tasker::events` has a type for each event"),
            None => format!("they are {}", quoted(EVENTS)),
        };
        let message =
            format!("there is no event `{text}`; what begins with `{own}.` is Tasker's own\nhelp: {help}");
        syn::Error::new(name.span(), message)
    };
    if text == "*" {
        return Ok(Topic::All);
    }
    if let Some(prefix) = text.strip_suffix('*').filter(|prefix| prefix.ends_with('.')) {
        return match own_event(prefix) {
            Some(own) if !EVENTS.iter().any(|known| known.starts_with(prefix)) => Err(unknown(own)),
            _ => Ok(Topic::Prefix(prefix.to_owned())),
        };
    }
    if let Some(known) = EVENTS.into_iter().find(|known| *known == text) {
        return Ok(Topic::Own(known));
    }
    match own_event(&text) {
        Some(own) => Err(unknown(own)),
        None => match event_name(&text) {
            Ok(()) => Ok(Topic::Custom(text)),
            Err(message) => Err(syn::Error::new(name.span(), message)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn help(event: &str) -> String {
        instead_of(&format!("on_{event}"), event)
    }

    #[test]
    fn a_slip_in_the_name_of_an_event_is_mended() {
        for (event, meant) in [
            ("task_complete", "on_task_completed"),
            ("tasks_failed", "on_task_failed"),
            ("setp_skiped", "on_step_skipped"),
        ] {
            assert!(help(event).starts_with(&format!("did you mean `{meant}`?")), "{}", help(event));
        }
    }

    #[test]
    fn what_speaks_of_neither_tasks_nor_steps_is_told_how_events_of_the_application_are_heard() {
        for (event, written) in [
            ("order_shipped", "order.shipped"),
            ("payment_was_authorized", "payment.was_authorized"),
            // Of these no name of an event can be made.
            ("shipped", "order.shipped"),
            ("workflow_completed", "order.shipped"),
        ] {
            let help = help(event);
            let told = format!("an event of the application is named: `#[event(\"{written}\")]`");
            assert!(help.starts_with(&told), "{event}: {help}");
        }
        let help = help("task_shipped_by_train");
        assert!(help.starts_with("the methods for Tasker's own events are `on_task_initialize_requested`, "));
    }
}
