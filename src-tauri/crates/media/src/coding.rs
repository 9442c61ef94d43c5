//! Names of codecs and their profiles, as FFmpeg has them.

use spillway_profile::VideoCodec;

/// FFmpeg's name of a codec.
pub fn codec_name(codec: VideoCodec) -> &'static str {
    match codec {
        VideoCodec::H264 => "h264",
        VideoCodec::Hevc => "hevc",
        VideoCodec::Prores => "prores",
    }
}

/// Whether a stream's codec profile is the wanted one, or, for H.264 and HEVC, one that every decoder
/// of the wanted one reads too.
pub fn profile_complies(codec: VideoCodec, wanted: Option<&str>, has: Option<&str>) -> bool {
    const H264: [(&str, &[&str]); 6] = [
        ("baseline", &["Constrained Baseline", "Baseline"]),
        ("main", &["Constrained Baseline", "Main"]),
        ("high", &["Constrained Baseline", "Main", "High"]),
        ("high10", &["Constrained Baseline", "Main", "High", "High 10", "High 10 Intra"]),
        ("high422", &["Constrained Baseline", "Main", "High", "High 10", "High 4:2:2", "High 4:2:2 Intra"]),
        ("high444", &["High 4:4:4 Predictive"]),
    ];
    const HEVC: [(&str, &[&str]); 3] =
        [("main", &["Main"]), ("main10", &["Main", "Main 10"]), ("main422-10", &["Rext"])];
    const PRORES: [(&str, &[&str]); 7] = [
        ("proxy", &["Proxy"]),
        ("lt", &["LT"]),
        ("standard", &["Standard"]),
        ("hq", &["HQ"]),
        ("4444", &["4444"]),
        ("4444xq", &["XQ", "4444 XQ"]),
        ("xq", &["XQ", "4444 XQ"]),
    ];
    let Some(wanted) = wanted else { return true };
    let table: &[(&str, &[&str])] = match codec {
        VideoCodec::H264 => &H264,
        VideoCodec::Hevc => &HEVC,
        VideoCodec::Prores => &PRORES,
    };
    let Some(has) = has else { return false };
    match table.iter().find(|row| row.0.eq_ignore_ascii_case(wanted)) {
        Some((_, allowed)) => allowed.contains(&has),
        None => has.eq_ignore_ascii_case(wanted),
    }
}
