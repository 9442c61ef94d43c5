//! Decoding a cut, where the source's packets alone do not say for certain which pictures they make.

use std::path::Path;

use crate::{
    ff::{Decoder, Frame, Input, Next, Packet},
    stitch::Ticker,
    types::{MediaCode, MediaError},
};

/// Decoder threads; the pictures of a sound file do not depend on their number.
const THREADS: u32 = 2;

/// Checks that a decoder gives as many pictures.
pub(super) fn decodes_to(path: &Path, expected: u64, ticker: &mut Ticker<'_>) -> Result<(), MediaError> {
    let mut input = Input::open(path)?;
    let (params, base) = {
        let stream = input.stream(0)?;
        (stream.params(), stream.time_base())
    };
    let mut decoder = Decoder::open(&params, base, THREADS)?;
    let (mut packet, mut frame, mut found) = (Packet::new(), Frame::new(), 0u64);
    let mut feeding = true;
    while feeding {
        feeding = input.read(&mut packet)? == Next::Item;
        let mut taken = false;
        while !taken {
            taken = decoder.send(feeding.then_some(&packet)).map_err(|f| undecodable(&f.words()))?;
            while decoder.receive(&mut frame).map_err(|f| undecodable(&f.words()))? == Next::Item {
                found += 1;
                ticker.alive()?;
            }
        }
    }
    if found == expected {
        return Ok(());
    }
    let message =
        format!("the picture cannot be cut here: a decoder gives {found} pictures and not {expected}");
    Err(MediaError::new(MediaCode::FrameMismatch, message))
}

fn undecodable(words: &str) -> MediaError {
    let message = format!("the picture cannot be cut here: the stretch does not decode ({words})");
    MediaError::new(MediaCode::FrameMismatch, message)
}
