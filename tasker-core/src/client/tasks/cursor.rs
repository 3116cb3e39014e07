use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::TaskId;
use crate::client::identity::digits_of;
use crate::store::TaskQuery;

/// Where a page of a list of tasks ended: a text that goes through URLs as it is, and is good for that list only.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

/// A text that is no [`Cursor`], or one of another list.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CursorError {
    /// No page ever gave it.
    #[error(
        "`{0}` is no cursor; take `next` of the page before as it is, or leave the cursor out for the first page"
    )]
    None(String),
    /// It belongs to a list of something else, or in another order.
    #[error(
        "the cursor `{0}` belongs to another list; ask for the same as for the page that it came with, in the same order, or leave \
         the cursor out for the first page"
    )]
    OfAnotherList(String),
}

/// Before it the task, in as many digits.
const CHECK_DIGITS: usize = 16;

impl Cursor {
    pub(in crate::client) fn after(task: TaskId, query: &TaskQuery) -> Self {
        Self(format!("{}{}", task.as_uuid().simple(), check(task, query)))
    }

    /// The task after which the page begins, if it is one of this list.
    pub(in crate::client) fn task(&self, query: &TaskQuery) -> Result<TaskId, CursorError> {
        let none = || CursorError::None(self.0.clone());
        let digits = self.0.len().checked_sub(CHECK_DIGITS).filter(|_| self.0.is_ascii()).ok_or_else(none)?;
        let (task, found) = self.0.split_at(digits);
        let task = Uuid::try_parse(task).map(TaskId::from).map_err(|_| none())?;
        if found != check(task, query) {
            return Err(CursorError::OfAnotherList(self.0.clone()));
        }
        Ok(task)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whatever text; whether it is a cursor of the list, the list finds out.
impl From<String> for Cursor {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Cursor {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl FromStr for Cursor {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(text.into())
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Digits of what is looked for, in which order, and the task.
fn check(task: TaskId, query: &TaskQuery) -> String {
    let list = serde_json::json!([query.filter, query.order, task]).to_string();
    let mut digits = digits_of(&list);
    digits.truncate(CHECK_DIGITS);
    digits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{ListOrder, TaskFilter};

    #[test]
    fn a_cursor_is_good_for_its_list_whatever_the_size_of_the_pages() {
        let (task, query) = (TaskId::random(), TaskQuery { limit: 5, ..TaskQuery::default() });
        let text = Cursor::after(task, &query).to_string();
        let cursor: Cursor = text.parse().unwrap();
        assert_eq!(cursor.task(&TaskQuery { limit: 9, ..query.clone() }), Ok(task));
        let other = TaskFilter { name: Some("order".into()), ..TaskFilter::default() };
        let others = [
            TaskQuery { filter: other, ..query.clone() },
            TaskQuery { order: ListOrder::OldestFirst, ..query.clone() },
        ];
        for other in others {
            assert_eq!(cursor.task(&other), Err(CursorError::OfAnotherList(text.clone())));
        }
    }

    #[test]
    fn a_text_that_no_page_gave_is_refused() {
        let query = TaskQuery::default();
        let good = Cursor::after(TaskId::random(), &query).to_string();
        let forged = format!("{}{}", TaskId::random().as_uuid().simple(), &good[32..]);
        assert!(matches!(Cursor::from(forged).task(&query), Err(CursorError::OfAnotherList(_))));
        for text in ["", "x", "é0199c6a8", &good[1..], &format!("{good}0"), &good[..32]] {
            let refused = Cursor::from(text).task(&query);
            assert!(matches!(refused, Err(CursorError::None(_))), "{text}: {refused:?}");
        }
    }
}
