//! The trace that a task is a part of.

#[cfg(feature = "otel")]
mod ids;
#[cfg(feature = "otel")]
mod spans;
#[cfg(not(feature = "otel"))]
#[path = "trace/none.rs"]
mod spans;

use std::fmt;
use std::str::FromStr;

#[cfg(feature = "http")]
pub(crate) use spans::current;
pub(crate) use spans::{Spans, delivers, may_have_ended, starts};

/// A span somewhere, as the header `traceparent` of the W3C names it: version 00 of
/// [Trace Context](https://www.w3.org/TR/trace-context/).
///
/// ```
/// use tasker_core::TraceParent;
///
/// let parent: TraceParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse()?;
/// assert!(parent.sampled);
/// assert_eq!(parent.to_string(), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
/// # Ok::<(), tasker_core::InvalidTraceParent>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceParent {
    /// The trace; not zero.
    pub trace: u128,
    /// The span in it; not zero.
    pub span: u64,
    /// Whether whoever began the trace records it.
    pub sampled: bool,
}

/// A text that is no [`TraceParent`].
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{:?} is no trace parent, which looks like `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`: {why}",
    crate::echo::echo(text, 80)
)]
pub struct InvalidTraceParent {
    text: String,
    why: &'static str,
}

impl FromStr for TraceParent {
    type Err = InvalidTraceParent;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).map_err(|why| InvalidTraceParent { text: text.to_owned(), why })
    }
}

fn parse(text: &str) -> Result<TraceParent, &'static str> {
    let is_hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let mut parts = text.split('-');
    let mut part =
        |length: usize, why| parts.next().filter(|part| part.len() == length && is_hex(part)).ok_or(why);
    let version = part(2, "the version is not two hexadecimal digits")?;
    let trace = part(32, "the trace is not 32 hexadecimal digits in lower case")?;
    let span = part(16, "the span is not 16 hexadecimal digits in lower case")?;
    let flags = part(2, "the flags are not two hexadecimal digits")?;
    // A later version may have more parts; this one has not.
    if version == "ff" || (version == "00" && parts.next().is_some()) {
        return Err("there is no such version");
    }
    let trace =
        u128::from_str_radix(trace, 16).ok().filter(|trace| *trace != 0).ok_or("the trace is zero")?;
    let span = u64::from_str_radix(span, 16).ok().filter(|span| *span != 0).ok_or("the span is zero")?;
    let sampled = u8::from_str_radix(flags, 16).is_ok_and(|flags| flags & 1 == 1);
    Ok(TraceParent { trace, span, sampled })
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { trace, span, sampled } = self;
        write!(f, "00-{trace:032x}-{span:016x}-{:02x}", u8::from(*sampled))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_trace_parent_is_told_why() {
        let why = |text: &str| TraceParent::from_str(text).unwrap_err().why;
        let (trace, span) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
        assert_eq!(why("zero"), "the version is not two hexadecimal digits");
        assert_eq!(why(&format!("00-{trace}-{span}-01-x")), "there is no such version");
        assert_eq!(why(&format!("ff-{trace}-{span}-01")), "there is no such version");
        assert_eq!(
            why(&format!("00-{}-{span}-01", trace.to_uppercase())),
            "the trace is not 32 hexadecimal digits in lower case"
        );
        assert_eq!(why(&format!("00-{trace}-0000000000000000-01")), "the span is zero");
        assert_eq!(why(&format!("00-{}-{span}-01", "0".repeat(32))), "the trace is zero");
        assert_eq!(why(&format!("00-{trace}-{span}")), "the flags are not two hexadecimal digits");
        let later = TraceParent::from_str(&format!("01-{trace}-{span}-00-more")).unwrap();
        assert!(!later.sampled);
    }
}
