//! What is said in the end: a table for people, or lines of JSON for programs.

use std::io::{self, Write};

use serde::Serialize;
use tasker::{Attempt, StepState, TaskState};

use crate::options::Format;
use crate::progress::{Origin, Tracked};

/// Prints what became of the tasks.
pub fn print(format: Format, tasks: &[Tracked]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match format {
        Format::Table => table(&mut out, tasks),
        Format::Json => json(&mut out, tasks),
    }
}

#[derive(Serialize)]
struct TaskLine<'a> {
    task_id: String,
    workflow: String,
    status: TaskState,
    steps: Vec<StepLine<'a>>,
}

#[derive(Serialize)]
struct StepLine<'a> {
    name: &'a str,
    status: StepState,
    attempts: Attempt,
    error: Option<String>,
}

fn json(out: &mut impl Write, tasks: &[Tracked]) -> io::Result<()> {
    for Tracked { status, .. } in tasks {
        let steps = status.steps.iter().map(|step| StepLine {
            name: &step.name,
            status: step.state,
            attempts: step.attempts,
            error: step.error.as_ref().map(ToString::to_string),
        });
        let line = TaskLine {
            task_id: status.id.to_string(),
            workflow: status.workflow.to_string(),
            status: status.state,
            steps: steps.collect(),
        };
        writeln!(out, "{}", serde_json::to_string(&line)?)?;
    }
    Ok(())
}

const HEAD: [&str; 6] = ["ORDER", "STATUS", "STEPS", "ATTEMPTS", "TIME", "ERROR"];

fn table(out: &mut impl Write, tasks: &[Tracked]) -> io::Result<()> {
    if tasks.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = tasks.iter().map(row).collect();
    let mut widths = HEAD.map(str::len);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    writeln!(out)?;
    for row in [HEAD.map(str::to_owned)].iter().chain(&rows) {
        let cells: Vec<_> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        writeln!(out, "{}", cells.join("  ").trim_end())?;
    }
    if tasks.iter().all(|task| task.origin == Origin::Existing) {
        writeln!(
            out,
            "\nThese orders were run before. To run them afresh, name another file with `--db FILE`."
        )?;
    }
    Ok(())
}

fn row(task: &Tracked) -> [String; 6] {
    let status = &task.status;
    let origin = match task.origin {
        Origin::New => "",
        Origin::Resumed => " (resumed)",
        Origin::Existing => " (existing)",
    };
    let attempts: u32 = status.steps.iter().map(|step| step.attempts.0).sum();
    let time = status.ended_at.map(|end| format!("{:.2}s", end.since(status.created_at).as_secs_f64()));
    let failed = status.steps.iter().find(|step| step.state == StepState::Error);
    let error = failed.and_then(|step| Some(format!("{}: {}", step.name, step.error.as_ref()?)));
    [
        task.order.clone(),
        format!("{}{origin}", status.state),
        format!("{}/{}", task.steps_done(), status.steps.len()),
        attempts.to_string(),
        time.unwrap_or_default(),
        error.unwrap_or_default(),
    ]
}
