//! The three sources, which know nothing of each other: countries, currencies and time zones.
//!
//! Their data is real: it comes with the crates `iso3166`, `iso_currency` and `timezone-data`, so the example needs no network. They are
//! read as one reads a service, page by page, with a pause before each page; and they can be told to be down.

mod rows;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use std::{process, vec};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tasker::{Attempt, StepError};

pub use rows::{Country, Currency, Kind, Region, Zone};

use crate::files::blocking;

/// A row of a source, as it comes.
pub trait Row: Serialize + DeserializeOwned + Send + 'static {
    /// The name of the source.
    const SOURCE: &'static str;

    /// All that the source has to say of a year, in an order that does not change.
    fn all(year: u16) -> Vec<Self>;
}

/// The names of the sources.
pub const NAMES: [&str; 3] = [Country::SOURCE, Currency::SOURCE, Zone::SOURCE];

/// How to read a source: the configuration of the extracts.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Paging {
    /// How many rows are asked for at a time; at least one.
    pub rows: usize,
    /// How long the source is left alone before each page, in milliseconds.
    pub pause_ms: u64,
}

/// The sources, or the client of their service. Clones are the same sources.
#[derive(Clone, Default)]
pub struct Sources(Arc<Faults>);

/// What goes wrong, because the command line asks for it.
#[derive(Debug, Default)]
pub struct Faults {
    /// How many first attempts to read a source find it down.
    pub down: BTreeMap<&'static str, u32>,
    /// The source in the midst of which the process dies, in the first attempt.
    pub crash: Option<&'static str>,
}

/// A source that is being read.
pub struct Reader<R> {
    rows: vec::IntoIter<R>,
    paging: Paging,
    dies: bool,
}

impl Sources {
    pub fn new(faults: Faults) -> Self {
        Self(Arc::new(faults))
    }

    /// Begins to read what a source has to say of a year.
    ///
    /// # Errors
    /// Retryable where it is down.
    pub async fn open<R: Row>(
        &self,
        year: u16,
        paging: Paging,
        Attempt(attempt): Attempt,
    ) -> Result<Reader<R>, StepError> {
        let Faults { down, crash } = &*self.0;
        let times = down.get(R::SOURCE).copied().unwrap_or(0);
        if attempt <= times {
            let reason =
                format!("the {} are down, for attempt {attempt} of {times}, as asked for", R::SOURCE);
            return Err(StepError::retryable(reason).code("SOURCE_DOWN"));
        }
        let rows = blocking(move || Ok(R::all(year))).await?.into_iter();
        Ok(Reader { rows, paging, dies: attempt == 1 && *crash == Some(R::SOURCE) })
    }
}

impl<R: Row> Reader<R> {
    /// The next page; none after the last.
    pub async fn page(&mut self) -> Option<Vec<R>> {
        if self.rows.len() == 0 {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(self.paging.pause_ms)).await;
        let page = self.rows.by_ref().take(self.paging.rows.max(1)).collect();
        if self.dies && self.rows.len() == 0 {
            eprintln!("the process dies before the last page of the {}, as asked for", R::SOURCE);
            process::abort();
        }
        Some(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn pages<R: Row>(rows: usize) -> Vec<Vec<R>> {
        let paging = Paging { rows, pause_ms: 0 };
        let mut reader = Sources::default().open::<R>(2026, paging, Attempt(1)).await.unwrap();
        let mut pages = Vec::new();
        while let Some(page) = reader.page().await {
            pages.push(page);
        }
        pages
    }

    #[tokio::test]
    async fn the_pages_of_a_source_are_all_its_rows_however_many_a_page_has() {
        let all = Country::all(2026);
        for rows in [1, 7, all.len() - 1, all.len(), all.len() + 1] {
            let pages = pages::<Country>(rows).await;
            assert_eq!(pages.len(), all.len().div_ceil(rows), "{rows} rows to a page");
            assert!(pages.iter().rev().skip(1).all(|page| page.len() == rows));
            assert_eq!(pages.concat(), all);
        }
        assert_eq!(pages::<Country>(0).await.len(), all.len(), "a page has at least one row");
    }
}
