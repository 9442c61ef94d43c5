//! Watched folders, as the shells ask for them.

use super::Engine;
use crate::{
    error::EngineError,
    watch::{
        ArrivalId, ArrivalPage, ArrivalQuery, ArrivalView, NewWatch, WatchError, WatchId, WatchSettings,
        WatchView,
    },
};

impl Engine {
    /// Watches a folder or bucket from now on. Files that are there already are taken, too.
    ///
    /// # Errors
    /// What is wrong with place or settings; nothing was changed.
    pub fn add_watch(&self, new: NewWatch) -> Result<WatchId, WatchError> {
        unimplemented!("{new:?}")
    }

    /// Watched folders, oldest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn watches(&self) -> Result<Vec<WatchView>, EngineError> {
        unimplemented!()
    }

    /// A watched folder by id, by a beginning or end of it that no other has, or by its place as given.
    ///
    /// # Errors
    /// [`WatchError::NoSuchWatch`] and [`WatchError::Ambiguous`], and those of the database.
    pub fn find_watch(&self, text: &str) -> Result<WatchView, WatchError> {
        unimplemented!("{text}")
    }

    /// Changes what is set of a watched folder. Files that are jobs already stay as they are.
    ///
    /// # Errors
    /// What is wrong with the settings; nothing was changed.
    pub fn edit_watch(&self, id: WatchId, settings: WatchSettings) -> Result<(), WatchError> {
        unimplemented!("{id} {settings:?}")
    }

    /// Holds a watched folder, or lets it go on. Its jobs are not touched.
    ///
    /// # Errors
    /// [`WatchError::NoSuchWatch`], and those of the database.
    pub fn pause_watch(&self, id: WatchId, paused: bool) -> Result<(), WatchError> {
        unimplemented!("{id} {paused}")
    }

    /// Watches it no more, and forgets what was seen in it. Files and jobs stay.
    ///
    /// # Errors
    /// [`WatchError::NoSuchWatch`], and those of the database.
    pub fn remove_watch(&self, id: WatchId) -> Result<(), WatchError> {
        unimplemented!("{id}")
    }

    /// Asks whoever runs the queue to look through a watched folder now.
    ///
    /// # Errors
    /// [`WatchError::NoSuchWatch`], and those of the database.
    pub fn scan_watch(&self, id: WatchId) -> Result<(), WatchError> {
        unimplemented!("{id}")
    }

    /// Files in watched folders.
    ///
    /// # Errors
    /// Those of the database.
    pub fn arrivals(&self, query: &ArrivalQuery) -> Result<ArrivalPage, EngineError> {
        unimplemented!("{query:?}")
    }

    /// One of them.
    ///
    /// # Errors
    /// [`WatchError::NoSuchArrival`], and those of the database.
    pub fn arrival(&self, id: ArrivalId) -> Result<ArrivalView, WatchError> {
        unimplemented!("{id:?}")
    }

    /// Takes a file once more that was recognised and passed over, or whose jobs have ended.
    ///
    /// # Errors
    /// [`WatchError::NoSuchArrival`], [`WatchError::NotPossible`], and those of the database.
    pub fn deliver_again(&self, id: ArrivalId) -> Result<(), WatchError> {
        unimplemented!("{id:?}")
    }
}
