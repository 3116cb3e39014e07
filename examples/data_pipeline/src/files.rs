//! The files of a task. What is large goes into a file, and the database keeps where it is and what it has to look like.
//!
//! A step may run twice: after a crash, or at the same time in a worker that was taken for dead. So each execution writes into a file of its
//! own, and only a whole one gets the name that others read. Whoever comes second puts the same content in its place.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tasker::{Attempt, FromStep, Invocation, StepError};

/// The folder with a folder for each task. It has to be one that all workers see. Clones are the same folder.
#[derive(Debug, Clone)]
pub struct Folder(Arc<Path>);

/// The folder of the task to which a step belongs: a parameter of steps.
#[derive(Debug)]
pub struct Files {
    folder: PathBuf,
    attempt: Attempt,
}

/// A file that a step wrote: what is stored in the place of its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Written {
    /// Its name in the folder of the task.
    pub file: String,
    /// How many lines it has.
    pub lines: usize,
    /// The SHA-256 of its content, in hexadecimal digits.
    pub sha256: String,
}

/// A file that is being written. Nobody sees it under its name before it is finished.
pub struct Draft {
    name: String,
    part: PathBuf,
    target: PathBuf,
    out: BufWriter<File>,
    digest: Sha256,
    lines: usize,
}

impl Folder {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into().into())
    }

    /// Where the files of a task are.
    pub fn of(&self, task: tasker::TaskId) -> PathBuf {
        self.0.join(task.to_string())
    }
}

impl<S> FromStep<S> for Files {
    type Resource = Folder;

    fn from_step<A>(invocation: &Invocation<'_, A>, folder: Folder) -> Result<Self, StepError> {
        Ok(Self { folder: folder.of(invocation.task()), attempt: invocation.attempt() })
    }
}

impl Files {
    /// Which execution of the step this is.
    pub fn attempt(&self) -> Attempt {
        self.attempt
    }

    /// Begins a file.
    pub async fn draft(&self, name: &str) -> io::Result<Draft> {
        let (folder, name, attempt) = (self.folder.clone(), name.to_owned(), self.attempt.0);
        blocking(move || {
            fs::create_dir_all(&folder)?;
            let part = |attempt: u32| folder.join(format!("{name}.{attempt}.part"));
            // What a crash left behind.
            for earlier in 1..attempt {
                remove_if_any(&part(earlier))?;
            }
            let out = BufWriter::new(File::create(part(attempt))?);
            let (part, target) = (part(attempt), folder.join(&name));
            Ok(Draft { name, part, target, out, digest: Sha256::new(), lines: 0 })
        })
        .await
    }

    /// The lines of a file, if they are still what was written.
    ///
    /// # Errors
    /// Permanent where the file was changed: no attempt reads what the step before it wrote.
    pub async fn lines(&self, written: &Written) -> Result<Vec<String>, StepError> {
        let path = self.folder.join(&written.file);
        let shown = path.display().to_string();
        let content = blocking(move || fs::read(path)).await.map_err(|error| {
            let reason = format!(
                "{shown} cannot be read: {error}; bring it back, or start afresh with another `--db`"
            );
            StepError::retryable(reason).code("FILE_GONE")
        })?;
        if hexadecimal(Sha256::digest(&content).as_slice()) != written.sha256 {
            let reason = format!(
                "{shown} is not what was written; bring it back and retry, or start afresh with another `--db`"
            );
            return Err(StepError::permanent(reason).code("FILE_CHANGED"));
        }
        let text = String::from_utf8(content)?;
        Ok(text.lines().map(str::to_owned).collect())
    }
}

impl Draft {
    /// Adds lines.
    pub async fn append(mut self, lines: Vec<String>) -> io::Result<Self> {
        blocking(move || {
            for line in lines {
                let line = line + "\n";
                self.out.write_all(line.as_bytes())?;
                self.digest.update(line.as_bytes());
                self.lines += 1;
            }
            self.out.flush()?;
            Ok(self)
        })
        .await
    }

