//! Option dictionaries: what a library leaves in one was not understood, which is an error here.

use std::{ffi::CString, ptr};

use ffmpeg_next::ffi;

use crate::types::{MediaCode, MediaError};

/// An owned `AVDictionary`.
#[derive(Debug)]
pub(crate) struct Dict(*mut ffi::AVDictionary);

impl Dict {
    pub(crate) fn new() -> Self {
        Self(ptr::null_mut())
    }

    /// Adds or replaces an entry. Names and values with a NUL byte cannot be expressed and are left out.
    pub(crate) fn set(&mut self, key: &str, value: &str) {
        if let (Ok(key), Ok(value)) = (CString::new(key), CString::new(value)) {
            // SAFETY: both strings are valid for the call, which copies them.
            unsafe { ffi::av_dict_set(&raw mut self.0, key.as_ptr(), value.as_ptr(), 0) };
        }
    }

    /// For calls that consume entries.
    pub(super) fn as_mut(&mut self) -> *mut *mut ffi::AVDictionary {
        &raw mut self.0
    }

    /// Gives the dictionary away, e.g. to be a context's metadata.
    pub(super) fn release(mut self) -> *mut ffi::AVDictionary {
        std::mem::replace(&mut self.0, ptr::null_mut())
    }

    /// Entries of a dictionary owned by somebody else.
    pub(super) fn entries(dictionary: *const ffi::AVDictionary) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut entry: *const ffi::AVDictionaryEntry = ptr::null();
        loop {
            // SAFETY: iterates as documented; keys and values are null-terminated.
            unsafe {
                entry = ffi::av_dict_get(dictionary, c"".as_ptr(), entry, ffi::AV_DICT_IGNORE_SUFFIX as i32);
                if entry.is_null() {
                    return found;
                }
                let key = super::text((*entry).key).unwrap_or_default();
                found.push((key, super::text((*entry).value).unwrap_or_default()));
            }
        }
    }

    /// An error naming the options that `who` did not understand.
    pub(crate) fn all_used(&self, who: &str) -> Result<(), MediaError> {
        let left: Vec<String> = Self::entries(self.0).into_iter().map(|(k, v)| format!("{k}={v}")).collect();
        if left.is_empty() {
            return Ok(());
        }
        Err(MediaError::new(
            MediaCode::Refused,
            format!("{who} does not know the option(s) {}", left.join(", ")),
        ))
    }
}

impl Drop for Dict {
    fn drop(&mut self) {
        // SAFETY: frees what this owner holds; null is fine.
        unsafe { ffi::av_dict_free(&raw mut self.0) };
    }
}
