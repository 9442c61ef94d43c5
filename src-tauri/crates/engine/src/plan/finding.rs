//! Everything that preflight and planning can say about a source, each sentence under a name of its own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use spillway_profile::Verdict;

/// Something that preflight or planning has to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Finding {
    /// How bad.
    pub verdict: Verdict,
    /// Stable short name of the sentence, e.g. `variable-frame-rate`; one of [`FINDING_IDS`].
    pub id: String,
    /// One sentence in words.
    pub text: String,
    /// What to do about it; may be empty.
    pub advice: String,
    /// The figures and names inside `text`, so that it can be said in another language.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
}

/// A sentence with places for figures, e.g. `It lasts {seconds} s.`
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sentence {
    id: &'static str,
    values: &'static [&'static str],
    text: &'static str,
    advice: &'static str,
}

impl Sentence {
    /// The sentence with its figures. Every place of the sentence needs one.
    pub(crate) fn with<const N: usize>(&self, verdict: Verdict, values: [(&str, String); N]) -> Finding {
        debug_assert!(
            self.values.len() == N && values.iter().all(|(name, _)| self.values.contains(name)),
            "{} takes {:?}",
            self.id,
            self.values
        );
        let values: BTreeMap<String, String> =
            values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Finding {
            verdict,
            id: self.id.to_owned(),
            text: filled(self.text, &values),
            advice: self.advice.to_owned(),
            values,
        }
    }

    /// Whether a finding says this sentence.
    pub(crate) fn is(&self, finding: &Finding) -> bool {
        finding.id == self.id
    }
}

/// Puts values into their places, in one pass: what a value contains is never taken for a place.
fn filled(text: &str, values: &BTreeMap<String, String>) -> String {
    let mut said = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        said.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            rest = after;
            break;
        };
        said.push_str(values.get(name).map_or("", String::as_str));
        rest = after;
    }
    said + rest
}

macro_rules! sentences {
    ($($name:ident = $id:literal [$($value:literal),*] $text:literal $(, $advice:literal)?;)*) => {
        $(pub(crate) const $name: Sentence = Sentence {
            id: $id,
            values: &[$($value),*],
            text: $text,
            advice: concat!($($advice)?),
        };)*

        /// Ids of all findings, each with the names of its values, in no order that matters.
        pub const FINDING_IDS: &[(&str, &[&str])] = &[$(($id, &[$($value),*])),*];

        #[cfg(test)]
        const ALL: &[Sentence] = &[$($name),*];
    };
}

