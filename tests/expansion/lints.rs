//! Under lints as strict as they come the expansion has no warning.

use super::{package, run};

/// Runs clippy, whose warnings are errors in the package.
fn passes(name: &str, file: &str, text: &str) {
    let said = run(package(name, file, text).cargo("clippy").arg("--all-targets"));
    assert!(said.success, "{}", said.text);
    assert!(!said.text.contains("warning"), "{}", said.text);
}

#[test]
fn a_public_workflow_passes_the_strictest_lints() {
    passes("strict", "src/lib.rs", include_str!("order.rs"));
}

#[test]
fn workflows_among_everything_else_depend_on_nothing_but_tasker() {
    passes("odd", "src/main.rs", include_str!("odd.rs"));
}

/// Otherwise the tests above could not fail.
#[test]
fn what_is_wrong_with_the_code_of_a_user_is_still_seen() {
    let text = include_str!("order.rs").replace("    /// What is bought.\n", "");
    let text = text.replace("    /// Sends the parcel.\n    ///\n    /// # Errors\n    /// None.\n", "");
    let said = run(&mut package("wrong", "src/lib.rs", &text).cargo("clippy"));
    assert!(!said.success);
    for missing in ["missing documentation for a struct", "missing documentation for a function"] {
        assert_eq!(said.text.matches(missing).count(), 1, "{}", said.text);
    }
}
