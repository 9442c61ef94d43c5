//! Language codes: ISO 639-2 has two for some languages, and the old Macintosh table a third.

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
    let alias = alias.or_else(|| {
        QUICKTIME.iter().find(|(_, old)| old.trim_end() == code.trim_end()).map(|(code, _)| *code)
    });
    alias.map_or(code, str::to_owned)
}

/// Terminology code, ISO 639-1 code, English name.
const NAMES: [(&str, &str, &str); 46] = [
    ("ara", "ar", "Arabic"),
    ("ben", "bn", "Bengali"),
    ("bul", "bg", "Bulgarian"),
    ("cat", "ca", "Catalan"),
    ("ces", "cs", "Czech"),
    ("cym", "cy", "Welsh"),
    ("dan", "da", "Danish"),
    ("deu", "de", "German"),
    ("ell", "el", "Greek"),
    ("eng", "en", "English"),
    ("est", "et", "Estonian"),
    ("eus", "eu", "Basque"),
    ("fas", "fa", "Persian"),
    ("fin", "fi", "Finnish"),
    ("fra", "fr", "French"),
    ("gle", "ga", "Irish"),
    ("glg", "gl", "Galician"),
    ("heb", "he", "Hebrew"),
    ("hin", "hi", "Hindi"),
    ("hrv", "hr", "Croatian"),
    ("hun", "hu", "Hungarian"),
    ("ind", "id", "Indonesian"),
    ("isl", "is", "Icelandic"),
    ("ita", "it", "Italian"),
    ("jpn", "ja", "Japanese"),
    ("kor", "ko", "Korean"),
    ("lav", "lv", "Latvian"),
    ("lit", "lt", "Lithuanian"),
    ("msa", "ms", "Malay"),
    ("nld", "nl", "Dutch"),
    ("nor", "no", "Norwegian"),
    ("pol", "pl", "Polish"),
    ("por", "pt", "Portuguese"),
    ("ron", "ro", "Romanian"),
    ("rus", "ru", "Russian"),
    ("slk", "sk", "Slovak"),
    ("slv", "sl", "Slovenian"),
    ("spa", "es", "Spanish"),
    ("srp", "sr", "Serbian"),
    ("swe", "sv", "Swedish"),
    ("tam", "ta", "Tamil"),
    ("tha", "th", "Thai"),
    ("tur", "tr", "Turkish"),
    ("ukr", "uk", "Ukrainian"),
    ("vie", "vi", "Vietnamese"),
    ("zho", "zh", "Chinese"),
];

/// The shortest code (RFC 5646 wants ISO 639-1 where there is one).
pub(crate) fn short_code(code: &str) -> String {
    let code = terminology(code);
    NAMES.iter().find(|(long, ..)| *long == code).map_or(code.clone(), |(_, short, _)| (*short).to_owned())
}

/// ISO 639-2/T for a language tag of RFC 5646; regions and scripts are left out.
pub(crate) fn from_tag(tag: &str) -> String {
    let language = tag.split('-').next().unwrap_or(tag).to_ascii_lowercase();
    let long = NAMES.iter().find(|(_, short, _)| *short == language).map(|(long, ..)| (*long).to_owned());
    long.unwrap_or_else(|| terminology(&language))
}

/// English name; the code itself where no name is known.
pub(crate) fn display_name(code: &str) -> String {
    let code = terminology(code);
    NAMES.iter().find(|(long, ..)| *long == code).map_or(code.clone(), |(.., name)| (*name).to_owned())
}

/// What to call a language towards the MP4 or MOV muxer.
pub(crate) fn for_muxer(code: &str, quicktime: bool) -> String {
    let code = terminology(code);
    let old =
        QUICKTIME.iter().find(|(known, _)| quicktime && *known == code).map(|(_, old)| (*old).to_owned());
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
        for (long, short, name) in NAMES {
            assert_eq!((short_code(long).as_str(), from_tag(short).as_str()), (short, long));
            assert_eq!(display_name(long), name);
        }
        assert_eq!(from_tag("pt-BR"), "por");
        assert_eq!(terminology("ENG"), "eng");
        assert_eq!(of_stream(Some("und".into())), None);
    }
}