    /// Gives the file its name. When this returns, it survives a power cut, as the result of the step will.
    pub async fn finish(self) -> io::Result<Written> {
        blocking(move || {
            let Self { name, part, target, out, digest, lines } = self;
            out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
            fs::rename(&part, &target)?;
            // A name is kept by its folder, and that of the folder by the one above: the task's, the one of all tasks, the database's. Where a
            // folder cannot be opened, the system sees to it.
            for folder in target.ancestors().skip(1).take(3) {
                let here = folder.as_os_str().is_empty();
                if let Ok(folder) = File::open(if here { Path::new(".") } else { folder }) {
                    folder.sync_all()?;
                }
            }
            Ok(Written { file: name, lines, sha256: hexadecimal(digest.finalize().as_slice()) })
        })
        .await
    }
}

fn remove_if_any(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Runs what waits for the disk, or computes for long, where it holds up no other step.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    impl Files {
        /// The files of a task in that folder, for one of its executions.
        pub fn of_test(folder: &Path, attempt: u32) -> Self {
            Self { folder: folder.to_owned(), attempt: Attempt(attempt) }
        }
    }

    fn names(folder: &TempDir) -> Vec<String> {
        let entries = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = entries.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }

    async fn write(files: &Files, name: &str, lines: &[&str]) -> Written {
        let draft = files.draft(name).await.unwrap();
        let draft = draft.append(lines.iter().map(ToString::to_string).collect()).await.unwrap();
        draft.finish().await.unwrap()
    }

    #[tokio::test]
    async fn a_file_has_no_name_before_it_is_whole() {
        let folder = TempDir::new().unwrap();
        let draft = Files::of_test(folder.path(), 1).draft("rows").await.unwrap();
        let draft = draft.append(vec!["a".to_owned()]).await.unwrap();
        assert_eq!(names(&folder), ["rows.1.part"]);
        let written = draft.append(vec!["b".to_owned()]).await.unwrap().finish().await.unwrap();
        assert_eq!(names(&folder), ["rows"]);
        assert_eq!((written.file.as_str(), written.lines), ("rows", 2));
        assert_eq!(Files::of_test(folder.path(), 1).lines(&written).await.unwrap(), ["a", "b"]);
    }

    #[tokio::test]
    async fn what_an_attempt_before_left_unfinished_is_removed() {
        let folder = TempDir::new().unwrap();
        let unfinished = Files::of_test(folder.path(), 1).draft("rows").await.unwrap();
        drop(unfinished.append(vec!["a".to_owned()]).await.unwrap());
        write(&Files::of_test(folder.path(), 2), "rows", &["a", "b"]).await;
        assert_eq!(names(&folder), ["rows"]);
    }

    #[tokio::test]
    async fn of_two_executions_at_the_same_time_both_leave_a_whole_file() {
        let folder = TempDir::new().unwrap();
        let later = Files::of_test(folder.path(), 2);
        let second = later.draft("rows").await.unwrap().append(vec!["a".to_owned()]).await.unwrap();
        // One that was taken for dead, and is not.
        let first = write(&Files::of_test(folder.path(), 1), "rows", &["a", "b"]).await;
        assert_eq!(later.lines(&first).await.unwrap(), ["a", "b"]);
        let second = second.append(vec!["b".to_owned()]).await.unwrap().finish().await.unwrap();
        assert_eq!(second, first);
        assert_eq!(names(&folder), ["rows"]);
    }

    #[tokio::test]
    async fn a_file_that_was_changed_is_not_read_and_no_attempt_helps() {
        let folder = TempDir::new().unwrap();
        let files = Files::of_test(folder.path(), 1);
        let written = write(&files, "rows", &["a", "b"]).await;
        fs::write(folder.path().join("rows"), "a\nc\n").unwrap();
        let error = files.lines(&written).await.unwrap_err();
        assert_eq!((error.error_code(), error.is_permanent()), (Some("FILE_CHANGED"), true));
    }

    #[tokio::test]
    async fn a_file_that_is_gone_may_come_back() {
        let folder = TempDir::new().unwrap();
        let files = Files::of_test(folder.path(), 1);
        let written = write(&files, "rows", &["a"]).await;
        fs::remove_file(folder.path().join("rows")).unwrap();
        let error = files.lines(&written).await.unwrap_err();
        assert_eq!((error.error_code(), error.is_permanent()), (Some("FILE_GONE"), false));
        assert!(error.to_string().contains("rows cannot be read"), "{error}");
    }
}
