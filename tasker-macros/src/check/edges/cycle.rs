//! Steps that wait for each other.

use proc_macro2::Ident;
use syn::ext::IdentExt;

use crate::check::Draft;
use crate::check::options::same;
use crate::errors::Errors;

/// How many steps of a cycle are named.
const SHOWN: usize = 6;

/// One error for a cycle, at the first of its edges: any one of them may be the wrong one.
pub(super) fn report(cycle: &[usize], drafts: &[Draft], errors: &mut Errors) {
    let name = |at: usize| drafts[at].step.ident.unraw().to_string();
    let edges: Vec<(usize, usize)> =
        cycle.iter().copied().zip(cycle.iter().copied().cycle().skip(1)).collect();
    let written = |&(from, to): &(usize, usize)| {
        drafts[from].depends_on.iter().find(|dependency| same(dependency, &drafts[to].step.ident))
    };
    let Some(first) = edges.first().and_then(written) else { return };
    let hidden = edges.len().saturating_sub(SHOWN);
    let shown = if hidden > 1 { &edges[..SHOWN] } else { &edges[..] };
    let mut path: Vec<String> = shown.iter().map(|&(from, _)| format!("`{}`", name(from))).collect();
    if shown.len() < edges.len() {
        path.push(format!("{hidden} more"));
    }
    path.push(format!("`{}`", name(edges[0].0)));
    let path = path.join(" -> ");
    let notes = shown.iter().map(|edge| {
        let line = written(edge).and_then(line).map_or_else(String::new, |line| format!("line {line}: "));
        format!("note: {line}`{}` depends on `{}`\n", name(edge.0), name(edge.1))
    });
    let notes: String = notes.collect();
    errors.at(
        first.span(),
        format!("these steps wait for each other: {path}\n{notes}help: remove one of these dependencies"),
    );
}

/// The line of a token, where a compiler is there to know it.
fn line(ident: &Ident) -> Option<usize> {
    proc_macro::is_available().then(|| ident.span().unwrap().line())
}
