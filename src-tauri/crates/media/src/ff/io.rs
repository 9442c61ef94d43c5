//! Several files read as one stream of bytes, for segments behind an initialisation section.

use std::{
    ffi::{c_int, c_void},
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::PathBuf,
    ptr,
};

use ffmpeg_next::ffi;

const BUFFER_BYTES: c_int = 64 * 1024;

/// Files in order, as one.
#[derive(Debug)]
pub(crate) struct ChainReader {
    parts: Vec<(PathBuf, u64)>,
    open: Option<(usize, File)>,
    position: u64,
    size: u64,
}

impl ChainReader {
    pub(crate) fn new(paths: &[PathBuf]) -> io::Result<Self> {
        let mut parts = Vec::with_capacity(paths.len());
        let mut size = 0;
        for path in paths {
            let bytes = std::fs::metadata(path)?.len();
            parts.push((path.clone(), bytes));
            size += bytes;
        }
        Ok(Self { parts, open: None, position: 0, size })
    }

    fn place(&self) -> Option<(usize, u64)> {
        let mut start = 0;
        for (n, (_, bytes)) in self.parts.iter().enumerate() {
            if self.position < start + bytes {
                return Some((n, self.position - start));
            }
            start += bytes;
        }
        None
    }
}

impl Read for ChainReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some((part, offset)) = self.place() else { return Ok(0) };
        if self.open.as_ref().is_none_or(|(n, _)| *n != part) {
            self.open = Some((part, File::open(&self.parts[part].0)?));
        }
        let Some((_, file)) = self.open.as_mut() else { return Ok(0) };
        file.seek(SeekFrom::Start(offset))?;
        let got = file.read(buffer)?;
        self.position += got as u64;
        Ok(got)
    }
}

impl Seek for ChainReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(n) => Some(n),
            SeekFrom::End(n) => self.size.checked_add_signed(n),
            SeekFrom::Current(n) => self.position.checked_add_signed(n),
        };
        self.position = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

/// An `AVIOContext` over a [`ChainReader`].
pub(super) struct Custom {
    pub(super) context: *mut ffi::AVIOContext,
    reader: *mut ChainReader,
}

impl Custom {
    pub(super) fn new(reader: ChainReader) -> Self {
        let reader = Box::into_raw(Box::new(reader));
        // SAFETY: the buffer comes from FFmpeg's allocator, as required; the callbacks get the reader
        // that lives until drop.
        let context = unsafe {
            let buffer = ffi::av_malloc(BUFFER_BYTES.unsigned_abs() as usize).cast::<u8>();
            ffi::avio_alloc_context(
                buffer,
                BUFFER_BYTES,
                0,
                reader.cast::<c_void>(),
                Some(read),
                None,
                Some(seek),
            )
        };
        assert!(!context.is_null(), "out of memory for a reader");
        Self { context, reader }
    }
}

impl Drop for Custom {
    fn drop(&mut self) {
        // SAFETY: context and reader are owned and freed once; FFmpeg may have replaced the buffer.
        unsafe {
            ffi::av_freep(ptr::from_mut(&mut (*self.context).buffer).cast());
            ffi::avio_context_free(&raw mut self.context);
            drop(Box::from_raw(self.reader));
        }
    }
}

unsafe extern "C" fn read(reader: *mut c_void, buffer: *mut u8, size: c_int) -> c_int {
    // SAFETY: FFmpeg passes the reader given at creation and a buffer of size bytes.
    let (reader, buffer) = unsafe {
        (
            &mut *reader.cast::<ChainReader>(),
            std::slice::from_raw_parts_mut(buffer, usize::try_from(size).unwrap_or(0)),
        )
    };
    match reader.read(buffer) {
        Ok(0) => ffi::AVERROR_EOF,
        Ok(n) => c_int::try_from(n).unwrap_or(0),
        Err(error) => -error.raw_os_error().unwrap_or(rustix::io::Errno::IO.raw_os_error()),
    }
}

unsafe extern "C" fn seek(reader: *mut c_void, offset: i64, whence: c_int) -> i64 {
    // SAFETY: FFmpeg passes the reader given at creation.
    let reader = unsafe { &mut *reader.cast::<ChainReader>() };
    if whence == ffi::AVSEEK_SIZE as c_int {
        return i64::try_from(reader.size).unwrap_or(-1);
    }
    let to = match whence {
        0 => SeekFrom::Start(u64::try_from(offset).unwrap_or(0)),
        1 => SeekFrom::Current(offset),
        _ => SeekFrom::End(offset),
    };
    reader.seek(to).ok().and_then(|n| i64::try_from(n).ok()).unwrap_or(-1)
}
