//! The signs of the states: round, of 16 units, drawn with lines so that no font is needed.

use std::fmt::Write;

use super::super::Sign;
use super::text::number;

/// Draws a sign around a place. Parts with the class `f` are filled with the colour of the state, those with `m` are marks on them.
pub(super) fn draw(svg: &mut String, sign: Sign, x: f64, y: f64) {
    const RING: &str = r#"<circle r="7"/>"#;
    const DISC: &str = r#"<circle class="f" r="8"/>"#;
    let (ground, marks) = match sign {
        Sign::Waiting => (RING, ""),
        Sign::Ready => (RING, r#"<circle class="f" r="3"/>"#),
        Sign::Clock => (RING, r#"<path d="M0-4V0L3 2"/>"#),
        Sign::Pause => (RING, r#"<path d="M-2-3V3M2-3V3"/>"#),
        Sign::Blocked => (RING, r#"<path d="M-3.5 0H3.5"/>"#),
        Sign::Running => (RING, r#"<path class="f" d="M-2-3.6L4 0L-2 3.6Z"/>"#),
        Sign::Check => (DISC, r#"<path class="m" d="M-3.6.3L-1.2 2.8L3.7-2.4"/>"#),
        Sign::Cross => (DISC, r#"<path class="m" d="M-2.8-2.8L2.8 2.8M-2.8 2.8L2.8-2.8"/>"#),
        Sign::Slash => (RING, r#"<path d="M-4.8 4.8L4.8-4.8"/>"#),
        Sign::Passed => (RING, r#"<path d="M-3.2-3L-.2 0L-3.2 3M.6-3L3.6 0L.6 3"/>"#),
    };
    let _ = write!(
        svg,
        "<g class=\"sign\" transform=\"translate({} {})\">{ground}{marks}</g>",
        number(x),
        number(y)
    );
}
