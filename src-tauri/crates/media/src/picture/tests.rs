//! Pictures of generated films: which frame, which size, and that nothing is left behind.

use std::path::{Path, PathBuf};

use super::*;
use crate::{
    ff::{Decoder, Frame, Input, Next, Packet},
    segment::tests::make,
    stitch::fixture::{self, Recipe, go},
    task::PackageTask,
};

/// Brightness rises by 8 a frame (modulo 200), so that a frame tells its number.
const STAIRS: &str = "geq=lum='20+mod(N\\,25)*8':cb=128:cr=128";

fn shot(source: &Path, moment: PictureMoment, height: u32) -> Result<(PictureDone, PathBuf), MediaError> {
    let out = source.with_extension("jpg");
    let task = PictureTask { source: source.into(), moment, height, out: out.clone() };
    picture(&task, &mut go).map(|done| (done, out))
}

/// The decoded JPEG.
fn decoded(path: &Path) -> Frame {
    let data = std::fs::read(path).unwrap();
    assert_eq!(&data[..2], [0xff, 0xd8]);
    let converted = path.with_extension("nut");
    fixture::tool(
        "ffmpeg",
        &["-v", "error", "-y", "-i", path.to_str().unwrap(), "-c", "copy", converted.to_str().unwrap()],
    );
    let mut input = Input::open(&converted).unwrap();
    let stream = input.stream(0).unwrap();
    let mut decoder = Decoder::open(&stream.params(), stream.time_base(), 1).unwrap();
    let (mut packet, mut frame) = (Packet::new(), Frame::new());
    assert_eq!(input.read(&mut packet).unwrap(), Next::Item);
    decoder.send(Some(&packet)).unwrap();
    decoder.send(None).unwrap();
    assert_eq!(decoder.receive(&mut frame).unwrap(), Next::Item);
    frame
}

/// Brightness in the middle, full range.
fn brightness(path: &Path) -> i32 {
    let frame = decoded(path);
    let (x, y) = (frame.width() as usize / 2, frame.height() as usize / 2);
    i32::from(frame.line(0, y, frame.width() as usize)[x])
}

/// What frame `n` of the stairs looks like in full range.
fn step(n: i32) -> i32 {
    (20 + n % 25 * 8 - 16) * 255 / 219
}

#[test]
fn the_frame_of_a_time_is_the_one_shown_then() {
    let folder = tempfile::tempdir().unwrap();
    let filter = format!("color=s=64x48:r=25:d=4,{STAIRS}");
    let films = [
        ("closed.mp4", "-c:v libx264 -g 10 -bf 2 -crf 4"),
        ("open.mkv", "-c:v libx264 -g 24 -crf 4 -x264-params open-gop=1:bframes=3:scenecut=0"),
        ("one-key.mov", "-c:v libx264 -g 9999 -crf 4 -x264-params scenecut=0"),
        ("mpeg2.ts", "-c:v mpeg2video -g 12 -bf 2 -q:v 2"),
        ("prores.mov", "-c:v prores_ks -pix_fmt yuv422p10le"),
    ];
    for (name, options) in films {
        let film = make(folder.path(), name, &filter, options);
        for (ms, frame) in
            [(-5, 0), (0, 0), (39, 0), (40, 1), (999, 24), (1_000, 25), (2_345, 58), (99_999, 99)]
        {
            let (done, out) = shot(&film, PictureMoment::At(ms), 48).unwrap();
            assert_eq!(done.at_ms, i64::from(frame) * 40, "{name} at {ms} ms");
            let found = brightness(&out);
            assert!((found - step(frame)).abs() <= 6, "{name} at {ms} ms: {found}, not {}", step(frame));
        }
    }
}

