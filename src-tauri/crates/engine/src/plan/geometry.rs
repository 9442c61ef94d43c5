//! Picture sizes: turning, square pixels, boxes, and the odd column or row.

use spillway_media::{facts::VideoStream, types::Ratio};
use spillway_profile::{PixelAspect, Rotation};

use super::pixel::PixelFormat;

/// A picture after turning, before scaling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Canvas {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Sample aspect ratio.
    pub aspect: Ratio,
}

/// The size of a rendition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    /// Scaled width before the crop.
    pub scale_width: u32,
    /// Scaled height before the crop.
    pub scale_height: u32,
    /// Encoded width.
    pub width: u32,
    /// Encoded height.
    pub height: u32,
    /// Sample aspect ratio to write.
    pub aspect: Ratio,
    /// Made smaller to fit into its box.
    pub reduced: bool,
}

impl Canvas {
    /// The picture as the worker sees it after its treatment.
    pub(super) fn of(stream: &VideoStream, rotation: Rotation) -> Self {
        // Beyond ten to one either way it is damage, and would stretch a picture past every bound.
        let sane = |a: Ratio| a.num > 0 && a.den > 0 && (0.1..=10.0).contains(&a.as_f64());
        let aspect = if sane(stream.sample_aspect) { stream.sample_aspect } else { Ratio::new(1, 1) };
        let turned = rotation == Rotation::Apply && !stream.rotation.is_multiple_of(180);
        let (width, height) = (stream.width.max(1), stream.height.max(1));
        if turned {
            Self { width: height, height: width, aspect: aspect.inverse() }
        } else {
            Self { width, height, aspect }
        }
    }

    /// The size in `limit` (a box in pixels, turned with portrait pictures; `None`: as it is).
    ///
    /// Nothing grows, except the width where pixels become square. Scaled sides go to the nearest
    /// even number; sides left alone lose their last column or row where `format` needs it.
    pub(super) fn fit(
        self,
        limit: Option<(u32, u32)>,
        pixels: PixelAspect,
        format: PixelFormat,
        fields: bool,
    ) -> Frame {
        // Display width as an exact fraction; the height never changes with the pixel aspect.
        let (num, den) = match pixels {
            PixelAspect::Square => (self.aspect.num.unsigned_abs(), self.aspect.den.unsigned_abs()),
            PixelAspect::Keep => (1, 1),
        };
        let square = num == den;
        let wide = (u128::from(self.width) * u128::from(num), u128::from(den));
        let high = u128::from(self.height);
        let (align_x, align_y) = format.alignment(fields);
        let boxed = limit.map(|(w, h)| {
            let portrait = wide.0 < high * wide.1;
            let (long, short) = (u128::from(w.max(h)), u128::from(w.min(h)));
            // An odd box is even from the start, so that both sides come from the same scale.
            let (long, short) = ((long / 2 * 2).max(2), (short / 2 * 2).max(2));
            // A box that is itself portrait or square is turned like any other.
            if portrait { (short, long) } else { (long, short) }
        });
        let reduced = boxed.is_some_and(|(w, h)| wide.0 > w * wide.1 || high > h);
        let (scale_width, scale_height) = match boxed {
            Some((w, h)) if reduced => {
                if wide.0 * h >= high * w * wide.1 {
                    // The width touches the box.
                    (even_below(w), even(high * w * wide.1, wide.0).min(even_below(h.min(high))))
                } else {
                    (even(wide.0 * h, wide.1 * high).min(even_below(w)), even_below(h))
                }
            }
            _ if square => (self.width, self.height),
            _ => (even(wide.0, wide.1), self.height),
        };
        let (width, height) = (aligned(scale_width, align_x), aligned(scale_height, align_y));
        Frame {
            scale_width: scale_width.max(width),
            scale_height: scale_height.max(height),
            width,
            height,
            aspect: if pixels == PixelAspect::Square { Ratio::new(1, 1) } else { self.aspect },
            reduced,
        }
    }

    /// Whether the picture fills less than 95 % of a box in both directions: a rung of that size
    /// would promise more than the source holds. The margin keeps the full-size rung for masters
    /// that were cropped by a few lines.
    pub(super) fn is_smaller_than(self, limit: (u32, u32), pixels: PixelAspect) -> bool {
        let (num, den) = match pixels {
            PixelAspect::Square => (self.aspect.num.unsigned_abs(), self.aspect.den.unsigned_abs()),
            PixelAspect::Keep => (1, 1),
        };
        let wide = u64::from(self.width) * u64::from(num) / u64::from(den.max(1));
        let high = u64::from(self.height);
        let (long, short) = (u64::from(limit.0.max(limit.1)), u64::from(limit.0.min(limit.1)));
        wide.max(high) * 100 < long * 95 && wide.min(high) * 100 < short * 95
    }
}

/// `num / den` to the nearest even number, at least 2.
fn even(num: u128, den: u128) -> u32 {
    let den = den.max(1) * 2;
    let pairs = (num + den / 2) / den;
    u32::try_from(pairs.max(1) * 2).unwrap_or(u32::MAX - 1)
}

