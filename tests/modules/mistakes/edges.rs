//! Mistakes in `depends_on`, and in which results are read.

use fastrand::Rng;

use super::{Expected, Text, Times, any, error, error_beginning, expected, one_of};
use crate::graph::distance;
use crate::module::{Edge, Listing, Module, When};
use crate::names::{bare, misspell, spell};
use crate::place::mark;

pub(super) fn unknown_dependency(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = one_of(module, rng, |step| !module.steps[step].depends_on.is_empty())?;
    let edge = rng.usize(..module.steps[step].depends_on.len());
    let typo = typo(module, module.steps[step].depends_on[edge].to, rng)?;
    module.steps[step].depends_on[edge].text = mark(&typo);
    error_beginning(format!("no step `{typo}` in this workflow\nhelp: a step with a similar name exists: `"))
}

pub(super) fn unknown_name(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = any(module, rng);
    add_edge(module, step, step, &mark("nothing_that_is_there"), rng);
    let own = &module.steps[step].ident;
    let others: Vec<String> = module
        .steps
        .iter()
        .filter(|other| other.ident != *own)
        .map(|other| format!("`{}`", other.ident))
        .collect();
    let help = match others.as_slice() {
        [] => format!("`{own}` is the only step"),
        [other] => format!("the other step is {other}"),
        others => format!("the other steps are {}", others.join(", ")),
    };
    error(format!("no step `nothing_that_is_there` in this workflow\nhelp: {help}"))
}

/// A step waits for one that waits for it.
pub(super) fn cycle(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let last = one_of(module, rng, |step| !module.steps[step].depends_on.is_empty())?;
    let first = rng.choice(module.ancestors(last))?;
    let text = spell(&module.steps[last].ident, rng);
    add_edge(module, first, last, &text, rng);
    // Every cycle goes through the new edge. The error is at the first step that is on one, on the first of its edges that is on its
    // shortest one.
    let edges = module.edges();
    let cycle = |step: usize| Some(distance(&edges, step, first)? + distance(&edges, last, step)?);
    let at = (0..module.steps.len()).find(|&step| cycle(step).is_some())?;
    let back = |edge: usize| distance(&edges, edge, at);
    let shortest = edges[at].iter().filter_map(|&edge| back(edge)).min()?;
    let edge = edges[at].iter().position(|&edge| back(edge) == Some(shortest))?;
    let next = edges[at][edge];
    let written = &mut module.steps[at].depends_on[edge].text;
    *written = mark(written);
    error_beginning(format!(
        "these steps wait for each other: `{}` -> `{}`",
        module.steps[at].bare(),
        module.steps[next].bare()
    ))
}

pub(super) fn self_dependency(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = any(module, rng);
    let own = spell(&module.steps[step].ident, rng);
    add_edge(module, step, step, &mark(&own), rng);
    error_beginning(format!("the step `{own}` depends on itself\nhelp: "))
}

pub(super) fn listed_twice(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = one_of(module, rng, |step| !module.steps[step].depends_on.is_empty())?;
    let edges = &mut module.steps[step].depends_on;
    let first = rng.usize(..edges.len());
    let to = edges[first].to;
    let again = spell(&edges[first].text, rng);
    edges.insert(rng.usize(first + 1..=edges.len()), Edge { to, text: mark(&again) });
    error(format!("`{again}` is listed twice"))
}

/// The one mistake that rustc only warns of.
pub(super) fn redundant(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let further = |step: usize| {
        module.ancestors(step).into_iter().filter(|&of| !module.steps[step].names(of)).collect::<Vec<_>>()
    };
    let step = one_of(module, rng, |step| !further(step).is_empty())?;
    let to = rng.choice(further(step))?;
    let via = module.steps[step].depends_on.iter().find(|edge| module.ancestors(edge.to).contains(&to))?.to;
    let text = spell(&module.steps[to].ident, rng);
    add_edge(module, step, to, &mark(&text), rng);
    let (own, via) = (&module.steps[step].ident, &module.steps[via].ident);
    let text = format!("`{own}` already waits for `{text}` through `{via}`; the edge changes nothing");
    expected("warning", Text::Ends(text), Times::Once)
}

pub(super) fn quoted(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = one_of(module, rng, |step| !module.steps[step].depends_on.is_empty())?;
    let edge = rng.choice(&mut module.steps[step].depends_on)?;
    let name = edge.text.clone();
    edge.text = mark(&format!("{name:?}"));
    error(format!("expected the name of a step's function\nhelp: write `{name}`, without quotes"))
}

