//! What becomes of an expansion in a package of one's own: lints of rustc and clippy, documentation, nothing but `tasker` to depend on.
//!
//! * `order.rs` is a library with a public workflow. The text of its expansion is `order.expanded.rs`; a unit test of `tasker-macros`
//!   compares it.
//! * `odd.rs` has workflows among everything that Rust has.

#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod documentation;
mod lints;

use std::process::Command;

use tasker_tests::package::{Package, Said};

/// `tasker` is all that they depend on.
const DEPENDENCIES: &str = "tasker = { path = \"{tree}/tasker\", default-features = false }\n";

/// A package with one file.
fn package(name: &str, file: &str, text: &str) -> Package {
    let package = Package::new(name, DEPENDENCIES).unwrap();
    package.write(file, text).unwrap();
    package
}

fn run(cargo: &mut Command) -> Said {
    cargo.output().unwrap().into()
}
