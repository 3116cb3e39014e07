//! The colours of a picture: Ruby Tasker's, as tints that texts can be read on, for light and for dark pages.

use std::fmt::Write;

use crate::StepState;

/// The colours of the page that a picture is shown on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// Light or dark, as the reader prefers.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// The colours of a kind of boxes: what they are filled with, their lines, their texts.
struct Paint {
    class: &'static str,
    fill: &'static str,
    line: &'static str,
    ink: &'static str,
}

const fn paint(class: &'static str, fill: &'static str, line: &'static str, ink: &'static str) -> Paint {
    Paint { class, fill, line, ink }
}

/// All colours of a theme.
struct Palette {
    boxes: [Paint; 7],
    title: &'static str,
    subtitle: &'static str,
    wire: &'static str,
    /// Of a wire whose source lets its targets run.
    open: &'static str,
    /// Of a wire whose source does not.
    shut: &'static str,
    error: &'static str,
    /// On a disc in the colour of a line.
    mark: &'static str,
}

const LIGHT: Palette = Palette {
    boxes: [
        paint("plain", "#ffffff", "#8797a8", "#1d2733"),
        paint("pending", "#eaf3fc", "#5f9fd6", "#143655"),
        paint("in-progress", "#effae8", "#62ad42", "#22441a"),
        paint("complete", "#d4eedb", "#25814a", "#103a20"),
        paint("error", "#fde9e8", "#cb3a36", "#661411"),
        paint("cancelled", "#e9e9ec", "#7b7e85", "#393b40"),
        paint("passed", "#f6f6f7", "#a4a7ad", "#44474c"),
    ],
    title: "#1d2733",
    subtitle: "#52606d",
    wire: "#9aa6b4",
    open: "#4f9e6d",
    shut: "#d3807d",
    error: "#a82622",
    mark: "#ffffff",
};

const DARK: Palette = Palette {
    boxes: [
        paint("plain", "#1d232b", "#66727f", "#e4e9ee"),
        paint("pending", "#10273c", "#4a90cf", "#d3e6f8"),
        paint("in-progress", "#1b3011", "#78c452", "#e0f4d6"),
        paint("complete", "#0f3a21", "#46b46d", "#d7f5e1"),
        paint("error", "#431817", "#ea6763", "#ffdfdd"),
        paint("cancelled", "#27292d", "#83868d", "#d2d4d9"),
        paint("passed", "#202226", "#666a71", "#c9cbd0"),
    ],
    title: "#e4e9ee",
    subtitle: "#a3afbc",
    wire: "#667382",
    open: "#3f9a60",
    shut: "#b4524f",
    error: "#ff9f9b",
    mark: "#0d1117",
};

/// The class of a step's box.
pub(super) const fn class(state: StepState) -> &'static str {
    match state {
        StepState::Pending => "pending",
        StepState::InProgress => "in-progress",
        StepState::Complete => "complete",
        StepState::Error => "error",
        StepState::Cancelled => "cancelled",
        StepState::ResolvedManually | StepState::Skipped => "passed",
    }
}

/// The rules of a picture. Each begins with its class, so that none reaches beyond it.
pub(super) fn sheet(theme: Theme) -> String {
    let mut css = String::from(
        ".tasker-diagram text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',sans-serif}\
         .tasker-diagram .title{font-size:16px;font-weight:600}\
         .tasker-diagram .subtitle{font-size:12px}\
         .tasker-diagram .name{font-size:13px;font-weight:600}\
         .tasker-diagram .line,.tasker-diagram .error{font-size:11px}\
         .tasker-diagram rect{stroke-width:1.3}\
         .tasker-diagram .optional rect{stroke-dasharray:5 3}\
         .tasker-diagram .wire{stroke-width:1.4;fill:none}\
         .tasker-diagram .wire.shut{stroke-dasharray:4 3}\
         .tasker-diagram .wire .head{stroke:none}\
         .tasker-diagram .sign{stroke-width:1.5;fill:none;stroke-linecap:round;stroke-linejoin:round}\
         .tasker-diagram .sign .m{stroke-width:1.8}\
         .tasker-diagram a:hover rect,.tasker-diagram a:focus rect{stroke-width:2.4}",
    );
    match theme {
        Theme::Light => colours(&mut css, &LIGHT),
        Theme::Dark => colours(&mut css, &DARK),
        Theme::Auto => {
            colours(&mut css, &LIGHT);
            css.push_str("@media(prefers-color-scheme:dark){");
            colours(&mut css, &DARK);
            css.push('}');
        }
    }
    // A line each, for whoever reads or compares it.
    css.replace("}.", "}\n.")
}

fn colours(css: &mut String, palette: &Palette) {
    let Palette { boxes, title, subtitle, wire, open, shut, error, mark } = palette;
    // Writing to a string does not fail.
    let _ = write!(css, ".tasker-diagram .title{{fill:{title}}}.tasker-diagram .subtitle{{fill:{subtitle}}}");
    for (class, colour) in [("wire", wire), ("wire.open", open), ("wire.shut", shut)] {
        let _ = write!(
            css,
            ".tasker-diagram .{class}{{stroke:{colour}}}.tasker-diagram .{class} .head{{fill:{colour}}}"
        );
    }
    let _ = write!(css, ".tasker-diagram .frame{{fill:none;stroke:{wire};stroke-dasharray:2 4}}");
    for Paint { class, fill, line, ink } in boxes {
        let _ = write!(
            css,
            ".tasker-diagram .{class} rect{{fill:{fill};stroke:{line}}}.tasker-diagram .{class} text{{fill:{ink}}}\
             .tasker-diagram .{class} .sign{{stroke:{line}}}.tasker-diagram .{class} .sign .f{{fill:{line}}}"
        );
    }
    let _ = write!(
        css,
        ".tasker-diagram .step .error{{fill:{error}}}.tasker-diagram .step .sign .m{{stroke:{mark}}}"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The contrast of two colours (WCAG 2.1).
    fn contrast(a: &str, b: &str) -> f64 {
        let luminance = |colour: &str| {
            let part = |at: usize| {
                let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
                if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_text_can_be_read() {
        for palette in [&LIGHT, &DARK] {
            for Paint { class, fill, ink, .. } in &palette.boxes {
                assert!(contrast(fill, ink) >= 7.0, "{class}: {}", contrast(fill, ink));
                assert!(
                    contrast(fill, palette.error) >= 4.5,
                    "an error on {class}: {}",
                    contrast(fill, palette.error)
                );
            }
        }
        for (page, palette) in [("#ffffff", &LIGHT), ("#0d1117", &DARK)] {
            assert!(contrast(page, palette.title) >= 7.0 && contrast(page, palette.subtitle) >= 4.5);
            for Paint { class, line, .. } in &palette.boxes[1..6] {
                assert!(contrast(page, line) >= 2.4, "{class}: {}", contrast(page, line));
            }
        }
    }
}
