use std::mem;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Signature, Token, Visibility};

use super::context::{self, Found};
use super::{Alias, aliases, docs, fragments, stray};

/// A module whose steps were found. Every other token is kept as it came.
///
/// The module is walked token by token. Only the signatures of steps are parsed: bodies and all other items pass
/// through, so that half-written code cannot break the macro and large bodies cost nothing.
pub(crate) struct Module {
    /// All before the body.
    pub(crate) head: TokenStream,
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    pub(crate) summary: String,
    /// Whether it has documentation, before its body or in it.
    pub(crate) documented: bool,
    /// The place of the body.
    pub(crate) braces: Span,
    /// The inner attributes, with which the body begins.
    pub(crate) inner: TokenStream,
    /// The items as they came.
    items: TokenStream,
    /// The items, without the `#[step]` attributes.
    pub(crate) body: Vec<Part>,
    pub(crate) steps: Vec<RawStep>,
    /// Where the items declare or import a type `Context`.
    pub(crate) context: Option<Found>,
    /// Whether there is a `use path::*`, through which a context may come unseen.
    pub(crate) globs: bool,
    /// The other names that its items have.
    pub(crate) aliases: Vec<Alias>,
    /// The attributes that are where they do not belong, which are taken out.
    pub(crate) misplaced: Vec<(Misplaced, Span)>,
}

/// Which attribute is where.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misplaced {
    /// A second `#[workflow]` on the module.
    Workflow,
    /// `#[step]` on the module.
    StepOnModule,
    /// `#[step]` deeper in the module.
    StepInside,
    /// `#[step]` in the text of a macro.
    StepOfMacro,
}

/// A part of the body.
pub(crate) enum Part {
    Tokens(TokenStream),
    /// The end of the attributes of a function with `#[step]`, which has documentation.
    Documented(Ident),
}

/// An item with `#[step]`.
pub(crate) struct RawStep {
    /// The word `step` of the attribute.
    pub(crate) attribute: Span,
    /// The words `step` of further attributes.
    pub(crate) repeated: Vec<Span>,
    pub(crate) args: TokenStream,
    pub(crate) summary: String,
    /// Whether it has documentation.
    pub(crate) documented: bool,
    pub(crate) cfg: Option<Span>,
    /// The lints that the function allows or expects, as `#[allow]`.
    pub(crate) allows: TokenStream,
    /// The function's name; none if this is no function.
    pub(crate) ident: Option<Ident>,
    pub(crate) vis: Visibility,
    pub(crate) signature: syn::Result<Signature>,
}

