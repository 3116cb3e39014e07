//! What the compiler says to users: wrong programs with its messages beside them, and programs that must pass without a warning.
//!
//! The messages are those of the toolchain in `rust-toolchain.toml`.

#[test]
fn wrong_programs_are_explained() {
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
        "types",
        "when",
    ] {
        cases.compile_fail(format!("ui/{topic}/*.rs"));
    }
    cases.pass("ui/pass/*.rs");
}
