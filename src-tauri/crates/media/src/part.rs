//! Packet files: one encoded stretch of one stream, waiting for its final mux.
//!
//! Layout (little endian): magic · header length u32 · header JSON · packets · end marker. A packet is
//! `P` · size u32 · pts i64 · dts i64 · duration i64 · flags u8 · side data count u8 · (kind u32 ·
//! size u32 · bytes)* · data. The end marker is `E` · packet count u64 · end time i64, and nothing may
//! follow: a file cut short anywhere is certain to be seen. No container, so no edit lists, no
//! priming rules and no timescale of its own get between encoder and final mux.

use std::{
    fs::File,
    io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    ff::{Next, Packet, Params, Plain, SideData},
    task::PartInfo,
    types::{MediaCode, MediaError, Ratio},
};

const MAGIC: &[u8; 8] = b"SPWPKT01";
const LARGEST_HEADER: u32 = 16 << 20;
const LARGEST_PACKET: u32 = 512 << 20;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Header {
    params: Plain,
    time_base: Ratio,
    side_data: Vec<SideData>,
}

/// Writes a packet file under a temporary name; it appears under its own name when finished.
pub(crate) struct PartWriter {
    path: PathBuf,
    temporary: PathBuf,
    file: BufWriter<File>,
    hash: Sha256,
    bytes: u64,
    packets: u64,
    extradata_sha256: String,
}

impl PartWriter {
    /// Starts a file for a stream of this description. `side_data` applies to the whole stream.
    pub(crate) fn create(
        path: &Path,
        params: &Params,
        time_base: Ratio,
        side_data: &[SideData],
    ) -> Result<Self, MediaError> {
        let mut name = path.file_name().unwrap_or_default().to_os_string();
        name.push(format!(".{}.part", std::process::id()));
        let temporary = path.with_file_name(name);
        let header = Header { params: params.to_plain(), time_base, side_data: side_data.to_vec() };
        let json =
            serde_json::to_vec(&header).map_err(|e| MediaError::new(MediaCode::Internal, e.to_string()))?;
        let mut writer = Self {
            path: path.to_path_buf(),
            file: BufWriter::with_capacity(1 << 18, File::create(&temporary)?),
            temporary,
            hash: Sha256::new(),
            bytes: 0,
            packets: 0,
            extradata_sha256: hex(&Sha256::digest(params.extradata())),
        };
        writer.put(MAGIC)?;
        let length = u32::try_from(json.len()).unwrap_or(u32::MAX);
        writer.put(&length.to_le_bytes())?;
        writer.put(&json)?;
        Ok(writer)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), MediaError> {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(self.file.write_all(bytes)?)
    }

    /// Appends a packet.
    pub(crate) fn write(&mut self, packet: &Packet) -> Result<(), MediaError> {
        let data = packet.data();
        let side = packet.side_data();
        let mut head = Vec::with_capacity(64);
        head.push(b'P');
        head.extend_from_slice(&u32::try_from(data.len()).unwrap_or(u32::MAX).to_le_bytes());
        head.extend_from_slice(&packet.pts().unwrap_or(i64::MIN).to_le_bytes());
        head.extend_from_slice(&packet.dts().unwrap_or(i64::MIN).to_le_bytes());
        head.extend_from_slice(&packet.duration().to_le_bytes());
        head.push(u8::from(packet.is_key()));
        head.push(u8::try_from(side.len()).unwrap_or(u8::MAX));
        for entry in side.iter().take(255) {
            head.extend_from_slice(&entry.kind_number().to_le_bytes());
            head.extend_from_slice(&u32::try_from(entry.bytes().len()).unwrap_or(u32::MAX).to_le_bytes());
            head.extend_from_slice(entry.bytes());
        }
        self.put(&head)?;
        self.put(data)?;
        self.packets += 1;
        Ok(())
    }

    /// Packets so far.
    pub(crate) fn packets(&self) -> u64 {
        self.packets
    }