pub(crate) fn module(item: TokenStream) -> syn::Result<Module> {
    let parser = |input: ParseStream<'_>| {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis: Visibility = input.parse()?;
        if !input.peek(Token![mod]) {
            return Err(input.error("`#[workflow]` goes on a module: `mod order { ... }`"));
        }
        let keyword: Token![mod] = input.parse()?;
        let ident: Ident = input.parse()?;
        if !input.peek(syn::token::Brace) {
            return Err(syn::Error::new(
                ident.span(),
                format!("`#[workflow]` needs the body of the module in this file: `mod {ident} {{ ... }}`"),
            ));
        }
        let body: Group = input.parse()?;
        let rest: TokenStream = input.parse()?;
        if !rest.is_empty() {
            return Err(syn::Error::new_spanned(rest, "expected nothing after the module"));
        }
        let (misplaced, attrs) = misplaced(attrs);
        Ok((quote!(#(#attrs)* #vis #keyword #ident), vis, ident, attrs, misplaced, body))
    };
    let (head, vis, ident, attrs, misplaced, body) = parser.parse2(item)?;
    let items = fragments::opened(body.stream());
    let trees: Vec<TokenTree> = items.clone().into_iter().collect();
    let (inner, trees) = trees.split_at(end_of_inner_attributes(&trees));
    let inner: TokenStream = inner.iter().cloned().collect();
    let inside = Attribute::parse_inner.parse2(inner.clone()).unwrap_or_default();
    let mut module = Module {
        head,
        vis,
        ident,
        summary: docs::summary(if docs::has(&attrs) { &attrs } else { &inside }),
        documented: docs::has(&attrs) || docs::has(&inside),
        context: context::find(&items, "Context"),
        globs: context::has_glob(&items),
        aliases: aliases::of(&items),
        braces: body.span(),
        inner,
        items: items.clone(),
        body: Vec::new(),
        steps: Vec::new(),
        misplaced,
    };
    module.walk(trees);
    Ok(module)
}

impl Module {
    fn walk(&mut self, trees: &[TokenTree]) {
        let mut tokens = TokenStream::new();
        let mut at = 0;
        while at < trees.len() {
            let item = end_of_attributes(trees, at);
            if item == at {
                tokens.extend([self.other(&trees[..at], &trees[at])]);
                at += 1;
                continue;
            }
            let (steps, others) = separate(&trees[at..item]);
            if let Some(end) = stray::end_of_workflow(&trees[at..item], trees, item) {
                self.misplaced.extend(steps.iter().map(|(span, _)| (Misplaced::StepOnModule, *span)));
                tokens.extend(others);
                tokens.extend(trees[item..end].iter().cloned());
                at = end;
                continue;
            }
            at = item;
            let Some(((attribute, args), more)) = steps.split_first() else {
                tokens.extend(others);
                continue;
            };
            let end = end_of_signature(trees, at);
            let signature: TokenStream = trees[at..end].iter().cloned().collect();
            let repeated = more.iter().map(|(span, _)| *span).collect();
            let step = raw_step((*attribute, repeated), args.clone(), &others, &signature);
            if step.ident.is_some() {
                // A step that awaits nothing is async all the same: the runtime wants it so.
                tokens.extend(quote!(#[allow(clippy::unused_async)]));
            }
            tokens.extend(others);
            if let Some(ident) = step.ident.clone().filter(|_| step.documented) {
                self.body.push(Part::Tokens(mem::take(&mut tokens)));
                self.body.push(Part::Documented(ident));
            }
            tokens.extend(signature);
            self.steps.push(step);
            at = end;
        }
        self.body.push(Part::Tokens(tokens));
    }

    /// A token that is no part of a step's head. What it holds has no steps, though it may look so.
    fn other(&mut self, before: &[TokenTree], tree: &TokenTree) -> TokenTree {
        match tree {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace && !stray::is_called(before) => {
                let place =
                    if stray::is_rules(before) { Misplaced::StepOfMacro } else { Misplaced::StepInside };
                let (rest, found) = stray::take(group);
                self.misplaced.extend(found.into_iter().map(|span| (place, span)));
                TokenTree::Group(rest)
            }
            other => other.clone(),
        }
    }

    /// Where the items declare or import a type of this name.
    pub(crate) fn declares(&self, name: &Ident) -> Option<Found> {
        context::find(&self.items, &name.to_string())
    }

    /// Whether there is a function of this name that is no step.
    pub(crate) fn has_other_function(&self, name: &Ident) -> bool {
        self.body.iter().any(|part| {
            let Part::Tokens(tokens) = part else { return false };
            let trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
            trees.windows(2).any(|pair| match pair {
                [TokenTree::Ident(word), TokenTree::Ident(ident)] => word == "fn" && ident == name,
                _ => false,
            })
        })
    }
}

/// Separates what does not belong on a module from its other attributes.
fn misplaced(attrs: Vec<Attribute>) -> (Vec<(Misplaced, Span)>, Vec<Attribute>) {
    let mut misplaced = Vec::new();
    let mut others = Vec::new();
    for attr in attrs {
        let last = attr.path().segments.last().map(|last| &last.ident);
        match last {
            Some(word) if word == "workflow" => misplaced.push((Misplaced::Workflow, word.span())),
            Some(word) if word == "step" => misplaced.push((Misplaced::StepOnModule, word.span())),
            _ => others.push(attr),
        }
    }
    (misplaced, others)
}

fn raw_step(
    (attribute, repeated): (Span, Vec<Span>),
    args: TokenStream,
    others: &TokenStream,
    signature: &TokenStream,
) -> RawStep {
    let ident = name_of_function(signature);
    let attrs = Attribute::parse_outer.parse2(others.clone()).unwrap_or_default();
    let cfg =
        attrs.iter().find_map(|attr| attr.path().get_ident().filter(|name| *name == "cfg").map(Ident::span));
    let parser = |input: ParseStream<'_>| Ok((input.parse()?, input.parse()?));
    let (vis, signature) = match parser.parse2(signature.clone()) {
        Ok((vis, signature)) => (vis, Ok(signature)),
        Err(error) => (Visibility::Inherited, Err(error)),
    };
    let (allows, summary, documented) = (allows(&attrs), docs::summary(&attrs), docs::has(&attrs));
    RawStep { attribute, repeated, args, summary, documented, cfg, allows, ident, vis, signature }
}

fn allows(attrs: &[Attribute]) -> TokenStream {
    let allows = attrs.iter().filter(|attr| attr.path().is_ident("allow") || attr.path().is_ident("expect"));
    let allows = allows.filter_map(|attr| attr.meta.require_list().ok()).map(|list| {
        let lints = &list.tokens;
        quote!(#[allow(#lints)])
    });
    allows.collect()
}

/// The identifier after `fn`, which may exist even where the signature does not parse.
fn name_of_function(tokens: &TokenStream) -> Option<Ident> {
    let mut tokens = tokens.clone().into_iter();
    tokens.find(|token| matches!(token, TokenTree::Ident(word) if word == "fn"))?;
    match tokens.next()? {
        TokenTree::Ident(ident) => syn::parse2(ident.into_token_stream()).ok(),
        _ => None,
    }
}

/// The place of the body or of the semicolon. The braces of `Table<{ 3 }>` are not a body: something of the type follows.
fn end_of_signature(trees: &[TokenTree], start: usize) -> usize {
    let ends = |at: &usize| {
        let in_type = trees.get(at + 1).is_some_and(|next| is_punct(next, '>') || is_punct(next, ','));
        is_punct(&trees[*at], ';') || (fragments::is_body(&trees[*at]) && !in_type)
    };
    (start..trees.len()).find(ends).unwrap_or(trees.len())
}

fn end_of_inner_attributes(trees: &[TokenTree]) -> usize {
    let is_inner = |at: &[TokenTree]| {
        matches!(at, [hash, not, group]
            if is_punct(hash, '#') && is_punct(not, '!') && is_group(group, Delimiter::Bracket))
    };
    3 * trees.chunks(3).take_while(|at| is_inner(at)).count()
}

pub(super) fn end_of_attributes(trees: &[TokenTree], mut at: usize) -> usize {
    while at + 1 < trees.len() && is_punct(&trees[at], '#') && is_group(&trees[at + 1], Delimiter::Bracket) {
        at += 2;
    }
    at
}

/// Separates each `#[step(..)]` from the other attributes of an item.
fn separate(attrs: &[TokenTree]) -> (Vec<(Span, TokenStream)>, TokenStream) {
    let mut steps = Vec::new();
    let mut others = TokenStream::new();
    for attr in attrs.chunks(2) {
        match attr.last().and_then(as_step) {
            Some(step) => steps.push(step),
            None => others.extend(attr.iter().cloned()),
        }
    }
    (steps, others)
}

/// The span and the arguments of `[step]`, `[step(..)]`, `[tasker::step(..)]`. What is there instead of parentheses counts as
/// arguments, which are then wrong.
pub(super) fn as_step(attr: &TokenTree) -> Option<(Span, TokenStream)> {
    let (last, rest) = last_word(attr)?;
    if last != "step" {
        return None;
    }
    let args = match rest.as_slice() {
        [TokenTree::Group(args)] if args.delimiter() == Delimiter::Parenthesis => args.stream(),
        rest => rest.iter().cloned().collect(),
    };
    Some((last.span(), args))
}

/// Whether this is `[word ..]` or `[path::word ..]`.
pub(super) fn has_last_word(attr: &TokenTree, word: &str) -> bool {
    last_word(attr).is_some_and(|(last, _)| last == word)
}

/// The last word of the path of an attribute, and what comes after it.
fn last_word(attr: &TokenTree) -> Option<(Ident, Vec<TokenTree>)> {
    let TokenTree::Group(group) = attr else { return None };
    let trees = fragments::opened_first(group.stream());
    let in_path = |tree: &TokenTree| matches!(tree, TokenTree::Ident(_)) || is_punct(tree, ':');
    let end = trees.iter().position(|tree| !in_path(tree)).unwrap_or(trees.len());
    match trees[..end].last() {
        Some(TokenTree::Ident(last)) => Some((last.clone(), trees[end..].to_vec())),
        _ => None,
    }
}

pub(super) fn is_punct(tree: &TokenTree, c: char) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == c)
}

pub(super) fn is_group(tree: &TokenTree, delimiter: Delimiter) -> bool {
    matches!(tree, TokenTree::Group(group) if group.delimiter() == delimiter)
}
