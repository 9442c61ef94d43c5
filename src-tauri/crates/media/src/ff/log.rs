//! FFmpeg's log: kept out of standard output, errors counted for damage reports.

use std::{
    ffi::{c_char, c_int, c_void},
    sync::atomic::{AtomicU64, Ordering},
};

use ffmpeg_next::ffi;

static ERRORS: AtomicU64 = AtomicU64::new(0);

/// Counts errors and passes them to standard error, where the supervisor keeps the last lines.
///
/// The variadic list stays opaque: it is only handed on to FFmpeg's own formatter.
unsafe extern "C" fn callback(
    context: *mut c_void,
    level: c_int,
    format: *const c_char,
    arguments: *mut ffi::__va_list_tag,
) {
    if level <= ffi::AV_LOG_ERROR as c_int {
        ERRORS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: hands the arguments on unchanged, once.
        unsafe { ffi::av_log_default_callback(context, level, format, arguments) };
    }
}

/// Installs the log callback; once per process.
pub(crate) fn quiet() {
    // SAFETY: the callback is safe to call from any thread.
    unsafe {
        ffi::av_log_set_level(ffi::AV_LOG_ERROR as c_int);
        ffi::av_log_set_callback(Some(callback));
    }
}

/// Number of error lines since the last call.
pub(crate) fn take_errors() -> u64 {
    ERRORS.swap(0, Ordering::Relaxed)
}
