//! Frames of STOMP 1.2: a command, headers, a body, a zero byte.

use std::fmt::Write as _;

/// Longest command and headers together, in bytes.
pub(super) const HEAD: usize = 16 << 10;

/// Longest body, in bytes. Brokers send us nothing longer than an error with its origin.
pub(super) const BODY: usize = 256 << 10;

/// A frame.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Frame {
    /// What it is.
    pub(super) command: String,
    /// Names and values, as meant, not as escaped; the first of a name counts.
    pub(super) headers: Vec<(String, String)>,
    /// The rest.
    pub(super) body: Vec<u8>,
}

/// Why bytes are no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    TooLong,
    Senseless,
}

impl Frame {
    pub(super) fn new(command: &str) -> Self {
        Self { command: command.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(its, _)| its == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let escapes = escapes(&self.command);
        let mut head = format!("{}\n", self.command);
        for (name, value) in &self.headers {
            let both = if escapes { (escaped(name), escaped(value)) } else { (name.clone(), value.clone()) };
            // Writing to a string cannot fail.
            let _ = writeln!(head, "{}:{}", both.0, both.1);
        }
        head.push('\n');
        let mut bytes = head.into_bytes();
        bytes.extend(&self.body);
        bytes.push(0);
        bytes
    }
}

/// Whether headers of this frame have escapes: the first two do not, for the sake of STOMP 1.0.
fn escapes(command: &str) -> bool {
    !matches!(command, "CONNECT" | "CONNECTED")
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            ':' => escaped.push_str("\\c"),
            // There is no way to say it, and it would end the frame.
            '\0' => escaped.push(char::REPLACEMENT_CHARACTER),
            c => escaped.push(c),
        }
    }
    escaped
}

fn meant(text: &str) -> Result<String, Broken> {
    let mut meant = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        meant.push(match c {
            '\\' => match chars.next() {
                Some('\\') => '\\',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('c') => ':',
                _ => return Err(Broken::Senseless),
            },
            c => c,
        });
    }
    Ok(meant)
}

/// Takes frames out of bytes as they come.
#[derive(Default)]
pub(super) struct Frames {
    buffer: Vec<u8>,
}

impl Frames {
    /// More bytes came.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next frame, when all of it is there. Nothing makes sense any more after an error.
    pub(super) fn next(&mut self) -> Result<Option<Frame>, Broken> {
        // Line ends between frames say that the other side is alive.
        let beats = self.buffer.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        self.buffer.drain(..beats);
        let Some(head) = head_length(&self.buffer) else {
            return if self.buffer.len() > HEAD { Err(Broken::TooLong) } else { Ok(None) };
        };
        if head > HEAD {
            return Err(Broken::TooLong);
        }
        let text = std::str::from_utf8(&self.buffer[..head]).map_err(|_| Broken::Senseless)?;
        let mut frame = parse_head(text)?;
        let rest = &self.buffer[head..];
        let length = match frame.header("content-length") {
            Some(length) => {
                let length = length.parse::<usize>().map_err(|_| Broken::Senseless)?;
                if length > BODY {
                    return Err(Broken::TooLong);
                }
                match rest.get(length) {
                    None => return Ok(None),
                    Some(0) => length,
                    Some(_) => return Err(Broken::Senseless),
                }
            }
            None => match rest.iter().position(|byte| *byte == 0) {
                Some(length) if length <= BODY => length,
                None if rest.len() <= BODY => return Ok(None),
                _ => return Err(Broken::TooLong),
            },
        };
        frame.body = rest[..length].to_vec();
        self.buffer.drain(..=head + length);
        Ok(Some(frame))
    }
}

/// Bytes up to the empty line, with it.
fn head_length(bytes: &[u8]) -> Option<usize> {
    let mut start = 0;
    for (at, _) in bytes.iter().take(HEAD + 1).enumerate().filter(|(_, byte)| **byte == b'\n') {
        if matches!(&bytes[start..at], b"" | b"\r") {
            return Some(at + 1);
        }
        start = at + 1;
    }
    None
}

