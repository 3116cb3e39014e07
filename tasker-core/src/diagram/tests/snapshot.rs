//! Texts that are kept beside this file and compared with what is drawn now.

use std::path::Path;
use std::{env, fs};

use super::*;

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
fn a_workflow_is_drawn_as_it_always_was() {
    let diagram = Diagram::of_workflow(&order());
    check("workflow.svg", &diagram.svg());
    check("workflow.mmd", &diagram.mermaid());
    check("workflow.json", &serde_json::to_string_pretty(&diagram.model()).unwrap());
}
