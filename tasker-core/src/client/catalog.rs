//! What the store knows beside tasks: annotation types, the systems that steps talk to, and which objects of them are the same.

use super::Tasker;
use crate::store::{DependentSystem, ObjectMap, RemoteObject, StoreError, not_printable};

/// Why something was not kept or told of what is known beside tasks.
#[derive(Clone, thiserror::Error)]
pub enum CatalogError {
    /// A text cannot be stored.
    #[error("{what} {text:?} cannot be stored: {reason}")]
    Invalid {
        /// Which text.
        what: &'static str,
        /// The text.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An object is the same as itself anyway.
    #[error("{:?} of `{}` was given twice; an object is mapped to another one", .0.id, .0.system)]
    SameObject(RemoteObject),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Tasker {
    /// The types of annotations that there are, in order: those of the workflows that were ever registered, and those that were ever
    /// written.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn annotation_types(&self) -> Result<Vec<String>, StoreError> {
        self.0.client.0.store.catalog().annotation_types().await
    }

    /// The systems that steps talk to, by name. `unknown` is that of steps which name none.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn dependent_systems(&self) -> Result<Vec<DependentSystem>, StoreError> {
        self.0.client.0.store.catalog().dependent_systems().await
    }

    /// A system that steps talk to, which is made if there is none of that name (1 to 64 printable characters). A description (at most 255)
    /// that is given takes the place of the one it had.
    ///
    /// # Errors
    /// When the name or the description cannot be stored, or the store does not answer.
    pub async fn dependent_system(
        &self,
        name: &str,
        description: Option<&str>,
    ) -> Result<DependentSystem, CatalogError> {
        check("the name of the system", name, 64)?;
        description.map_or(Ok(()), |text| check("the description of the system", text, 255))?;
        Ok(self.0.client.0.store.catalog().dependent_system(name, description).await?)
    }

    /// Keeps that an object of one system is the same as one of another, unless that is kept already, in whatever order. Ids have 1 to 128
    /// printable characters; systems that are missing are made.
    ///
    /// ```
    /// # use tasker_core::{MemoryStore, Tasker};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let tasker = Tasker::builder(()).store(MemoryStore::new()).build().await?;
    /// let map = tasker.map_objects(("crm", "17"), ("billing", "b-4")).await?;
    /// assert_eq!(tasker.map_objects(("billing", "b-4"), ("crm", "17")).await?, map);
    /// assert_eq!(tasker.mapped_objects(("crm", "17")).await?, [("billing", "b-4").into()]);
    /// # tasker.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When a name or an id cannot be stored, both are the same, or the store does not answer.
    pub async fn map_objects(
        &self,
        one: impl Into<RemoteObject>,
        other: impl Into<RemoteObject>,
    ) -> Result<ObjectMap, CatalogError> {
        let (one, other) = (one.into(), other.into());
        for RemoteObject { system, id } in [&one, &other] {
            check("the name of the system", system, 64)?;
            check("the id", id, 128)?;
        }
        if one == other {
            return Err(CatalogError::SameObject(one));
        }
        Ok(self.0.client.0.store.catalog().map_objects(&one, &other).await?)
    }

    /// The objects of other systems that are kept to be the same as this one, in order.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn mapped_objects(
        &self,
        object: impl Into<RemoteObject>,
    ) -> Result<Vec<RemoteObject>, StoreError> {
        let object = object.into();
        self.0.client.0.store.catalog().mapped_objects(&object).await
    }
}

fn check(what: &'static str, text: &str, most: usize) -> Result<(), CatalogError> {
    match not_printable(text, most) {
        Some(reason) => Err(CatalogError::Invalid { what, text: text.to_owned(), reason }),
        None => Ok(()),
    }
}
