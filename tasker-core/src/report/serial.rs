//! How times and names look in JSON and in sentences.

use std::time::Duration;

use serde::Serializer;

use crate::{Timestamp, WorkflowId};

/// RFC 3339 in UTC.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
pub(crate) fn timestamp<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

#[expect(clippy::ref_option, reason = "serde hands out references")]
pub(crate) fn timestamp_if_any<S: Serializer>(
    at: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serializer.collect_str(at),
        None => serializer.serialize_none(),
    }
}

/// Seconds, with what is left below them.
#[expect(clippy::ref_option, reason = "serde hands out references")]
pub(crate) fn seconds_if_any<S: Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match duration {
        Some(duration) => serializer.serialize_f64(duration.as_secs_f64()),
        None => serializer.serialize_none(),
    }
}

/// `namespace.name@version`.
pub(crate) fn full_name<S: Serializer>(workflow: &WorkflowId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(workflow)
}

/// So much of a whole, in percent, rounded to two decimals; nothing of nothing is 0.
pub(super) fn percent(part: usize, whole: usize) -> f64 {
    ratio(part * 100, whole)
}

/// How often the whole is in the part, rounded to two decimals; of nothing, 0.
pub(super) fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    let (part, whole) = (part as u128, whole as u128);
    let hundredths = (part * 200 + whole) / (whole * 2);
    u32::try_from(hundredths).map_or(f64::INFINITY, |hundredths| f64::from(hundredths) / 100.0)
}

/// A duration as one says it: `350 ms`, `12 s`, `3 min 5 s`, `2 h`, `4 d 3 h`.
pub(crate) fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (large, small) = match seconds {
        0 => return format!("{} ms", duration.as_millis()),
        1..60 => return format!("{seconds} s"),
        60..3600 => ((seconds / 60, "min"), (seconds % 60, "s")),
        3600..86_400 => ((seconds / 3600, "h"), (seconds % 3600 / 60, "min")),
        _ => ((seconds / 86_400, "d"), (seconds % 86_400 / 3600, "h")),
    };
    if small.0 == 0 {
        return format!("{} {}", large.0, large.1);
    }
    format!("{} {} {} {}", large.0, large.1, small.0, small.1)
}

/// The first of some names, and how many more there are: `` `a`, `b` and 3 more ``.
pub(super) fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    const SHOWN: usize = 3;
    let mut names = names.into_iter();
    let mut shown: Vec<String> = names.by_ref().take(SHOWN).map(|name| format!("`{name}`")).collect();
    let more = names.count();
    if more > 0 {
        return format!("{} and {more} more", shown.join(", "));
    }
    match shown.pop() {
        Some(last) if shown.is_empty() => last,
        Some(last) => format!("{} and {last}", shown.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_rounded_to_two_decimals() {
        let said =
            [percent(1, 3), percent(2, 3), percent(5, 5), percent(0, 0)].map(|found| found.to_string());
        assert_eq!(said, ["33.33", "66.67", "100", "0"]);
    }

    #[test]
    fn durations_are_said_in_two_units_at_most() {
        let said = [350, 12_000, 185_000, 7_200_000, 356_400_000].map(|ms| span(Duration::from_millis(ms)));
        assert_eq!(said, ["350 ms", "12 s", "3 min 5 s", "2 h", "4 d 3 h"]);
    }

    #[test]
    fn long_lists_of_names_are_cut() {
        assert_eq!(listed(["a"]), "`a`");
        assert_eq!(listed(["a", "b", "c"]), "`a`, `b` and `c`");
        assert_eq!(listed(["a", "b", "c", "d", "e"]), "`a`, `b`, `c` and 2 more");
    }
}