pub(super) fn tuple(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = one_of(module, rng, |step| module.steps[step].depends_on.len() > 1)?;
    let step = &mut module.steps[step];
    let edges: Vec<String> = step.depends_on.drain(..).map(|edge| edge.text).collect();
    step.listing = Listing::One;
    step.options.push(format!("depends_on = {}", mark(&format!("({})", edges.join(", ")))));
    error("expected a list in brackets: `depends_on = [step, step]`")
}

pub(super) fn path_of_another_module(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = any(module, rng);
    add_edge(module, step, step, &format!("{}::refund::pay", mark("crate")), rng);
    error(
        "expected the name of a step's function, without a path\n\
             note: a step depends on steps of its own workflow",
    )
}

pub(super) fn not_an_ancestor(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = any(module, rng);
    let ancestors = module.ancestors(step);
    let of = one_of(module, rng, |of| {
        of != step
            && !ancestors.contains(&of)
            && !module.ancestors(of).contains(&step)
            && !module.steps[of].value.private
    })?;
    let name = read(module, step, of, rng);
    let mut edges: Vec<&str> = module.steps[step].depends_on.iter().map(|edge| edge.text.as_str()).collect();
    edges.push(&name);
    let depends_on = if let [one] = edges[..] { one.to_owned() } else { format!("[{}]", edges.join(", ")) };
    error(format!(
        "the step `{}` reads the result of `{name}` but does not depend on it\nhelp: write `#[step(depends_on = {depends_on})]`",
        module.steps[step].bare()
    ))
}

pub(super) fn runs_later(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let of =
        one_of(module, rng, |of| !module.steps[of].depends_on.is_empty() && !module.steps[of].value.private)?;
    let step = rng.choice(module.ancestors(of))?;
    let name = read(module, step, of, rng);
    error(format!(
        "the step `{}` reads the result of `{name}`, which runs after it",
        module.steps[step].bare()
    ))
}

pub(super) fn reads_itself(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = any(module, rng);
    read(module, step, step, rng);
    error(format!("the step `{}` cannot read its own result", module.steps[step].bare()))
}

pub(super) fn read_as_certain(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    let step = one_of(module, rng, |step| !module.steps[step].depends_on.is_empty())?;
    let of = rng.choice(module.ancestors(step))?;
    if module.steps[of].value.private || (!module.steps[of].is_optional() && module.is_read(of)) {
        return None;
    }
    let name = spell(&module.steps[of].ident, rng);
    module.steps[step].params.push(format!("_: Output<{}>", mark(&name)));
    let condition = &mut module.steps[of];
    if !condition.is_optional() {
        condition.when = When::Runs;
        condition.options.push("when = ::stage::always".to_owned());
    }
    error(format!(
        "the step `{name}` may be skipped by its `when`, so its result may be absent\nhelp: take `Option<Output<{name}>>`"
    ))
}

pub(super) fn result_of_no_step(module: &mut Module, rng: &mut Rng) -> Option<Expected> {
    // To a function called `main` rustc suggests no type parameter, and so it takes the type of the macro for another error.
    let step = one_of(module, rng, |step| module.steps[step].bare() != "main")?;
    let of = any(module, rng);
    let typo = bare(&typo(module, of, rng)?).to_owned();
    module.steps[step].params.push(format!("_: Output<{}>", mark(&typo)));
    error(format!("cannot find type `{typo}` in this scope"))
}

/// A name with a typo that no step has.
fn typo(module: &Module, of: usize, rng: &mut Rng) -> Option<String> {
    let typo = misspell(&module.steps[of].ident, rng)?;
    module.steps.iter().all(|step| step.bare() != bare(&typo)).then_some(typo)
}

/// Adds a dependency at a random place.
fn add_edge(module: &mut Module, step: usize, to: usize, text: &str, rng: &mut Rng) {
    let edges = &mut module.steps[step].depends_on;
    edges.insert(rng.usize(..=edges.len()), Edge { to, text: text.to_owned() });
}

/// Adds a parameter that reads a result, and returns how it calls the step.
fn read(module: &mut Module, step: usize, of: usize, rng: &mut Rng) -> String {
    let name = spell(&module.steps[of].ident, rng);
    let output = match (module.steps[of].is_optional(), rng.bool()) {
        (false, false) => "Output<#>",
        (false, true) => "::tasker::Output<#>",
        (true, _) => "Option<Output<#>>",
    };
    module.steps[step].params.push(format!("_: {}", output.replace('#', &mark(&name))));
    name
}
