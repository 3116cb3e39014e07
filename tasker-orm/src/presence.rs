//! Which workers of this machine are alive, known for certain.
//!
//! Every worker on a database file holds an operating-system lock on a file of its own, in the folder `<database>.workers` beside
//! the database. The kernel drops the lock when the process ends, however it ends, so whoever can take the lock knows
//! that the worker is dead, at once, without waiting for its lease. It is not a guess by process id, which may have been given to another process.
//!
//! A file that is not there says nothing: then the lease decides.

use std::collections::HashMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tasker_core::WorkerId;

/// The lock files of one database.
#[derive(Debug)]
pub(crate) struct Presence {
    folder: PathBuf,
    /// The locks of the workers in this process.
    own: Mutex<HashMap<WorkerId, File>>,
}

/// Proof that a worker is dead. While it is held, nobody else can find that out.
#[derive(Debug)]
pub(crate) struct Dead {
    path: PathBuf,
    _lock: File,
}

impl Presence {
    pub(crate) fn beside(database: &Path) -> Self {
        let mut folder = database.as_os_str().to_owned();
        folder.push(".workers");
        Self { folder: folder.into(), own: Mutex::default() }
    }

    fn own(&self) -> MutexGuard<'_, HashMap<WorkerId, File>> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, worker: WorkerId) -> PathBuf {
        self.folder.join(worker.to_string())
    }

    /// Shows that a worker lives, until this process ends or [`withdraw`](Self::withdraw)s it.
    pub(crate) fn announce(&self, worker: WorkerId) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let path = self.path(worker);
        // Locked before it has the name by which others look: nobody finds it unlocked, and `tidy` knows no other names.
        let unnamed = path.with_extension("new");
        let file = File::create(&unnamed)?;
        file.lock()?;
        fs::rename(&unnamed, &path)?;
        self.own().insert(worker, file);
        Ok(())
    }

    /// Ends what [`announce`](Self::announce) began.
    pub(crate) fn withdraw(&self, worker: WorkerId) {
        if let Some(lock) = self.own().remove(&worker) {
            let _ = fs::remove_file(self.path(worker));
            drop(lock);
        }
    }

    /// Removes the files of workers that died before the store knew of them.
    pub(crate) fn tidy(&self, known: &[WorkerId]) {
        let Ok(files) = fs::read_dir(&self.folder) else { return };
        for file in files.flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            let Ok(worker) = name.parse::<WorkerId>() else { continue };
            // The file of a worker that is about to enlist is not known yet, but it is locked.
            if known.contains(&worker) {
                continue;
            }
            if let Ok(lock) = File::open(file.path())
                && lock.try_lock().is_ok()
            {
                let _ = fs::remove_file(file.path());
            }
        }
    }

    /// Whether the process of a worker is known to be gone.
    pub(crate) fn find_dead(&self, worker: WorkerId) -> Option<Dead> {
        if self.own().contains_key(&worker) {
            return None;
        }
        let path = self.path(worker);
        let file = File::open(&path).ok()?;
        match file.try_lock() {
            Ok(()) => Some(Dead { path, _lock: file }),
            Err(TryLockError::WouldBlock) => None,
            Err(TryLockError::Error(error)) => {
                tracing::warn!(%error, path = %path.display(), "cannot tell whether a worker is alive; its lease decides");
                None
            }
        }
    }
}

impl Dead {
    /// Removes what the dead worker left behind.
    pub(crate) fn bury(self) {
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn presence(folder: &tempfile::TempDir) -> Presence {
        Presence::beside(&folder.path().join("tasks.db"))
    }

    #[test]
    fn a_living_worker_is_not_found_dead() {
        let folder = tempfile::tempdir().unwrap();
        let worker = WorkerId::random();
        let (here, there) = (presence(&folder), presence(&folder));
        here.announce(worker).unwrap();
        assert!(here.find_dead(worker).is_none());
        assert!(there.find_dead(worker).is_none());
    }

    #[test]
    fn a_worker_whose_lock_is_gone_is_dead_and_only_one_finds_out() {
        let folder = tempfile::tempdir().unwrap();
        let worker = WorkerId::random();
        let here = presence(&folder);
        here.announce(worker).unwrap();
        drop(here);
        let found = presence(&folder).find_dead(worker).expect("dead");
        assert!(presence(&folder).find_dead(worker).is_none());
        found.bury();
        assert!(!presence(&folder).path(worker).exists());
    }

    #[test]
    fn files_that_nobody_knows_of_are_removed_unless_they_are_locked() {
        let folder = tempfile::tempdir().unwrap();
        let (dead, alive) = (WorkerId::random(), WorkerId::random());
        let here = presence(&folder);
        here.announce(alive).unwrap();
        let gone = presence(&folder);
        gone.announce(dead).unwrap();
        drop(gone);
        here.tidy(&[]);
        assert!(!here.path(dead).exists() && here.path(alive).exists());
    }

    #[test]
    fn of_a_worker_without_a_file_nothing_is_known() {
        let folder = tempfile::tempdir().unwrap();
        assert!(presence(&folder).find_dead(WorkerId::random()).is_none());
        let here = presence(&folder);
        let worker = WorkerId::random();
        here.announce(worker).unwrap();
        here.withdraw(worker);
        assert!(presence(&folder).find_dead(worker).is_none());
    }
}
