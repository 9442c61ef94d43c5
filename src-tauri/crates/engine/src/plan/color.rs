//! Colour tags: what the source says, what is guessed, what is written.

use spillway_media::{facts::VideoStream, types::ColorTags};
use spillway_profile::Color;

use super::pixel::PixelFormat;

/// The colour of a source with every gap filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourceColor {
    /// Complete tags.
    pub tags: ColorTags,
    /// Primaries, transfer or matrix had to be guessed.
    pub guessed: bool,
}

/// What happens to colour on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ColorPlan {
    /// The source's, complete.
    pub source: ColorTags,
    /// What is written.
    pub output: ColorTags,
    /// HDR transfer to map to SDR.
    pub tone_map: Option<String>,
}

/// A family of tags that belong together.
struct Family {
    primaries: &'static str,
    transfer: &'static str,
    matrix: &'static str,
}

const BT709: Family = Family { primaries: "bt709", transfer: "bt709", matrix: "bt709" };
const SD_625: Family = Family { primaries: "bt470bg", transfer: "smpte170m", matrix: "bt470bg" };
const SD_525: Family = Family { primaries: "smpte170m", transfer: "smpte170m", matrix: "smpte170m" };
const BT2020: Family = Family { primaries: "bt2020", transfer: "bt2020-10", matrix: "bt2020nc" };

/// True for PQ and HLG.
pub(crate) fn is_hdr_transfer(transfer: Option<&str>) -> bool {
    matches!(transfer, Some("smpte2084" | "arib-std-b67"))
}

/// Whether two transfers are one curve: those of BT.709, BT.601 and BT.2020 SDR are (H.273 table 3).
pub(crate) fn same_transfer(a: Option<&str>, b: Option<&str>) -> bool {
    const CURVE: [&str; 4] = ["bt709", "smpte170m", "bt2020-10", "bt2020-12"];
    both_in(&CURVE, a, b)
}

/// Whether two matrices have the same coefficients: those of both BT.601 systems do (H.273 table 4).
pub(crate) fn same_matrix(a: Option<&str>, b: Option<&str>) -> bool {
    const BT601: [&str; 2] = ["bt470bg", "smpte170m"];
    both_in(&BT601, a, b)
}

fn both_in(family: &[&str], a: Option<&str>, b: Option<&str>) -> bool {
    let known = |tag: Option<&str>| tag.is_some_and(|tag| family.contains(&tag));
    a == b || (known(a) && known(b))
}

/// Whether two sets of tags say the same of pixels.
pub(crate) fn same(a: &ColorTags, b: &ColorTags) -> bool {
    a.primaries == b.primaries
        && a.range == b.range
        && same_transfer(a.transfer.as_deref(), b.transfer.as_deref())
        && same_matrix(a.matrix.as_deref(), b.matrix.as_deref())
}

/// Fills the gaps: from the tags that are there, else from the height of the coded picture (720 lines
/// and more: BT.709; 576: BT.601 for 625 lines; otherwise for 525 lines).
pub(crate) fn source(stream: &VideoStream) -> SourceColor {
    let stated = &stream.color;
    let format = PixelFormat::parse(&stream.pixel_format);
    let family = family(stated).unwrap_or_else(|| by_height(stream.height));
    let fill = |value: &Option<String>, guess: &str| Some(value.clone().unwrap_or_else(|| guess.to_owned()));
    let guessed = stated.primaries.is_none() || stated.transfer.is_none() || stated.matrix.is_none();
    SourceColor {
        tags: ColorTags {
            primaries: fill(&stated.primaries, family.primaries),
            transfer: fill(&stated.transfer, family.transfer),
            matrix: fill(&stated.matrix, if format.rgb { "gbr" } else { family.matrix }),
            range: fill(&stated.range, if format.full_range { "pc" } else { "tv" }),
            chroma_location: stated.chroma_location.clone(),
        },
        guessed,
    }
}

/// What is written for `stream` under `rule` in `format`.
///
/// Pixels change their colour only through tone mapping (HDR to BT.709), a change of range, or from
/// RGB; otherwise the tags say what the pixels are. HDR needs ten bits: with fewer it is mapped to SDR
/// whatever the rule says, because PQ or HLG in eight bits bands visibly.
pub(crate) fn plan(stream: &VideoStream, rule: Color, format: &str) -> ColorPlan {
    let source = source(stream).tags;
    let out = PixelFormat::parse(format);
    let hdr = is_hdr_transfer(source.transfer.as_deref());
    if hdr && (rule == Color::Sdr || out.bits < 10) {
        let output = tags(&BT709, "tv", None);
        return ColorPlan { tone_map: source.transfer.clone(), source, output };
    }
    let mut output = source.clone();
    if !out.rgb && matches!(output.matrix.as_deref(), Some("gbr" | "rgb")) {
        let family = family(&output).unwrap_or_else(|| by_height(stream.height));
        output.matrix = Some(family.matrix.to_owned());
        output.range = Some("tv".to_owned());
        output.chroma_location = None;
    }
    if rule == Color::Sdr {
        output.range = Some("tv".to_owned());
    }
    ColorPlan { source, output, tone_map: None }
}

