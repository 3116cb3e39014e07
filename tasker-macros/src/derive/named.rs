//! `#[derive(Event)]` and `#[derive(Annotation)]`: a type and the name under which its values are stored.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Attribute, DeriveInput, Ident, LitStr, Path, Token};

use tasker_rules::names::own_event;

use crate::errors::Errors;

/// One of the two derives.
struct Kind {
    /// The trait.
    name: &'static str,
    /// The attribute that gives the name.
    attribute: &'static str,
    /// With its article.
    article: &'static str,
    rule: fn(&str) -> Result<(), String>,
    /// A name, where none can be made of the type's.
    example: &'static str,
}

const EVENT: Kind = Kind {
    name: "Event",
    attribute: "event",
    article: "an event",
    rule: event_name,
    example: "payment.authorized",
};
const ANNOTATION: Kind = Kind {
    name: "Annotation",
    attribute: "annotation",
    article: "an annotation",
    rule: annotation_name,
    example: "order.margin",
};

pub(crate) fn event(input: TokenStream) -> TokenStream {
    named(&EVENT, input)
}

pub(crate) fn annotation(input: TokenStream) -> TokenStream {
    named(&ANNOTATION, input)
}

/// What `#[event("payment.authorized", crate = path)]` says.
struct Written {
    name: Option<LitStr>,
    krate: TokenStream,
}

fn named(kind: &Kind, input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let implemented = errors.ok(syn::parse2(input)).map(|input: DeriveInput| {
        let written = attribute(kind, &input, &mut errors);
        not_generic(kind, &input, &mut errors);
        implementation(kind, &input, &written)
    });
    let errors = errors.into_compile_errors();
    quote!(#implemented #errors)
}

/// Also after a mistake, so that steps which take the type are not told that it is none.
fn implementation(kind: &Kind, input: &DeriveInput, written: &Written) -> TokenStream {
    let Written { name, krate } = written;
    let ident = &input.ident;
    let name = name.as_ref().map_or_else(|| suggestion(kind, ident), LitStr::value);
    let implemented = Ident::new(kind.name, Span::call_site());
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    let predicates = where_clause.map(|clause| &clause.predicates).into_iter().flatten();
    // What is generic is refused already, and not for its parameters.
    let stored = (!input.generics.params.is_empty()).then(|| quote!(Self: #krate::Payload));
    // At the type: what is missing for it to be stored is said there.
    quote_spanned! {Span::call_site().located_at(ident.span())=>
        #[automatically_derived]
        impl #impl_generics #krate::#implemented for #ident #ty_generics where #(#predicates,)* #stored {
            const NAME: &'static ::core::primitive::str = #name;
        }
    }
}

fn attribute(kind: &Kind, input: &DeriveInput, errors: &mut Errors) -> Written {
    let mut written = Written { name: None, krate: quote!(::tasker) };
    let mut attributes = input.attrs.iter().filter(|attr| attr.path().is_ident(kind.attribute));
    let Some(first) = attributes.next() else {
        errors.at(
            input.ident.span(),
            format!(
                "{} is stored under a name, and `{}` has none\nhelp: write `#[{}(\"{}\")]`",
                kind.article,
                input.ident.unraw(),
                kind.attribute,
                suggestion(kind, &input.ident)
            ),
        );
        return written;
    };
    read(kind, first, &input.ident, &mut written, errors);
    for again in attributes {
        errors.at(again.path().span(), format!("`#[{}(..)]` is given twice", kind.attribute));
    }
    written
}

fn read(kind: &Kind, attribute: &Attribute, ident: &Ident, written: &mut Written, errors: &mut Errors) {
    let example = format!("#[{}(\"{}\")]", kind.attribute, suggestion(kind, ident));
    let Ok(list) = attribute.meta.require_list() else {
        errors.at(
            attribute.path().span(),
            format!("expected the name of {} in parentheses: `{example}`", kind.article),
        );
        return;
    };
    let parser = |input: ParseStream<'_>| {
        let Ok(name) = input.parse::<LitStr>() else {
            return Err(input.error(format!("expected the name in quotes: `{example}`")));
        };
        written.name = Some(name);
        if input.is_empty() {
            return Ok(());
        }
        input.parse::<Token![,]>()?;
        if input.is_empty() {
            return Ok(());
        }
        if !input.peek(Token![crate]) {
            return Err(input.error("unknown option\nhelp: the option is `crate = path`"));
        }
        input.parse::<Token![crate]>()?;
        input.parse::<Token![=]>()?;
        written.krate = input.call(Path::parse_mod_style)?.into_token_stream();
        input.parse::<Option<Token![,]>>()?;
        Ok(())
    };
    errors.ok(parser.parse2(list.tokens.clone()));
    if let Some(name) = &written.name
        && let Err(message) = (kind.rule)(&name.value())
    {
        errors.at(name.span(), message);
    }
}

/// Each has one name and one schema.
fn not_generic(kind: &Kind, input: &DeriveInput, errors: &mut Errors) {
    if let Some(param) = input.generics.params.first() {
        errors.at(
            param.span(),
            format!("{} has one name and one schema, so its type cannot be generic", kind.article),
        );
    }
}

/// `PaymentIntentCreated` is `payment.intent_created`, or what else the rule lets through.
fn suggestion(kind: &Kind, ident: &Ident) -> String {
    let words = words(&ident.unraw().to_string());
    let (first, rest) = words.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
    let owned = format!("app.{}", words.join("_"));
    let named = if rest.is_empty() { owned.clone() } else { format!("{first}.{}", rest.join("_")) };
    [named, owned]
        .into_iter()
        .find(|name| (kind.rule)(name).is_ok())
        .unwrap_or_else(|| kind.example.to_owned())
}

/// The words of a name, in small letters: `HTTPError` is `http` and `error`.
fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    for (at, letter) in letters.iter().enumerate() {
        let follows = |next: Option<&char>| next.is_some_and(|next| next.is_lowercase());
        let before = at.checked_sub(1).and_then(|before| letters.get(before));
        // A capital begins a word, unless it stands in a run of them.
        let begins = letter.is_uppercase()
            && (!before.is_some_and(|before| before.is_uppercase()) || follows(letters.get(at + 1)));
        match words.last_mut() {
            Some(word) if !begins => word.extend(letter.to_lowercase()),
            _ => words.push(letter.to_lowercase().collect()),
        }
    }
    words
}

