//! `#[step]` where no step can be: deeper in the module, or in the text of a macro.
//!
//! They are taken out, so that rustc does not look for an attribute that nobody imported.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};

use super::module::{as_step, end_of_attributes, has_last_word, is_group, is_punct};

/// The body of an item without the `#[step]`s in it, and where they were. The workflows in it keep theirs.
pub(super) fn take(body: &Group) -> (Group, Vec<Span>) {
    let mut found = Vec::new();
    let stream = without_steps(&body.stream(), &mut found);
    if found.is_empty() {
        return (body.clone(), found);
    }
    let mut rest = Group::new(body.delimiter(), stream);
    rest.set_span(body.span());
    (rest, found)
}

fn without_steps(tokens: &TokenStream, found: &mut Vec<Span>) -> TokenStream {
    let trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let mut kept = TokenStream::new();
    let mut at = 0;
    while at < trees.len() {
        let item = end_of_attributes(&trees, at);
        let attributes = &trees[at..item];
        if let Some(end) = end_of_workflow(attributes, &trees, item) {
            kept.extend(trees[at..end].iter().cloned());
            at = end;
        } else if attributes.is_empty() {
            kept.extend([match &trees[at] {
                TokenTree::Group(group) if !is_called(&trees[..at]) => {
                    let (rest, more) = take(group);
                    found.extend(more);
                    TokenTree::Group(rest)
                }
                other => other.clone(),
            }]);
            at += 1;
        } else {
            for attribute in attributes.chunks(2) {
                match attribute.last().and_then(as_step) {
                    Some((span, _)) => found.push(span),
                    None => kept.extend(attribute.iter().cloned()),
                }
            }
            at = item;
        }
    }
    kept
}

/// Where the module ends that stands here, if it is a workflow by its attributes: that one looks for its steps itself.
pub(super) fn end_of_workflow(attributes: &[TokenTree], trees: &[TokenTree], item: usize) -> Option<usize> {
    if !attributes.iter().any(|attribute| has_last_word(attribute, "workflow")) {
        return None;
    }
    let body = item + trees[item..].iter().position(|tree| is_group(tree, Delimiter::Brace))?;
    let is_module = |tree: &TokenTree| matches!(tree, TokenTree::Ident(word) if word == "mod");
    trees[item..body].iter().any(is_module).then_some(body + 1)
}

/// Whether what follows is the input of a macro, which may mean anything.
pub(super) fn is_called(before: &[TokenTree]) -> bool {
    matches!(before, [.., TokenTree::Ident(_), bang] if is_punct(bang, '!'))
}

/// Whether what follows is the text of a macro: `macro_rules! name`.
pub(super) fn is_rules(before: &[TokenTree]) -> bool {
    matches!(before, [.., TokenTree::Ident(word), bang, TokenTree::Ident(_)] if word == "macro_rules" && is_punct(bang, '!'))
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn taken(body: TokenStream) -> (String, usize) {
        let (rest, found) = take(&Group::new(Delimiter::Brace, body));
        (rest.stream().to_string(), found.len())
    }

    #[test]
    fn steps_are_taken_out_at_any_depth() {
        let (rest, found) = taken(quote!(
            #[step]
            fn a() {}
            mod b {
                #[doc = "kept"]
                #[tasker::step(depends_on = a)]
                fn c() {}
            }
        ));
        assert_eq!(found, 2);
        assert!(rest.contains("kept") && !rest.contains("step"), "{rest}");
    }

    #[test]
    fn workflows_and_the_input_of_macros_are_left_alone() {
        let nothing = quote!(
            #[workflow]
            mod order {
                #[step]
                fn a() {}
            },
            call! {
                #[step]
                fn b() {}
            }
        );
        assert_eq!(taken(nothing.clone()), (nothing.to_string(), 0));
    }
}
