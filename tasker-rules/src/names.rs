//! What names and versions may look like, and what Rust makes of a name.

/// The longest namespace, name and version of a workflow, in characters.
pub const LABEL: usize = 64;
/// The longest name of a step, in characters.
pub const STEP_NAME: usize = 128;

/// So many printable characters at most, and one at least.
#[must_use]
pub fn is_name(text: &str, most: usize) -> bool {
    !text.is_empty() && text.chars().count() <= most && !text.chars().any(char::is_control)
}

/// `major.minor.patch`, optionally with a pre-release and build metadata (semver.org 2.0.0).
#[must_use]
pub fn is_semantic_version(text: &str) -> bool {
    let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
    let (core, pre) = text.split_once('-').map_or((text, None), |(core, pre)| (core, Some(pre)));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let number =
        |part: &str| digits(part) && (part == "0" || !part.starts_with('0')) && part.parse::<u64>().is_ok();
    let label = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    // Of a pre-release, a number may be of any length.
    let plain = |part: &str| !digits(part) || part == "0" || !part.starts_with('0');
    core.split('.').count() == 3
        && core.split('.').all(number)
        && pre.is_none_or(|pre| pre.split('.').all(|part| label(part) && plain(part)))
        && build.is_none_or(|build| build.split('.').all(label))
}

/// What the names of Tasker's own events begin with, before the first dot. They are Ruby Tasker's.
pub const OWN_EVENTS: [&str; 5] = ["task", "step", "workflow", "observability", "test"];

/// What a name begins with, if only events of Tasker itself may begin so: `task` for `task.done`.
#[must_use]
pub fn own_event(name: &str) -> Option<&'static str> {
    let (first, _) = name.split_once('.')?;
    OWN_EVENTS.into_iter().find(|own| *own == first)
}

/// Tasker's own events, in the order in which things happen. Of each the type is its name in camel case: [`event_type`].
pub const EVENTS: [&str; 15] = [
    "task.initialize_requested",
    "task.start_requested",
    "task.completed",
    "task.failed",
    "task.cancelled",
    "task.resolved_manually",
    "task.retry_requested",
    "step.execution_requested",
    "step.completed",
    "step.failed",
    "step.retry_requested",
    "step.handed_back",
    "step.skipped",
    "step.cancelled",
    "step.resolved_manually",
];

/// The type of one of Tasker's own events: `TaskCompleted` for `task.completed`.
#[must_use]
pub fn event_type(name: &str) -> String {
    let capitalised = |word: &str| {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        first.to_ascii_uppercase() + rest
    };
    name.split(['.', '_']).map(capitalised).collect()
}

/// `Order/Process payment` as `order_process_payment`. Only ASCII, which every editor and linker knows.
#[must_use]
pub fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    let mut before = '_';
    for c in name.chars() {
        if c.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit()) {
            snake.push('_');
        }
        match c {
            c if c.is_ascii_alphanumeric() => snake.push(c.to_ascii_lowercase()),
            _ if snake.ends_with('_') || snake.is_empty() => {}
            _ => snake.push('_'),
        }
        before = c;
    }
    let snake = snake.trim_end_matches('_');
    match snake.chars().next() {
        None => "unnamed".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("n{snake}"),
        Some(_) => snake.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_taskers_own_events_are_nobody_elses() {
        for good in ["payment.authorized", "reading_started", "task", "tasks.done", "my.task.done"] {
            assert_eq!(own_event(good), None, "{good}");
        }
        for bad in ["task.done", "step.", "workflow.a.b", "observability.x", "test.x"] {
            assert_eq!(own_event(bad), bad.split('.').next(), "{bad}");
        }
    }

    #[test]
    fn an_event_and_its_type_have_one_name() {
        assert_eq!(event_type("task.completed"), "TaskCompleted");
        assert_eq!(event_type("step.retry_requested"), "StepRetryRequested");
        assert!(EVENTS.into_iter().all(|name| own_event(name).is_some()));
    }

    #[test]
    fn versions_are_semantic() {
        for good in [
            "0.1.0",
            "1.10.3",
            "1.0.0-rc.1",
            "1.0.0+build.5",
            "2.0.0-alpha-1.x+sha",
            "1.0.0-99999999999999999999",
        ] {
            assert!(is_semantic_version(good), "{good}");
        }
        for bad in [
            "",
            "1",
            "1.0",
            "01.0.0",
            "1.0.0-",
            "1.0.0-01",
            "v1.0.0",
            "1.0.0+",
            "1..0",
            "1.0.0.0",
            "18446744073709551616.0.0",
        ] {
            assert!(!is_semantic_version(bad), "{bad}");
        }
    }

    #[test]
    fn names_are_short_and_printable() {
        assert!(is_name(&"ü".repeat(128), STEP_NAME));
        assert!(!is_name(&"ü".repeat(129), STEP_NAME));
        assert!(!is_name("", LABEL) && !is_name("a\nb", LABEL));
    }

    #[test]
    fn names_become_those_of_rust() {
        for (name, snake) in [
            ("fetch_order", "fetch_order"),
            ("api_task/integration", "api_task_integration"),
            ("FetchOrder2Go", "fetch_order2_go"),
            ("2nd try!", "n2nd_try"),
            ("__", "unnamed"),
            ("größe", "gr_e"),
        ] {
            assert_eq!(snake_case(name), snake, "{name}");
        }
    }
}
