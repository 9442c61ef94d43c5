//! Levels of H.264 and HEVC: what each holds, and the lowest that holds a picture.

use spillway_profile::VideoCodec;

/// Limits of a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Level {
    /// As in profiles, e.g. `4.1`.
    pub name: &'static str,
    /// Macroblocks (H.264) or samples (HEVC) a second.
    per_second: u64,
    /// Macroblocks or samples a picture.
    per_picture: u64,
    /// Bit rate in kbit/s; for H.264 before the profile's factor, for HEVC of the main tier.
    kbps: u64,
    /// Buffer in kbit; likewise.
    buffer_kbit: u64,
    /// HEVC: bit rate and buffer of the high tier; 0: it has none.
    high_kbps: u64,
}

const fn row(name: &'static str, per_second: u64, per_picture: u64, kbps: u64, buffer_kbit: u64) -> Level {
    Level { name, per_second, per_picture, kbps, buffer_kbit, high_kbps: 0 }
}

const fn tiers(name: &'static str, per_second: u64, per_picture: u64, kbps: u64, high_kbps: u64) -> Level {
    Level { name, per_second, per_picture, kbps, buffer_kbit: kbps, high_kbps }
}

/// Rec. ITU-T H.264 table A-1, as far as the service has them (`H264CodecLevel`).
const AVC: [Level; 16] = [
    row("1", 1_485, 99, 64, 175),
    row("1.1", 3_000, 396, 192, 500),
    row("1.2", 6_000, 396, 384, 1_000),
    row("1.3", 11_880, 396, 768, 2_000),
    row("2", 11_880, 396, 2_000, 2_000),
    row("2.1", 19_800, 792, 4_000, 4_000),
    row("2.2", 20_250, 1_620, 4_000, 4_000),
    row("3", 40_500, 1_620, 10_000, 10_000),
    row("3.1", 108_000, 3_600, 14_000, 14_000),
    row("3.2", 216_000, 5_120, 20_000, 20_000),
    row("4", 245_760, 8_192, 20_000, 25_000),
    row("4.1", 245_760, 8_192, 50_000, 62_500),
    row("4.2", 522_240, 8_704, 50_000, 62_500),
    row("5", 589_824, 22_080, 135_000, 135_000),
    row("5.1", 983_040, 36_864, 240_000, 240_000),
    row("5.2", 2_073_600, 36_864, 240_000, 240_000),
];

/// Rec. ITU-T H.265 tables A.8 and A.9.
const HEVC: [Level; 13] = [
    tiers("1", 552_960, 36_864, 128, 0),
    tiers("2", 3_686_400, 122_880, 1_500, 0),
    tiers("2.1", 7_372_800, 245_760, 3_000, 0),
    tiers("3", 16_588_800, 552_960, 6_000, 0),
    tiers("3.1", 33_177_600, 983_040, 10_000, 0),
    tiers("4", 66_846_720, 2_228_224, 12_000, 30_000),
    tiers("4.1", 133_693_440, 2_228_224, 20_000, 50_000),
    tiers("5", 267_386_880, 8_912_896, 25_000, 100_000),
    tiers("5.1", 534_773_760, 8_912_896, 40_000, 160_000),
    tiers("5.2", 1_069_547_520, 8_912_896, 60_000, 240_000),
    tiers("6", 1_069_547_520, 35_651_584, 60_000, 240_000),
    tiers("6.1", 2_139_095_040, 35_651_584, 120_000, 480_000),
    tiers("6.2", 4_278_190_080, 35_651_584, 240_000, 800_000),
];

/// The picture that a level has to hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    pub codec: VideoCodec,
    pub width: u32,
    pub height: u32,
    /// Frames a second.
    pub rate: f64,
    /// H.264: four times what the bit rates of the profile exceed those of Main by: 4 for Main, 5 for High
    /// (table A-2).
    pub quarters: u64,
}

impl Level {
    /// The level of that name that the service has; `4.0` is `4`.
    pub(super) fn named(codec: VideoCodec, name: &str) -> Option<Self> {
        let name = name.strip_suffix(".0").unwrap_or(name);
        table(codec).iter().find(|level| level.name == name).copied()
    }