fn parse_head(text: &str) -> Result<Frame, Broken> {
    let mut lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    let command = lines.next().unwrap_or_default();
    if command.is_empty() || !command.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(Broken::Senseless);
    }
    let mut frame = Frame::new(command);
    for line in lines.take_while(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').ok_or(Broken::Senseless)?;
        let header = if escapes(command) {
            (meant(name)?, meant(value)?)
        } else {
            (name.to_owned(), value.to_owned())
        };
        frame.headers.push(header);
    }
    Ok(frame)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{BODY, Broken, Frame, Frames, HEAD};

    impl std::fmt::Debug for Frame {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "{} {:?} {:?}", self.command, self.headers, self.body)
        }
    }

    fn any_frame() -> impl Strategy<Value = Frame> {
        let header = ("[^\0]{1,20}", "[^\0]{0,40}")
            .prop_filter("the length is for the test to write", |(name, _)| name != "content-length");
        ("[A-Z]{1,12}", prop::collection::vec(header, 0..8), prop::collection::vec(any::<u8>(), 0..200))
            .prop_filter("those have no escapes", |(command, ..)| super::escapes(command))
            .prop_map(|(command, headers, body)| {
                let length = body.len().to_string();
                Frame { command, headers, body }.with("content-length", &length)
            })
    }

    /// Everything up to the end or the first error.
    fn all(frames: &mut Frames) -> (Vec<Frame>, Option<Broken>) {
        let mut seen = Vec::new();
        loop {
            match frames.next() {
                Ok(Some(frame)) => seen.push(frame),
                Ok(None) => return (seen, None),
                Err(broken) => return (seen, Some(broken)),
            }
        }
    }

    proptest! {
        #[test]
        fn frames_arrive_as_they_were_sent_however_they_are_cut(
            sent in prop::collection::vec(any_frame(), 1..5),
            beats in "[\r\n]{0,4}",
            size in 1_usize..64,
        ) {
            let bytes: Vec<u8> =
                sent.iter().flat_map(|frame| [beats.clone().into_bytes(), frame.encode()]).flatten().collect();
            let mut frames = Frames::default();
            let mut seen = Vec::new();
            for piece in bytes.chunks(size) {
                frames.add(piece);
                let (more, broken) = all(&mut frames);
                prop_assert_eq!(broken, None);
                seen.extend(more);
            }
            prop_assert_eq!(seen, sent);
        }

        #[test]
        fn whatever_comes_is_a_frame_or_an_error_and_never_kept_without_bound(
            bytes in prop::collection::vec(any::<u8>(), 0..2_000),
            lines in "(RECEIPT\n|[A-Z]{1,3}\r?\n|a:b\n|\\\\x:c\n|content-length:[0-9]{1,22}\n|\n|\0|:|\r){0,40}",
        ) {
            for input in [bytes.as_slice(), lines.as_bytes(), &[lines.as_bytes(), &bytes].concat()] {
                let mut frames = Frames::default();
                for piece in input.chunks(7) {
                    frames.add(piece);
                    if all(&mut frames).1.is_some() {
                        break;
                    }
                    prop_assert!(frames.buffer.len() <= HEAD + BODY);
                }
            }
        }
    }

    #[test]
    fn too_much_of_anything_is_an_error() {
        let long = "x".repeat(BODY + HEAD);
        for input in [
            long.clone(),
            format!("ERROR\nmessage:{long}"),
            format!("ERROR\n\n{long}"),
            "ERROR\ncontent-length:18446744073709551615\n\n".to_owned(),
        ] {
            let mut frames = Frames::default();
            frames.add(input.as_bytes());
            assert!(matches!(frames.next(), Err(Broken::TooLong)), "{}", &input[..30]);
        }
    }

    #[test]
    fn what_others_write_is_read() {
        let mut frames = Frames::default();
        frames.add(b"\n\r\nCONNECTED\r\nversion:1.2\r\nserver:a\\b:c\r\n\r\n\0\nERROR\nmessage:a\\cb\nmessage:x\n\nno\0");
        let (seen, broken) = all(&mut frames);
        assert_eq!(broken, None);
        assert_eq!(seen[0].header("server"), Some("a\\b:c"));
        assert_eq!(seen[1].header("message"), Some("a:b"));
        assert_eq!(seen[1].body, b"no");
        for wrong in [
            &b"error\n\n\0"[..],
            b"HTTP/1.1 400 Bad Request\r\n\r\n\0",
            b"ERROR\nx\n\n\0",
            b"ERROR\na:\\t\n\n\0",
        ] {
            let mut frames = Frames::default();
            frames.add(wrong);
            assert!(matches!(frames.next(), Err(Broken::Senseless)), "{wrong:?}");
        }
    }
}
