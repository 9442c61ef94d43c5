//! Codec levels: whether a picture at a rate stays inside the one that a profile states.

use spillway_profile::VideoCodec;

/// H.264 table A-1: level, `MaxMBPS`, `MaxFS`.
const H264: [(&str, u64, u64); 20] = [
    ("1", 1_485, 99),
    ("1b", 1_485, 99),
    ("1.1", 3_000, 396),
    ("1.2", 6_000, 396),
    ("1.3", 11_880, 396),
    ("2", 11_880, 396),
    ("2.1", 19_800, 792),
    ("2.2", 20_250, 1_620),
    ("3", 40_500, 1_620),
    ("3.1", 108_000, 3_600),
    ("3.2", 216_000, 5_120),
    ("4", 245_760, 8_192),
    ("4.1", 245_760, 8_192),
    ("4.2", 522_240, 8_704),
    ("5", 589_824, 22_080),
    ("5.1", 983_040, 36_864),
    ("5.2", 2_073_600, 36_864),
    ("6", 4_177_920, 139_264),
    ("6.1", 8_355_840, 139_264),
    ("6.2", 16_711_680, 139_264),
];

/// H.265 tables A.8 and A.9: level, `MaxLumaPs`, `MaxLumaSr`.
const HEVC: [(&str, u64, u64); 13] = [
    ("1", 36_864, 552_960),
    ("2", 122_880, 3_686_400),
    ("2.1", 245_760, 7_372_800),
    ("3", 552_960, 16_588_800),
    ("3.1", 983_040, 33_177_600),
    ("4", 2_228_224, 66_846_720),
    ("4.1", 2_228_224, 133_693_440),
    ("5", 8_912_896, 267_386_880),
    ("5.1", 8_912_896, 534_773_760),
    ("5.2", 8_912_896, 1_069_547_520),
    ("6", 35_651_584, 1_069_547_520),
    ("6.1", 35_651_584, 2_139_095_040),
    ("6.2", 35_651_584, 4_278_190_080),
];

/// Whether `width` × `height` at `rate` frames per second stays inside `level`. Levels that are not
/// in the tables, and codecs without levels, hold everything.
pub(super) fn holds(codec: VideoCodec, level: &str, width: u32, height: u32, rate: f64) -> bool {
    let name = level.trim_end_matches(".0");
    match codec {
        VideoCodec::H264 => {
            H264.iter().find(|row| row.0 == name).is_none_or(|&(_, per_second, per_frame)| {
                let (wide, high) = (u64::from(width.div_ceil(16)), u64::from(height.div_ceil(16)));
                inside(wide, high, rate, per_frame, per_second)
            })
        }
        VideoCodec::Hevc => {
            HEVC.iter().find(|row| row.0 == name).is_none_or(|&(_, per_frame, per_second)| {
                inside(u64::from(width), u64::from(height), rate, per_frame, per_second)
            })
        }
        VideoCodec::Prores => true,
    }
}

/// Both standards also bound each side by the square root of eight times the area.
fn inside(wide: u64, high: u64, rate: f64, per_frame: u64, per_second: u64) -> bool {
    let area = wide * high;
    let longest = wide.max(high);
    area <= per_frame
        && longest * longest <= 8 * per_frame
        && super::number::approx(area) * rate <= super::number::approx(per_second) * 1.000_1
}

/// A level as codecs number it, for comparisons: H.264 `4.1` is 41, HEVC `4.1` is 123.
pub(crate) fn number(codec: &str, level: &str) -> Option<i32> {
    let (major, minor) = level.split_once('.').unwrap_or((level, "0"));
    if codec == "h264" && level == "1b" {
        return Some(11);
    }
    let tenths = major.parse::<i32>().ok()?.checked_mul(10)?.checked_add(minor.parse().ok()?)?;
    match codec {
        "h264" => Some(tenths),
        "hevc" => tenths.checked_mul(3),
        _ => None,
    }
}

/// A codec's level number in words.
pub(crate) fn name(codec: &str, level: i32) -> String {
    let tenths = if codec == "hevc" { level / 3 } else { level };
    if tenths % 10 == 0 { format!("{}.0", tenths / 10) } else { format!("{}.{}", tenths / 10, tenths % 10) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_held_by_the_levels_made_for_them() {
        use VideoCodec::{H264, Hevc};
        assert!(holds(H264, "4.0", 1920, 1080, 30.0));
        assert!(!holds(H264, "4.1", 1920, 1080, 60.0));
        assert!(holds(H264, "4.2", 1920, 1080, 60.0));
        assert!(!holds(H264, "4.2", 3840, 2160, 24.0));
        assert!(holds(H264, "3.1", 1280, 720, 30.0));
        assert!(holds(Hevc, "5.0", 3840, 2160, 30.0));
        assert!(!holds(Hevc, "5.0", 3840, 2160, 60.0));
        assert!(holds(Hevc, "5.1", 3840, 2160, 60.0));
    }

    #[test]
    fn levels_convert_both_ways() {
        assert_eq!(number("h264", "4.1"), Some(41));
        assert_eq!(number("hevc", "4.1"), Some(123));
        assert_eq!(number("h264", "4"), Some(40));
        assert_eq!(name("h264", 41), "4.1");
        assert_eq!(name("hevc", 123), "4.1");
        assert_eq!(name("h264", 40), "4.0");
    }
}
