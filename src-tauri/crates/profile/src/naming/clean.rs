//! Making any text a safe file name, under the partner's character rules.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::Delivery;

/// A title ready for a template; never empty.
pub(super) fn title(title: &str, delivery: &Delivery) -> String {
    or_untitled(trim(&characters(title, delivery)))
}

/// A whole name without its extension.
pub(super) fn name(stem: &str, delivery: &Delivery) -> String {
    let mut name = or_untitled(trim(&characters(stem, delivery)));
    if let Some(device) = device_name(&name) {
        // Behind the device name, not at the end: Windows looks at what stands before the first dot.
        name.insert(device.len(), substitute(delivery).unwrap_or('x'));
    }
    name
}

/// Letters are allowed by every partner.
fn or_untitled(name: &str) -> String {
    if name.is_empty() { "untitled" } else { name }.to_owned()
}

/// Takes at least `bytes` off the end, on a character boundary, leaving no ragged end.
pub(super) fn shorten(text: &mut String, bytes: usize) {
    let keep = text.floor_char_boundary(text.len().saturating_sub(bytes));
    let end = text[..keep].trim_end_matches(|c| is_joiner(c) || matches!(c, ' ' | '.' | '_' | '-')).len();
    text.truncate(end);
}

/// What stands in for a character that is not allowed; none when the partner allows nothing suitable.
pub(super) fn substitute(delivery: &Delivery) -> Option<char> {
    ['_', '-'].into_iter().find(|c| is_allowed(*c, delivery))
}

/// Every character safe and allowed; runs of forbidden ones become one substitute.
fn characters(text: &str, delivery: &Delivery) -> String {
    let visible = text.chars().filter(|c| !is_invisible(*c));
    let spelled: String = if delivery.ascii_only {
        visible.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(transliterate).collect()
    } else {
        visible.nfc().collect()
    };
    let substitute = substitute(delivery);
    let mut out = String::with_capacity(spelled.len());
    let mut replacing = false;
    for c in spelled.chars() {
        let good = is_safe(c) && is_allowed(c, delivery);
        if good {
            out.push(c);
        } else if !replacing {
            out.extend(substitute);
        }
        replacing = !good;
    }
    out
}

/// No dash, dot or space in front (an option, a hidden file, a typing trap), none of the latter two at
/// the end (Windows drops them silently).
fn trim(name: &str) -> &str {
    name.trim_start_matches(|c: char| matches!(c, '-' | '.') || c.is_whitespace() || is_joiner(c))
        .trim_end_matches(|c: char| c == '.' || c.is_whitespace() || is_joiner(c))
}

/// On every file system that deliveries pass through.
fn is_safe(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*')
        && !matches!(c, '\u{2028}' | '\u{2029}' | char::REPLACEMENT_CHARACTER)
}

fn is_allowed(c: char, delivery: &Delivery) -> bool {
    if delivery.ascii_only && !c.is_ascii() {
        return false;
    }
    match &delivery.allowed_characters {
        Some(allowed) => c.is_alphanumeric() || is_combining_mark(c) || allowed.contains(c),
        None => true,
    }
}

/// Left out rather than replaced: they show nothing, and direction overrides can disguise an extension.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Needed inside Indic words and emoji, meaningless at the edge of a name.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe0f}')
}

/// Latin letters that do not decompose into a letter and an accent.
fn transliterate(c: char) -> impl Iterator<Item = char> {
    let spelled = match c {
        'ß' => "ss",
        'ẞ' => "SS",
        'æ' => "ae",
        'Æ' => "AE",
        'œ' => "oe",
        'Œ' => "OE",
        'ø' => "o",
        'Ø' => "O",
        'ł' => "l",
        'Ł' => "L",
        'đ' | 'ð' => "d",
        'Đ' | 'Ð' => "D",
        'þ' => "th",
        'Þ' => "TH",
        'ħ' => "h",
        'Ħ' => "H",
        'ı' => "i",
        'ŋ' => "ng",
        'Ŋ' => "NG",
        'ŧ' => "t",
        'Ŧ' => "T",
        '‘' | '’' => "'",
        '“' | '”' => "\"",
        '–' | '—' | '‐' | '‑' => "-",
        _ => "",
    };
    let other = spelled.is_empty().then_some(c);
    spelled.chars().chain(other)
}

/// The part of a name that Windows takes for a device, whatever follows the first dot.
fn device_name(name: &str) -> Option<&str> {
    const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
    let base = name.split('.').next()?.trim_end();
    let upper = base.to_uppercase();
    let numbered = ["COM", "LPT"].iter().any(|port| {
        let number = upper.strip_prefix(port).unwrap_or_default();
        let mut digits = number.chars();
        digits.next().is_some_and(|c| matches!(c, '0'..='9' | '¹' | '²' | '³')) && digits.next().is_none()
    });
    (numbered || DEVICES.contains(&upper.as_str())).then_some(base)
}
