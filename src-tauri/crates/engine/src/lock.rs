//! Who runs the engine: whoever holds the operating system's lock on a file of the data folder. The
//! system frees it when the process dies, however it dies.

use std::{
    fs::{File, TryLockError},
    path::Path,
};

use crate::error::EngineError;

/// Held for as long as the engine runs.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock; [`EngineError::AlreadyRunning`] when another process has it.
    pub(crate) fn take(data_dir: &Path) -> Result<Self, EngineError> {
        let path = data_dir.join("engine.lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(EngineError::io(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(EngineError::AlreadyRunning),
            Err(TryLockError::Error(source)) => Err(EngineError::Io { path, source }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_holder_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let held = Lock::take(folder.path()).unwrap();
        assert!(matches!(Lock::take(folder.path()), Err(EngineError::AlreadyRunning)));
        drop(held);
        Lock::take(folder.path()).unwrap();
    }
}
