//! A connection to a broker, with or without TLS. Nothing on it waits past the end of the try.

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream, ToSocketAddrs},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use rustls::{ClientConnection, StreamOwned, pki_types::ServerName};

use super::{
    Broker,
    frame::{Broken, Frame, Frames},
};
use crate::{
    Limits, NotTaken,
    bounded::{HEARD, cancelled, too_slow},
    trust::{Trust, bad_certificate},
};

/// The system takes no shorter time for none.
const SHORTEST: Duration = Duration::from_millis(1);

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// The connection.
pub(super) struct Line<'a> {
    stream: Box<dyn Stream>,
    frames: Frames,
    limits: Limits,
    until: Instant,
    given_up: &'a AtomicBool,
}

impl<'a> Line<'a> {
    /// Reaches the broker.
    pub(super) fn open(
        broker: &Broker,
        limits: Limits,
        until: Instant,
        given_up: &'a AtomicBool,
        trust: &Trust,
    ) -> Result<Self, NotTaken> {
        let socket = reach(broker, limits, until)?;
        let failed = |error: std::io::Error| trouble(&error);
        socket.set_read_timeout(Some(HEARD)).map_err(failed)?;
        socket.set_write_timeout(Some(HEARD)).map_err(failed)?;
        socket.set_nodelay(true).map_err(failed)?;
        let stream: Box<dyn Stream> = if broker.tls {
            let name = ServerName::try_from(broker.host.clone())
                .map_err(|_| NotTaken::to_mend("the host has no name that a certificate can prove"))?;
            let connection = ClientConnection::new(trust.config()?, name)
                .map_err(|error| NotTaken::to_mend(format!("TLS cannot be used: {error}")))?;
            Box::new(StreamOwned::new(connection, socket))
        } else {
            Box::new(socket)
        };
        Ok(Self { stream, frames: Frames::default(), limits, until, given_up })
    }

    /// Sends all of it.
    pub(super) fn write(&mut self, mut bytes: &[u8]) -> Result<(), NotTaken> {
        while !bytes.is_empty() {
            match self.stream.write(bytes) {
                Ok(0) => return Err(NotTaken::later("the broker ended the connection")),
                Ok(written) => bytes = &bytes[written..],
                Err(error) => self.may_go_on(&error)?,
            }
        }
        loop {
            match self.stream.flush() {
                Ok(()) => return Ok(()),
                Err(error) => self.may_go_on(&error)?,
            }
        }
    }

    /// Waits for the next frame.
    pub(super) fn read(&mut self) -> Result<Frame, NotTaken> {
        let mut buffer = [0; 4 << 10];
        loop {
            match self.frames.next() {
                Ok(Some(frame)) => return Ok(frame),
                Ok(None) => {}
                Err(Broken::Senseless) => {
                    return Err(NotTaken::later("what answers there does not speak STOMP 1.2"));
                }
                Err(Broken::TooLong) => return Err(NotTaken::later("its answer is too long")),
            }
            self.check()?;
            match self.stream.read(&mut buffer) {
                Ok(0) => return Err(NotTaken::later("the broker ended the connection")),
                Ok(read) => self.frames.add(&buffer[..read]),
                Err(error) => self.may_go_on(&error)?,
            }
        }
    }

    fn may_go_on(&self, error: &std::io::Error) -> Result<(), NotTaken> {
        match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => self.check(),
            _ => Err(trouble(error)),
        }
    }

    fn check(&self) -> Result<(), NotTaken> {
        if self.given_up.load(Ordering::SeqCst) {
            return Err(cancelled());
        }
        if Instant::now() >= self.until {
            return Err(too_slow(self.limits.total));
        }
        Ok(())
    }
}

fn reach(broker: &Broker, limits: Limits, until: Instant) -> Result<TcpStream, NotTaken> {
    let until = until.min(Instant::now() + limits.connect);
    let addresses = (broker.host.as_str(), broker.port)
        .to_socket_addrs()
        .map_err(|error| NotTaken::later(format!("the name of the host cannot be found: {error}")))?;
    let mut last = None;
    for address in addresses {
        match connect(&address, until) {
            Ok(socket) => return Ok(socket),
            Err(error) => last = Some(error),
        }
    }
    Err(last.map_or_else(
        || NotTaken::later("the host has no address"),
        |error| NotTaken::later(format!("cannot be reached: {error}")),
    ))
}

fn connect(address: &SocketAddr, until: Instant) -> std::io::Result<TcpStream> {
    TcpStream::connect_timeout(address, until.saturating_duration_since(Instant::now()).max(SHORTEST))
}

fn trouble(error: &std::io::Error) -> NotTaken {
    if let Some(trouble) = bad_certificate(error) {
        return trouble;
    }
    if error.kind() == ErrorKind::UnexpectedEof {
        return NotTaken::later("the broker ended the connection");
    }
    NotTaken::later(format!("the connection failed: {error}"))
}