    /// Writes the end marker, syncs, renames. `end` is the end of the last packet's presentation.
    pub(crate) fn finish(mut self, end: i64) -> Result<PartInfo, MediaError> {
        let mut tail = vec![b'E'];
        tail.extend_from_slice(&self.packets.to_le_bytes());
        tail.extend_from_slice(&end.to_le_bytes());
        self.put(&tail)?;
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        std::fs::rename(&self.temporary, &self.path)?;
        sync_folder(&self.path)?;
        Ok(PartInfo {
            path: self.path.clone(),
            bytes: self.bytes,
            sha256: hex(&std::mem::take(&mut self.hash).finalize()),
            packets: self.packets,
            extradata_sha256: self.extradata_sha256.clone(),
        })
    }
}

impl Drop for PartWriter {
    fn drop(&mut self) {
        // After a finish the temporary name is gone and this does nothing; a left-over would only
        // be found by the next clean-up, so failing to remove it is not an error worth stopping for.
        let _gone = std::fs::remove_file(&self.temporary);
    }
}

/// Makes a rename durable.
pub(crate) fn sync_folder(path: &Path) -> Result<(), MediaError> {
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

/// Length of the end marker: its letter, the number of packets and the end of the last.
const TAIL_BYTES: i64 = 17;

/// Packets in a finished file, as its end marker says.
pub(crate) fn packets_in(path: &Path) -> Result<u64, MediaError> {
    let mut file = File::open(path).map_err(|e| corrupt(&format!("{}: {e}", path.display())))?;
    file.seek(SeekFrom::End(-TAIL_BYTES)).map_err(|_| corrupt("it is too short"))?;
    match take::<9>(&mut file)? {
        [b'E', count @ ..] => Ok(u64::from_le_bytes(count)),
        _ => Err(corrupt("it has no end")),
    }
}

/// Reads a packet file from start to end.
pub(crate) struct PartReader {
    file: BufReader<File>,
    /// Description of the stream.
    pub(crate) params: Params,
    /// Unit of its times, in seconds.
    pub(crate) time_base: Ratio,
    /// Side data of the whole stream.
    pub(crate) side_data: Vec<SideData>,
    packets: u64,
    end: Option<i64>,
}

impl PartReader {
    /// Opens a file and reads its header.
    pub(crate) fn open(path: &Path) -> Result<Self, MediaError> {
        let file = File::open(path).map_err(|e| corrupt(&format!("{}: {e}", path.display())))?;
        let mut file = BufReader::with_capacity(1 << 18, file);
        let length = match take::<12>(&mut file) {
            Ok(head) if head.starts_with(MAGIC) => u32::from_le_bytes([head[8], head[9], head[10], head[11]]),
            _ => return Err(corrupt("it is not a packet file")),
        };
        if length > LARGEST_HEADER {
            return Err(corrupt("its header is too long"));
        }
        let mut json = vec![0; length as usize];
        file.read_exact(&mut json).map_err(|_| corrupt("it ends in its header"))?;
        let header: Header = serde_json::from_slice(&json).map_err(|e| corrupt(&e.to_string()))?;
        let params = Params::from_plain(&header.params).map_err(|f| corrupt(&f.words()))?;
        Ok(Self {
            file,
            params,
            time_base: header.time_base,
            side_data: header.side_data,
            packets: 0,
            end: None,
        })
    }

    /// Reads the next packet; its times are in [`Self::time_base`].
    pub(crate) fn next(&mut self, packet: &mut Packet) -> Result<Next, MediaError> {
        if self.end.is_some() {
            return Ok(Next::End);
        }
        match take::<1>(&mut self.file)?[0] {
            b'P' => self.packet(packet),
            b'E' => self.finish(),
            _ => Err(corrupt("a packet does not begin where one should")),
        }
    }

    fn packet(&mut self, packet: &mut Packet) -> Result<Next, MediaError> {
        let size = u32::from_le_bytes(take(&mut self.file)?);
        let pts = i64::from_le_bytes(take(&mut self.file)?);
        let dts = i64::from_le_bytes(take(&mut self.file)?);
        let duration = i64::from_le_bytes(take(&mut self.file)?);
        let [key, sides] = take::<2>(&mut self.file)?;
        let mut side_data = Vec::with_capacity(usize::from(sides));
        for _ in 0..sides {
            let kind = u32::from_le_bytes(take(&mut self.file)?);
            let size = u32::from_le_bytes(take(&mut self.file)?);
            let bytes = self.bytes(size)?;
            side_data.push(SideData::from_number(kind, bytes).ok_or_else(|| corrupt("unknown side data"))?);
        }
        let data = self.bytes(size)?;
        *packet = Packet::with_data(&data);
        let time = |t: i64| (t != i64::MIN).then_some(t);
        packet.set_times(time(pts), time(dts), duration);
        packet.set_key(key != 0);
        for side in &side_data {
            packet.add_side_data(side);
        }
        self.packets += 1;
        Ok(Next::Item)
    }

    fn bytes(&mut self, size: u32) -> Result<Vec<u8>, MediaError> {
        if size > LARGEST_PACKET {
            return Err(corrupt("a packet is too large"));
        }
        let mut data = vec![0; size as usize];
        self.file.read_exact(&mut data).map_err(|_| corrupt("it ends in a packet"))?;
        Ok(data)
    }

    fn finish(&mut self) -> Result<Next, MediaError> {
        let count = u64::from_le_bytes(take(&mut self.file)?);
        let end = i64::from_le_bytes(take(&mut self.file)?);
        if count != self.packets {
            return Err(corrupt("its packet count is wrong"));
        }
        if self.file.read(&mut [0; 1])? != 0 {
            return Err(corrupt("something follows its end"));
        }
        self.end = Some(end);
        Ok(Next::End)
    }

    /// End of presentation, known after the last packet.
    pub(crate) fn end(&self) -> Option<i64> {
        self.end
    }
}

fn take<const N: usize>(file: &mut impl Read) -> Result<[u8; N], MediaError> {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes).map_err(|_| corrupt("it ends too early"))?;
    Ok(bytes)
}

