//! The services of the shop, in memory. Each takes what belongs to an order once, by its id, so that a step may run again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tasker::StepError;

/// Clones are the same shop.
#[derive(Clone, Default)]
pub struct Shop(Arc<Mutex<Books>>);

/// What happened, by the id of the order.
#[derive(Default)]
struct Books {
    charges: BTreeMap<u64, u64>,
    taken: BTreeMap<u64, u32>,
    letters: BTreeMap<u64, Letter>,
}

/// What a customer reads.
#[derive(Debug, Clone)]
pub struct Letter {
    pub from: String,
    pub to: String,
    pub text: String,
}

/// What lies where, and the most that one order gets.
const SHELVES: [(&str, &str, u32); 4] =
    [("MUG-1", "A1", 24), ("TEA-7", "A2", 100), ("TIN-2", "B1", 50), ("POT-3", "B4", 6)];

impl Shop {
    /// Charges the customer and gives a receipt.
    pub fn charge(&self, order: u64, cents: u64) -> String {
        self.books().charges.entry(order).or_insert(cents);
        format!("receipt-{order}")
    }

    /// Takes pieces off the shelves.
    pub fn take(&self, order: u64, pieces: u32) {
        self.books().taken.entry(order).or_insert(pieces);
    }

    /// Sends a letter.
    pub fn send(&self, order: u64, letter: Letter) {
        self.books().letters.entry(order).or_insert(letter);
    }

    /// The letters that were sent.
    pub fn letters(&self) -> Vec<Letter> {
        self.books().letters.values().cloned().collect()
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The shelf of an article.
///
/// # Errors
/// Permanent, with a code, for what the shop does not have.
pub fn find(sku: &str, quantity: u32) -> Result<&'static str, StepError> {
    let Some(&(_, shelf, most)) = SHELVES.iter().find(|(article, ..)| *article == sku) else {
        return Err(StepError::permanent(format!("there is no `{sku}` in this shop")).code("UNKNOWN_SKU"));
    };
    if quantity > most {
        let reason = format!("{quantity} of `{sku}` are more than the {most} on its shelf");
        return Err(StepError::permanent(reason).code("OUT_OF_STOCK"));
    }
    Ok(shelf)
}

/// An amount as it is shown: `12.50`.
pub fn money(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}
