//! Lists of tasks, as an application asks for them: what a task has to be, in which order, and page by page.

mod cursor;

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use serde::Serialize;
use serde_json::Value;

pub use cursor::{Cursor, CursorError};

use super::{Client, Tasker};
use crate::step::Workflow;
use crate::store::{AnnotationFilter, ListOrder, StoreError, TaskFilter, TaskQuery, TaskSummary};
use crate::{Annotation, TaskState, Timestamp};

/// Tasks that are looked for; await it for a [`Page`] of them, or ask for their [`total`](Self::total).
///
/// Each call narrows the list; of two that say what one thing is to be, such as `namespace`, the last counts. It comes in the order of the ids of the tasks, which is by age, the newest first.
///
/// ```
/// # use tasker_core::{MemoryStore, StepError, TaskState, Tasker, workflow};
/// # extern crate tasker_core as tasker;
/// # #[workflow(namespace = "shop", context = u32)]
/// # mod order {
/// #     use super::StepError;
/// #     #[step]
/// #     pub async fn charge(ctx: &u32) -> Result<u32, StepError> { Ok(*ctx) }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let tasker = Tasker::builder(()).store(MemoryStore::new()).register::<order::Workflow>().build().await?;
/// # tasker.start_many::<order::Workflow>(0..3).tags(["vip"]).await?;
/// # tasker.shutdown().await;
/// let of_vips = || tasker.tasks().workflow::<order::Workflow>().tag("vip").oldest_first().limit(2);
/// let mut page = of_vips().await?;
/// assert_eq!(page.tasks.len(), 2);
/// while let Some(next) = page.next {
///     page = of_vips().after(next).await?;
/// }
/// assert_eq!(page.tasks.len(), 1);
/// assert_eq!(of_vips().total().await?, 3);
/// assert_eq!(of_vips().state(TaskState::Error).total().await?, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "nothing is looked for before this is awaited"]
pub struct Tasks {
    pub(super) client: Client,
    /// What is looked for, and in which order.
    pub(super) query: TaskQuery,
    pub(super) limit: Option<usize>,
    pub(super) after: Option<Cursor>,
    pub(super) mistake: Option<QueryError>,
}

/// A part of a list of tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page {
    /// The tasks, in order.
    pub tasks: Vec<TaskSummary>,
    /// Where the next page begins; none after the last one.
    pub next: Option<Cursor>,
}