/// Words joined by dots, the first of which says whose event it is. The rule, and what is reserved, is Ruby Tasker's.
pub(crate) fn event_name(text: &str) -> Result<(), String> {
    const LONGEST: usize = 128;
    let word = |word: &str| {
        !word.is_empty()
            && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    if text.len() > LONGEST {
        return Err(format!("the name of an event has at most {LONGEST} characters"));
    }
    if !text.split('.').all(word) || !text.contains('.') {
        return Err(format!(
            "`{text}` is not the name of an event\n\
             help: write two or more words of `a-z`, `0-9` and `_` with a dot between them, such as \"payment.authorized\""
        ));
    }
    match own_event(text) {
        Some(first) => Err(format!(
            "names that begin with `{first}.` are those of Tasker's own events\n\
             help: begin with a word of your application, such as \"payment.authorized\""
        )),
        None => Ok(()),
    }
}

fn annotation_name(text: &str) -> Result<(), String> {
    crate::check::identity::label("name of an annotation")(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_event_has_a_dot_and_belongs_to_nobody_else() {
        for good in ["payment.authorized", "a.b.c", "order_2.line_added"] {
            assert_eq!(event_name(good), Ok(()), "{good}");
        }
        for bad in
            ["", "payment", "Payment.authorized", "payment.", ".a", "a..b", "a b.c", "task.done", "test.x"]
        {
            assert!(event_name(bad).is_err(), "{bad}");
        }
        assert!(event_name(&format!("a.{}", "b".repeat(127))).is_err());
    }

    #[test]
    fn a_name_is_suggested_from_the_type() {
        let suggested = |name: &str| suggestion(&EVENT, &Ident::new(name, Span::call_site()));
        assert_eq!(suggested("PaymentAuthorized"), "payment.authorized");
        assert_eq!(suggested("PaymentIntentCreated"), "payment.intent_created");
        assert_eq!(suggested("Margin"), "app.margin");
        assert_eq!(suggested("HTTPError"), "http.error");
        assert_eq!(suggested("OrderSentByDHL"), "order.sent_by_dhl");
    }

    #[test]
    fn no_name_is_suggested_that_is_refused() {
        let names =
            ["TaskCompleted", "Task", "Größe", "GrößeGeändert", "HTTP", "_Step", "Order2Paid", "order_paid"];
        for (kind, name) in names.iter().flat_map(|name| [(&EVENT, name), (&ANNOTATION, name)]) {
            let suggested = suggestion(kind, &Ident::new(name, Span::call_site()));
            assert_eq!((kind.rule)(&suggested), Ok(()), "{name}: {suggested}");
        }
        let event = |name: &str| suggestion(&EVENT, &Ident::new(name, Span::call_site()));
        assert_eq!(event("TaskCompleted"), "app.task_completed");
        assert_eq!(event("Größe"), "payment.authorized");
        assert_eq!(suggestion(&ANNOTATION, &Ident::new("Größe", Span::call_site())), "app.größe");
    }
}
