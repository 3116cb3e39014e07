//! What a method that hears of an event may look like.

use syn::spanned::Spanned;
use syn::{FnArg, ReturnType, Safety, Signature, Type};
use tasker_rules::names::{EVENTS, event_type};

use super::super::parse::Method;
use super::super::{Heard, Topic};
use super::topic::Written;
use super::{Filter, is_async};
use crate::errors::Errors;
use crate::tokens;

/// What a method takes and returns; nothing if it cannot be called.
pub(super) fn read(
    method: &Method,
    topic: &Topic,
    written: &Written,
    errors: &mut Errors,
) -> Option<(Heard, Option<Type>)> {
    let (signature, before) = (&method.signature, errors.len());
    if !is_async(method) {
        let at = signature.fn_token.span();
        errors.at(
            at,
            format!("a method that hears of an event is `async`\nhelp: write `async fn {}`", signature.ident),
        );
    }
    plain(signature, errors);
    let expected = expected(topic);
    let heard =
        only_event(signature, &expected, errors).and_then(|ty| heard(ty, topic, written, &expected, errors));
    let returns = match &signature.output {
        ReturnType::Default => None,
        ReturnType::Type(_, ty) => Some((**ty).clone()),
    };
    heard.filter(|_| errors.len() == before).map(|heard| (heard, returns))
}

/// `fn wants(&self, event: &TaskerEvent) -> bool`.
pub(super) fn filter(method: &Method, errors: &mut Errors) -> Option<Filter> {
    const HELP: &str = "help: write `fn wants(&self, event: &TaskerEvent) -> bool`, or give it another name if it is no filter";
    let (signature, before) = (&method.signature, errors.len());
    if let Some(word) = &signature.asyncness {
        errors
            .at(word.span(), format!("`wants` says which events are delivered, and is not `async`\n{HELP}"));
    }
    plain(signature, errors);
    if let Some(ty) = only_event(signature, "TaskerEvent", errors)
        && known(ty).is_some_and(|name| name != "TaskerEvent")
    {
        errors.at(ty.span(), format!("`wants` is asked about every event, as `&TaskerEvent`\n{HELP}"));
    }
    let at = match &signature.output {
        ReturnType::Type(_, ty) if is(ty, "bool") => None,
        ReturnType::Default => Some(signature.ident.span()),
        ReturnType::Type(_, ty) => Some(ty.span()),
    };
    if let Some(at) = at {
        errors.at(at, format!("`wants` returns whether the event is delivered, a `bool`\n{HELP}"));
    }
    (errors.len() == before).then(|| Filter { method: signature.ident.clone(), cfg: method.cfg.clone() })
}

/// The type that a method takes, as an example.
fn expected(topic: &Topic) -> String {
    match topic {
        Topic::Own(name) => event_type(name),
        Topic::Custom(_) => "CustomEvent".to_owned(),
        Topic::Prefix(_) | Topic::All => "TaskerEvent".to_owned(),
    }
}

fn plain(signature: &Signature, errors: &mut Errors) {
    if let Some(param) = signature.generics.params.first() {
        errors.at(param.span(), "Tasker calls the methods of a subscriber, so they cannot be generic");
    }
    if let Safety::Unsafe(word) = &signature.safety {
        errors.at(word.span(), "Tasker calls the methods of a subscriber, so they cannot be `unsafe`");
    }
}

/// What stands behind the `&` of the only parameter beside `&self`.
fn only_event<'m>(signature: &'m Signature, expected: &str, errors: &mut Errors) -> Option<&'m Type> {
    let name = &signature.ident;
    let help = format!("help: write `{name}(&self, event: &{expected})`");
    let mut inputs = signature.inputs.iter();
    let mut next = inputs.next();
    if let Some(FnArg::Receiver(receiver)) = next {
        if tokens::text(receiver).replace(' ', "") != "&self" {
            errors.at(
                receiver.span(),
                format!("a subscriber is shared by all deliveries, so its methods take `&self`\n{help}"),
            );
        }
        next = inputs.next();
    } else {
        errors.at(name.span(), format!("`{name}` is called on the subscriber and has no `&self`\n{help}"));
    }
    let Some(FnArg::Typed(event)) = next else {
        errors.at(name.span(), format!("`{name}` does not take the event\n{help}"));
        return None;
    };
    for more in inputs {
        errors.at(more.span(), format!("there is nothing to take but the event\n{help}"));
    }
    match &*event.ty {
        Type::Reference(reference) if reference.mutability.is_none() => Some(&reference.elem),
        other => {
            errors.at(other.span(), format!("an event is shared, so it is taken by reference\n{help}"));
            None
        }
    }
}

fn heard(ty: &Type, topic: &Topic, written: &Written, expected: &str, errors: &mut Errors) -> Option<Heard> {
    if is(ty, "TaskerEvent") {
        return Some(Heard::Whole);
    }
    let message = match (topic, written) {
        // Another name of the type is rustc's to judge.
        (Topic::Own(_), _) if is(ty, expected) || known(ty).is_none() => {
            return Some(Heard::Facts(ty.clone()));
        }
        (Topic::Custom(_), _) if is(ty, "CustomEvent") => return Some(Heard::Custom),
        (Topic::Custom(_), Written::Attribute(name)) if known(ty).is_none() => {
            return Some(Heard::Said(ty.clone(), name.clone()));
        }
        (Topic::Prefix(_) | Topic::All, _) => format!(
            "`{topic}` is more than one event, and they come as `&TaskerEvent`\nhelp: write `event: &TaskerEvent`"
        ),
        (Topic::Custom(_), _) => format!(
            "`{topic}` is an event of the application\n\
             help: write `event: &CustomEvent`, or the type that derives `Event` with this name"
        ),
        (Topic::Own(_), _) => format!(
            "`{topic}` comes as `&{expected}`\n\
             help: write `event: &{expected}`, or `&TaskerEvent`, which has its id and its time, too"
        ),
    };
    errors.at(ty.span(), message);
    None
}

/// Whether a type has this name, with whatever path.
fn is(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == name))
}

/// The type of events that has this name.
fn known(ty: &Type) -> Option<String> {
    let own = EVENTS.into_iter().map(event_type);
    own.chain(["CustomEvent".to_owned(), "TaskerEvent".to_owned()]).find(|name| is(ty, name))
}
