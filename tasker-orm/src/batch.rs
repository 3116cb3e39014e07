//! Many rows in a few parameters.
//!
//! A batch goes to the database whole, so that a statement has one text, is prepared once, and takes a batch of any size: on
//! PostgreSQL one array for each column, to be unnested; on SQLite one JSON array of arrays, for `json_each`. Arrays hold no
//! nulls: an absent text is empty there, and an absent number is -1.

use std::fmt::Write;

use sea_orm::Value;
#[cfg(feature = "postgres")]
use sea_orm::sea_query::ArrayType;
use uuid::Uuid;

use crate::statement::Backend;

/// A value of a row.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cell<'a> {
    Id(Uuid),
    Int(i32),
    Big(i64),
    /// Not negative.
    OptBig(Option<i64>),
    Text(&'a str),
    /// Not empty.
    OptText(Option<&'a str>),
    Numbers(&'a [u32]),
}

/// What a column holds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Column {
    Id,
    Int,
    Big,
    Text,
}

/// Collects rows of the same columns.
#[derive(Debug)]
pub(crate) enum Batch {
    Json(String),
    #[cfg(feature = "postgres")]
    Arrays(Vec<(Column, Vec<Value>)>),
}

impl Batch {
    #[cfg_attr(not(feature = "postgres"), expect(unused_variables, reason = "JSON says itself what it is"))]
    pub(crate) fn new(backend: Backend, columns: &[Column]) -> Self {
        #[cfg(feature = "postgres")]
        if backend == Backend::Postgres {
            return Self::Arrays(columns.iter().map(|&column| (column, Vec::new())).collect());
        }
        Self::Json(String::from("["))
    }

    /// Adds a row; its cells are as many as the columns, and fit them.
    pub(crate) fn push<const N: usize>(&mut self, row: [Cell<'_>; N]) {
        match self {
            Self::Json(text) => {
                text.push_str(if text.len() > 1 { ",[" } else { "[" });
                for (place, cell) in row.into_iter().enumerate() {
                    if place > 0 {
                        text.push(',');
                    }
                    write_json(text, cell);
                }
                text.push(']');
            }
            #[cfg(feature = "postgres")]
            Self::Arrays(columns) => {
                for ((_, column), cell) in columns.iter_mut().zip(row) {
                    column.push(value(cell));
                }
            }
        }
    }

    /// The parameters, one or several.
    pub(crate) fn into_values(self) -> Vec<Value> {
        match self {
            Self::Json(mut text) => {
                text.push(']');
                vec![text.into()]
            }
            #[cfg(feature = "postgres")]
            Self::Arrays(columns) => columns
                .into_iter()
                .map(|(column, values)| Value::Array(array_type(column), Some(Box::new(values))))
                .collect(),
        }
    }
}

/// Rows as parameters of one statement.
#[derive(Debug)]
pub(crate) struct Rows {
    columns: &'static [(&'static str, Column)],
    backend: Backend,
    batch: Batch,
    is_empty: bool,
}

impl Rows {
    pub(crate) fn new(backend: Backend, columns: &'static [(&'static str, Column)]) -> Self {
        let kinds: Vec<Column> = columns.iter().map(|(_, kind)| *kind).collect();
        Self { columns, backend, batch: Batch::new(backend, &kinds), is_empty: true }
    }

    pub(crate) fn push<const N: usize>(&mut self, row: [Cell<'_>; N]) {
        self.batch.push(row);
        self.is_empty = false;
    }

    /// A statement over the rows, with its parameters; they are its `{rows}`, by the name of `b`. None where there is no row.
    pub(crate) fn into_statement(self, sql: &str) -> Option<(String, Vec<Value>)> {
        let sql = sql.replace("{rows}", &self.source());
        (!self.is_empty).then(|| (sql, self.batch.into_values()))
    }

    fn source(&self) -> String {
        let columns = self.columns.iter().enumerate();
        match self.backend {
            Backend::Postgres => {
                let arrays = columns.map(|(at, (_, kind))| format!("${}::{}[]", at + 1, type_of(*kind)));
                let names: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
                format!("unnest({}) AS b ({})", arrays.collect::<Vec<_>>().join(", "), names.join(", "))
            }
            Backend::Sqlite => {
                let cells = columns.map(|(at, (name, kind))| match kind {
                    Column::Id => format!("unhex(value->>{at}) AS {name}"),
                    _ => format!("value->>{at} AS {name}"),
                });
                format!("(SELECT {} FROM json_each($1)) AS b", cells.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

const fn type_of(kind: Column) -> &'static str {
    match kind {
        Column::Id => "uuid",
        Column::Int => "int",
        Column::Big => "bigint",
        Column::Text => "text",
    }
}

/// Ids as one parameter: an array, or a JSON array of one-element rows.
pub(crate) fn ids(backend: Backend, ids: impl IntoIterator<Item = Uuid>) -> Value {
    let mut batch = Batch::new(backend, &[Column::Id]);
    for id in ids {
        batch.push([Cell::Id(id)]);
    }
    batch.into_values().remove(0)
}

#[cfg(feature = "postgres")]
fn array_type(column: Column) -> ArrayType {
    match column {
        Column::Id => ArrayType::Uuid,
        Column::Int => ArrayType::Int,
        Column::Big => ArrayType::BigInt,
        Column::Text => ArrayType::String,
    }
}

#[cfg(feature = "postgres")]
fn value(cell: Cell<'_>) -> Value {
    match cell {
        Cell::Id(id) => id.into(),
        Cell::Int(number) => number.into(),
        Cell::Big(number) => number.into(),
        Cell::OptBig(number) => number.unwrap_or(-1).into(),
        Cell::Text(text) => text.into(),
        Cell::OptText(text) => text.unwrap_or_default().into(),
        Cell::Numbers(numbers) => listed(numbers).into(),
    }
}

fn listed(numbers: &[u32]) -> String {
    let mut text = String::with_capacity(numbers.len() * 4);
    for (place, number) in numbers.iter().enumerate() {
        let comma = if place > 0 { "," } else { "" };
        let _ = write!(text, "{comma}{number}");
    }
    text
}

fn write_json(text: &mut String, cell: Cell<'_>) {
    // Writing to a string does not fail.
    let _ = match cell {
        Cell::Id(id) => write!(text, "\"{}\"", id.simple()),
        Cell::Int(number) => write!(text, "{number}"),
        Cell::Big(number) | Cell::OptBig(Some(number)) => write!(text, "{number}"),
        Cell::Numbers(numbers) => write!(text, "[{}]", listed(numbers)),
        Cell::Text(string) | Cell::OptText(Some(string)) => {
            text.push_str(&serde_json::Value::from(string).to_string());
            Ok(())
        }
        Cell::OptBig(None) | Cell::OptText(None) => {
            text.push_str("null");
            Ok(())
        }
    };
}

#[cfg(all(test, feature = "postgres"))]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_json_or_arrays() {
        let columns = [Column::Int, Column::Text, Column::Text];
        for (backend, parameters) in [(Backend::Sqlite, 1), (Backend::Postgres, 3)] {
            let mut batch = Batch::new(backend, &columns);
            batch.push([Cell::Int(1), Cell::OptText(Some("a \"b\"")), Cell::Numbers(&[1, 2])]);
            batch.push([Cell::Int(2), Cell::OptText(None), Cell::Numbers(&[])]);
            let values = batch.into_values();
            assert_eq!(values.len(), parameters);
            if backend == Backend::Sqlite {
                assert_eq!(values, [r#"[[1,"a \"b\"",[1,2]],[2,null,[]]]"#.into()]);
            }
        }
    }
}
