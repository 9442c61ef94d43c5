use crate::{Profile, find};

/// Changes a shipped profile's text and compares the messages.
#[track_caller]
fn check(id: &str, change: (&str, &str), expected: &[&str]) {
    let text = find(id).unwrap().text;
    assert!(text.contains(change.0), "the change applies to something");
    let messages: Vec<String> = match Profile::from_toml(&text.replacen(change.0, change.1, 1), "x") {
        Ok(_) => Vec::new(),
        Err(errors) => errors
            .errors
            .iter()
            .map(|error| match &error.suggestion {
                Some(suggestion) => format!("{}; {suggestion}", error.message),
                None => error.message.clone(),
            })
            .collect(),
    };
    assert_eq!(messages, expected);
}

#[test]
fn ids() {
    check(
        "web-mp4",
        ("id = \"web-mp4\"", "id = \"Web MP4\""),
        &[
            "\"Web MP4\" is no id: lower-case letters, digits and single hyphens, at most 64; did you mean \"web-mp4\"?",
        ],
    );
    check(
        "web-mp4",
        ("id = \"pixel-format\"", "id = \"video-codec\""),
        &["rule \"video-codec\" is there twice"],
    );
    check("apple-hls", ("id = \"720p\"", "id = \"1080p\""), &["rung \"1080p\" is there twice"]);
}

#[test]
fn sources_and_dates() {
    check(
        "youtube",
        ("checked = \"2026-11-22\"", "checked = \"2026-02-30\""),
        &["\"2026-02-30\" is no date; for example: checked = \"2026-11-22\""],
    );
    check(
        "youtube",
        ("source = \"youtube\"", "source = \"youtub\""),
        &["there is no source \"youtub\"; did you mean \"youtube\"?"],
    );
    check(
        "youtube",
        ("check = { kind = \"container\"", "output = \"mian\"\ncheck = { kind = \"container\""),
        &["there is no output \"mian\"; did you mean \"main\"?"],
    );
}

#[test]
fn ladders() {
    check(
        "apple-hls",
        ("segment_seconds = 6", "segment_seconds = 5"),
        &["segments of 5 s are no whole number of GOPs of 2 s"],
    );
    check(
        "apple-hls",
        ("fixed = true", "fixed = false"),
        &["a ladder needs keyframes at the same times: gop.fixed = true"],
    );
    check(
        "apple-hls",
        ("width = 1280\nheight = 720\nlevel = \"3.2\"", "width = 2560\nheight = 1440\nlevel = \"5.1\""),
        &["rung \"720p\" is larger than the one before it: largest first"],
    );
}

#[test]
fn levels_hold_what_they_declare() {
    check(
        "apple-hls",
        ("level = \"4.2\"", "level = \"4.0\""),
        &["level 4.0 ends below 1920x1080 at 60 frames per second"],
    );
    check(
        "apple-hls",
        ("level = \"4.2\"", "level = \"4.3\""),
        &["unknown level \"4.3\"; did you mean \"4.1\"?"],
    );
    check(
        "apple-hls",
        ("max_kbps = 200,", "max_kbps = 2000,"),
        &[
            "level 1.3 ends at 960 kbit/s, below 2000",
            "the buffer must hold at least half a second of max_kbps",
        ],
    );
}

#[test]
fn codecs_and_formats() {
    check(
        "web-mp4",
        ("\"yuv420p\"", "\"yuv422p\""),
        &[
            "codec profile \"high\" can't hold yuv422p pictures; for yuv422p: high422, high444",
            "rule \"pixel-format\" fails for every source: output \"main\" has yuv422p",
        ],
    );
    check(
        "web-mp4",
        ("preset = \"medium\"", "preset = \"medum\""),
        &["unknown preset \"medum\"; did you mean \"medium\"?"],
    );
    check("web-mp4", ("crf = 20", "crf = 60"), &["crf must lie between 0 and 51, not 60"]);
    check(
        "prores-mezzanine",
        ("mode = \"codec\"", "mode = \"crf\", crf = 20"),
        &["prores needs mode = \"codec\""],
    );
    check(
        "prores-mezzanine",
        ("container = \"mov\"", "container = \"mp4\""),
        &[
            "prores goes into mov files only",
            "pcm goes into mov files only; use aac",
            "rule \"container\" fails for every source: output \"master\" has mp4",
        ],
    );
    check(
        "hevc-archive",
        ("scan = \"progressive\"", "scan = \"keep\""),
        &["hevc is made from frames only: scan = \"progressive\""],
    );
    check(
        "proxy-edit",
        ("seconds = 0, fixed = true, b_frames = 0", "seconds = 0"),
        &["seconds = 0 (all intra) needs b_frames = 0"],
    );
}

