//! What names and versions may look like: the rules of `WorkflowBuilder::build`, so that the compiler applies them.

/// The longest namespace, name and version of a workflow, in characters.
const LABEL: usize = 64;
/// The longest name of a step, in characters.
const STEP_NAME: usize = 128;

/// The rule for the namespace and the name of a workflow, and for the name of an annotation.
pub(crate) fn label(what: &'static str) -> impl Fn(&str) -> Result<(), String> {
    move |text| printable(what, text, LABEL)
}

/// The rule for the stored name of a step.
pub(super) fn step_name(text: &str) -> Result<(), String> {
    printable("name of a step", text, STEP_NAME)
}

fn printable(what: &str, text: &str, longest: usize) -> Result<(), String> {
    let problem = if text.is_empty() {
        "it is empty"
    } else if text.chars().count() > longest {
        "it is longer"
    } else if text.chars().any(char::is_control) {
        "it has a control character"
    } else {
        return Ok(());
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

/// `major.minor.patch`, optionally with a pre-release and build metadata (semver.org 2.0.0).
fn is_semantic_version(text: &str) -> bool {
    let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
    let (core, pre) = text.split_once('-').map_or((text, None), |(core, pre)| (core, Some(pre)));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let number =
        |part: &str| digits(part) && (part == "0" || !part.starts_with('0')) && part.parse::<u64>().is_ok();
    let label = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    core.split('.').count() == 3
        && core.split('.').all(number)
        && pre.is_none_or(|pre| pre.split('.').all(|part| label(part) && (!digits(part) || number(part))))
        && build.is_none_or(|build| build.split('.').all(label))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_semantic() {
        for good in ["0.1.0", "1.10.3", "1.0.0-rc.1", "1.0.0+build.5", "2.0.0-alpha-1.x+sha"] {
            assert!(is_semantic_version(good), "{good}");
        }
        for bad in ["", "1", "1.0", "01.0.0", "1.0.0-", "1.0.0-01", "v1.0.0", "1.0.0+", "1..0", "1.0.0.0"] {
            assert!(!is_semantic_version(bad), "{bad}");
        }
    }

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
