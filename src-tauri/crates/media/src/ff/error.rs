//! FFmpeg's error numbers as [`MediaError`]s.

use std::ffi::{c_char, c_int};

use ffmpeg_next::ffi;

use crate::types::{MediaCode, MediaError};

/// A negative result of an FFmpeg call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault(pub(crate) c_int);

/// What a step-wise call gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// One item.
    Item,
    /// Nothing until more is put in.
    More,
    /// Nothing any more.
    End,
}

const EAGAIN: c_int = -(ffi::EAGAIN as c_int);

impl Fault {
    /// `Err` for negative results, the result otherwise.
    pub(crate) fn check(result: c_int) -> Result<c_int, Self> {
        if result < 0 { Err(Self(result)) } else { Ok(result) }
    }

    /// Sorts the results of step-wise calls.
    pub(crate) fn step(result: c_int) -> Result<Next, Self> {
        match result {
            EAGAIN => Ok(Next::More),
            ffi::AVERROR_EOF => Ok(Next::End),
            n if n < 0 => Err(Self(n)),
            _ => Ok(Next::Item),
        }
    }

    /// FFmpeg's own words.
    pub(crate) fn words(self) -> String {
        let mut buffer = [0 as c_char; 128];
        // SAFETY: the buffer is as long as stated and null-terminated by the callee.
        unsafe {
            ffi::av_strerror(self.0, buffer.as_mut_ptr(), buffer.len());
            std::ffi::CStr::from_ptr(buffer.as_ptr()).to_string_lossy().into_owned()
        }
    }

    /// The error with what was being done, e.g. `opening the encoder`.
    pub(crate) fn during(self, doing: &str, otherwise: MediaCode) -> MediaError {
        let code = match -self.0 {
            n if n == rustix::io::Errno::NOSPC.raw_os_error() => MediaCode::DiskFull,
            n if n == rustix::io::Errno::NOENT.raw_os_error() => MediaCode::NotFound,
            n if n == rustix::io::Errno::ACCESS.raw_os_error() => MediaCode::Permission,
            n if n == rustix::io::Errno::PERM.raw_os_error() => MediaCode::Permission,
            n if n == rustix::io::Errno::IO.raw_os_error() => MediaCode::Io,
            n if n == rustix::io::Errno::FBIG.raw_os_error() => MediaCode::TooLarge,
            _ => otherwise,
        };
        MediaError::new(code, format!("{doing}: {}", self.words()))
    }
}

impl From<std::io::Error> for MediaError {
    fn from(error: std::io::Error) -> Self {
        let code = match error.kind() {
            std::io::ErrorKind::NotFound => MediaCode::NotFound,
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                MediaCode::Permission
            }
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => MediaCode::DiskFull,
            _ => MediaCode::Io,
        };
        Self::new(code, error.to_string())
    }
}
