//! Texts that are kept beside this file and compared with what is drawn now.

use std::path::Path;
use std::{env, fs};

use super::*;
use crate::report::fixture::MadeStep;

/// Compares a text with the kept one. `TASKER_SNAPSHOTS=overwrite` writes it anew: look at the difference before it is committed.
fn check(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/diagram/tests").join(file);
    if env::var_os("TASKER_SNAPSHOTS").is_some_and(|what| what == "overwrite") {
        fs::write(&path, text).unwrap();
        return;
    }
    let kept = fs::read_to_string(&path).unwrap_or_else(|error| panic!("cannot read {file}: {error}"));
    let pairs = kept.lines().chain([""]).zip(text.lines().chain([""])).enumerate();
    if let Some((line, (kept, made))) = pairs.into_iter().find(|(_, (kept, made))| kept != made) {
        panic!(
            "{file} differs in line {}:\n  kept: {kept}\n  made: {made}\n\
             If that is meant, TASKER_SNAPSHOTS=overwrite writes it anew.",
            line + 1
        );
    }
    assert_eq!(kept.len(), text.len(), "{file} has another end");
}

#[test]
fn a_task_is_drawn_as_it_always_was() {
    let diagram = Diagram::of_task(&colourful().snapshot()).links("/tasker/");
    check("task.svg", &diagram.svg());
    check("task.mmd", &diagram.mermaid());
    check("task.json", &serde_json::to_string_pretty(&diagram.model()).unwrap());
}

#[test]
fn steps_that_are_alike_are_drawn_as_they_always_were() {
    let mut made = Made::new(&[("split_file", &[]), ("notify", &[])]);
    for at in 1..=14 {
        made.steps.push(MadeStep::new(format!("import_part_{at}"), vec![StepNo(0)]));
    }
    made.steps.push(MadeStep::new("merge_parts".to_owned(), (2..16).map(StepNo).collect()));
    made.steps.push(MadeStep::new("publish".to_owned(), vec![StepNo(1), StepNo(16)]));
    let made =
        made.done("split_file").done("import_part_1").done_in("import_part_2", 70).running("import_part_5");
    let made = made.backoff("import_part_9", 4).running("notify").task(TaskState::InProgress);
    check("alike.svg", &Diagram::of_task(&made.snapshot()).svg());
}

#[test]
fn a_workflow_is_drawn_as_it_always_was() {
    let diagram = Diagram::of_workflow(&order());
    check("workflow.svg", &diagram.svg());
    check("workflow.mmd", &diagram.mermaid());
    check("workflow.json", &serde_json::to_string_pretty(&diagram.model()).unwrap());
}

#[test]
fn odd_names_are_drawn_as_they_always_were() {
    let names = [
        "end",
        "say \"no\"",
        "`code`",
        "%%{init: {}}%% ",
        "a;b & c --> d",
        "<script>alert(1)</script>",
        "x]y[\"] --> z",
        "#35; #quot; &amp;",
        "1. first",
        "- item",
        "back\\slash",
        "größe 記録 🚀",
        "a|b{c}d(e)",
        "subgraph",
        "style step_0 fill:red",
        "$$x^2$$",
    ];
    let mut made = Made::new(&[]);
    for (at, name) in (0..).zip(names) {
        let before = if at == 0 { Vec::new() } else { vec![StepNo((at - 1) / 2)] };
        let mut step = MadeStep::new(name.to_owned(), before);
        step.error = Some(StepError::retryable(name));
        made.steps.push(step);
    }
    let diagram = Diagram::of_task(&made.snapshot()).links("https://ops.example/a \"b\" c?d=<e>&f=%20#g");
    check("odd.mmd", &diagram.mermaid());
    check("odd.svg", &diagram.svg());
}
