//! What FFmpeg's pixel format names say about precision and sampling.

/// Sampling and depth of a pixel format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PixelFormat {
    /// Bits per component.
    pub bits: u32,
    /// Chroma resolution.
    pub chroma: Chroma,
    /// Has an alpha channel.
    pub alpha: bool,
    /// Red, green, blue instead of luma and chroma.
    pub rgb: bool,
    /// Full range by its name (`yuvj…`).
    pub full_range: bool,
}

/// Chroma resolution, rising.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Chroma {
    /// None: grey.
    Grey,
    /// A quarter horizontally (4:1:1, 4:1:0).
    Quarter,
    /// Half both ways (4:2:0).
    C420,
    /// Half horizontally (4:2:2, and 4:4:0 turned).
    C422,
    /// Full (4:4:4, RGB).
    C444,
}

impl PixelFormat {
    /// Reads a name such as `yuv422p10le`. Unknown names count as 8-bit 4:2:0, the least precise
    /// common format, so that nothing is called lost that may never have been there.
    pub(crate) fn parse(name: &str) -> Self {
        const RGB: [&str; 9] = ["rgb", "bgr", "gbr", "argb", "abgr", "0rgb", "0bgr", "pal8", "xyz"];
        const ALPHA: [&str; 7] = ["yuva", "rgba", "bgra", "argb", "abgr", "gbrap", "ya"];
        let rgb = RGB.iter().any(|prefix| name.starts_with(prefix));
        let chroma = if rgb || contains(name, &["444", "p410", "p412", "p416", "nv24", "ayuv", "vuya"]) {
            Chroma::C444
        } else if contains(name, &["422", "440", "p210", "p212", "p216", "nv16", "nv20", "y210", "y212"]) {
            Chroma::C422
        } else if contains(name, &["411", "410"]) {
            Chroma::Quarter
        } else if name.starts_with("gray") || name.starts_with("mono") || name.starts_with("ya") {
            Chroma::Grey
        } else {
            Chroma::C420
        };
        Self {
            bits: bits(name),
            chroma,
            alpha: ALPHA.iter().any(|prefix| name.starts_with(prefix)) || contains(name, &["ayuv", "vuya"]),
            rgb,
            full_range: name.starts_with("yuvj") || rgb,
        }
    }

    /// Columns and rows that a picture's size must be a multiple of.
    pub(crate) fn alignment(self, fields: bool) -> (u32, u32) {
        let wide = if matches!(self.chroma, Chroma::C444 | Chroma::Grey) { 1 } else { 2 };
        let high = match (self.chroma, fields) {
            (Chroma::C420 | Chroma::Quarter, true) => 4,
            (Chroma::C420 | Chroma::Quarter, false) | (_, true) => 2,
            (_, false) => 1,
        };
        (wide, high)
    }
}

fn contains(name: &str, parts: &[&str]) -> bool {
    parts.iter().any(|part| name.contains(part))
}

fn bits(name: &str) -> u32 {
    if contains(name, &["rgb48", "bgr48", "rgba64", "bgra64"]) {
        return 16;
    }
    let stem = name.trim_end_matches("le").trim_end_matches("be");
    let digits = |n: &u32| stem.ends_with(&format!("p{n}")) || stem.ends_with(&format!("gray{n}"));
    // `p010`, `p210`, `y210` …: depth in the last two digits of a four-character name.
    let packed = || stem.len() == 4 && (stem.starts_with('p') || stem.starts_with('y'));
    [9, 10, 12, 14, 16]
        .into_iter()
        .find(|n| digits(n) || (packed() && stem.ends_with(&n.to_string())))
        .unwrap_or(if stem.ends_with("nv20") { 10 } else { 8 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read() {
        let of = |name| {
            let f = PixelFormat::parse(name);
            (f.bits, f.chroma, f.alpha)
        };
        assert_eq!(of("yuv420p"), (8, Chroma::C420, false));
        assert_eq!(of("yuvj420p"), (8, Chroma::C420, false));
        assert_eq!(of("yuv420p10le"), (10, Chroma::C420, false));
        assert_eq!(of("yuv422p10le"), (10, Chroma::C422, false));
        assert_eq!(of("yuva444p12le"), (12, Chroma::C444, true));
        assert_eq!(of("p010le"), (10, Chroma::C420, false));
        assert_eq!(of("p210le"), (10, Chroma::C422, false));
        assert_eq!(of("nv12"), (8, Chroma::C420, false));
        assert_eq!(of("uyvy422"), (8, Chroma::C422, false));
        assert_eq!(of("yuv411p"), (8, Chroma::Quarter, false));
        assert_eq!(of("gbrp10le"), (10, Chroma::C444, false));
        assert_eq!(of("rgba"), (8, Chroma::C444, true));
        assert_eq!(of("gray10le"), (10, Chroma::Grey, false));
        assert_eq!(of("yuv410p"), (8, Chroma::Quarter, false));
    }

    #[test]
    fn sizes_are_aligned_as_sampling_and_fields_need() {
        assert_eq!(PixelFormat::parse("yuv420p").alignment(false), (2, 2));
        assert_eq!(PixelFormat::parse("yuv420p").alignment(true), (2, 4));
        assert_eq!(PixelFormat::parse("yuv422p10le").alignment(false), (2, 1));
        assert_eq!(PixelFormat::parse("yuv444p").alignment(false), (1, 1));
    }
}