fn corrupt(why: &str) -> MediaError {
    MediaError::new(MediaCode::PartCorrupt, format!("a packet file cannot be used: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(folder: &Path) -> (PathBuf, PartInfo) {
        let path = folder.join("a.pkt");
        let plain = Params::new().to_plain();
        let plain = Plain { codec: "h264".into(), extradata: vec![1, 2, 3], width: 16, height: 8, ..plain };
        let params = Params::from_plain(&plain).map_err(crate::ff::Fault::words).unwrap();
        let mut writer = PartWriter::create(&path, &params, Ratio::new(1, 25), &[]).unwrap();
        for n in 0..5u8 {
            let mut packet = Packet::with_data(&vec![n; usize::from(n) * 7 + 1]);
            packet.set_times(Some(i64::from(n)), Some(i64::from(n) - 1), 1);
            packet.set_key(n == 0);
            packet.add_side_data(&SideData::skip_samples(u32::from(n), 9));
            writer.write(&packet).unwrap();
        }
        let info = writer.finish(5).unwrap();
        (path, info)
    }

    fn read_all(path: &Path) -> Result<u64, MediaError> {
        let mut reader = PartReader::open(path)?;
        let mut packet = Packet::new();
        let mut count = 0;
        while reader.next(&mut packet)? == Next::Item {
            assert_eq!(packet.pts(), Some(count));
            assert_eq!(
                packet.data(),
                vec![u8::try_from(count).unwrap(); usize::try_from(count).unwrap() * 7 + 1]
            );
            let skip = packet.side_data()[0].as_skip_samples();
            assert_eq!(skip, Some((u32::try_from(count).unwrap(), 9)));
            count += 1;
        }
        assert_eq!(reader.end(), Some(5));
        Ok(u64::try_from(count).unwrap())
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let (path, info) = written(folder.path());
        assert_eq!(read_all(&path), Ok(5));
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(info.bytes, bytes.len() as u64);
        assert_eq!(info.sha256, hex(&Sha256::digest(&bytes)));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays");
    }

    #[test]
    fn every_truncation_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let (path, _) = written(folder.path());
        let bytes = std::fs::read(&path).unwrap();
        for length in 0..bytes.len() {
            std::fs::write(&path, &bytes[..length]).unwrap();
            assert_eq!(read_all(&path).unwrap_err().code, MediaCode::PartCorrupt, "cut at {length}");
        }
        let longer: Vec<u8> = bytes.iter().copied().chain([0]).collect();
        std::fs::write(&path, longer).unwrap();
        assert_eq!(read_all(&path).unwrap_err().code, MediaCode::PartCorrupt);
    }
}
