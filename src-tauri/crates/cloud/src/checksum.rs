//! What proves that an object is here as it was stored.

use std::{
    fs::File,
    io::{self, Read},
    sync::atomic::{AtomicBool, Ordering},
};

use aws_sdk_s3::{
    operation::head_object::HeadObjectOutput,
    types::{ChecksumType, ServerSideEncryption},
};
use aws_smithy_checksums::{ChecksumAlgorithm, http::HttpChecksum};
use md5::{Digest, Md5};

const BUFFER_BYTES: usize = 1 << 20;

/// A checksum of a whole object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Checksum {
    pub(crate) kind: Kind,
    /// As the service writes it.
    pub(crate) value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Crc64Nvme,
    Crc32c,
    Crc32,
    Sha256,
    Sha1,
    /// The `ETag` of an object that was stored in one piece.
    Md5,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Crc64Nvme => "CRC64NVME",
            Self::Crc32c => "CRC32C",
            Self::Crc32 => "CRC32",
            Self::Sha256 => "SHA-256",
            Self::Sha1 => "SHA-1",
            Self::Md5 => "MD5",
        }
    }
}

/// The best checksum of the whole object that the service knows.
pub(crate) fn of(bucket: &str, head: &HeadObjectOutput) -> Option<Checksum> {
    let in_parts = head.e_tag().is_some_and(|etag| etag.contains('-'));
    let composite = match head.checksum_type() {
        Some(kind) => *kind != ChecksumType::FullObject,
        // Of objects that came in parts, some servers tell the checksum of one.
        None => in_parts,
    };
    let known = [
        (Kind::Sha256, head.checksum_sha256()),
        (Kind::Crc64Nvme, head.checksum_crc64_nvme()),
        (Kind::Sha1, head.checksum_sha1()),
        (Kind::Crc32c, head.checksum_crc32_c()),
        (Kind::Crc32, head.checksum_crc32()),
    ];
    let whole = known.into_iter().find_map(|(kind, value)| {
        // `…-3`: a checksum of checksums of three parts.
        let value = value.filter(|value| !composite && !value.contains('-'))?;
        Some(Checksum { kind, value: value.to_owned() })
    });
    whole.or_else(|| md5_of(bucket, head))
}

/// The `ETag` is an MD5 unless the object came in parts, is encrypted with a key of its own, or lies in a
/// directory bucket.
fn md5_of(bucket: &str, head: &HeadObjectOutput) -> Option<Checksum> {
    let plain = matches!(head.server_side_encryption(), None | Some(ServerSideEncryption::Aes256))
        && head.sse_customer_algorithm().is_none()
        && !bucket.ends_with("--x-s3");
    let value = head.e_tag()?.trim_matches('"').to_ascii_lowercase();
    let is_md5 = plain && value.len() == 32 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_md5.then_some(Checksum { kind: Kind::Md5, value })
}

/// Whether what the file holds is what the checksum says; `None`: cancelled.
pub(crate) fn holds(file: &mut File, checksum: &Checksum, cancel: &AtomicBool) -> io::Result<Option<bool>> {
    let mut sum = Sum::new(checksum.kind);
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        if cancel.load(Ordering::Relaxed) {
            return Ok(None);
        }
        match file.read(&mut buffer) {
            Ok(0) => return Ok(Some(sum.text() == checksum.value)),
            Ok(read) => sum.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// CRC of a range, for the record beside the file.
pub(crate) fn crc(bytes: &[u8]) -> u64 {
    let mut sum = ChecksumAlgorithm::Crc64Nvme.into_impl();
    sum.update(bytes);
    let mut crc = [0; 8];
    for (to, from) in crc.iter_mut().zip(sum.finalize()) {
        *to = from;
    }
    u64::from_be_bytes(crc)
}

/// CRC32 as S3 writes it: of all that it takes for a whole and its parts alike, the one that every server knows.
pub(crate) fn crc32_text(bytes: &[u8]) -> String {
    let mut sum = Sum::new(Kind::Crc32);
    sum.update(bytes);
    sum.text()
}

/// MD5 as an `ETag` has it.
pub(crate) fn md5_text(bytes: &[u8]) -> String {
    hex(&Md5::digest(bytes))
}

/// `ETag` of an object that came in these parts: MD5 of their MD5s, and how many there were. `None`: one of the
/// parts' `ETag`s is no MD5.
pub(crate) fn composed(parts: &[String]) -> Option<String> {
    let mut sum = Md5::new();
    for part in parts {
        let digits = part.as_bytes();
        if digits.len() != 32 {
            return None;
        }
        for pair in digits.chunks(2) {
            let pair = std::str::from_utf8(pair).ok()?;
            sum.update([u8::from_str_radix(pair, 16).ok()?]);
        }
    }
    Some(format!("{}-{}", hex(&sum.finalize()), parts.len()))
}

pub(crate) enum Sum {
    Service(Box<dyn HttpChecksum>),
    Md5(Md5),
}

impl Sum {
    pub(crate) fn new(kind: Kind) -> Self {
        let algorithm = match kind {
            Kind::Crc64Nvme => ChecksumAlgorithm::Crc64Nvme,
            Kind::Crc32c => ChecksumAlgorithm::Crc32c,
            Kind::Crc32 => ChecksumAlgorithm::Crc32,
            Kind::Sha256 => ChecksumAlgorithm::Sha256,
            Kind::Sha1 => ChecksumAlgorithm::Sha1,
            Kind::Md5 => return Self::Md5(Md5::new()),
        };
        Self::Service(algorithm.into_impl())
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Service(sum) => sum.update(bytes),
            Self::Md5(sum) => sum.update(bytes),
        }
    }

    /// As the service writes it.
    pub(crate) fn text(self) -> String {
        match self {
            Self::Service(sum) => aws_smithy_types::base64::encode(sum.finalize()),
            Self::Md5(sum) => hex(&sum.finalize()),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        use std::fmt::Write as _;
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