#[test]
fn asking_again_for_the_time_of_a_frame_gives_the_same_frame() {
    let folder = tempfile::tempdir().unwrap();
    let filter = "testsrc2=s=64x48:r=30000/1001:d=3,select='not(mod(n\\,3))+gt(mod(n\\,7)\\,4)'";
    let film = make(folder.path(), "vfr.mkv", filter, "-vsync vfr -c:v libx264 -g 20");
    for ms in [0, 33, 34, 500, 777, 1_500, 2_999, 50_000] {
        let (first, out) = shot(&film, PictureMoment::At(ms), 48).unwrap();
        let picture = std::fs::read(&out).unwrap();
        let (again, out) = shot(&film, PictureMoment::At(first.at_ms), 48).unwrap();
        assert_eq!((first, picture), (again, std::fs::read(&out).unwrap()), "{ms} ms");
        assert!(first.at_ms <= ms.max(0));
    }
}

#[test]
fn a_poster_is_not_black() {
    let folder = tempfile::tempdir().unwrap();
    // Black but for a short stretch that no tenth or quarter of the film hits.
    let filter = "testsrc2=s=128x72:r=25:d=12,drawbox=c=black:t=fill:enable='not(between(t\\,1.6\\,2.4))'";
    let film = make(folder.path(), "late.mp4", filter, "-c:v libx264 -g 9999 -x264-params scenecut=0");
    let (done, _) = shot(&film, PictureMoment::Poster, 72).unwrap();
    assert!((1_600..=2_400).contains(&done.at_ms), "{done:?}");

    let film = make(folder.path(), "fade.mp4", "testsrc2=s=128x72:r=25:d=8,fade=d=0.3", "-c:v libx264 -g 10");
    let (done, _) = shot(&film, PictureMoment::Poster, 72).unwrap();
    assert!(done.at_ms > 300, "{done:?}");

    let film = make(folder.path(), "black.mp4", "color=s=128x72:r=25:d=2", "-c:v libx264");
    assert!(shot(&film, PictureMoment::Poster, 72).is_ok(), "all black is better than nothing");
}

#[test]
fn sizes_keep_the_shape_and_are_never_enlarged() {
    let folder = tempfile::tempdir().unwrap();
    let film = make(folder.path(), "wide.mp4", "testsrc2=s=320x180:d=1", "-c:v libx264 -pix_fmt yuv420p");
    let size = |film: &Path, height| {
        let (done, out) = shot(film, PictureMoment::At(0), height).unwrap();
        let frame = decoded(&out);
        assert_eq!((frame.width(), frame.height()), (done.width, done.height));
        (done.width, done.height)
    };
    assert_eq!(size(&film, 90), (160, 90));
    assert_eq!(size(&film, 1_080), (320, 180));

    let anamorphic = make(
        folder.path(),
        "sar.mp4",
        "testsrc2=s=180x144:d=1,setsar=16/15",
        "-c:v libx264 -pix_fmt yuv420p",
    );
    assert_eq!(size(&anamorphic, 144), (192, 144));

    let odd = make(
        folder.path(),
        "odd.mov",
        "testsrc2=s=162x92:d=1,format=yuv444p,crop=161:91:0:0:exact=1",
        "-c:v libx264 -pix_fmt yuv444p",
    );
    assert_eq!(size(&odd, 400), (161, 91));

    let turned = folder.path().join("turned.mp4");
    let (from, to) = (film.to_str().unwrap(), turned.to_str().unwrap());
    let turn = ["-v", "error", "-y", "-i", from, "-c", "copy", "-metadata:s:v", "rotate=90", to];
    fixture::tool("ffmpeg", &turn);
    assert_eq!(size(&turned, 160), (90, 160));
}

