//! What the compiler says to users: wrong programs with its messages beside them, and programs that must pass without a warning.
//!
//! The messages are those of the toolchain in `rust-toolchain.toml`.

#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// A path to a task file begins where the `Cargo.toml` of the package is, and trybuild writes a package of its own.
fn bring_files() {
    let program = env::current_exe().unwrap();
    let marked = program.ancestors().find(|directory| directory.join("CACHEDIR.TAG").is_file());
    let target = marked.or_else(|| program.ancestors().nth(3)).unwrap();
    let package = target.join("tests/trybuild").join(env!("CARGO_PKG_NAME")).join("ui/yaml");
    fs::create_dir_all(&package).unwrap();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/yaml")).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_some_and(|extension| extension == "yaml") {
            fs::copy(&file, package.join(file.file_name().unwrap())).unwrap();
        }
    }
}

/// Whether rustc shows the source of `std` in its messages, as it does where that is installed.
fn has_source_of_std() -> bool {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let told = Command::new(rustc).args(["--print", "sysroot"]).output().unwrap();
    let sysroot = String::from_utf8(told.stdout).unwrap();
    Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library").is_dir()
}

#[test]
fn wrong_programs_are_explained() {
    bring_files();
    let cases = trybuild::TestCases::new();
    for topic in [
        "attribute",
        "context",
        "derive",
        "edges",
        "options",
        "records",
        "signature",
        "state",
        "subscriber",
        "types",
        "when",
        "yaml",
    ] {
        cases.compile_fail(format!("ui/{topic}/*.rs"));
    }
    if has_source_of_std() {
        cases.compile_fail("ui/source/*.rs");
    } else {
        println!(
            "rustc cannot show the source of `std`; `ui/source` is left out: rustup component add rust-src"
        );
    }
    cases.pass("ui/pass/*.rs");
}
