//! Everything that MediaConvert cannot do is reached, and told with the values that it promises.

use std::collections::BTreeSet;

use serde_json::json;
use spillway_media::types::Hdr;

use super::*;

/// How a case is spoilt.
type Spoil = fn(&mut Case);

/// Each id with a change to a good case (of a shipped profile) that calls for it.
const SPOILT: &[(&str, &str, Spoil)] = &[
    ("captions", "web-mp4", |case| case.source.carries_captions = true),
    ("input-codec", "web-mp4", |case| case.source.codec = "theora".to_owned()),
    ("hdr", "hevc-archive", |case| {
        let color = tags("bt2020", "smpte2084", "bt2020nc");
        case.treatment.source_color = color.clone();
        case.video().color = color;
        case.video().hdr = Some(Hdr::default());
    }),
    ("color", "web-mp4", |case| case.treatment.source_color = tags("bt470bg", "smpte170m", "bt470bg")),
    ("color", "web-mp4", |case| case.video().color.range = Some("pc".to_owned())),
    ("color", "web-mp4", |case| case.video().color = tags("smpte170m", "smpte170m", "smpte170m")),
    ("alpha", "prores-mezzanine", |case| case.video().pixel_format = "yuva444p10le".to_owned()),
    ("pixel-format", "prores-mezzanine", |case| case.video().pixel_format = "yuv444p10le".to_owned()),
    ("pixel-format", "web-mp4", |case| case.video().pixel_format = "yuv444p".to_owned()),
    ("pixel-format", "hevc-archive", |case| case.video().pixel_format = "yuv422p10le".to_owned()),
    ("codec-profile", "web-mp4", |case| case.video().profile = Some("high422".to_owned())),
    ("codec-profile", "hevc-archive", |case| case.video().profile = Some("main422-10".to_owned())),
    ("level", "web-mp4", |case| case.video().level = Some("1b".to_owned())),
    ("tune", "web-mp4", |case| case.video().tune = Some("grain".to_owned())),
    ("size", "web-mp4", |case| (case.video().scale_height, case.video().height) = (30, 30)),
    ("size", "web-mp4", |case| {
        (case.video().scale_width, case.video().width) = (8_192, 8_192);
        (case.video().scale_height, case.video().height) = (4_320, 4_320);
    }),
    ("size", "prores-mezzanine", |case| (case.video().scale_height, case.video().height) = (1_079, 1_079)),
    ("crop", "web-mp4", |case| case.video().scale_width = 1_921),
    ("rotation", "web-mp4", |case| case.treatment.rotate = 45),
    ("b-frames", "web-mp4", |case| case.video().b_frames = Some(8)),
    ("interlaced", "hevc-archive", |case| case.video().field_order = FieldOrder::TopFirst),
    ("interlaced", "web-mp4", |case| {
        case.video().field_order = FieldOrder::TopFirst;
        case.source.rate = None;
    }),
    ("every", "web-mp4", |case| case.renditions[0].1 = 3),
    ("every", "web-mp4", |case| case.video().frame_rate = Some(Ratio::new(24, 1))),
    ("every", "web-mp4", |case| {
        case.source.rate = None;
        (case.video().frame_rate, case.renditions[0].1) = (None, 2);
    }),
    ("uneven", "youtube", |case| case.source.rate = None),
    ("template", "web-mp4", |case| case.options.template_json = Some("{}".to_owned())),
    ("every", "web-mp4", |case| case.renditions[0].1 = 2),
    ("frame-rate", "web-mp4", |case| {
        case.source.rate = Some(Ratio::new(240, 1));
        case.video().frame_rate = Some(Ratio::new(240, 1));
    }),
    ("template-feature", "web-mp4", |case| {
        case.template = Some(json!({ "outputGroups": [], "esam": { "x": 1 } }));
    }),
    ("template-feature", "web-mp4", |case| {
        let burnin = json!({ "videoPreprocessors": { "timecodeBurnin": { "prefix": "x" } } });
        case.template = Some(json!({ "outputGroups": [{ "outputs": [{ "videoDescription": burnin }] }] }));
    }),
];

#[test]
fn everything_impossible_is_told_by_its_id() {
    let mut reached = BTreeSet::from(["clip"]);
    for (id, profile, spoil) in SPOILT {
        let mut case = Case::shipped(profile);
        assert!(case.compile().is_ok(), "{profile}");
        spoil(&mut case);
        let found = case.compile().expect_err(id);
        assert!(found.iter().any(|unsupported| unsupported.id == *id), "{id}: {found:#?}");
        for unsupported in &found {
            let (_, names) = UNSUPPORTED_IDS.iter().find(|(known, _)| *known == unsupported.id).unwrap();
            assert_eq!(unsupported.values.keys().collect::<Vec<_>>(), {
                let mut names = names.to_vec();
                names.sort_unstable();
                names
            });
            assert!(!unsupported.text.contains(['{', '}']), "{}", unsupported.text);
        }
        reached.insert(id);
    }
    assert_eq!(reached, UNSUPPORTED_IDS.iter().map(|(id, _)| *id).collect());
}

#[test]
fn all_faults_are_told_at_once() {
    let mut case = Case::shipped("web-mp4");
    case.source.carries_captions = true;
    case.video().tune = Some("film".to_owned());
    case.video().b_frames = Some(16);
    let ids: Vec<String> = case.compile().unwrap_err().into_iter().map(|found| found.id).collect();
    assert_eq!(ids, ["captions", "tune", "b-frames"]);
}
