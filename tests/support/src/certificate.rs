//! A certificate for loopback that nobody vouches for but itself.

use std::{fs, path::PathBuf};

use tempfile::TempDir;

/// Certificate and key, for `localhost` and `127.0.0.1`.
pub struct Certificate {
    folder: TempDir,
    /// The certificate, DER.
    pub der: Vec<u8>,
    /// The key, PKCS#8 DER.
    pub key_der: Vec<u8>,
}

impl Certificate {
    /// Makes one.
    pub fn for_loopback() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])
            .expect("a certificate can be made");
        let folder = tempfile::tempdir().expect("a folder can be made");
        fs::write(folder.path().join("certificate.pem"), made.cert.pem()).expect("it can be written");
        fs::write(folder.path().join("key.pem"), made.signing_key.serialize_pem())
            .expect("it can be written");
        Self { folder, der: made.cert.der().to_vec(), key_der: made.signing_key.serialize_der() }
    }

    /// The certificate as a file; programs that are started with `SSL_CERT_FILE` set to it trust it.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    /// The key as a file.
    pub fn key_file(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }
}
