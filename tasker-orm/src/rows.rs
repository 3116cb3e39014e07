//! Many rows in one parameter, and in one answer.
//!
//! A batch goes to the database as one JSON array of arrays, so that every statement has one text, is prepared once, and takes a
//! batch of any size; what a statement tells about a batch comes back the same way, in one row. Ids are written as hexadecimal
//! digits; documents as strings, which the database takes as they are.

use sea_orm::{DbErr, QueryResult, TryGetable, Value};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use uuid::Uuid;

/// Collects rows.
#[derive(Debug, Default)]
pub(crate) struct Rows(Vec<Json>);

impl Rows {
    pub(crate) fn push(&mut self, row: impl Into<Vec<Json>>) {
        self.0.push(Json::Array(row.into()));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Vec<Json>> for Rows {
    fn from_iter<I: IntoIterator<Item = Vec<Json>>>(rows: I) -> Self {
        Self(rows.into_iter().map(Json::Array).collect())
    }
}

impl From<Rows> for Value {
    fn from(rows: Rows) -> Self {
        Json::Array(rows.0).to_string().into()
    }
}

/// An id as a value of a row.
pub(crate) fn id(id: Uuid) -> Json {
    id.simple().to_string().into()
}

/// The rows of an answer that is one JSON array, told by the last of the statements.
pub(crate) fn answer<T: DeserializeOwned>(rows: &[QueryResult]) -> Result<Vec<T>, DbErr> {
    let Some(row) = rows.last() else { return Ok(Vec::new()) };
    let text: String = Columns(row).get(0)?;
    serde_json::from_str(&text).map_err(|error| DbErr::Type(error.to_string()))
}

/// Reads the columns of a result by their place.
pub(crate) struct Columns<'r>(pub(crate) &'r QueryResult);

impl Columns<'_> {
    pub(crate) fn get<T: TryGetable>(&self, place: usize) -> Result<T, DbErr> {
        self.0.try_get_by_index(place)
    }
}
