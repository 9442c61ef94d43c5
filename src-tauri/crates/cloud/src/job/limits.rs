//! What MediaConvert cannot do, and the words for it.

use super::{CompiledJob, Unsupported};

/// A kind of [`Unsupported`]. Words in braces stand for values.
pub(super) struct Limit {
    id: &'static str,
    text: &'static str,
    names: &'static [&'static str],
}

macro_rules! limits {
    ($($(#[doc = $doc:literal])* $name:ident = $id:literal [$($value:literal),*] $text:literal;)*) => {
        $($(#[doc = $doc])* pub(super) const $name: Limit =
            Limit { id: $id, text: $text, names: &[$($value),*] };)*

        /// Ids of all that MediaConvert may be unable to do, each with the names of its values.
        pub const UNSUPPORTED_IDS: &[(&str, &[&str])] = &[$(($id, &[$($value),*])),*];

        #[cfg(test)]
        pub(super) const ALL: &[Limit] = &[$($name),*];
    };
}

limits! {
    CAPTIONS = "captions" []
        "Captions inside the picture are not carried through MediaConvert chunk by chunk.";
    INPUT_CODEC = "input-codec" ["codec"]
        "MediaConvert does not decode {codec}.";
    HDR = "hdr" ["transfer"]
        "HDR ({transfer}) is not kept through MediaConvert with its exact metadata.";
    COLOR = "color" ["primaries", "transfer", "matrix", "range"]
        "MediaConvert has no name for the colours {primaries}/{transfer}/{matrix}/{range}.";
    ALPHA = "alpha" ["format"]
        "MediaConvert leaves the alpha channel out; {format} keeps it.";
    PIXEL_FORMAT = "pixel-format" ["codec", "format"]
        "MediaConvert makes no {codec} in {format}.";
    CODEC_PROFILE = "codec-profile" ["codec", "profile"]
        "MediaConvert makes the {codec} profile {profile} for accounts with a licence for it only, or not at all.";
    LEVEL = "level" ["codec", "level"]
        "MediaConvert knows no {codec} level {level}.";
    TUNE = "tune" ["tune"]
        "The encoder tuning {tune} has no counterpart in MediaConvert.";
    SIZE = "size" ["codec", "width", "height"]
        "MediaConvert makes no {codec} pictures of {width} × {height}.";
    CROP = "crop" ["scale_width", "scale_height", "width", "height"]
        "MediaConvert cannot scale to {scale_width} × {scale_height} and then keep {width} × {height} of it.";
    ROTATION = "rotation" ["degrees"]
        "MediaConvert does not turn pictures by {degrees} degrees.";
    B_FRAMES = "b-frames" ["b_frames", "most"]
        "MediaConvert takes at most {most} B-frames in a row, not {b_frames}.";
    INTERLACED = "interlaced" ["codec"]
        "MediaConvert does not make interlaced {codec} from these pictures exactly as asked.";
    EVERY = "every" ["every"]
        "MediaConvert cannot be told to keep exactly one picture in {every} of this source.";
    UNEVEN = "uneven" []
        "The pictures of this source come at uneven times; MediaConvert would make them even by other pictures than Spillway does.";
    FRAME_RATE = "frame-rate" ["rate", "most"]
        "MediaConvert is not used for {rate} frames a second; {most} is the most.";
    CLIP = "clip" ["first", "last"]
        "No timecode names the pictures {first} to {last} exactly: the rate is variable or too odd.";
    TEMPLATE = "template" ["why"]
        "The template of the profile cannot be used: {why}.";
    TEMPLATE_FEATURE = "template-feature" ["path"]
        "The template asks for {path}, which would be wrong in a chunk, and is not made on this computer either.";
}

/// Collects everything that cannot be done.
#[derive(Default)]
pub(super) struct Limits(Vec<Unsupported>);

impl Limits {
    /// Adds `limit`; `values` in the order of its names.
    pub(super) fn add<const N: usize>(&mut self, limit: &Limit, of: &str, values: [String; N]) {
        let found = limit.with(of, values);
        if !self.0.contains(&found) {
            self.0.push(found);
        }
    }

    /// The job, unless anything was added.
    pub(super) fn into_result(self, job: CompiledJob) -> Result<CompiledJob, Vec<Unsupported>> {
        if self.0.is_empty() { Ok(job) } else { Err(self.0) }
    }
}

impl Limit {
    /// The finding; `values` in the order of the names.
    pub(super) fn with<const N: usize>(&self, of: &str, values: [String; N]) -> Unsupported {
        let values: std::collections::BTreeMap<String, String> =
            self.names.iter().map(|name| (*name).to_owned()).zip(values).collect();
        let text = values
            .iter()
            .fold(self.text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value));
        Unsupported { id: self.id.to_owned(), of: of.to_owned(), text, values }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_use_their_values_and_no_others() {
        for limit in ALL {
            let used = limit.text.matches('{').count();
            assert_eq!(used, limit.names.len(), "{}", limit.id);
            for name in limit.names {
                assert!(limit.text.contains(&format!("{{{name}}}")), "{}: {name}", limit.id);
            }
        }
        let ids: std::collections::BTreeSet<&str> = UNSUPPORTED_IDS.iter().map(|(id, _)| *id).collect();
        assert_eq!(ids.len(), UNSUPPORTED_IDS.len());
    }
}
