//! Real media: from S3 to S3, frame by frame.

use std::process::Command;

use aws_sdk_mediaconvert::types::JobStatus;
use serde_json::{Value, json};

use super::{Stage, h264, output, probed, request, simple};

const PICTURES: &[&str] = &["-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=4"];

fn words<'a>(parts: &[&[&'a str]]) -> Vec<&'a str> {
    parts.concat()
}

/// Settings of the only codec of the only output.
fn codec(request: &mut Value) -> &mut Value {
    let path = "/settings/outputGroups/0/outputs/0/videoDescription/codecSettings/h264Settings";
    request.pointer_mut(path).unwrap()
}

fn description(request: &mut Value) -> &mut Value {
    request.pointer_mut("/settings/outputGroups/0/outputs/0/videoDescription").unwrap()
}

#[test]
fn as_many_frames_as_the_input_has_wherever_it_begins() {
    let stage = Stage::new(|_| ());
    let encode = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "2"];
    for name in ["a.mp4", "a.mov", "a.ts", "a.mkv"] {
        let words = words(&[PICTURES, &encode, &["-output_ts_offset", "37.21"]]);
        stage.source(name, &words);
        let job = stage.done(&simple(name));
        assert_eq!(job.status(), Some(&JobStatus::Complete), "{name}: {:?}", job.error_message());
        let result = stage.result(&format!("out/{}-a.mp4", name.replace('.', "-")));
        assert_eq!(probed(&result, "nb_read_frames,r_frame_rate"), "25/1,100", "{name}");
        let detail = &job.output_group_details()[0].output_details()[0];
        assert_eq!(detail.duration_in_ms(), Some(4000));
    }
    let bill = stage.simulator.bill();
    assert_eq!((bill.lines.len(), bill.seconds()), (4, 40));
    assert_eq!(bill.lines[0].made.frames, 100);
}

#[test]
fn clippings_are_exact_to_the_frame() {
    let stage = Stage::new(|_| ());
    // Every frame is a grey of its own.
    let greys =
        ["-f", "lavfi", "-i", "color=black:s=64x64:r=25:d=4,format=gray,geq=lum='16+2*N'", "-c:v", "ffv1"];
    stage.source("in.mkv", &greys);
    let mut job = simple("in.mkv");
    job["settings"]["inputs"][0]["inputClippings"] =
        json!([{ "startTimecode": "00:00:01:10", "endTimecode": "00:00:02:04" }]);
    codec(&mut job)["qvbrSettings"]["qvbrQualityLevel"] = json!(10);
    (description(&mut job)["width"], description(&mut job)["height"]) = (json!(64), json!(64));
    assert_eq!(stage.done(&job).status(), Some(&JobStatus::Complete));
    let result = stage.result("out/in-mkv-a.mp4");
    assert_eq!(probed(&result, "nb_read_frames"), "20");
    let done = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(&result)
        .args(["-vf", "scale=1:1", "-f", "rawvideo", "-pix_fmt", "gray", "-"])
        .output()
        .unwrap();
    // A frame is 2 brighter than the one before, and frame 35 is 86.
    let greys: Vec<f64> = done.stdout.iter().map(|grey| f64::from(*grey)).collect();
    let place = |grey: f64| (grey - 86.0) / 2.0;
    for (at, grey) in (0_u8..).zip(&greys) {
        assert!((place(*grey) - f64::from(at)).abs() < 1.2, "{at}: {grey} {greys:?}");
    }

    for (clip, why) in [
        (json!({ "startTimecode": "00:00:03:00", "endTimecode": "00:00:04:00" }), "beyond"),
        (json!({ "startTimecode": "00:00:03:00", "endTimecode": "00:00:02:00" }), "backwards"),
        (json!({ "startTimecode": "00:00:00:25" }), "no such frame in a second"),
    ] {
        let mut job = simple("in.mkv");
        job["settings"]["inputs"][0]["inputClippings"] = json!([clip]);
        assert_eq!(stage.done(&job).error_code(), Some(1060), "{why}");
    }
    let mut embedded = simple("in.mkv");
    embedded["settings"]["inputs"][0]["inputClippings"] = json!([{ "startTimecode": "00:00:01:00" }]);
    embedded["settings"]["inputs"][0]["timecodeSource"] = json!("EMBEDDED");
    assert_eq!(stage.done(&embedded).error_code(), Some(1060));
}

