//! Whole deliveries: right frames, right times, right structure, a receipt that says so.

use std::path::Path;

use serde_json::Value;

use crate::{
    kit::{Spillway, output},
    media::{clip, ffprobe, make, picture_count, picture_hashes, picture_times, stream, streams},
};

fn receipt(job: &Value) -> Value {
    let path = job["receipt"].as_str().unwrap();
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[track_caller]
fn same_times(source: &Path, delivered: &Path, within: f64) {
    let (before, after) = (picture_times(source), picture_times(delivered));
    assert_eq!(before.len(), after.len());
    for (a, b) in before.iter().zip(&after) {
        let (a, b) = (a - before[0], b - after[0]);
        assert!((a - b).abs() <= within, "{a} became {b}");
    }
}

#[test]
fn web_mp4_keeps_every_frame_and_says_so() {
    let spillway = Spillway::new();
    let source = clip(&spillway.inbox(), "clip.mp4", 20);
    let job = spillway.deliver(&source, "web-mp4").delivered();
    let path = output(&job, 0);
    assert_eq!(picture_count(&path), 500);
    assert_eq!(job["outputs"][0]["frames"], 500);
    same_times(&source, &path, 1e-6);
    let video = stream(&path, "video");
    assert_eq!((video["codec_name"].as_str(), video["profile"].as_str()), (Some("h264"), Some("High")));
    let receipt = receipt(&job);
    assert_eq!(receipt["schema"], "spillway-receipt/1");
    let html = Path::new(job["receipt"].as_str().unwrap()).with_extension("html");
    assert!(std::fs::read_to_string(html).unwrap().contains("clip"));
    assert_eq!(spillway.leftovers(), Vec::<String>::new());
    let checked = spillway.run(["verify".as_ref(), path.as_os_str(), "-p".as_ref(), "web-mp4".as_ref()]);
    assert_eq!(checked.code, Some(0), "{}{}", checked.stdout, checked.stderr);
}

#[test]
fn variable_frame_rates_stay_variable() {
    let spillway = Spillway::new();
    let source = make(
        &spillway.inbox(),
        "variable.mkv",
        "-f lavfi -i testsrc2=s=192x108:r=30:d=12,select=not(mod(n\\,3))+gt(mod(n\\,7)\\,4) -vsync vfr -c:v libx264 -preset ultrafast -g 30",
    );
    let job = spillway.deliver(&source, "web-mp4").delivered();
    same_times(&source, &output(&job, 0), 0.0005);
}

#[test]
fn odd_sizes_become_even_and_keep_their_pixels() {
    let spillway = Spillway::new();
    let source = make(&spillway.inbox(), "odd.mov", "-f lavfi -i testsrc2=s=193x109:r=25:d=1 -c:v qtrle");
    let job = spillway.deliver(&source, "web-mp4").delivered();
    let video = stream(&output(&job, 0), "video");
    assert_eq!((video["width"].as_u64(), video["height"].as_u64()), (Some(192), Some(108)));
}

#[test]
fn youtube_has_no_edit_list_and_starts_at_zero() {
    let spillway = Spillway::new();
    let source = clip(&spillway.inbox(), "clip.mp4", 8);
    let job = spillway.deliver(&source, "youtube").delivered();
    let path = output(&job, 0);
    let bytes = std::fs::read(&path).unwrap();
    let place = |name: &[u8]| bytes.windows(4).position(|w| w == name);
    assert_eq!(place(b"elst"), None);
    assert!(place(b"moov") < place(b"mdat"));
    for stream in streams(&path) {
        assert_eq!(stream["start_time"], "0.000000", "{stream:#}");
    }
    let keys = ffprobe(
        &path,
        &[
            "-select_streams",
            "v",
            "-skip_frame",
            "nokey",
            "-show_entries",
            "frame=best_effort_timestamp_time",
        ],
    );
    let times: Vec<f64> = keys["frames"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["best_effort_timestamp_time"].as_str().unwrap().parse().unwrap())
        .collect();
    assert!(times.windows(2).all(|w| w[1] - w[0] <= 0.53), "{times:?}");
}

#[test]
fn the_hls_ladder_is_complete_aligned_and_plays() {
    let spillway = Spillway::new();
    let source = make(
        &spillway.inbox(),
        "ladder.mp4",
        "-f lavfi -i testsrc2=s=1920x1080:r=25:d=13 -f lavfi -i sine=f=440:r=48000:d=13 -c:v libx264 -preset ultrafast -g 50 -pix_fmt yuv420p -c:a aac",
    );
    let job = spillway.deliver(&source, "apple-hls").delivered();
    let folder = output(&job, 0);
    let files = crate::kit::files_below(&folder);
    let masters: Vec<_> = files.iter().filter(|f| !f.contains('/') && f.ends_with(".m3u8")).collect();
    assert_eq!(masters.len(), 1, "{files:?}");
    let master = std::fs::read_to_string(folder.join(masters[0])).unwrap();
    let variants = master.lines().filter(|l| l.starts_with("#EXT-X-STREAM-INF")).count();
    assert!(variants >= 5, "{master}");
    for attribute in
        ["AVERAGE-BANDWIDTH=", "CODECS=\"avc1.", "FRAME-RATE=25.000", "RESOLUTION=1920x1080", "AUDIO="]
    {
        assert!(master.contains(attribute), "{attribute} in {master}");
    }
    assert_eq!(master.matches("#EXT-X-I-FRAME-STREAM-INF").count(), variants);
    let mut grids = Vec::new();
    for uri in master.lines().filter(|l| !l.starts_with('#') && !l.is_empty()) {
        let playlist = folder.join(uri);
        assert_eq!(picture_count(&playlist), 325, "{uri}");
        let text = std::fs::read_to_string(&playlist).unwrap();
        grids.push(text.lines().filter(|l| l.starts_with("#EXTINF")).map(str::to_owned).collect::<Vec<_>>());
    }
    assert!(grids.windows(2).all(|w| w[0] == w[1]), "{grids:?}");
    let checked = spillway.run(["verify".as_ref(), folder.as_os_str(), "-p".as_ref(), "apple-hls".as_ref()]);
    assert_eq!(checked.code, Some(0), "{}{}", checked.stdout, checked.stderr);
}

#[test]
fn a_mezzanine_keeps_timecode_channels_and_a_copy_keeps_its_pictures() {
    let spillway = Spillway::new();
    let source = make(
        &spillway.inbox(),
        "tape.mov",
        "-f lavfi -i testsrc2=s=320x180:r=30000/1001:d=5 -f lavfi -i sine=r=48000:d=5 -f lavfi -i sine=r=48000:f=880:d=5 -map 0 -map 1 -map 2 -timecode 01:00:00;00 -c:v mpeg2video -q:v 2 -c:a pcm_s16le",
    );
    let job = spillway.deliver(&source, "prores-mezzanine").delivered();
    let path = output(&job, 0);
    let all = streams(&path);
    assert_eq!(all.iter().filter(|s| s["codec_type"] == "audio").count(), 2);
    assert_eq!(stream(&path, "video")["profile"], "HQ");
    let timecodes: Vec<_> = all.iter().filter_map(|s| s["tags"]["timecode"].as_str()).collect();
    assert!(timecodes.contains(&"01:00:00;00"), "{timecodes:?}");
    assert_eq!(picture_count(&path), picture_count(&source));

    // What already is ProRes 422 HQ is copied: not one picture changes.
    let copied = spillway.inbox().join("master.mov");
    std::fs::copy(&path, &copied).unwrap();
    let again = spillway.deliver(&copied, "prores-mezzanine").delivered();
    assert_eq!(picture_hashes(&output(&again, 0)), picture_hashes(&path));
    let text = receipt(&again).to_string();
    assert!(text.contains("copied"), "{text}");
}

#[test]
fn hdr_stays_hdr_in_the_archive_and_becomes_sdr_on_the_web() {
    let spillway = Spillway::new();
    let source = make(
        &spillway.inbox(),
        "hdr.mkv",
        "-f lavfi -i testsrc2=s=320x180:r=25:d=3,format=yuv420p10le -c:v libx265 -preset ultrafast -color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc -x265-params log-level=none:master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50):max-cll=1000,400",
    );
    // Already HEVC 10-bit would be copied, so the archive is made from something else too.
    let intermediate = make(
        &spillway.inbox(),
        "graded.mov",
        &format!("-i {} -c:v prores_ks -profile:v 3", source.display()),
    );
    for (file, profile) in [(&source, "hevc-archive"), (&intermediate, "hevc-archive")] {
        let job = spillway.deliver(file, profile).delivered();
        let video = stream(&output(&job, 0), "video");
        assert_eq!(video["color_transfer"], "smpte2084");
        assert_eq!(video["color_primaries"], "bt2020");
        assert_eq!(video["pix_fmt"], "yuv420p10le");
        assert_eq!(video["codec_tag_string"], "hvc1");
    }
    let job = spillway.deliver(&source, "web-mp4").delivered();
    let video = stream(&output(&job, 0), "video");
    assert_eq!(
        (video["color_transfer"].as_str(), video["pix_fmt"].as_str()),
        (Some("bt709"), Some("yuv420p"))
    );
}

#[test]
fn a_proxy_is_small_and_keeps_timecode() {
    let spillway = Spillway::new();
    let source = make(
        &spillway.inbox(),
        "camera.mov",
        "-f lavfi -i testsrc2=s=1920x1080:r=25:d=2 -timecode 10:00:00:00 -c:v mpeg2video -q:v 3",
    );
    let job = spillway.deliver(&source, "proxy-edit").delivered();
    let path = output(&job, 0);
    let video = stream(&path, "video");
    assert!(video["width"].as_u64().unwrap() <= 960);
    assert!(streams(&path).iter().any(|s| s["tags"]["timecode"] == "10:00:00:00"));
    assert_eq!(picture_count(&path), 50);
}

#[test]
fn one_command_delivers_several_files_to_several_partners() {
    let spillway = Spillway::new();
    let first = clip(&spillway.inbox(), "one.mp4", 2);
    let second = clip(&spillway.inbox(), "two.mp4", 2);
    let mut command = spillway.command();
    command.arg("deliver").args([&first, &second]).args([
        "-p",
        "web-mp4",
        "-p",
        "proxy-edit",
        "--json",
        "-o",
    ]);
    let output = command.arg(spillway.out()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let delivered =
        text.lines().filter(|l| l.contains("\"type\":\"job\"") && l.contains("\"delivered\"")).count();
    assert_eq!(delivered, 4, "{text}");
    assert_eq!(spillway.leftovers(), Vec::<String>::new());
}

#[test]
fn the_result_does_not_depend_on_the_number_of_workers() {
    let source_home = Spillway::new();
    let source = clip(&source_home.inbox(), "clip.mp4", 20);
    let mut hashes = Vec::new();
    for workers in ["1", "3"] {
        let spillway = Spillway::new();
        let mut command = spillway.command();
        command
            .arg("deliver")
            .arg(&source)
            .args(["-p", "web-mp4", "--workers", workers, "-o"])
            .arg(spillway.out());
        assert!(command.status().unwrap().success());
        let file = spillway.delivered().into_iter().find(|f| f.ends_with(".mp4")).unwrap();
        hashes.push(picture_hashes(&spillway.out().join(file)));
    }
    assert_eq!(hashes[0], hashes[1]);
}
