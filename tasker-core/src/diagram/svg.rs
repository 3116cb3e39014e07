//! A diagram as a picture.
//!
//! An SVG that stands alone: no scripts, no ids that could be another picture's, no fonts to load. What a box means is said by its words and its
//! sign, and by its colour besides. Everything that somebody wrote is escaped.

mod cells;
mod sign;
mod style;
pub(super) mod text;
mod wire;

use std::fmt::Write;

use cells::Cells;
pub use style::Theme;
use text::{Size, escape, fit, number, width};

use super::layout::{Layout, Rect, lay_out};
use super::{Diagram, Step, short};
use crate::StepNo;

/// The room around the drawing.
const MARGIN: f64 = 24.0;
/// The height of title and subtitle.
const HEAD: f64 = 58.0;
/// The fonts of the title, of names, and of the lines below them.
const TITLE: f64 = 16.0;
const NAME: f64 = 13.0;
const LINE: f64 = 11.0;
/// How much wider bold letters are.
const BOLD: f64 = 1.15;
/// Where the texts of a box begin, with a sign and without.
const INDENT: f64 = 36.0;
const PLAIN_INDENT: f64 = 16.0;
/// What a box has on its right.
const PADDING: f64 = 16.0;
/// How wide a box is at least and at most.
const NARROW: f64 = 108.0;
const WIDE: f64 = 264.0;
/// The height of a box with its name only, and of each line more.
const BOX: f64 = 36.0;
const MORE: f64 = 15.0;
/// What a box says.
struct Texts {
    name: String,
    line: Option<String>,
    error: Option<String>,
    indent: f64,
    size: Size,
}

impl Texts {
    fn of(step: &Step) -> Self {
        let indent = if step.stand.is_some() { INDENT } else { PLAIN_INDENT };
        let most = WIDE - indent - PADDING;
        let name = fit(&step.name, NAME, most / BOLD);
        let line = match &step.stand {
            Some(stand) => stand.words.clone(),
            None if step.optional && step.description.is_empty() => "may be skipped".to_owned(),
            None => step.description.clone(),
        };
        let line = line.lines().next().filter(|line| !line.is_empty()).map(|line| fit(line, LINE, most));
        let error = step.stand.as_ref().and_then(|stand| stand.error.as_deref());
        let error = error.map(|error| fit(&short(error), LINE, most));
        let widths = [width(&name, NAME) * BOLD, of(line.as_ref()), of(error.as_ref())];
        let widest = widths.into_iter().fold(0.0, f64::max);
        let lines = f64::from(u8::from(line.is_some()) + u8::from(error.is_some()));
        let size = Size {
            width: (indent + widest + PADDING).clamp(NARROW, WIDE).ceil(),
            height: BOX + MORE * lines,
        };
        Self { name, line, error, indent, size }
    }
}

fn of(line: Option<&String>) -> f64 {
    line.map_or(0.0, |line| width(line, LINE))
}

pub(super) fn draw(diagram: &Diagram, theme: Theme) -> String {
    let texts: Vec<Texts> = diagram.steps.iter().map(Texts::of).collect();
    let sizes: Vec<Size> = texts.iter().map(|texts| texts.size).collect();
    let dependencies: Vec<Vec<usize>> = diagram
        .steps
        .iter()
        .map(|step| step.depends_on.iter().map(|&StepNo(no)| no as usize).collect())
        .collect();
    let cells = Cells::of(&sizes, &dependencies);
    let layout = lay_out(&cells.sizes(), &cells.dependencies);
    Picture { diagram, texts: &texts, cells: &cells, layout: &layout, left: 0.0 }.draw(theme)
}

struct Picture<'p> {
    diagram: &'p Diagram,
    texts: &'p [Texts],
    cells: &'p Cells,
    layout: &'p Layout,
    /// How far the drawing stands from the left, within the margins.
    left: f64,
}