/// Why tasks cannot be listed.
#[derive(Clone, thiserror::Error)]
pub enum QueryError {
    /// The page is to have none, or too many.
    #[error("a page of {0} tasks cannot be had; it has 1 to 1,000")]
    Limit(usize),
    /// The page begins nowhere.
    #[error(transparent)]
    Cursor(#[from] CursorError),
    /// No task can be on the list, whatever there is: what narrows it contradicts itself.
    #[error("no task can be on this list: {0}")]
    Impossible(String),
    /// What an annotation is to say cannot be looked for.
    #[error("the annotation `{name}` cannot be looked for by that: {reason}")]
    Annotation {
        /// The type of the annotation.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How many tasks a page has, unless something else is said.
const USUAL: usize = 50;

/// The most tasks of a page.
const MOST: usize = 1_000;

impl Tasker {
    /// The tasks of the store, of whatever workflow and whoever started them: 50 of them at a time, the newest first, unless something
    /// else is said. What is done to one task can be done to [all that are on a list](Tasks::cancel), too.
    pub fn tasks(&self) -> Tasks {
        let (client, query) = (self.0.client.clone(), TaskQuery::default());
        Tasks { client, query, limit: None, after: None, mistake: None }
    }
}

impl Tasks {
    fn narrowed(mut self, narrow: impl FnOnce(&mut TaskFilter)) -> Self {
        narrow(&mut self.query.filter);
        self
    }

    /// Those that stand in this state. Of several calls each adds a state.
    pub fn state(self, state: TaskState) -> Self {
        self.narrowed(|filter| filter.states.extend([state]))
    }

    /// Those that have not ended.
    pub fn open(self) -> Self {
        self.state(TaskState::Pending).state(TaskState::InProgress)
    }

    /// Those of the workflows of a namespace.
    pub fn namespace(self, namespace: impl Into<String>) -> Self {
        self.narrowed(|filter| filter.namespace = Some(namespace.into()))
    }

    /// Those of the workflows of this name, in whatever namespace.
    pub fn name(self, name: impl Into<String>) -> Self {
        self.narrowed(|filter| filter.name = Some(name.into()))
    }

    /// Those of workflows of this version.
    pub fn version(self, version: impl Into<String>) -> Self {
        self.narrowed(|filter| filter.version = Some(version.into()))
    }

    /// Those of a workflow, whatever its version.
    pub fn workflow<W: Workflow>(self) -> Self {
        let definition = W::define();
        let id = definition.id();
        self.namespace(id.namespace.as_str()).name(id.name.as_str())
    }

    /// Those that have this tag. Of several calls each adds a tag that they must have.
    pub fn tag(self, tag: impl Into<String>) -> Self {
        self.narrowed(|filter| filter.all_tags.extend([tag.into()]))
    }

    /// Those that have one of these tags, of which there is at least one. Of several calls each adds to the tags of which they must have
    /// one.
    pub fn any_tag(mut self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let tags: Vec<String> = tags.into_iter().map(Into::into).collect();
        if tags.is_empty() {
            let why =
                "`any_tag` was given no tag, and nothing is one of none; leave it away if tags do not matter";
            self.mistake = self.mistake.or_else(|| Some(QueryError::Impossible(why.to_owned())));
        }
        self.narrowed(|filter| filter.any_tags.extend(tags))
    }

    /// Those that have an annotation of this type, whatever it says.
    pub fn annotated(self, name: impl Into<String>) -> Self {
        self.narrowed(|filter| filter.annotations.push(AnnotationFilter::of(name)))
    }

    /// Those that have an annotation of this type which says this at this JSON Pointer (`/card/brand`; a single name such as `status` will
    /// do; empty for the whole). The value is a text, a number, a boolean or null. Members of objects have names; elements of lists cannot
    /// be pointed at.
    pub fn annotation(mut self, name: impl Into<String>, pointer: &str, value: impl Into<Value>) -> Self {
        let name = name.into();
        match AnnotationFilter::saying(name.as_str(), pointer, value.into()) {
            Ok(annotation) => self.query.filter.annotations.push(annotation),
            Err(reason) => self.mistake = self.mistake.or(Some(QueryError::Annotation { name, reason })),
        }
        self
    }

    /// Those that have an annotation by its type, whatever it says.
    pub fn annotated_with<A: Annotation>(self) -> Self {
        self.annotated(A::NAME)
    }

    /// Those that somebody asked for. No index leads to them, nor to a [source system](Self::source_system) or a time of
    /// [creation](Self::created_from): where few tasks fit, all those are looked at that fit otherwise, some hundred thousand in a tenth of a
    /// second. `unknown` finds those of which that was not said.
    pub fn initiator(self, initiator: impl Into<String>) -> Self {
        self.narrowed(|filter| filter.initiator = Some(initiator.into()))
    }

    /// Those that a system asked for; `unknown` finds those of which that was not said.
    pub fn source_system(self, system: impl Into<String>) -> Self {
        self.narrowed(|filter| filter.source_system = Some(system.into()))
    }

    /// Those that came of a request: those that were [started](crate::Start::correlation_id) with this correlation id, and the task that
    /// was given none and has this id.
    pub fn correlation_id(self, id: impl Into<String>) -> Self {
        self.narrowed(|filter| filter.correlation_id = Some(id.into()))
    }

    /// Those that were created at this moment or later.
    pub fn created_from(self, moment: Timestamp) -> Self {
        self.narrowed(|filter| filter.created.from = Some(moment))
    }

    /// Those that were created before this moment.
    pub fn created_before(self, moment: Timestamp) -> Self {
        self.narrowed(|filter| filter.created.before = Some(moment))
    }

    /// Those that ended at this moment or later.
    pub fn ended_from(self, moment: Timestamp) -> Self {
        self.narrowed(|filter| filter.ended.from = Some(moment))
    }

    /// Those that ended before this moment.
    pub fn ended_before(self, moment: Timestamp) -> Self {
        self.narrowed(|filter| filter.ended.before = Some(moment))
    }

    /// Those that were started with this key: of each workflow name there is one at most.
    pub fn idempotency_key(self, key: impl Into<String>) -> Self {
        self.narrowed(|filter| filter.idempotency_key = Some(key.into()))
    }

    /// The newest first, which is so anyway.
    pub fn newest_first(mut self) -> Self {
        self.query.order = ListOrder::NewestFirst;
        self
    }

    /// The oldest first.
    pub fn oldest_first(mut self) -> Self {
        self.query.order = ListOrder::OldestFirst;
        self
    }

    /// How many tasks a page has: 1 to 1,000. Default: 50. Of what is [done to the list](Self::cancel), to how many tasks at most.
    pub fn limit(mut self, tasks: usize) -> Self {
        self.limit = Some(tasks);
        self
    }

    /// Begins where another page of the same list ended. Tasks that came or went meanwhile move nothing from one page to another. Those
    /// that came are as a rule on the later pages of a list that begins with the oldest, and on none of one that begins with the newest.
    ///
    /// It is no way to learn of every task that comes: a task has the id, and so the place, of the moment at which it was asked for, by the
    /// clock of the process that asked, and is on no list before it is committed. One that was asked for earlier and committed later, as in
    /// a long transaction with `start_in`, comes up behind a reader who was there in between.
    pub fn after(mut self, cursor: Cursor) -> Self {
        self.after = Some(cursor);
        self
    }

    /// How many tasks there are on all pages. It looks at each of them, so ask when somebody wants to know.
    ///
    /// # Errors
    /// When something cannot be looked for, or the store does not answer.
    pub async fn total(&self) -> Result<u64, QueryError> {
        self.check()?;
        Ok(self.client.0.store.count(&self.query.filter).await?)
    }

    /// Whether there can be such a list.
    pub(super) fn check(&self) -> Result<(), QueryError> {
        if let Some(mistake) = &self.mistake {
            return Err(mistake.clone());
        }
        match self.query.filter.contradiction() {
            Some(why) => Err(QueryError::Impossible(why)),
            None => Ok(()),
        }
    }

    async fn find(mut self) -> Result<Page, QueryError> {
        self.check()?;
        let limit = self.limit.unwrap_or(USUAL);
        if !(1..=MOST).contains(&limit) {
            return Err(QueryError::Limit(limit));
        }
        self.query.after = self.after.as_ref().map(|cursor| cursor.task(&self.query)).transpose()?;
        // One more tells whether there is another page.
        self.query.limit = limit + 1;
        let mut tasks = self.client.0.store.find(&self.query).await?;
        let more = tasks.len() > limit;
        tasks.truncate(limit);
        let next = tasks.last().filter(|_| more).map(|last| Cursor::after(last.id, &self.query));
        Ok(Page { tasks, next })
    }
}

impl IntoFuture for Tasks {
    type Output = Result<Page, QueryError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.find())
    }
}
