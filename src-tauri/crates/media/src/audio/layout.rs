//! Channel layouts: which to deliver, and the filters that lead there.

use spillway_profile::AudioCodec;

/// What the output asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// Number of channels; `None`: as in the source.
    pub(super) channels: Option<u32>,
    pub(super) codec: AudioCodec,
}

impl Wanted {
    /// Layout to deliver for a source of this layout.
    pub(super) fn target(self, source: &str, channels: u32) -> String {
        match self.channels.unwrap_or(channels) {
            1 => "mono".into(),
            2 => "stereo".into(),
            // AAC's channel configurations know surround loudspeakers at one place only; what FFmpeg
            // calls "side" would need a program config element, which many decoders cannot read.
            _ if self.codec == AudioCodec::Aac => source.replace("(side)", ""),
            _ => source.into(),
        }
    }
}

/// Filters from a layout to another at the same rate, ending in planar float.
pub(super) fn chain(from: &str, channels: u32, to: &str) -> String {
    let end = format!("aformat=sample_fmts=fltp:channel_layouts={to}");
    if from == to {
        return end;
    }
    let mix = match (channels, to) {
        (1, "mono") => "pan=mono|c0=c0",
        // FFmpeg's own matrix would take 3 dB off.
        (1, "stereo") => "pan=stereo|c0=c0|c1=c0",
        (2, "stereo") => "pan=stereo|c0=c0|c1=c1",
        // More loose channels than any layout has names for: no matrix is right, the first pair is
        // the programme by every convention.
        (n, "stereo") if from == format!("{n} channels") => "pan=stereo|c0=c0|c1=c1",
        (n, "mono") if from == format!("{n} channels") => "pan=mono|c0=c0",
        // Without a ceiling FFmpeg leaves sums of float channels above full scale.
        _ => "aresample=rematrix_maxval=1.0",
    };
    format!("{mix},{end}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ff::{AudioFormat, Graph};

    #[test]
    fn aac_gets_layouts_that_every_decoder_knows() {
        let wanted = |channels, codec| Wanted { channels, codec };
        assert_eq!(wanted(None, AudioCodec::Aac).target("5.1(side)", 6), "5.1");
        assert_eq!(wanted(None, AudioCodec::PcmS24le).target("5.1(side)", 6), "5.1(side)");
        assert_eq!(wanted(Some(2), AudioCodec::Aac).target("5.1(side)", 6), "stereo");
        assert_eq!(wanted(None, AudioCodec::Aac).target("downmix", 2), "stereo");
        assert_eq!(wanted(Some(1), AudioCodec::PcmS16le).target("stereo", 2), "mono");
    }

    #[test]
    fn every_way_can_be_built() {
        let ways = [
            ("mono", 1, "stereo"),
            ("stereo", 2, "mono"),
            ("downmix", 2, "stereo"),
            ("5.1", 6, "stereo"),
            ("5.1(side)", 6, "5.1"),
            ("7.1", 8, "stereo"),
            ("quad", 4, "mono"),
            ("stereo", 2, "5.1"),
            ("5.1", 6, "5.1"),
        ];
        for (from, channels, to) in ways {
            for sample_format in ["s16", "fltp", "s32p", "dbl", "u8"] {
                let format = AudioFormat {
                    sample_rate: 48_000,
                    sample_format: sample_format.into(),
                    layout: from.into(),
                };
                let built = Graph::audio(&format, &chain(from, channels, to));
                assert!(built.is_ok(), "{from} to {to} from {sample_format}: {:?}", built.err());
            }
        }
    }
}