    /// As the service spells it.
    pub(super) fn wire(&self) -> String {
        format!("LEVEL_{}", self.name.replace('.', "_"))
    }

    /// Most bits a second, in the highest tier.
    pub(super) fn bits_a_second(&self, load: &Load) -> u64 {
        self.kbps.max(self.high_kbps) * 250 * load.quarters.max(4)
    }

    /// Most bits in the buffer, in the highest tier.
    pub(super) fn buffer_bits(&self, load: &Load) -> u64 {
        self.buffer_kbit.max(self.high_kbps) * 250 * load.quarters.max(4)
    }

    /// HEVC: whether so many bits need the high tier.
    pub(super) fn needs_high_tier(&self, bits_a_second: u64, buffer: u64) -> bool {
        bits_a_second.max(buffer) > self.kbps * 1_000
    }

    /// Whether the picture fits, at its rate.
    pub(super) fn holds(&self, load: &Load) -> bool {
        let (wide, high) = match load.codec {
            VideoCodec::H264 => (u64::from(load.width.div_ceil(16)), u64::from(load.height.div_ceil(16))),
            _ => (u64::from(load.width), u64::from(load.height)),
        };
        let longest = wide.max(high);
        // Both standards bound each side by the square root of eight times the area.
        wide * high <= self.per_picture
            && longest * longest <= 8 * self.per_picture
            && approximate(wide * high) * load.rate <= approximate(self.per_second) * 1.000_1
    }
}

fn table(codec: VideoCodec) -> &'static [Level] {
    match codec {
        VideoCodec::H264 => &AVC,
        VideoCodec::Hevc => &HEVC,
        VideoCodec::Prores => &[],
    }
}

/// The lowest level that holds `load` at `bits_a_second`; where none does, the lowest that holds the picture with the
/// most bits; `None`: the picture is too large or too fast for all.
pub(super) fn lowest(load: &Load, bits_a_second: u64) -> Option<Level> {
    let fitting = || table(load.codec).iter().filter(|level| level.holds(load));
    let roomy = fitting().find(|level| level.bits_a_second(load) >= bits_a_second);
    roomy.or_else(|| fitting().next_back()).copied()
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn approximate(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(codec: VideoCodec, width: u32, height: u32, rate: f64) -> Load {
        Load { codec, width, height, rate, quarters: if codec == VideoCodec::H264 { 5 } else { 4 } }
    }

    #[test]
    fn the_lowest_level_is_taken() {
        let name = |load: Load, kbps: u64| lowest(&load, kbps * 1_000).map(|level| level.name);
        assert_eq!(name(load(VideoCodec::H264, 1920, 1080, 25.0), 20_000), Some("4"));
        assert_eq!(name(load(VideoCodec::H264, 1920, 1080, 25.0), 40_000), Some("4.1"));
        assert_eq!(name(load(VideoCodec::H264, 1920, 1080, 60_000.0 / 1_001.0), 20_000), Some("4.2"));
        assert_eq!(name(load(VideoCodec::H264, 1280, 720, 30.0), 4_500), Some("3.1"));
        assert_eq!(name(load(VideoCodec::H264, 3840, 2160, 60.0), 100_000), Some("5.2"));
        assert_eq!(name(load(VideoCodec::H264, 7680, 4320, 24.0), 100_000), None);
        assert_eq!(name(load(VideoCodec::Hevc, 3840, 2160, 60.0), 30_000), Some("5.1"));
        assert_eq!(name(load(VideoCodec::Hevc, 7680, 4320, 24.0), 900_000), Some("6.2"));
    }

    #[test]
    fn tiers_follow_the_bits() {
        let level = Level::named(VideoCodec::Hevc, "4.0").unwrap();
        assert!(!level.needs_high_tier(12_000_000, 12_000_000));
        assert!(level.needs_high_tier(12_000_001, 12_000_000));
        assert_eq!(level.wire(), "LEVEL_4");
        assert_eq!(Level::named(VideoCodec::H264, "1b"), None);
    }
}
