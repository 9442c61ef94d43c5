//! Keys of objects as paths. A key may hold what no path may: `..`, doubled or leading slashes, control
//! characters. Such parts are written as `%` and two hexadecimal digits, and come back as they were.

use std::fmt::Write as _;

/// The end of a key as a relative path that stays below whatever it is joined to.
pub(super) fn path_of(key: &str) -> String {
    let mut path = String::with_capacity(key.len());
    for (number, segment) in key.split('/').enumerate() {
        if number > 0 {
            // A slash that would double another, lead or end stands for itself only.
            let plain = !path.is_empty() && !path.ends_with('/') && !segment.is_empty();
            path.push_str(if plain { "/" } else { "%2F" });
        }
        let dots = matches!(segment, "." | "..");
        for (at, c) in segment.char_indices() {
            if dots || c.is_control() || c == '%' && is_escape(&segment[at..]) {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    // Writing into a string cannot fail.
                    let _ = write!(path, "%{byte:02X}");
                }
            } else {
                path.push(c);
            }
        }
    }
    path
}

/// The end of the key that [`path_of`] has made a path of.
pub(super) fn key_of(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some(c) = rest.chars().next() {
        let code = rest.get(1..3).filter(|_| is_escape(rest));
        if let Some(byte) = code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            bytes.push(byte);
            rest = &rest[3..];
        } else {
            bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            rest = &rest[c.len_utf8()..];
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Longest name of a copy in bytes: room for what a download adds.
const NAME_BYTES: usize = 200;

/// The name that the copy of a file gets: the end of its path, shortened before its extension.
pub(super) fn name_of(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    if name.len() <= NAME_BYTES {
        return name.to_owned();
    }
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let extension = if extension.len() < NAME_BYTES / 4 { extension } else { "" };
    let mut end = (NAME_BYTES - extension.len() - 1).min(stem.len());
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    if extension.is_empty() { stem[..end].to_owned() } else { format!("{}.{extension}", &stem[..end]) }
}

fn is_escape(text: &str) -> bool {
    matches!(text.as_bytes(), [b'%', one, other, ..] if one.is_ascii_hexdigit() && other.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use std::path::{Component, Path};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ordinary_keys_are_paths_and_odd_ones_harmless() {
        for (key, path) in [
            ("a/b c+d.mov", "a/b c+d.mov"),
            ("100%.mov", "100%.mov"),
            ("a%20b.mov", "a%2520b.mov"),
            ("../../etc/passwd", "%2E%2E/%2E%2E/etc/passwd"),
            ("/etc/passwd", "%2Fetc/passwd"),
            ("a//b.mov", "a%2F/b.mov"),
            ("a\nb.mov", "a%0Ab.mov"),
            ("片段/1.mov", "片段/1.mov"),
        ] {
            assert_eq!(path_of(key), path);
            assert_eq!(key_of(path), key);
        }
    }

    proptest! {
        /// Every key comes back, and its path never leaves the folder that it is joined to.
        #[test]
        fn keys_come_back_and_stay_below(key in "([a-c./%0-9A-F\u{0}-\u{9}ä片]|\\.\\./|//|%2E){0,24}") {
            let path = path_of(&key);
            prop_assert_eq!(key_of(&path), &key[..]);
            let plain = Path::new(&path).components().all(|part| matches!(part, Component::Normal(_)));
            prop_assert!(plain, "{path}");
            prop_assert!(!path.chars().any(char::is_control));
        }

        #[test]
        fn names_of_copies_are_short_and_keep_their_extension(stem in "\\PC{0,300}") {
            let name = name_of(&format!("in/{stem}x.mov"));
            prop_assert!(name.len() <= NAME_BYTES && !name.contains('/'));
            prop_assert_eq!(Path::new(&name).extension().and_then(|end| end.to_str()), Some("mov"), "{}", name);
        }
    }
}
