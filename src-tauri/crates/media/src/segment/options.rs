//! Encoder options: what makes segments that can be joined.

use spillway_profile::VideoCodec;

use crate::{ff::Dict, task::VideoSettings, types::Hdr};

/// The encoder's name and its options. Every segment of an output gets the same ones, so parameter
/// sets come out byte-equal; GOPs are always closed.
pub(crate) fn codec_options(settings: &VideoSettings) -> (&'static str, Dict) {
    let mut dict = Dict::new();
    let name = match settings.codec {
        VideoCodec::H264 => {
            x264(settings, &mut dict);
            "libx264"
        }
        VideoCodec::Hevc => {
            x265(settings, &mut dict);
            "libx265"
        }
        VideoCodec::Prores => {
            dict.set("profile", settings.profile.as_deref().unwrap_or("hq"));
            dict.set("vendor", "apl0");
            "prores_ks"
        }
    };
    (name, dict)
}

fn common(settings: &VideoSettings, dict: &mut Dict) {
    for (key, value) in
        [("preset", &settings.preset), ("tune", &settings.tune), ("profile", &settings.profile)]
    {
        if let Some(value) = value {
            dict.set(key, value);
        }
    }
    if let Some(crf) = settings.crf {
        dict.set("crf", &crf.to_string());
    }
}

fn x264(settings: &VideoSettings, dict: &mut Dict) {
    common(settings, dict);
    if let Some(level) = &settings.level {
        dict.set("level", level);
    }
    dict.set("g", &settings.gop.to_string());
    dict.set("forced-idr", "1");
    // Parameter sets must not depend on the content of a segment (x264's own switch for joining).
    let mut params = vec!["stitchable=1".to_owned(), "open-gop=0".to_owned()];
    if settings.fixed_gop || settings.gop == 1 {
        params.push(format!("min-keyint={}", settings.gop));
        params.push("scenecut=0".into());
    }
    if let Some(frames) = settings.b_frames {
        dict.set("bf", &frames.to_string());
    }
    if let Some((max_kbps, buffer_kbit)) = settings.vbv {
        // The same fullness at the start of every segment keeps joins predictable.
        params.push(format!("vbv-maxrate={max_kbps}:vbv-bufsize={buffer_kbit}:vbv-init=0.9"));
    }
    dict.set("x264-params", &params.join(":"));
}

fn x265(settings: &VideoSettings, dict: &mut Dict) {
    common(settings, dict);
    let mut params = vec![
        "log-level=error".to_owned(),
        "open-gop=0".to_owned(),
        format!("keyint={}", settings.gop),
        // One thread: segments are the unit of parallelism, and the result must not depend on cores.
        "frame-threads=1:pools=none:no-wpp=1".to_owned(),
    ];
    if settings.fixed_gop || settings.gop == 1 {
        params.push(format!("min-keyint={}:scenecut=0", settings.gop));
    }
    if let Some(frames) = settings.b_frames {
        params.push(format!("bframes={frames}"));
    }
    if let Some(level) = &settings.level {
        params.push(format!("level-idc={level}"));
    }
    if let Some((max_kbps, buffer_kbit)) = settings.vbv {
        params.push(format!("vbv-maxrate={max_kbps}:vbv-bufsize={buffer_kbit}:vbv-init=0.9"));
    }
    if let Some(hdr) = &settings.hdr {
        params.extend(hdr_params(hdr));
    }
    dict.set("x265-params", &params.join(":"));
}

/// Static HDR metadata in x265's syntax (units of 0.00002 and 0.0001 cd/m²).
fn hdr_params(hdr: &Hdr) -> Vec<String> {
    let mut params = Vec::new();
    if let (Some([r, g, b, white]), Some([least, most])) = (hdr.primaries, hdr.luminance) {
        let point = |p: [u32; 2]| format!("({},{})", p[0], p[1]);
        params.push(format!(
            "master-display=G{}B{}R{}WP{}L({most},{least})",
            point(g),
            point(b),
            point(r),
            point(white)
        ));
    }
    if let Some([cll, fall]) = hdr.content_light {
        params.push(format!("max-cll={cll},{fall}"));
    }
    params
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hdr_is_written_in_x265_order() {
        let hdr = Hdr {
            primaries: Some([[34000, 16000], [13250, 34500], [7500, 3000], [15635, 16450]]),
            luminance: Some([50, 10_000_000]),
            content_light: Some([1000, 400]),
            dolby_vision: false,
        };
        assert_eq!(
            hdr_params(&hdr),
            [
                "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)",
                "max-cll=1000,400"
            ]
        );
    }
}
