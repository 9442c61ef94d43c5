//! Which certificates are trusted: those that the system trusts, so that a house with its own authority needs to
//! say so only once.

use std::{io, sync::Arc};

use rustls::{ClientConfig, crypto::CryptoProvider};
use rustls_platform_verifier::BuilderVerifierExt;

use crate::model::NotTaken;

/// Whom to believe.
#[derive(Debug, Clone)]
pub(crate) enum Trust {
    /// Whom the system believes.
    System,
    /// The holder of one certificate (DER).
    #[cfg(test)]
    Only(Vec<u8>),
}

/// The cryptography of every TLS connection.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

impl Trust {
    /// For connections of our own.
    pub(crate) fn config(&self) -> Result<Arc<ClientConfig>, NotTaken> {
        let unusable = |error: rustls::Error| NotTaken::to_mend(format!("TLS cannot be used: {error}"));
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(unusable)?;
        let builder = match self {
            Self::System => builder.with_platform_verifier().map_err(unusable)?,
            #[cfg(test)]
            Self::Only(certificate) => {
                let mut roots = rustls::RootCertStore::empty();
                roots.add(certificate.clone().into()).map_err(unusable)?;
                builder.with_root_certificates(roots)
            }
        };
        Ok(Arc::new(builder.with_no_client_auth()))
    }
}

/// What is wrong with the other side's certificate, where that made a connection fail.
pub(crate) fn bad_certificate(error: &io::Error) -> Option<NotTaken> {
    match error.get_ref()?.downcast_ref::<rustls::Error>()? {
        rustls::Error::InvalidCertificate(why) => {
            Some(NotTaken::to_mend(format!("its certificate is not trusted: {why}")))
        }
        _ => None,
    }
}