impl Picture<'_> {
    fn draw(mut self, theme: Theme) -> String {
        let head = Head::of(self.diagram);
        let inner = self.layout.width.max(head.width());
        self.left = (inner - self.layout.width) / 2.0;
        let (wide, high) = ((inner + 2.0 * MARGIN).ceil(), (self.layout.height + HEAD + 2.0 * MARGIN).ceil());
        let mut svg = String::with_capacity(4096 + self.texts.len() * 700);
        // Writing to a string does not fail.
        let _ = writeln!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"tasker-diagram\" role=\"img\" aria-label=\"{}\" \
             width=\"{wide}\" height=\"{high}\" viewBox=\"0 0 {wide} {high}\">",
            escape(&head.title),
        );
        let _ = writeln!(svg, "<style>{}</style>", style::sheet(theme));
        head.draw(&mut svg);
        let top = MARGIN + HEAD;
        let _ = writeln!(svg, "<g transform=\"translate({} {})\">", number(MARGIN + self.left), number(top));
        self.frames(&mut svg);
        self.wires(&mut svg);
        let boxes = self.cells.boxes(self.layout);
        for (no, (step, rect)) in (0..).zip(self.diagram.steps.iter().zip(&boxes)) {
            self.step(&mut svg, StepNo(no), step, rect);
        }
        svg.push_str("</g>\n</svg>\n");
        svg
    }

    /// The frames around steps that are alike.
    fn frames(&self, svg: &mut String) {
        for rect in self.cells.frames(self.layout) {
            let _ = writeln!(
                svg,
                "<rect class=\"frame\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"16\"/>",
                number(rect.left),
                number(rect.top),
                number(rect.width),
                number(rect.height)
            );
        }
    }

    /// The edges, those of one step or frame together.
    fn wires(&self, svg: &mut String) {
        for runs in self.layout.runs.chunk_by(|a, b| a.source == b.source) {
            let (mut lines, mut heads) = (String::new(), String::new());
            for run in runs {
                wire::line(&mut lines, run);
                if run.target.is_some() {
                    wire::head(&mut heads, run);
                }
            }
            let class =
                wire::class(self.cells.steps(runs[0].source).iter().map(|&step| &self.diagram.steps[step]));
            let _ = writeln!(
                svg,
                "<g class=\"wire{class}\"><path d=\"{lines}\"/><path class=\"head\" d=\"{heads}\"/></g>"
            );
        }
    }

    fn step(&self, svg: &mut String, no: StepNo, step: &Step, rect: &Rect) {
        let texts = &self.texts[no.index()];
        let url = self.diagram.url(Some(no));
        if let Some(url) = &url {
            let _ = write!(svg, "<a href=\"{}\">", escape(url));
        }
        let class = step.stand.as_ref().map_or("plain", |stand| style::class(stand.state));
        let optional = if step.optional { " optional" } else { "" };
        let _ = write!(
            svg,
            "<g class=\"step {class}{optional}\" transform=\"translate({} {})\"><title>{}</title>\
             <rect width=\"{}\" height=\"{}\" rx=\"9\"/>",
            number(rect.left),
            number(rect.top),
            escape(&tooltip(step)),
            number(rect.width),
            number(rect.height),
        );
        if let Some(stand) = &step.stand {
            sign::draw(svg, stand.sign, 19.0, rect.height / 2.0);
        }
        // In a frame a box may be higher than its texts.
        let first = 22.5 + (rect.height - texts.size.height) / 2.0;
        let lines =
            [(Some(&texts.name), "name"), (texts.line.as_ref(), "line"), (texts.error.as_ref(), "error")];
        for (at, (text, class)) in
            (0_u8..).zip(lines.iter().filter_map(|(text, class)| Some((text.as_ref()?, class))))
        {
            let y = first + f64::from(at) * (MORE + 0.5);
            let _ = write!(
                svg,
                "<text class=\"{class}\" x=\"{}\" y=\"{}\">{}</text>",
                number(texts.indent),
                number(y),
                escape(text)
            );
        }
        svg.push_str("</g>");
        svg.push_str(if url.is_some() { "</a>\n" } else { "\n" });
    }
}

/// Title and subtitle.
struct Head {
    title: String,
    line: String,
}

impl Head {
    fn of(diagram: &Diagram) -> Self {
        let line = match &diagram.task {
            None if diagram.steps.len() == 1 => "1 step".to_owned(),
            None => format!("{} steps", diagram.steps.len()),
            Some(task) => {
                let state = task.state.as_str().replace('_', " ");
                let because = task.waiting_because.as_ref().map(|because| format!(": {because}"));
                let line = format!("{state}, {}{}", task.progress, because.unwrap_or_default());
                line.lines().next().unwrap_or_default().replace('`', "")
            }
        };
        Self { title: fit(&diagram.title, TITLE, 640.0), line: fit(&line, LINE + 1.0, 640.0) }
    }

    fn width(&self) -> f64 {
        width(&self.title, TITLE).max(width(&self.line, LINE + 1.0))
    }

    fn draw(&self, svg: &mut String) {
        let _ = writeln!(
            svg,
            "<text class=\"title\" x=\"{MARGIN}\" y=\"{}\">{}</text>\n<text class=\"subtitle\" x=\"{MARGIN}\" y=\"{}\">{}</text>",
            MARGIN + 14.0,
            escape(&self.title),
            MARGIN + 35.0,
            escape(&self.line),
        );
    }
}

/// What is said about a step when one points at it.
fn tooltip(step: &Step) -> String {
    let mut lines = vec![step.name.clone()];
    if !step.description.is_empty() {
        lines.push(step.description.clone());
    }
    if step.optional {
        lines.push("may be skipped".to_owned());
    }
    if let Some(stand) = &step.stand {
        lines.push(format!("{}, attempts: {}", stand.state, stand.attempts));
        if let Some(error) = &stand.error {
            let cut: String = error.chars().take(400).collect();
            let rest = if cut.len() < error.len() { "…" } else { "" };
            lines.push(format!("error: {cut}{rest}"));
        }
        if let Some(because) = &stand.waiting_because {
            lines.push(because.chars().take(400).collect());
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests;
