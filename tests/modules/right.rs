//! Modules that are right.

use std::fmt::Write;
use std::process::Command;

use fastrand::Rng;

use crate::generate;
use crate::project::{Project, program};
use crate::seeds::seeds;

/// How many modules a program has.
const AT_ONCE: usize = 40;

#[test]
fn modules_that_are_right_compile_and_run() {
    let seeds = seeds(30, 1);
    let problems: String = seeds.chunks(AT_ONCE).map(stand).collect();
    assert!(problems.is_empty(), "\n{problems}");
}

/// Builds a program of modules without a warning, runs a task of each, and tells what went wrong.
fn stand(seeds: &[u64]) -> String {
    let project = Project::new("right-modules");
    let mut main = "#![deny(warnings)]\n\n".to_owned();
    let mut runs = String::new();
    for (at, &seed) in seeds.iter().enumerate() {
        let module = generate::module(&mut Rng::with_seed(seed));
        project.write(&format!("src/m{at}.rs"), &format!("// TASKER_SEED={seed}\n\n{}", module.file()));
        let _ = writeln!(main, "mod m{at};");
        let _ = writeln!(runs, "        (\"m{at}\", m{at}::run().await),");
    }
    let _ = write!(
        main,
        "\nfn main() -> std::process::ExitCode {{\n    stage::play(async {{\n        [\n{runs}        ]\n    }})\n}}\n"
    );
    project.write("src/main.rs", &main);

    let mut problems = String::new();
    for said in project.cargo(&["build", "--bins"]).of("right-modules") {
        let _ = writeln!(problems, "{}:\n{}", said.file, said.rendered);
    }
    if problems.is_empty() {
        let output = Command::new(program("right-modules")).output().expect("a program");
        problems.push_str(&String::from_utf8_lossy(&output.stdout));
        if !output.status.success() {
            let _ = writeln!(problems, "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
        }
    }
    if !problems.is_empty() {
        let _ = writeln!(problems, "in {}, where", project.keep().join("src").display());
        for (at, seed) in seeds.iter().enumerate() {
            let _ = writeln!(problems, "    m{at}: TASKER_SEED={seed}");
        }
    }
    println!(
        "{} modules, {}",
        seeds.len(),
        if problems.is_empty() { "as expected" } else { "not all as expected" }
    );
    problems
}
