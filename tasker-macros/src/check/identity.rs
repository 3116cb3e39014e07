//! What names and versions may look like: the rules of `WorkflowBuilder::build`, so that the compiler applies them.

use tasker_rules::names::{LABEL, STEP_NAME, is_name, is_semantic_version};

/// The rule for the namespace and the name of a workflow, and for the name of an annotation.
pub(crate) fn label(what: &'static str) -> impl Fn(&str) -> Result<(), String> {
    move |text| printable(what, text, LABEL)
}

/// The rule for the stored name of a step.
pub(super) fn step_name(text: &str) -> Result<(), String> {
    printable("name of a step", text, STEP_NAME)
}

fn printable(what: &str, text: &str, longest: usize) -> Result<(), String> {
    if is_name(text, longest) {
        return Ok(());
    }
    let problem = if text.is_empty() {
        "it is empty"
    } else if text.chars().count() > longest {
        "it is longer"
    } else {
        "it has a control character"
    };
    Err(format!("the {what} must be 1 to {longest} printable characters; {problem}"))
}

/// The rule for versions.
pub(super) fn version(text: &str) -> Result<(), String> {
    if !is_semantic_version(text) {
        return Err(format!(
            "`{text}` is not a semantic version\nhelp: write three numbers, such as \"1.4.0\" or \"2.0.0-rc.1\""
        ));
    }
    let length = text.len();
    if length > LABEL {
        return Err(format!("a version has at most {LABEL} characters; this one has {length}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_as_long_as_what_is_stored_of_them() {
        let of = |length: usize| format!("1.0.0+{}", "b".repeat(length - 6));
        assert_eq!(version(&of(64)), Ok(()));
        assert!(version(&of(65)).is_err_and(|error| error.ends_with("this one has 65")));
    }

    #[test]
    fn labels_are_short_and_printable() {
        assert_eq!(step_name(&"ü".repeat(128)), Ok(()));
        assert!(step_name(&"ü".repeat(129)).is_err());
        assert!(
            label("name")("").is_err()
                && label("name")("a\nb").is_err()
                && label("name")(&"a".repeat(65)).is_err()
        );
    }
}