#[test]
fn difficult_pictures_become_ordinary_ones() {
    let folder = tempfile::tempdir().unwrap();
    let bars = "smptehdbars=s=160x90:r=25:d=1";
    let films = [
        ("hevc10.mp4", bars, "-c:v libx265 -pix_fmt yuv420p10le -x265-params log-level=none"),
        ("alpha.mov", "testsrc2=s=160x90:d=1,format=yuva444p10le", "-c:v prores_ks -profile:v 4444"),
        ("fields.ts", "testsrc2=s=160x90:r=50:d=1,interlace", "-c:v mpeg2video -flags +ilme+ildct"),
        (
            "pq.mov",
            bars,
            "-c:v prores_ks -pix_fmt yuv422p10le -color_trc smpte2084 -color_primaries bt2020 -colorspace bt2020nc",
        ),
        (
            "hlg.mov",
            bars,
            "-c:v prores_ks -pix_fmt yuv422p10le -color_trc arib-std-b67 -color_primaries bt2020 -colorspace bt2020nc",
        ),
        ("grey.mkv", bars, "-c:v ffv1 -pix_fmt gray"),
        ("rgb.avi", bars, "-c:v rawvideo -pix_fmt bgr24"),
    ];
    for (name, filter, options) in films {
        let film = make(folder.path(), name, filter, options);
        for moment in [PictureMoment::Poster, PictureMoment::At(400)] {
            let (done, out) = shot(&film, moment, 90).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!((done.width, done.height), (160, 90), "{name}");
            let shown = still::detail(&decoded(&out)).unwrap();
            assert!(shown > 20.0, "{name} {moment:?}: flat ({shown})");
        }
    }
}

#[test]
fn an_hls_folder_is_a_film() {
    let folder = tempfile::tempdir().unwrap();
    let source = make(
        folder.path(),
        "in.mp4",
        "testsrc2=s=192x108:r=25:d=4",
        "-c:v libx264 -bf 0 -video_track_timescale 25",
    );
    let recipe = Recipe { gop: 25, ..Recipe::constant(Ratio::new(25, 1), &[50, 50]) };
    let schedule = fixture::write_schedule(folder.path(), &recipe);
    let paths = fixture::encode(folder.path(), &source, &schedule, "v", &recipe);
    let out = folder.path().join("hls");
    let task = PackageTask {
        rungs: vec![crate::task::RungInput { id: "72p".into(), paths, every: 1 }],
        audio: vec![],
        schedule,
        segment_frames: 25,
        gop_frames: 25,
        i_frame_playlists: false,
        name: "film".into(),
        out: out.clone(),
    };
    crate::package::package(&task, &mut go).unwrap();
    for path in [out.clone(), out.join("film.m3u8")] {
        for (ms, frame_ms) in [(0, 0), (1_000, 1_000), (2_530, 2_520), (9_999, 3_960)] {
            let (done, _) = shot(&path, PictureMoment::At(ms), 72).unwrap();
            assert_eq!((done.at_ms, done.width, done.height), (frame_ms, 128, 72), "{ms} ms");
        }
        assert!(shot(&path, PictureMoment::Poster, 72).unwrap().0.at_ms < 4_000);
    }
}

#[test]
fn what_has_no_picture_is_refused_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |name: &str| shot(&folder.path().join(name), PictureMoment::Poster, 90).unwrap_err().code;
    assert_eq!(refused("gone.mov"), crate::types::MediaCode::NotFound);
    std::fs::write(folder.path().join("text.mov"), "no film at all").unwrap();
    assert_eq!(refused("text.mov"), crate::types::MediaCode::NotMedia);
    fixture::tone(folder.path(), "tone", 0.5, true, None);
    assert_eq!(refused("tone.m4a"), crate::types::MediaCode::NoVideo);
    let outside = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n../other.ts\n#EXT-X-ENDLIST\n";
    std::fs::write(folder.path().join("list.m3u8"), outside).unwrap();
    assert_eq!(refused("list.m3u8"), crate::types::MediaCode::Playlist);
    assert!(!folder.path().join("tone.jpg").exists());
    let film = make(folder.path(), "whole.mkv", "testsrc2=s=160x90:r=25:d=8", "-c:v libx264 -g 10");
    let bytes = std::fs::read(&film).unwrap();
    std::fs::write(&film, &bytes[..bytes.len() / 3]).unwrap();
    let (done, _) = shot(&film, PictureMoment::At(7_000), 90).unwrap();
    assert!(done.at_ms < 4_000, "a film cut short shows its last frame: {done:?}");
}
