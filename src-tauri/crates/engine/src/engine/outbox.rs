//! Channels and messages, as the shells ask for them.

use std::sync::atomic::AtomicBool;

use uuid::Uuid;

use super::Engine;
use crate::{
    db::{self, Tx},
    error::EngineError,
    outbox::{
        self, ChannelError, ChannelId, ChannelSettings, ChannelView, MessageId, MessagePage, MessageQuery,
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
        let settings = outbox::checked(settings)?;
        let id = ChannelId(Uuid::now_v7());
        let secret = secret.filter(|secret| !secret.is_empty());
        self.write(|tx| {
            if tx.channel_called(&settings.name)?.is_some() {
                return Ok(Err(ChannelError::NameTaken(settings.name.clone())));
            }
            tx.insert_channel(id, &settings, secret.as_deref())?;
            Ok(Ok(id))
        })?
    }

    /// Channels, oldest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn channels(&self) -> Result<Vec<ChannelView>, EngineError> {
        db::channel_views(&self.lock())
    }

    /// A channel by name, whatever its case, or by id.
    ///
    /// # Errors
    /// [`ChannelError::NoSuchChannel`], and those of the database.
    pub fn find_channel(&self, text: &str) -> Result<ChannelView, ChannelError> {
        let found = db::find_channel(&self.lock(), text)?;
        found.ok_or_else(|| ChannelError::NoSuchChannel(text.to_owned()))
    }

    /// Changes a channel. Messages that wait go out as it is set now.
    ///
    /// # Errors
    /// What is wrong with the settings; nothing was changed.
    #[allow(clippy::needless_pass_by_value, reason = "a request: whoever makes it has no further use for it")]
    pub fn edit_channel(
        &self,
        id: ChannelId,
        settings: ChannelSettings,
        secret: SecretChange,
    ) -> Result<(), ChannelError> {
        let settings = outbox::checked(settings)?;
        self.write(|tx| {
            if tx.channel_called(&settings.name)?.is_some_and(|taken| taken != id) {
                return Ok(Err(ChannelError::NameTaken(settings.name.clone())));
            }
            // What has happened up to now is told as it was set until now.
            outbox::fan_out_all(tx)?;
            if !tx.set_channel(id, &settings)? {
                return Ok(Err(ChannelError::NoSuchChannel(id.to_string())));
            }
            change_secret(tx, id, &secret)?;
            Ok(Ok(()))
        })?
    }

    /// Removes a channel with its messages.
    ///
    /// # Errors
    /// [`ChannelError::NoSuchChannel`], and those of the database.
    pub fn remove_channel(&self, id: ChannelId) -> Result<(), ChannelError> {
        let removed = self.write(|tx| tx.delete_channel(id))?;
        if removed { Ok(()) } else { Err(ChannelError::NoSuchChannel(id.to_string())) }
    }

    /// Sends a test message now, whoever runs the queue, and gives what the other side said.
    ///
    /// # Errors
    /// [`ChannelError::Failed`] with the reason, and those of the database.
    pub fn test_channel(&self, id: ChannelId) -> Result<String, ChannelError> {
        let means = db::means(&self.lock(), id)?;
        let means = means.ok_or_else(|| ChannelError::NoSuchChannel(id.to_string()))?;
        let trial = self.write(|tx| outbox::prepared(tx, &means))?;
        let target = &means.settings.target;
        let sent = self.post.send(target, means.secret.as_ref(), &trial.message, &AtomicBool::new(false));
        self.write(|tx| outbox::ended(tx, &trial, &sent, self.chance.as_ref()))?;
        match sent {
            Ok(taken) => Ok(taken.said),
            Err(refusal) => Err(ChannelError::Failed(refusal.why)),
        }
    }

    /// Messages, newest first, with every try.
    ///
    /// # Errors
    /// Those of the database.
    pub fn messages(&self, query: &MessageQuery) -> Result<MessagePage, EngineError> {
        db::at_once(&self.lock(), |sql| db::message_page(sql, query))
    }

    /// Sends a message that was given up, or waits for its next try, as soon as possible.
    ///
    /// # Errors
    /// [`ChannelError::NoSuchMessage`], and those of the database.
    pub fn send_again(&self, id: MessageId) -> Result<(), ChannelError> {
        match self.write(|tx| tx.send_again(id))? {
            Some(_) => Ok(()),
            None => Err(ChannelError::NoSuchMessage),
        }
    }
}

fn change_secret(tx: &Tx<'_>, id: ChannelId, secret: &SecretChange) -> Result<(), EngineError> {
    match secret {
        SecretChange::Keep => Ok(()),
        SecretChange::Set { secret } if !secret.is_empty() => tx.set_secret(id, Some(secret)),
        SecretChange::Set { .. } | SecretChange::Clear => tx.set_secret(id, None),
    }
}
