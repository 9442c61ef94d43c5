//! Codec parameters of an arrived file: compared with what was asked for, and completed to what an encoder here would
//! have said.

use spillway_profile::VideoCodec;

use crate::{
    coding::{codec_name, profile_complies},
    ff::{Params, Plain},
    task::VideoSettings,
    types::{ColorTags, FieldOrder, MediaCode, MediaError},
};

/// `AVFieldOrder` (`libavcodec/codec_par.h`): unknown, progressive, and which field is coded and shown first.
const UNKNOWN: u32 = 0;
const PROGRESSIVE: u32 = 1;
const TOP_FIRST: u32 = 2;
const BOTTOM_FIRST: u32 = 3;

/// The description for the packet file.
///
/// # Errors
/// When the file is not what was asked for.
pub(super) fn checked(params: &Params, asked: &VideoSettings) -> Result<Params, MediaError> {
    let codec = codec_name(asked.codec);
    same("the codec", codec, &params.codec())?;
    let size = |width, height| format!("{width} × {height}");
    same("the picture size", &size(asked.width, asked.height), &size(params.width(), params.height()))?;
    let format = params.pixel_format().unwrap_or_default();
    // FFmpeg's old names for full range.
    same("the pixel format", &asked.pixel_format.replace("yuvj", "yuv"), &format.replace("yuvj", "yuv"))?;
    let profile = params.profile();
    if !profile_complies(asked.codec, asked.profile.as_deref(), profile.as_deref()) {
        let asked = asked.profile.as_deref().unwrap_or_default();
        return Err(other("the codec profile", asked, profile.as_deref().unwrap_or("none")));
    }
    if asked.codec != VideoCodec::Prores && params.extradata().is_empty() {
        return Err(MediaError::new(MediaCode::Unstitchable, "the file's header has no parameter sets"));
    }
    let found = params.to_plain();
    let plain = Plain {
        // Sample entry codes of a codec with parameter sets are the muxer's business.
        tag: if asked.codec == VideoCodec::Prores { found.tag } else { 0 },
        field_order: field_order(found.field_order, asked.field_order)?,
        color: color(&found.color, &asked.color)?,
        sample_aspect: aspect(found.sample_aspect, asked)?,
        ..found
    };
    Params::from_plain(&plain).map_err(|fault| fault.during("describing the stream", MediaCode::Internal))
}

fn same(what: &str, asked: &str, found: &str) -> Result<(), MediaError> {
    if asked == found { Ok(()) } else { Err(other(what, asked, found)) }
}

fn other(what: &str, asked: &str, found: &str) -> MediaError {
    MediaError::new(MediaCode::FrameMismatch, format!("{what} is {found}, and {asked} was asked for"))
}

/// What the file does not say is said as asked; what it says must be as asked. Where chroma samples lie is only filled
/// in: decoders report a default for it.
fn color(found: &ColorTags, asked: &ColorTags) -> Result<ColorTags, MediaError> {
    let tag = |what: &str, found: &Option<String>, asked: &Option<String>| match (found, asked) {
        (Some(found), Some(asked)) if found != asked => Err(other(what, asked, found)),
        _ => Ok(found.clone().or_else(|| asked.clone())),
    };
    Ok(ColorTags {
        primaries: tag("the tag of colour primaries", &found.primaries, &asked.primaries)?,
        transfer: tag("the tag of the transfer function", &found.transfer, &asked.transfer)?,
        matrix: tag("the tag of the colour matrix", &found.matrix, &asked.matrix)?,
        range: tag("the tag of the colour range", &found.range, &asked.range)?,
        chroma_location: found.chroma_location.clone().or_else(|| asked.chroma_location.clone()),
    })
}

fn aspect((num, den): (i32, i32), asked: &VideoSettings) -> Result<(i32, i32), MediaError> {
    let wanted = asked.sample_aspect;
    let equal = i64::from(num) * i64::from(wanted.den) == i64::from(den) * i64::from(wanted.num);
    if num <= 0 || den <= 0 || equal {
        return Ok((wanted.num, wanted.den));
    }
    Err(other("the pixel shape", &format!("{}:{}", wanted.num, wanted.den), &format!("{num}:{den}")))
}

fn field_order(found: u32, asked: FieldOrder) -> Result<u32, MediaError> {
    let wanted = match asked {
        FieldOrder::Progressive => PROGRESSIVE,
        FieldOrder::TopFirst => TOP_FIRST,
        FieldOrder::BottomFirst => BOTTOM_FIRST,
    };
    match (found, wanted) {
        (UNKNOWN | PROGRESSIVE, PROGRESSIVE) | (UNKNOWN, _) => Ok(wanted),
        (PROGRESSIVE, _) => Err(other("the picture", "coded in fields", "coded in frames")),
        (_, PROGRESSIVE) => Err(other("the picture", "coded in frames", "coded in fields")),
        _ => Ok(wanted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Ratio;

    #[test]
    fn what_is_not_said_is_filled_in_and_what_is_wrong_is_refused() {
        let tags = |primaries: Option<&str>, range: Option<&str>| ColorTags {
            primaries: primaries.map(str::to_owned),
            range: range.map(str::to_owned),
            ..ColorTags::default()
        };
        let asked = tags(Some("bt709"), Some("tv"));
        assert_eq!(color(&tags(None, Some("tv")), &asked).unwrap(), asked);
        assert_eq!(
            color(&tags(Some("bt709"), None), &ColorTags::default()).unwrap(),
            tags(Some("bt709"), None)
        );
        let error = color(&tags(Some("bt2020"), None), &asked).unwrap_err();
        assert_eq!(error.message, "the tag of colour primaries is bt2020, and bt709 was asked for");
    }

    #[test]
    fn fields_and_frames_are_not_mixed_up() {
        assert_eq!(field_order(0, FieldOrder::TopFirst), Ok(TOP_FIRST));
        assert_eq!(field_order(4, FieldOrder::TopFirst), Ok(TOP_FIRST));
        assert!(field_order(1, FieldOrder::TopFirst).is_err());
        assert!(field_order(2, FieldOrder::Progressive).is_err());
    }

    #[test]
    fn pixel_shapes_are_compared_as_numbers() {
        let asked = VideoSettings {
            sample_aspect: Ratio::new(64, 45),
            ..crate::stitch::fixture::Recipe::constant(Ratio::new(25, 1), &[1]).settings()
        };
        assert_eq!(aspect((128, 90), &asked), Ok((64, 45)));
        assert_eq!(aspect((0, 1), &asked), Ok((64, 45)));
        assert!(aspect((1, 1), &asked).is_err());
    }
}
