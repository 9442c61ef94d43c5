//! Channels and messages, as the shells ask for them.

use super::Engine;
use crate::{
    error::EngineError,
    outbox::{
        ChannelError, ChannelId, ChannelSettings, ChannelView, MessageId, MessagePage, MessageQuery,
        SecretChange,
    },
};

impl Engine {
    /// Tells others through a new channel from now on.
    ///
    /// # Errors
    /// What is wrong with the settings; nothing was changed.
    pub fn add_channel(
        &self,
        settings: ChannelSettings,
        secret: Option<String>,
    ) -> Result<ChannelId, ChannelError> {
        unimplemented!("{settings:?} {}", secret.is_some())
    }

    /// Channels, oldest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn channels(&self) -> Result<Vec<ChannelView>, EngineError> {
        unimplemented!()
    }

    /// A channel by name, whatever its case, or by id.
    ///
    /// # Errors
    /// [`ChannelError::NoSuchChannel`], and those of the database.
    pub fn find_channel(&self, text: &str) -> Result<ChannelView, ChannelError> {
        unimplemented!("{text}")
    }

    /// Changes a channel. Messages that wait go out as it is set now.
    ///
    /// # Errors
    /// What is wrong with the settings; nothing was changed.
    pub fn edit_channel(
        &self,
        id: ChannelId,
        settings: ChannelSettings,
        secret: SecretChange,
    ) -> Result<(), ChannelError> {
        unimplemented!("{id} {settings:?} {secret:?}")
    }

    /// Removes a channel with its messages.
    ///
    /// # Errors
    /// [`ChannelError::NoSuchChannel`], and those of the database.
    pub fn remove_channel(&self, id: ChannelId) -> Result<(), ChannelError> {
        unimplemented!("{id}")
    }

    /// Sends a test message now, whoever runs the queue, and gives what the other side said.
    ///
    /// # Errors
    /// [`ChannelError::Failed`] with the reason, and those of the database.
    pub fn test_channel(&self, id: ChannelId) -> Result<String, ChannelError> {
        unimplemented!("{id}")
    }

    /// Messages, newest first, with every try.
    ///
    /// # Errors
    /// Those of the database.
    pub fn messages(&self, query: &MessageQuery) -> Result<MessagePage, EngineError> {
        unimplemented!("{query:?}")
    }

    /// Sends a message that was given up, or waits for its next try, as soon as possible.
    ///
    /// # Errors
    /// [`ChannelError::NoSuchMessage`], and those of the database.
    pub fn send_again(&self, id: MessageId) -> Result<(), ChannelError> {
        unimplemented!("{id:?}")
    }
}
