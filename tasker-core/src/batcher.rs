//! Group commit for calls: what is asked while a call is under way is asked together in the next one.
//!
//! There is no timer. A lone request goes out at once; under load the batches grow to what the store takes in one
//! transaction, so that a thousand callers cost a few transactions.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::store::StoreError;

type Request<I, O> = (I, oneshot::Sender<Result<O, StoreError>>);

/// Collects requests into batches. It works until it is dropped.
pub(crate) struct Batcher<I, O>(mpsc::UnboundedSender<Request<I, O>>);

impl<I: Send + 'static, O: Send + 'static> Batcher<I, O> {
    /// Starts a batcher whose `call` answers every request of a batch of at most so many, in order. So many
    /// batches are under way at the same time.
    pub(crate) fn start<F>(
        most: usize,
        parallel: usize,
        mut call: impl FnMut(Vec<I>) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Vec<O>, StoreError>> + Send + 'static,
    {
        let (sender, mut receiver) = mpsc::unbounded_channel::<Request<I, O>>();
        tokio::spawn(async move {
            let places = Arc::new(Semaphore::new(parallel));
            // What arrives while all places are taken makes the next batch.
            while let Ok(place) = Arc::clone(&places).acquire_owned().await {
                let mut requests = Vec::new();
                if receiver.recv_many(&mut requests, most).await == 0 {
                    return;
                }
                let (items, askers): (Vec<_>, Vec<_>) = requests.into_iter().unzip();
                let answers = call(items);
                tokio::spawn(async move {
                    answer(askers, answers.await);
                    drop(place);
                });
            }
        });
        Self(sender)
    }

    /// Asks, and waits for the answer.
    pub(crate) async fn ask(&self, item: I) -> Result<O, StoreError> {
        let (asker, answer) = oneshot::channel();
        self.0.send((item, asker)).map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

fn answer<O>(askers: Vec<oneshot::Sender<Result<O, StoreError>>>, answers: Result<Vec<O>, StoreError>) {
    // An asker that is gone needs no answer.
    match answers {
        Ok(answers) => {
            for (asker, answer) in askers.into_iter().zip(answers) {
                let _ = asker.send(Ok(answer));
            }
        }
        Err(error) => {
            for asker in askers {
                let _ = asker.send(Err(error.clone()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[tokio::test]
    async fn what_arrives_during_a_call_makes_the_next_one() {
        let sizes = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&sizes);
        let batcher = Batcher::start(100, 1, move |items: Vec<u32>| {
            seen.lock().unwrap().push(items.len());
            async move {
                for _ in 0..10 {
                    tokio::task::yield_now().await;
                }
                Ok(items.iter().map(|item| item * 2).collect())
            }
        });
        let first = batcher.ask(1);
        let rest = async {
            tokio::task::yield_now().await;
            futures_util::future::join_all((2..=10).map(|item| batcher.ask(item))).await
        };
        let (first, rest) = tokio::join!(first, rest);
        assert_eq!(first.unwrap(), 2);
        assert_eq!(
            rest.into_iter().map(Result::unwrap).collect::<Vec<_>>(),
            [4, 6, 8, 10, 12, 14, 16, 18, 20]
        );
        assert_eq!(*sizes.lock().unwrap(), [1, 9]);
    }
}
