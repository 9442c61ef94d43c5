//! Language codes: ISO 639-2 has two for some languages, and QuickTime's old table a third.

/// Bibliographic code, terminology code (ISO 639-2/B and /T).
const PAIRS: [(&str, &str); 20] = [
    ("alb", "sqi"),
    ("arm", "hye"),
    ("baq", "eus"),
    ("bur", "mya"),
    ("chi", "zho"),
    ("cze", "ces"),
    ("dut", "nld"),
    ("fre", "fra"),
    ("geo", "kat"),
    ("ger", "deu"),
    ("gre", "ell"),
    ("ice", "isl"),
    ("mac", "mkd"),
    ("mao", "mri"),
    ("may", "msa"),
    ("per", "fas"),
    ("rum", "ron"),
    ("slo", "slk"),
    ("tib", "bod"),
    ("wel", "cym"),
];

/// Terminology code, the name that FFmpeg's table of Macintosh language codes knows it by.
const QUICKTIME: [(&str, &str); 15] = [
    ("deu", "ger"),
    ("nld", "dut"),
    ("swe", "sve"),
    ("ell", "gre"),
    ("isl", "ice"),
    ("hrv", "hr "),
    ("zho", "chi"),
    ("fao", "fo "),
    ("fas", "iri"),
    ("sqi", "alb"),
    ("srp", "sr "),
    ("mkd", "mac"),
    ("hye", "arm"),
    ("kat", "geo"),
    ("bod", "tib"),
];

/// The terminology code (ISO 639-2/T) of a language, which MP4 asks for; unknown codes as they are,
/// in lower case. Two codes mean the same language exactly when this gives the same.
pub fn terminology(code: &str) -> String {
    let code = code.to_ascii_lowercase();
    let alias = PAIRS.iter().find(|(bibliographic, _)| *bibliographic == code).map(|(_, code)| *code);
    let alias = alias.or_else(|| QUICKTIME.iter().find(|(_, old)| old.trim_end() == code.trim_end()).map(|(code, _)| *code));
    alias.map_or(code, str::to_owned)
}

/// What to call a language towards the MP4 or MOV muxer.
pub(crate) fn for_muxer(code: &str, quicktime: bool) -> String {
    let code = terminology(code);
    let old = QUICKTIME.iter().find(|(known, _)| quicktime && *known == code).map(|(_, old)| (*old).to_owned());
    old.unwrap_or(code)
}

/// The language of a stream that was read, `None` when it says nothing.
pub(crate) fn of_stream(tag: Option<String>) -> Option<String> {
    tag.map(|code| terminology(&code)).filter(|code| code != "und" && !code.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_names_of_a_language_agree() {
        for (bibliographic, code) in PAIRS {
            assert_eq!(terminology(bibliographic), code);
            assert_eq!(terminology(code), code);
        }
        for (code, old) in QUICKTIME {
            assert_eq!(terminology(old), code);
            assert_eq!(for_muxer(code, true), old);
            assert_eq!(for_muxer(old, false), code);
        }
        assert_eq!(terminology("ENG"), "eng");
        assert_eq!(of_stream(Some("und".into())), None);
    }
}