fn even_below(n: u128) -> u32 {
    u32::try_from((n / 2 * 2).max(2)).unwrap_or(u32::MAX - 1)
}

fn aligned(n: u32, to: u32) -> u32 {
    (n / to * to).max(to)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn canvas(width: u32, height: u32, aspect: (i32, i32)) -> Canvas {
        Canvas { width, height, aspect: Ratio::new(aspect.0, aspect.1) }
    }

    fn size(canvas: Canvas, limit: Option<(u32, u32)>, format: &str) -> (u32, u32) {
        let frame = canvas.fit(limit, PixelAspect::Square, PixelFormat::parse(format), false);
        (frame.width, frame.height)
    }

    #[test]
    fn common_cases() {
        let hd = canvas(1920, 1080, (1, 1));
        assert_eq!(size(hd, None, "yuv420p"), (1920, 1080));
        assert_eq!(size(hd, Some((1280, 720)), "yuv420p"), (1280, 720));
        assert_eq!(size(hd, Some((416, 234)), "yuv420p"), (416, 234));
        assert_eq!(size(hd, Some((3840, 2160)), "yuv420p"), (1920, 1080));
        assert_eq!(size(canvas(1080, 1920, (1, 1)), Some((1280, 720)), "yuv420p"), (720, 1280));
        assert_eq!(size(canvas(1920, 800, (1, 1)), Some((1280, 720)), "yuv420p"), (1280, 534));
        assert_eq!(size(canvas(720, 576, (16, 15)), None, "yuv420p"), (768, 576));
        assert_eq!(size(canvas(720, 480, (32, 27)), None, "yuv420p"), (854, 480));
        assert_eq!(size(canvas(1440, 1080, (4, 3)), Some((1280, 720)), "yuv420p"), (1280, 720));
    }

    #[test]
    fn an_odd_side_loses_one_line_and_is_not_scaled() {
        let frame =
            canvas(1919, 1079, (1, 1)).fit(None, PixelAspect::Square, PixelFormat::parse("yuv420p"), false);
        assert_eq!((frame.scale_width, frame.scale_height), (1919, 1079));
        assert_eq!((frame.width, frame.height), (1918, 1078));
        assert_eq!(size(canvas(1919, 1079, (1, 1)), None, "yuv422p10le"), (1918, 1079));
        assert_eq!(size(canvas(1919, 1079, (1, 1)), None, "yuv444p"), (1919, 1079));
        let fields =
            canvas(720, 486, (1, 1)).fit(None, PixelAspect::Keep, PixelFormat::parse("yuv420p"), true);
        assert_eq!((fields.width, fields.height), (720, 484));
    }

    #[test]
    fn kept_pixels_stay_and_carry_their_ratio() {
        let frame =
            canvas(720, 576, (64, 45)).fit(None, PixelAspect::Keep, PixelFormat::parse("yuv420p"), false);
        assert_eq!((frame.width, frame.height, frame.aspect), (720, 576, Ratio::new(64, 45)));
    }

    #[test]
    fn slightly_cropped_masters_count_as_full_size() {
        let pixels = PixelAspect::Square;
        assert!(!canvas(1904, 1072, (1, 1)).is_smaller_than((1920, 1080), pixels));
        assert!(!canvas(1920, 800, (1, 1)).is_smaller_than((1920, 1080), pixels));
        assert!(!canvas(1080, 1920, (1, 1)).is_smaller_than((1920, 1080), pixels));
        assert!(canvas(1280, 720, (1, 1)).is_smaller_than((1920, 1080), pixels));
    }

    proptest! {
        #[test]
        fn even_in_the_box_never_larger_and_in_proportion(
            width in 16u32..8_192, height in 16u32..8_192,
            box_width in 32u32..4_096, box_height in 32u32..4_096,
            num in 1i32..65, den in 1i32..65,
        ) {
            let frame = canvas(width, height, (num, den)).fit(
                Some((box_width, box_height)), PixelAspect::Square, PixelFormat::parse("yuv420p"), false);
            prop_assert_eq!((frame.width % 2, frame.height % 2), (0, 0));
            prop_assert!(frame.scale_width >= frame.width && frame.scale_height >= frame.height);
            let display = f64::from(width) * f64::from(num) / f64::from(den);
            prop_assert!(f64::from(frame.width) <= display + 1.0 || frame.width == 2);
            prop_assert!(frame.height <= height);
            let (long, short) = (box_width.max(box_height), box_width.min(box_height));
            prop_assert!(frame.width.max(frame.height) <= long.max(2));
            prop_assert!(frame.width.min(frame.height) <= short.max(2));
            // The scaled picture is off by at most one pixel in one direction from the true aspect.
            let ideal = f64::from(frame.scale_height) * display / f64::from(height);
            let other = f64::from(frame.scale_width) * f64::from(height) / display;
            let off = (ideal - f64::from(frame.scale_width)).abs().min((other - f64::from(frame.scale_height)).abs());
            prop_assert!(off <= 1.0 + 1e-6 || frame.width == 2 || frame.height == 2, "{:?} off {}", frame, off);
        }
    }
}