#[test]
fn several_outputs_and_equal_settings_have_equal_parameter_sets() {
    let stage = Stage::new(|_| ());
    stage.source("one.mp4", &words(&[PICTURES, &["-c:v", "libx264"]]));
    stage
        .source("two.mp4", &["-f", "lavfi", "-i", "mandelbrot=s=640x360:r=25", "-t", "2", "-c:v", "libx264"]);
    let outputs = [output("-a", 320, 180, &h264()), output("-b", 160, 90, &h264())];
    let parameters = |key: &str| {
        let file = stage.result(key);
        let done = Command::new("ffprobe")
            .args(["-v", "error", "-show_data", "-show_entries", "stream=extradata", "-of", "csv=p=0"])
            .arg(file)
            .output()
            .unwrap();
        String::from_utf8(done.stdout).unwrap()
    };
    for name in ["one.mp4", "two.mp4"] {
        let job = stage.done(&request(name, &outputs));
        let sizes: Vec<_> = job.output_group_details()[0]
            .output_details()
            .iter()
            .map(|one| one.video_details().unwrap().height_in_px().unwrap())
            .collect();
        assert_eq!(sizes, [180, 90]);
    }
    let first = parameters("out/one-mp4-a.mp4");
    assert!(first.len() > 40);
    assert_eq!(first, parameters("out/two-mp4-a.mp4"));
    assert_ne!(first, parameters("out/one-mp4-b.mp4"));
    assert_eq!(
        probed(&stage.result("out/two-mp4-b.mp4"), "width,height,nb_read_frames,level"),
        "160,90,40,50"
    );
}

#[test]
fn every_second_frame_is_kept_from_the_first() {
    let stage = Stage::new(|_| ());
    let source = ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=50:d=2.02", "-c:v", "libx264", "-qp", "0"];
    let source = stage.source("in.mp4", &source);
    let mut job = simple("in.mp4");
    codec(&mut job)["framerateConversionAlgorithm"] = json!("DUPLICATE_DROP");
    assert_eq!(stage.done(&job).status(), Some(&JobStatus::Complete));
    let result = stage.result("out/in-mp4-a.mp4");
    assert_eq!(probed(&result, "r_frame_rate,nb_read_frames"), "25/1,51");
    // The pictures are near those of the source's even frames.
    let done = Command::new("ffmpeg")
        .args(["-v", "info", "-i"])
        .arg(&result)
        .arg("-i")
        .arg(&source)
        .args([
            "-lavfi",
            "[1:v]select='not(mod(n,2))',settb=1/25,setpts=N[s];[0:v]settb=1/25,setpts=N[r];[r][s]psnr",
            "-f",
            "null",
            "-",
        ])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    let least = said.rsplit("min:").next().unwrap().split_whitespace().next().unwrap();
    assert!(least.parse::<f64>().unwrap() > 28.0, "{said}");
}

#[test]
fn cadence_and_kind_of_the_pictures_are_as_asked() {
    let stage = Stage::new(|_| ());
    let cut = ["-f", "lavfi", "-i", "mandelbrot=s=320x180:r=25", "-lavfi"];
    let cut = words(&[
        PICTURES,
        &cut,
        &["[0]trim=end_frame=60[a];[a][1]concat,trim=end_frame=100", "-c:v", "libx264"],
    ]);
    stage.source("in.mp4", &cut);
    for (scenes, name) in [("DISABLED", "-a"), ("ENABLED", "-b")] {
        let mut settings = h264();
        settings["h264Settings"]["gopSize"] = json!(1.0);
        settings["h264Settings"]["gopSizeUnits"] = json!("SECONDS");
        settings["h264Settings"]["sceneChangeDetect"] = json!(scenes);
        assert_eq!(
            stage.done(&request("in.mp4", &[output(name, 320, 180, &settings)])).status(),
            Some(&JobStatus::Complete)
        );
        let done = Command::new("ffprobe")
            .args(["-v", "error", "-show_entries", "packet=flags", "-of", "csv=p=0"])
            .arg(stage.result(&format!("out/in-mp4{name}.mp4")))
            .output()
            .unwrap();
        let text = String::from_utf8(done.stdout).unwrap();
        let keys: Vec<usize> =
            text.lines().enumerate().filter(|(_, line)| line.starts_with('K')).map(|(at, _)| at).collect();
        assert_eq!(keys, [0, 25, 50, 75], "{scenes}");
    }
}

