//! A random module that is right: it compiles without a warning, and each of its steps gets what it asks for.

mod items;
mod step;

use fastrand::Rng;

use crate::graph;
use crate::module::{Edge, Listing, Module, Step};
use crate::names::{self, pick};

pub(crate) fn module(rng: &mut Rng) -> Module {
    let most = rng.usize(1..=20);
    let steps = rng.usize(1..=most);
    let (edges, needless) = graph::random(steps, rng);
    let vis = pick(rng, &["", "pub", "pub(crate)"]);
    let mut args = items::args(rng);
    let idents = idents(steps, rng);
    // `derive` of serde writes the names of primitive types without a path, so that it finds these steps instead.
    let derives = idents.iter().all(|ident| !names::PRIMITIVES.contains(&names::bare(ident)));
    let (context, of_another_name) = items::context(vis, derives, rng);
    args.extend(of_another_name);
    rng.shuffle(&mut args);
    let mut module = Module {
        name: names::module(rng).to_owned(),
        vis,
        before: items::before(rng),
        args,
        pinned: rng.u8(..4) == 0,
        context,
        steps: Vec::new(),
        others: items::others(steps, rng),
        app: "App",
        registered: String::new(),
    };
    module.registered = format!("{}::Workflow", module.name);

    // Where each step of the graph is written.
    let mut places: Vec<usize> = (0..steps).collect();
    rng.shuffle(&mut places);
    let mut written: Vec<(usize, Step)> =
        (0..steps).map(|node| (places[node], step::bare(idents[places[node]].clone(), rng))).collect();
    written.sort_unstable_by_key(|(place, _)| *place);
    module.steps = written.into_iter().map(|(_, step)| step).collect();

    for (node, edges) in edges.iter().enumerate() {
        let step = places[node];
        for &edge in edges {
            let to = places[edge];
            let text = names::spell(&idents[to], rng);
            module.steps[step].depends_on.push(Edge { to, text });
        }
        if edges.len() != 1 && module.steps[step].listing == Listing::One {
            module.steps[step].listing = Listing::List;
        }
    }
    step::conditions(&mut module, rng);
    let needless: Vec<(usize, usize)> =
        needless.iter().map(|&(step, edge)| (places[step], places[edge])).collect();
    step::params(&mut module, &needless, rng);
    if derives {
        step::types_of_their_own(&mut module, rng);
    }
    module
}

/// Names that are not the same without `r#`.
fn idents(many: usize, rng: &mut Rng) -> Vec<String> {
    let mut idents: Vec<String> = Vec::with_capacity(many);
    while idents.len() < many {
        let ident = names::step(rng);
        if idents.iter().all(|other| names::bare(other) != names::bare(&ident)) {
            idents.push(ident);
        }
    }
    idents
}
