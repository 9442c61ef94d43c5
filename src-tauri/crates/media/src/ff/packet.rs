//! Packets.

use std::ptr;

use ffmpeg_next::ffi;

use super::{NO_TIME, side::SideData};
use crate::types::Ratio;

/// An owned `AVPacket`.
#[derive(Debug)]
pub(crate) struct Packet(pub(super) *mut ffi::AVPacket);

impl Packet {
    pub(crate) fn new() -> Self {
        // SAFETY: allocation; a null result is caught below.
        let packet = unsafe { ffi::av_packet_alloc() };
        assert!(!packet.is_null(), "out of memory for a packet header");
        Self(packet)
    }

    /// A packet with a copy of `data`.
    pub(crate) fn with_data(data: &[u8]) -> Self {
        let packet = Self::new();
        let size = i32::try_from(data.len()).unwrap_or(i32::MAX);
        // SAFETY: the new buffer holds `size` bytes plus padding; more than that is never asked for.
        unsafe {
            assert!(ffi::av_new_packet(packet.0, size) == 0, "out of memory for a packet");
            ptr::copy_nonoverlapping(
                data.as_ptr(),
                (*packet.0).data,
                data.len().min(size.unsigned_abs() as usize),
            );
        }
        packet
    }

    /// Drops the data, keeps the header for reuse.
    pub(crate) fn clear(&mut self) {
        // SAFETY: valid packet.
        unsafe { ffi::av_packet_unref(self.0) };
    }

    fn raw(&self) -> &ffi::AVPacket {
        // SAFETY: never null, owned by self.
        unsafe { &*self.0 }
    }

    fn raw_mut(&mut self) -> &mut ffi::AVPacket {
        // SAFETY: never null, owned by self.
        unsafe { &mut *self.0 }
    }

    pub(crate) fn stream(&self) -> usize {
        usize::try_from(self.raw().stream_index).unwrap_or(0)
    }

    pub(crate) fn set_stream(&mut self, index: usize) {
        self.raw_mut().stream_index = i32::try_from(index).unwrap_or(0);
    }

    pub(crate) fn pts(&self) -> Option<i64> {
        Some(self.raw().pts).filter(|t| *t != NO_TIME)
    }

    pub(crate) fn dts(&self) -> Option<i64> {
        Some(self.raw().dts).filter(|t| *t != NO_TIME)
    }

    pub(crate) fn set_times(&mut self, pts: Option<i64>, dts: Option<i64>, duration: i64) {
        let raw = self.raw_mut();
        raw.pts = pts.unwrap_or(NO_TIME);
        raw.dts = dts.unwrap_or(NO_TIME);
        raw.duration = duration;
    }

    pub(crate) fn duration(&self) -> i64 {
        self.raw().duration
    }

    pub(crate) fn is_key(&self) -> bool {
        self.raw().flags & ffi::AV_PKT_FLAG_KEY as i32 != 0
    }

    pub(crate) fn set_key(&mut self, key: bool) {
        let flag = ffi::AV_PKT_FLAG_KEY as i32;
        let raw = self.raw_mut();
        raw.flags = if key { raw.flags | flag } else { raw.flags & !flag };
    }

    /// Needed for decoding only, never shown (edit lists).
    pub(crate) fn is_discarded(&self) -> bool {
        self.raw().flags & ffi::AV_PKT_FLAG_DISCARD as i32 != 0
    }

    /// Byte position in the file, where the demuxer knows it.
    pub(crate) fn position(&self) -> Option<u64> {
        u64::try_from(self.raw().pos).ok()
    }

    pub(crate) fn is_corrupt(&self) -> bool {
        self.raw().flags & ffi::AV_PKT_FLAG_CORRUPT as i32 != 0
    }

    /// The container says that this packet is encrypted (Common Encryption).
    pub(crate) fn is_encrypted(&self) -> bool {
        self.side_data().iter().any(SideData::is_encryption_info)
    }

    pub(crate) fn data(&self) -> &[u8] {
        let raw = self.raw();
        if raw.data.is_null() || raw.size <= 0 {
            return &[];
        }
        // SAFETY: data points to size readable bytes.
        unsafe { std::slice::from_raw_parts(raw.data, raw.size.unsigned_abs() as usize) }
    }

    pub(crate) fn rescale(&mut self, from: Ratio, to: Ratio) {
        // SAFETY: valid packet, non-zero timebases.
        unsafe { ffi::av_packet_rescale_ts(self.0, from.into(), to.into()) };
    }

    /// All side data.
    pub(crate) fn side_data(&self) -> Vec<SideData> {
        let raw = self.raw();
        let count = usize::try_from(raw.side_data_elems).unwrap_or(0);
        (0..count)
            // SAFETY: there are side_data_elems entries, each with size bytes.
            .map(|n| unsafe {
                let entry = &*raw.side_data.add(n);
                SideData {
                    kind: entry.type_,
                    data: std::slice::from_raw_parts(entry.data, entry.size).to_vec(),
                }
            })
            .collect()
    }

    /// Adds or replaces side data.
    pub(crate) fn add_side_data(&mut self, side: &SideData) {
        // SAFETY: the returned buffer holds as many bytes as asked for.
        unsafe {
            let target = ffi::av_packet_new_side_data(self.0, side.kind, side.data.len());
            if !target.is_null() {
                ptr::copy_nonoverlapping(side.data.as_ptr(), target, side.data.len());
            }
        }
    }
}

impl Clone for Packet {
    fn clone(&self) -> Self {
        let copy = Self::new();
        // SAFETY: references the same buffer, counted.
        unsafe { ffi::av_packet_ref(copy.0, self.0) };
        copy
    }
}

impl Drop for Packet {
    fn drop(&mut self) {
        // SAFETY: frees what this owner holds.
        unsafe { ffi::av_packet_free(&raw mut self.0) };
    }
}
