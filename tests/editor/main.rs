//! What an editor makes of a workflow: rust-analyzer is started with a small package and is asked what a user asks it while writing one.
//!
//! Without rust-analyzer, or without the sources of the standard library that it reads, the test prints `SKIPPED` and passes;
//! `TASKER_REQUIRE_RUST_ANALYZER=1` makes that an error. Nothing is downloaded.

#![cfg(unix)]

mod client;
mod completion;
mod editor;
mod mistakes;
mod navigation;
mod shop;

use std::path::PathBuf;
use std::process::Command;

use self::client::Answer;
use self::editor::Editor;

type Question = fn(&mut Editor) -> Answer;

const QUESTIONS: [(&str, &[(&str, Question)]); 3] = [
    ("navigation", &navigation::QUESTIONS),
    ("completion", &completion::QUESTIONS),
    ("mistakes", &mistakes::QUESTIONS),
];

/// One test, because what takes long is the start of rust-analyzer.
#[test]
fn an_editor_understands_workflows() {
    let Some(library) = library() else {
        let missing = "rust-analyzer is not installed; rustup component add rust-analyzer rust-src";
        let required = std::env::var("TASKER_REQUIRE_RUST_ANALYZER").is_ok_and(|value| value == "1");
        assert!(!required, "{missing}");
        println!("SKIPPED: {missing}");
        return;
    };
    let mut editor = Editor::open(&library).unwrap();
    let mut wrong = Vec::new();
    for (topic, questions) in QUESTIONS {
        for (question, ask) in questions {
            if let Err(what) = ask(&mut editor) {
                wrong.push(format!("{topic}: {question}:\n    {what}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// Where the sources of the standard library are, if rust-analyzer is there too. rustup has a command of this name also where it has no
/// rust-analyzer behind it.
fn library() -> Option<PathBuf> {
    says("rust-analyzer", &["--version"])?;
    let library = PathBuf::from(says("rustc", &["--print", "sysroot"])?).join("lib/rustlib/src/rust/library");
    library.is_dir().then_some(library)
}

fn says(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
