//! Tables of text: columns as wide as what is in them.

use crate::join::Line;
use crate::pipeline::data_pipeline::Context;
use crate::sources::Region;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// Rows under a head, each line without spaces at its end.
pub fn table<const N: usize>(head: [(&str, Align); N], rows: &[[String; N]]) -> String {
    let mut widths = head.map(|(name, _)| name.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in [head.map(|(name, _)| name.to_owned())].iter().chain(rows) {
        let cells = row.iter().zip(head).zip(widths).map(|((cell, (_, align)), width)| match align {
            Align::Left => format!("{cell:<width$}"),
            Align::Right => format!("{cell:>width$}"),
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The report in words: a headline, and a row for each currency.
pub fn report(ctx: &Context, lines: &[Line]) -> String {
    use Align::{Left, Right};
    let place = ctx.region.map_or("the world", Region::name);
    let least = match ctx.at_least {
        1 => String::new(),
        least => format!(" in at least {least} countries"),
    };
    let headline = format!("Currencies of {place}{least}, and their clocks in {}", ctx.year);
    let head = [
        ("CURRENCY", Left),
        ("NAME", Left),
        ("COUNTRIES", Right),
        ("ZONES", Right),
        ("CLOCKS FROM", Left),
        ("TO", Left),
        ("APART", Right),
        ("CHANGE CLOCKS", Right),
    ];
    let rows: Vec<_> = lines.iter().map(row).collect();
    format!("{headline}\n\n{}", table(head, &rows))
}

fn row(line: &Line) -> [String; 8] {
    let (first, last, apart) = line
        .offsets
        .map_or_else(Default::default, |(first, last)| (utc(first), utc(last), hours(last - first)));
    [
        line.currency.clone(),
        line.name.clone(),
        line.countries.len().to_string(),
        line.zones.to_string(),
        first,
        last,
        apart,
        line.changing.len().to_string(),
    ]
}

/// Minutes ahead of UTC as people write them: `UTC+5:30`.
fn utc(minutes: i32) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("UTC{sign}{}", hours(minutes.abs()))
}

fn hours(minutes: i32) -> String {
    format!("{}:{:02}", minutes / 60, minutes % 60)
}
