//! The header `Retry-After` (RFC 9110, section 10.2.3): a number of seconds, or a date.
//!
//! What cannot be read is no wait, and no error: a server that errs about its header still says that it is busy.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Backoff;
use crate::Timestamp;

/// The shortest wait until a date: clocks differ, and a date that has passed already says that the server is busy all the same.
const LEAST_UNTIL_DATE: Duration = Duration::from_secs(1);

/// The wait that a header asks for, at most [`Backoff::MAX`].
pub(super) fn parse(header: &str, now: Timestamp) -> Option<Duration> {
    let header = header.trim();
    let wait = if !header.is_empty() && header.bytes().all(|byte| byte.is_ascii_digit()) {
        // What is no u64 is a great many seconds.
        Duration::from_secs(header.parse().unwrap_or(u64::MAX))
    } else {
        let date = httpdate::parse_http_date(header).ok()?;
        moment(date).since(now).max(LEAST_UNTIL_DATE)
    };
    Some(wait.min(Backoff::MAX))
}

fn moment(date: SystemTime) -> Timestamp {
    Timestamp::from_micros(0) + date.duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::tests::random_cases;

    /// 2026-11-22 08:00:00 UTC, a Sunday.
    const NOW: Timestamp = Timestamp::from_micros(1_795_334_400_000_000);

    fn seconds(header: &str) -> Option<u64> {
        parse(header, NOW).map(|wait| wait.as_secs())
    }

    #[test]
    fn a_number_is_a_number_of_seconds() {
        for (header, wait) in [("0", 0), ("7", 7), (" 30 ", 30), ("0300", 300), ("301", 300), ("86400", 300)]
        {
            assert_eq!(seconds(header), Some(wait), "{header}");
        }
        assert_eq!(seconds("99999999999999999999999999"), Some(300));
    }

    #[test]
    fn a_date_is_the_time_until_it_and_at_least_a_second() {
        for (header, wait) in [
            ("Sun, 22 Nov 2026 08:00:45 GMT", 45),
            ("Sun, 22 Nov 2026 09:00:00 GMT", 300),
            ("Sun, 22 Nov 2026 08:00:00 GMT", 1),
            ("Sun, 22 Nov 2026 07:00:00 GMT", 1),
            // The two old forms that RFC 9110 wants understood.
            ("Sunday, 22-Nov-26 08:01:00 GMT", 60),
            ("Sun Nov 22 08:01:00 2026", 60),
        ] {
            assert_eq!(seconds(header), Some(wait), "{header}");
        }
    }

    #[test]
    fn what_is_neither_is_ignored() {
        for header in
            ["", " ", "soon", "-5", "1.5", "5s", "+5", "0x10", "Sun, 32 Nov 2026 08:00:00 GMT", "２"]
        {
            assert_eq!(seconds(header), None, "{header}");
        }
    }

    #[test]
    fn any_header_is_a_wait_of_at_most_five_minutes_or_none() {
        random_cases(|random| {
            let length = random.usize(..30);
            let alphabet: Vec<char> = "0123456789 -:,.GMTSunNov\u{e9}".chars().collect();
            let header: String = (0..length).filter_map(|_| random.choice(&alphabet)).collect();
            let wait = parse(&header, Timestamp::from_micros(random.i64(..)));
            assert!(wait.is_none_or(|wait| wait <= Backoff::MAX), "{header:?} waits {wait:?}");
        });
    }

    #[test]
    fn any_date_that_a_server_writes_is_understood() {
        random_cases(|random| {
            let ahead = random.u64(..1_000);
            let date = UNIX_EPOCH
                + Duration::from_micros(NOW.as_micros().unsigned_abs())
                + Duration::from_secs(ahead);
            assert_eq!(seconds(&httpdate::fmt_http_date(date)), Some(ahead.clamp(1, 300)));
            assert_eq!(seconds(&ahead.to_string()), Some(ahead.min(300)));
        });
    }
}