#[test]
fn audio() {
    check(
        "youtube",
        ("fit = \"picture\"", "fit = \"keep\""),
        &["audio \"stereo\": without edit lists it must start with the picture: fit = \"picture\""],
    );
    check(
        "youtube",
        ("bit_rate_kbps = 384", "bit_rate_kbps = 3840"),
        &["aac takes 16 to 576 kbit/s here, not 3840"],
    );
    check(
        "youtube",
        ("sample_rate_hz = 48000", "sample_rate_hz = 47000"),
        &[
            "aac has no sample rate of 47000 Hz",
            "rule \"audio-sample-rate\" fails for every source: output \"main\" has 47000 Hz",
        ],
    );
}

#[test]
fn rules_that_can_never_pass() {
    check(
        "youtube",
        ("edit_list = \"forbid\"", "edit_list = \"allow\""),
        &["rule \"no-edit-list\" fails for every source: output \"main\" has edit_list = \"allow\""],
    );
    check(
        "web-mp4",
        ("check = { kind = \"progressive\" }", "check = { kind = \"min-rungs\", value = 2 }"),
        &[
            "rule \"progressive\" fails for every source: output \"main\" has 0 rungs",
            "rule \"progressive\" is about hls, and no such output is made",
        ],
    );
    check(
        "web-mp4",
        ("any_of = [\"aac\"]", "any_of = []"),
        &[
            "rule \"audio-codec\" fails for every source: output \"main\" has aac",
            "any_of must name at least one",
        ],
    );
}

#[test]
fn names() {
    check(
        "web-mp4",
        ("{title}_web", "{titel}_web"),
        &["unknown token {titel} in the name template; did you mean \"title\"?"],
    );
    check("web-mp4", ("{title}_web", "web"), &["every source would get the same name; add {title} or {job}"]);
}

#[test]
fn patience_and_money() {
    let retry = "[retry]\nmax_attempts = 0\nbase_ms = 10\ncap_ms = 5\n[budget]\nper_job_usd = -1\n[accept]";
    check(
        "web-mp4",
        ("[accept]", retry),
        &[
            "max_attempts counts the first try: 1 to 100",
            "base_ms is above cap_ms",
            "per_job_usd must be positive; leave it out for no limit",
        ],
    );
}

#[test]
fn problems_without_a_text_name_their_place() {
    let mut profile = find("web-mp4").unwrap().profile().unwrap();
    profile.output[0].video.rate = Some(crate::RateControl::Codec);
    let shown: Vec<String> = super::problems(&profile).iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["output[0].video.rate: mode = \"codec\" is for prores"]);
}

#[test]
fn mediaconvert_options() {
    let check = |lines: &'static str, expected: &[&str]| {
        let text = format!("[mediaconvert]\n{lines}\n[[output]]\nid");
        check("web-mp4", ("[[output]]\nid", &text), expected);
    };
    check("priority = -50\ntemplate = \"Partner HD\"\ntags = { \"Kosten stelle\" = \"ä/1\" }", &[]);
    check("priority = 51", &["priorities lie between -50 and 50, not 51"]);
    check(
        "template = \"a\"\ntemplate_json = \"{}\"",
        &["template names one in the account, template_json holds one: choose one of them"],
    );
    check(
        "template_json = \"{\"",
        &["template_json is no JSON object: EOF while parsing an object at line 1 column 1"],
    );
    check("queue = \" \"", &["queue must be the name or ARN of a queue; leave it out for none"]);
    check("tags = { \"aws:x\" = \"1\" }", &["keys of tags that begin with aws: belong to AWS"]);
    check("tags = { x = \"a*b\" }", &["tags can't hold '*'; allowed: letters, digits, spaces and _.:/=+-@"]);
    check("tags = { \"\" = \"1\" }", &["keys of tags are 1 to 128 characters long, not 0"]);
}

#[test]
fn tags_have_bounds() {
    let mut profile = find("web-mp4").unwrap().profile().unwrap();
    let messages = |profile: &Profile| {
        crate::problems(profile).into_iter().map(|problem| problem.message).collect::<Vec<_>>()
    };
    profile.mediaconvert.tags = (0..42).map(|n| (format!("k{n}"), "é".repeat(256))).collect();
    assert_eq!(messages(&profile), [""; 0]);
    profile.mediaconvert.tags.insert("k".repeat(129), "v".repeat(257));
    assert_eq!(
        messages(&profile),
        [
            "at most 42 tags, beside Spillway's own; here are 43",
            "keys of tags are 1 to 128 characters long, not 129",
            "values of tags are at most 256 characters long, not 257",
        ]
    );
}