#[test]
fn other_codecs_and_containers_and_sound() {
    let stage = Stage::new(|_| ());
    let tone = ["-f", "lavfi", "-i", "sine=d=4:r=48000", "-c:v", "libx264", "-c:a", "aac"];
    stage.source("in.mov", &words(&[PICTURES, &tone]));
    let rate = json!({ "framerateControl": "SPECIFIED", "framerateNumerator": 30000, "framerateDenominator": 1001, "framerateConversionAlgorithm": "MAINTAIN_FRAME_COUNT" });
    let mut hevc = rate.clone();
    for (name, value) in [
        ("rateControlMode", json!("VBR")),
        ("bitrate", json!(400_000)),
        ("codecProfile", json!("MAIN10_MAIN")),
        ("writeMp4PackagingType", json!("HVC1")),
        ("gopSize", json!(30.0)),
        ("gopSizeUnits", json!("FRAMES")),
        ("sceneChangeDetect", json!("DISABLED")),
    ] {
        hevc[name] = value;
    }
    let mut prores = rate;
    prores["codecProfile"] = json!("APPLE_PRORES_422_HQ");
    let mut outputs = [
        output("-h", 320, 180, &json!({ "codec": "H_265", "h265Settings": hevc })),
        output("-p", 320, 180, &json!({ "codec": "PRORES", "proresSettings": prores })),
    ];
    outputs[1]["containerSettings"] = json!({ "container": "MOV" });
    outputs[0]["audioDescriptions"] = json!([{
        "audioSourceName": "Audio Selector 1",
        "codecSettings": { "codec": "AAC", "aacSettings": { "bitrate": 96000, "codingMode": "CODING_MODE_2_0", "sampleRate": 48000 } }
    }]);
    let job = stage.done(&request("in.mov", &outputs));
    assert_eq!(job.status(), Some(&JobStatus::Complete), "{:?}", job.error_message());
    let (hevc, prores) = (stage.result("out/in-mov-h.mp4"), stage.result("out/in-mov-p.mov"));
    let facts = "codec_name,codec_tag_string,pix_fmt,r_frame_rate,nb_read_frames";
    assert_eq!(probed(&hevc, facts), "hevc,hvc1,yuv420p10le,30000/1001,100");
    assert_eq!(probed(&prores, facts), "prores,apch,yuv422p10le,30000/1001,100");
    let streams = |file: &std::path::Path| {
        let done = Command::new("ffprobe")
            .args(["-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0"])
            .arg(file)
            .output()
            .unwrap();
        String::from_utf8(done.stdout).unwrap().lines().count()
    };
    assert_eq!((streams(&hevc), streams(&prores)), (2, 1));
}

#[test]
fn shape_turn_crop_and_colour() {
    let stage = Stage::new(|_| ());
    let hdr = [
        "-f",
        "lavfi",
        "-i",
        "testsrc2=s=320x180:r=25:d=1,format=yuv420p10le",
        "-c:v",
        "libx265",
        "-x265-params",
        "log-level=error:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:range=limited",
    ];
    stage.source("in.mp4", &hdr);
    let facts = |job: &Value| {
        let done = stage.done(job);
        assert_eq!(done.status(), Some(&JobStatus::Complete), "{:?}", done.error_message());
        probed(&stage.result("out/in-mp4-a.mp4"), "width,height,color_space,color_transfer,color_primaries")
    };
    let mut job = simple("in.mp4");
    assert_eq!(facts(&job), "320,180,bt2020nc,smpte2084,bt2020");
    description(&mut job)["videoPreprocessors"] = json!({
        "colorCorrector": { "colorSpaceConversion": "FORCE_709" },
        "deinterlacer": { "algorithm": "INTERPOLATE", "control": "NORMAL", "mode": "DEINTERLACE" }
    });
    assert_eq!(facts(&job), "320,180,bt709,bt709,bt709");
    job["settings"]["inputs"][0]["videoSelector"]["rotate"] = json!("DEGREES_90");
    (description(&mut job)["width"], description(&mut job)["height"]) = (Value::Null, Value::Null);
    description(&mut job).as_object_mut().unwrap().retain(|_, value| !value.is_null());
    assert_eq!(facts(&job), "180,320,bt709,bt709,bt709");
    description(&mut job)["crop"] = json!({ "x": 10, "y": 20, "width": 100, "height": 60 });
    description(&mut job)["height"] = json!(120);
    assert_eq!(facts(&job), "200,120,bt709,bt709,bt709");
}

