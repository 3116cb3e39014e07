//! Durations as attributes spell them.

use std::time::Duration;

/// The longest duration that an attribute may name: ten years. What is longer is a slip, and would overflow timestamps.
const LONGEST: Duration = Duration::from_hours(3_650 * 24);

/// Why a text is no duration.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// It is not a whole number and a unit.
    Form,
    /// It is more than [`LONGEST`].
    TooLong,
}

/// Reads `"500ms"`, `"30s"`, `"5m"`, `"2h"` or `"1d"`.
pub(crate) fn parse(text: &str) -> Result<Duration, Wrong> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or(Wrong::Form)?;
    let (number, unit) = text.split_at(digits);
    if number.is_empty() {
        return Err(Wrong::Form);
    }
    let millis: u64 = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(Wrong::Form),
    };
    // Only digits, so that all that can be wrong with the number is its size.
    let number: u64 = number.parse().map_err(|_| Wrong::TooLong)?;
    let duration = Duration::from_millis(number.checked_mul(millis).ok_or(Wrong::TooLong)?);
    if duration > LONGEST { Err(Wrong::TooLong) } else { Ok(duration) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_a_unit_is_a_duration() {
        for (text, millis) in [
            ("500ms", 500),
            ("30s", 30_000),
            ("5m", 300_000),
            ("2h", 7_200_000),
            ("1d", 86_400_000),
            ("0s", 0),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn anything_else_is_not() {
        for text in ["", "30", "s", "30 s", "30sec", "-1s", "1.5s", "30S", "٣s", "1h30m"] {
            assert_eq!(parse(text), Err(Wrong::Form), "{text}");
        }
    }

    #[test]
    fn ten_years_is_the_most() {
        assert_eq!(parse("3650d"), Ok(LONGEST));
        for text in ["3651d", "99999999999999999999s", "18446744073709551615d"] {
            assert_eq!(parse(text), Err(Wrong::TooLong), "{text}");
        }
    }
}