sentences! {
    TOO_NARROW = "too-narrow" ["width", "least"]
        "The picture is {width} pixels wide; at least {least} are needed.",
        "Deliver a larger source.";
    TOO_LOW = "too-low" ["height", "least"]
        "The picture is {height} pixels high; at least {least} are needed.",
        "Deliver a larger source.";
    SMALLER_THAN_OUTPUT = "smaller-than-output" ["width", "height", "wanted_width", "wanted_height"]
        "The source is {width} × {height}, smaller than the {wanted_width} × {wanted_height} asked for; it is not enlarged.",
        "Deliver the largest master there is.";
    TOO_SHORT = "too-short" ["seconds", "least"]
        "It lasts {seconds} s; at least {least} s are needed.";
    TOO_LONG = "too-long" ["seconds", "most"]
        "It lasts {seconds} s; at most {most} s are allowed.",
        "Shorten it before delivery.";
    RATE_TOO_LOW = "frame-rate-too-low" ["rate", "least"]
        "It has {rate} frames per second; at least {least} are needed.";
    RATE_TOO_HIGH = "frame-rate-too-high" ["rate", "most"]
        "It has {rate} frames per second; at most {most} are accepted.";
    VARIABLE_RATE = "variable-frame-rate" ["rate"]
        "Its frames are not evenly spaced ({rate} per second on average).",
        "Deliver a source with a constant frame rate.";
    TOP_FIRST = "interlaced-top-first" []
        "It is interlaced (top field first).",
        "Deliver a progressive source.";
    BOTTOM_FIRST = "interlaced-bottom-first" []
        "It is interlaced (bottom field first).",
        "Deliver a progressive source.";
    HDR = "hdr" ["kind"]
        "It is HDR ({kind}).",
        "Deliver an SDR version.";
    COLOR_GUESSED = "color-guessed" ["primaries", "transfer", "matrix"]
        "Its colour is not fully tagged; taken for primaries {primaries}, transfer {transfer}, matrix {matrix}, as its tags and size suggest.",
        "If the colours look wrong, tag the source and deliver again.";
    ROTATED = "rotated" ["degrees"]
        "It carries a rotation of {degrees}°, which is applied to the pixels.";
    MORE_PICTURES = "more-pictures" ["count"]
        "It has {count} picture streams; the first is used.";
    AUDIO_UNDECODABLE = "audio-undecodable" ["stream", "codec"]
        "Audio stream {stream} ({codec}) cannot be decoded and is left out.";
    AUDIO_NEEDED = "audio-needed" ["partner"]
        "It has no audio that can be decoded, and {partner} needs some.",
        "Add the sound and deliver again.";
    NO_AUDIO = "no-audio" []
        "It has no audio that can be decoded; the outputs will have none.";
    DAMAGED = "damaged" ["count"]
        "{count} frames cannot be decoded cleanly.",
        "Look at those places, or copy the source again.";
    DAMAGED_AT = "damaged-at" ["count", "places"]
        "{count} frames cannot be decoded cleanly, first at {places}.",
        "Look at those places, or copy the source again.";
    COVER_ART = "cover-art" ["stream"]
        "Stream {stream} is cover art and is left out.";
    SOURCE_NOTE = "source-note" ["note"]
        "{note}";
    RATE_MADE_CONSTANT = "rate-made-constant" ["output", "rate", "repeated", "dropped"]
        "Output {output}: variable frame times become {rate} frames per second; {repeated} frames repeated, {dropped} left out.",
        "Deliver a source with a constant rate to keep every frame.";
    RATE_HALVED = "rate-halved" ["output", "dropped", "rate"]
        "Output {output}: {dropped} frames left out to come down to {rate} per second.";
    VARIABLE_INTERLACED = "variable-interlaced" ["output"]
        "Output {output}: the source is interlaced and its frame times vary.",
        "Check the motion in the result.";
    ODD_SIZE = "odd-size" ["output", "width", "height", "kept_width", "kept_height"]
        "Output {output}: {width} × {height} becomes {kept_width} × {kept_height} by leaving out the last lines; nothing is rescaled.";
    FIELDS_NOT_KEPT = "fields-not-kept" ["output"]
        "Output {output}: fields cannot survive a change of height or a turn; deinterlaced.",
        "Keep the source's size to keep its fields.";
    RUNGS_LEFT_OUT = "rungs-left-out" ["output", "width", "height", "rungs"]
        "Output {output}: the source is {width} × {height}, so these rungs are left out: {rungs}.";
    LEVEL_RAISED = "level-raised" ["rendition", "width", "height", "rate", "level"]
        "{rendition}: {width} × {height} at {rate} frames per second does not fit level {level}; the encoder chooses a higher one.",
        "Limit the size or the frame rate in the profile to stay inside the level.";
    AUDIO_COPIED = "audio-copied" ["output", "track"]
        "Output {output}: audio {track} is copied, not re-encoded.";
    PICTURE_COPIED = "picture-copied" ["output"]
        "Output {output}: the picture is copied, not re-encoded; it already complies.";
    ENCODED_FOR_HLS = "encoded-for-hls" ["output"]
        "Output {output}: the picture is re-encoded because HLS needs keyframes on its own grid.";
    ENCODED_FOR_EDIT_LISTS = "encoded-for-edit-lists" ["output"]
        "Output {output}: the picture is re-encoded because without edit lists it must be timed anew.";
    ENCODED_FOR_INDEX = "encoded-for-index" ["output"]
        "Output {output}: the picture is re-encoded because the source's packets do not tell its frames reliably.";
    ENCODED_FOR_DAMAGE = "encoded-for-damage" ["output", "count"]
        "Output {output}: the picture is re-encoded because the source has {count} damaged spots.";
    ENCODED_FOR_FIRST_FRAME = "encoded-for-first-frame" ["output"]
        "Output {output}: the picture is re-encoded because its first frame is not a keyframe.";
    ENCODED_FOR_CODEC = "encoded-for-codec" ["output", "codec", "wanted"]
        "Output {output}: the picture is re-encoded because it is {codec}, not {wanted}.";
    ENCODED_FOR_PIXELS = "encoded-for-pixel-format" ["output", "pixel_format", "wanted"]
        "Output {output}: the picture is re-encoded because its pixels are {pixel_format}, not {wanted}.";
    ENCODED_FOR_PROFILE = "encoded-for-codec-profile" ["output", "profile", "wanted"]
        "Output {output}: the picture is re-encoded because its codec profile is {profile}, not {wanted}.";
    ENCODED_FOR_NO_PROFILE = "encoded-for-unknown-codec-profile" ["output", "wanted"]
        "Output {output}: the picture is re-encoded because its codec profile is unknown, and {wanted} is asked for.";
    ENCODED_FOR_LEVEL = "encoded-for-level" ["output", "level"]
        "Output {output}: the picture is re-encoded because its level is above {level}, or not stated.";
    ENCODED_FOR_B_FRAMES = "encoded-for-b-frames" ["output"]
        "Output {output}: the picture is re-encoded because the number of its B-frames cannot be told without encoding.";
    ENCODED_FOR_FIELDS = "encoded-for-fields" ["output"]
        "Output {output}: the picture is re-encoded because it is interlaced.";
    ENCODED_FOR_ROTATION = "encoded-for-rotation" ["output"]
        "Output {output}: the picture is re-encoded because it must be turned.";
    ENCODED_FOR_HDR = "encoded-for-hdr" ["output"]
        "Output {output}: the picture is re-encoded because its HDR must be mapped to SDR.";
    ENCODED_FOR_COLOR = "encoded-for-color" ["output"]
        "Output {output}: the picture is re-encoded because its colour range must change.";
    ENCODED_FOR_DOLBY_VISION = "encoded-for-dolby-vision" ["output"]
        "Output {output}: the picture is re-encoded because its Dolby Vision metadata cannot be carried by copying.";
    ENCODED_FOR_RENDITIONS = "encoded-for-renditions" ["output"]
        "Output {output}: the picture is re-encoded because several renditions are asked for.";
    ENCODED_FOR_SIZE = "encoded-for-size" ["output"]
        "Output {output}: the picture is re-encoded because its size or pixel shape must change.";
    ENCODED_FOR_TIMING = "encoded-for-timing" ["output"]
        "Output {output}: the picture is re-encoded because its frame timing must change.";
    ENCODED_FOR_DISTANCE = "encoded-for-keyframe-distance" ["output", "frames", "most"]
        "Output {output}: the picture is re-encoded because its keyframes are up to {frames} frames apart, {most} are allowed.";
    ENCODED_FOR_GRID = "encoded-for-keyframe-grid" ["output", "frames"]
        "Output {output}: the picture is re-encoded because its keyframes do not stand on a grid of {frames} frames.";
    ENCODED_FOR_BIT_RATE = "encoded-for-bit-rate" ["output", "kbps", "most"]
        "Output {output}: the picture is re-encoded because it has {kbps} kbit/s, {most} are allowed.";
    ENCODED_FOR_RULE = "encoded-for-rule" ["output", "rule"]
        "Output {output}: the picture is re-encoded because rule {rule} would not be met, or cannot be told, by copying.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn places(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect()
    }

    #[test]
    fn every_sentence_has_its_own_name_and_exactly_its_values() {
        let mut ids = BTreeSet::new();
        let mut texts = BTreeSet::new();
        for sentence in ALL {
            assert!(ids.insert(sentence.id), "{} is there twice", sentence.id);
            assert!(texts.insert(sentence.text), "{} says what another says", sentence.id);
            assert_eq!(places(sentence.text), sentence.values.iter().copied().collect(), "{}", sentence.id);
            assert!(places(sentence.advice).is_empty(), "{}", sentence.id);
        }
    }

    #[test]
    fn values_are_put_in_as_they_are() {
        let values = [("output", "{rule}".to_owned()), ("rule", "a{b".to_owned())];
        let finding = ENCODED_FOR_RULE.with(Verdict::Pass, values);
        assert!(finding.text.starts_with("Output {rule}: "), "{}", finding.text);
        assert!(finding.text.contains("rule a{b would"), "{}", finding.text);
        assert_eq!(finding.values["rule"], "a{b");
    }

    #[test]
    fn findings_stored_before_there_were_values_are_still_read() {
        let old = r#"{"verdict":"warn","id":"hdr","text":"It is HDR (PQ).","advice":""}"#;
        assert_eq!(serde_json::from_str::<Finding>(old).unwrap().values, BTreeMap::new());
    }
}