#[test]
fn fields_stay_fields_and_full_range_is_squeezed() {
    let stage = Stage::new(|_| ());
    let fields = [
        "-vf",
        "format=yuvj420p,setfield=tff",
        "-c:v",
        "libx264",
        "-flags",
        "+ildct+ilme",
        "-x264-params",
        "tff=1",
    ];
    stage.source("in.mp4", &words(&[PICTURES, &fields]));
    let mut job = simple("in.mp4");
    job["settings"]["inputs"][0]["videoSelector"] =
        json!({ "colorSpace": "REC_709", "colorSpaceUsage": "FORCE", "sampleRange": "FULL_RANGE" });
    description(&mut job)["videoPreprocessors"] = json!({ "colorCorrector": { "colorSpaceConversion": "NONE", "sampleRangeConversion": "LIMITED_RANGE_SQUEEZE" } });
    description(&mut job)["chromaPositionMode"] = json!("FORCE_TOP_LEFT");
    codec(&mut job)["interlaceMode"] = json!("TOP_FIELD");
    codec(&mut job)["fieldEncoding"] = json!("MBAFF");
    let done = stage.done(&job);
    assert_eq!(done.status(), Some(&JobStatus::Complete), "{:?}", done.error_message());
    let facts = "color_range,color_space,chroma_location,field_order,nb_read_frames";
    assert_eq!(probed(&stage.result("out/in-mp4-a.mp4"), facts), "tv,bt709,topleft,tt,100");
}

#[test]
fn what_is_not_simulated_is_refused_by_its_name() {
    let stage = Stage::new(|_| ());
    stage.source("in.mp4", &words(&[PICTURES, &["-c:v", "libx264"]]));
    let mut interlaced = simple("in.mp4");
    codec(&mut interlaced)["interlaceMode"] = json!("FOLLOW_TOP_FIELD");
    let mut noise = simple("in.mp4");
    description(&mut noise)["videoPreprocessors"] = json!({ "noiseReducer": { "filter": "BILATERAL" } });
    for (job, named) in [
        (interlaced, "h264Settings/interlaceMode: FOLLOW_TOP_FIELD"),
        (noise, "noiseReducer/filter: BILATERAL"),
    ] {
        let done = stage.done(&job);
        assert_eq!(done.error_code(), Some(1040));
        assert!(done.error_message().unwrap().ends_with(named), "{:?}", done.error_message());
    }
    assert!(stage.simulator.bill().lines.is_empty());
}

#[test]
fn inputs_that_cannot_be_read_have_the_services_codes() {
    let stage = Stage::new(|_| ());
    let code = |name: &str| stage.done(&simple(name)).error_code();
    assert_eq!(code("none.mp4"), Some(1404));
    stage.s3.owner().put("bucket", "text.mp4", b"These are not pictures.");
    assert_eq!(code("text.mp4"), Some(1056));
    let whole =
        stage.source("whole.mp4", &words(&[PICTURES, &["-c:v", "libx264", "-movflags", "+faststart"]]));
    let whole = std::fs::read(whole).unwrap();
    stage.s3.owner().put("bucket", "half.mp4", &whole[..whole.len() / 2]);
    assert_eq!(code("half.mp4"), Some(1076));
    stage.source("sound.mp4", &["-f", "lavfi", "-i", "sine=d=1", "-c:a", "aac"]);
    assert_eq!(code("sound.mp4"), Some(1020));
    let mut nowhere = simple("whole.mp4");
    nowhere["settings"]["outputGroups"][0]["outputGroupSettings"]["fileGroupSettings"]["destination"] =
        json!("s3://nobody/a");
    assert_eq!(stage.done(&nowhere).error_code(), Some(1401));
}