/// The same colour in the tags that `ProRes` has codes for.
pub(crate) fn in_prores(mut tags: ColorTags) -> ColorTags {
    if same_transfer(tags.transfer.as_deref(), Some("bt709")) {
        tags.transfer = Some("bt709".to_owned());
    }
    if same_matrix(tags.matrix.as_deref(), Some("smpte170m")) {
        tags.matrix = Some("smpte170m".to_owned());
    }
    tags
}

fn tags(family: &Family, range: &str, chroma_location: Option<String>) -> ColorTags {
    ColorTags {
        primaries: Some(family.primaries.to_owned()),
        transfer: Some(family.transfer.to_owned()),
        matrix: Some(family.matrix.to_owned()),
        range: Some(range.to_owned()),
        chroma_location,
    }
}

fn family(stated: &ColorTags) -> Option<&'static Family> {
    let known = |value: &Option<String>| match value.as_deref()? {
        "bt709" => Some(&BT709),
        "bt470bg" | "gamma28" => Some(&SD_625),
        "smpte170m" => Some(&SD_525),
        "bt2020" | "bt2020nc" | "bt2020c" | "bt2020-10" | "bt2020-12" | "smpte2084" | "arib-std-b67" => {
            Some(&BT2020)
        }
        _ => None,
    };
    // The transfer of SD material is often tagged bt709, so it is asked last.
    known(&stated.matrix).or_else(|| known(&stated.primaries)).or_else(|| known(&stated.transfer))
}

fn by_height(height: u32) -> &'static Family {
    match height {
        720.. => &BT709,
        576 => &SD_625,
        _ => &SD_525,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::sample;

    fn stream(height: u32, color: [Option<&str>; 4]) -> VideoStream {
        let mut stream = sample::video(24);
        stream.height = height;
        let [primaries, transfer, matrix, range] = color.map(|value| value.map(str::to_owned));
        stream.color = ColorTags { primaries, transfer, matrix, range, chroma_location: None };
        stream
    }

    fn four(tags: &ColorTags) -> [&str; 4] {
        [&tags.primaries, &tags.transfer, &tags.matrix, &tags.range].map(|tag| tag.as_deref().unwrap())
    }

    #[test]
    fn gaps_are_filled_by_height() {
        let of = |height| source(&stream(height, [None; 4]));
        assert_eq!(four(&of(1080).tags), ["bt709", "bt709", "bt709", "tv"]);
        assert_eq!(four(&of(720).tags), ["bt709", "bt709", "bt709", "tv"]);
        assert_eq!(four(&of(576).tags), ["bt470bg", "smpte170m", "bt470bg", "tv"]);
        assert_eq!(four(&of(480).tags), ["smpte170m", "smpte170m", "smpte170m", "tv"]);
        assert!(of(480).guessed);
    }

    #[test]
    fn stated_tags_win_and_complete_their_family() {
        let color = source(&stream(480, [None, None, Some("bt709"), Some("tv")]));
        assert_eq!(four(&color.tags), ["bt709", "bt709", "bt709", "tv"]);
        let full = source(&stream(1080, [Some("bt709"), Some("bt709"), Some("bt709"), Some("pc")]));
        assert!(!full.guessed);
    }

    #[test]
    fn sdr_maps_hdr_and_limits_range_and_touches_nothing_else() {
        let pq = stream(2160, [Some("bt2020"), Some("smpte2084"), Some("bt2020nc"), Some("tv")]);
        let mapped = plan(&pq, Color::Sdr, "yuv420p");
        assert_eq!(mapped.tone_map.as_deref(), Some("smpte2084"));
        assert_eq!(four(&mapped.output), ["bt709", "bt709", "bt709", "tv"]);
        let sd = plan(&stream(576, [None, None, None, Some("pc")]), Color::Sdr, "yuv420p");
        assert_eq!(four(&sd.output), ["bt470bg", "smpte170m", "bt470bg", "tv"]);
        assert_eq!(sd.source.range.as_deref(), Some("pc"));
    }

    #[test]
    fn keep_carries_hdr_only_in_ten_bits() {
        let hlg = stream(2160, [Some("bt2020"), Some("arib-std-b67"), Some("bt2020nc"), Some("tv")]);
        let kept = plan(&hlg, Color::Keep, "yuv420p10le");
        assert_eq!((kept.tone_map, kept.output.transfer.as_deref()), (None, Some("arib-std-b67")));
        assert!(plan(&hlg, Color::Keep, "yuv420p").tone_map.is_some());
    }

    #[test]
    fn tags_that_mean_the_same_are_the_same() {
        let sd = source(&stream(576, [None; 4])).tags;
        let prores = in_prores(sd.clone());
        assert_eq!(four(&prores), ["bt470bg", "bt709", "smpte170m", "tv"]);
        assert!(same(&sd, &prores));
        assert!(!same_matrix(Some("bt709"), Some("smpte170m")));
        assert!(!same_transfer(Some("bt709"), Some("smpte2084")));
        assert!(!same_transfer(Some("bt709"), None));
    }

    #[test]
    fn rgb_becomes_limited_luma_and_chroma() {
        let mut rgb = stream(1080, [None; 4]);
        rgb.pixel_format = "rgb24".to_owned();
        let plan = plan(&rgb, Color::Keep, "yuv420p");
        assert_eq!(plan.source.matrix.as_deref(), Some("gbr"));
        assert_eq!(four(&plan.output), ["bt709", "bt709", "bt709", "tv"]);
    }
}
