//! Modules with one mistake.

use std::fmt::Write;

use fastrand::Rng;

use crate::generate;
use crate::mistakes::{self, Expected, MISTAKES, Mistake, Times};
use crate::place::{Place, unmark};
use crate::project::{Diagnostic, Project};
use crate::seeds::seeds;

/// How many modules a package has.
const AT_ONCE: usize = 60;

/// A module with a mistake, and what is to be said to it.
struct Wrong {
    seed: u64,
    mistake: &'static str,
    expected: Expected,
    text: String,
    place: Place,
}

#[test]
fn a_mistake_is_one_error_where_it_was_made() {
    let seeds = seeds(25, MISTAKES.len() as u64);
    let problems: String = seeds.chunks(AT_ONCE).map(stand).collect();
    assert!(problems.is_empty(), "\n{problems}");
}

/// Checks a package of modules, and tells what is not as it was expected.
fn stand(seeds: &[u64]) -> String {
    let project = Project::new("wrong-modules");
    let modules: Vec<Wrong> = seeds.iter().map(|&seed| Wrong::new(seed)).collect();
    for (at, module) in modules.iter().enumerate() {
        project.write(&format!("src/bin/m{at}.rs"), &module.text);
    }
    let said = project.cargo(&["check", "--bins"]);
    let mut problems = String::new();
    for (at, module) in modules.iter().enumerate() {
        if let Err(problem) = module.check(said.of(&format!("m{at}"))) {
            let _ = writeln!(problems, "m{at}: TASKER_SEED={} ({}): {problem}", module.seed, module.mistake);
        }
    }
    if !problems.is_empty() {
        let _ = writeln!(problems, "in {}\n", project.keep().join("src/bin").display());
    }
    println!(
        "{} modules, {}",
        seeds.len(),
        if problems.is_empty() { "as expected" } else { "not all as expected" }
    );
    problems
}

impl Wrong {
    fn new(seed: u64) -> Self {
        let Mistake { name, make } = &MISTAKES[(seed % MISTAKES.len() as u64) as usize];
        let mut rng = Rng::with_seed(seed);
        // Not every module has room for every mistake.
        let (module, expected) = mistakes::retry(|| {
            let mut module = generate::module(&mut rng);
            let expected = make(&mut module, &mut rng)?;
            Some((module, expected))
        });
        let (text, place) = unmark(&format!("// TASKER_SEED={seed}: {name}\n\n{}", module.program()));
        let place = place.expect("the token of the mistake");
        Self { seed, mistake: name, expected, text, place }
    }

    /// What is expected is said, at the token, and nothing else.
    fn check(&self, said: &[Diagnostic]) -> Result<(), String> {
        let Expected { level, text, times } = &self.expected;
        let fits = |one: &Diagnostic| {
            one.level == *level && text.fits(&one.text) && one.file.starts_with("src/bin/")
        };
        let here = said.iter().filter(|one| one.place == Some(self.place)).count();
        let counts = match times {
            Times::Once => (here, said.len()) == (1, 1),
            Times::AndWhereRegistered => (here, said.len()) == (1, 2),
            Times::AndWhereRead => here == 1,
        };
        if counts && said.iter().all(fits) {
            return Ok(());
        }
        let Place { from, to } = self.place;
        let all: String = said.iter().map(|one| one.rendered.as_str()).collect();
        Err(format!(
            "expected {times:?} {level} at {}:{} to {}:{}:\n    {text:?}\nfound {}:\n{all}",
            from.0,
            from.1,
            to.0,
            to.1,
            said.len()
        ))
    }
}
