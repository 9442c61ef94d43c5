//! Addresses of pictures: numbers and ids only, so that nothing else can be asked for.

use spillway_engine::{model::JobId, picture::Moment};

/// Lines of a picture, least and most.
const HEIGHTS: (u32, u32) = (16, 1080);
/// Lines where nothing is said.
const HEIGHT: u32 = 96;

/// A picture that the window may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Address {
    /// Of what.
    pub(super) film: Film,
    /// Which moment.
    pub(super) moment: Moment,
    /// How many lines.
    pub(super) height: u32,
}

/// Something that has pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Film {
    /// A file on a sheet.
    Sheet {
        /// Number of the sheet.
        sheet: u32,
        /// Number on it.
        file: u32,
    },
    /// The source of a job.
    Source(JobId),
    /// An output of a job.
    Output {
        /// Which job.
        job: JobId,
        /// Which, from 0.
        index: u32,
    },
}

impl Address {
    /// Reads path and query of an address; `None`: there is no such thing.
    pub(super) fn parse(path: &str, query: Option<&str>) -> Option<Self> {
        let mut parts = path.strip_prefix('/')?.split('/');
        let film = match parts.next()? {
            "sheet" => Film::Sheet { sheet: number(parts.next()?)?, file: number(parts.next()?)? },
            "source" => Film::Source(parts.next()?.parse().ok()?),
            "output" => Film::Output { job: parts.next()?.parse().ok()?, index: number(parts.next()?)? },
            _ => return None,
        };
        if parts.next().is_some() {
            return None;
        }
        let (mut height, mut moment) = (HEIGHT, Moment::Poster);
        for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=')? {
                ("height", lines) => height = number(lines)?,
                ("at", ms) => moment = Moment::At(i64::from(number(ms)?)),
                _ => return None,
            }
        }
        Some(Self { film, moment, height: height.clamp(HEIGHTS.0, HEIGHTS.1) })
    }
}

/// Digits and nothing else: no sign, no space.
fn number(text: &str) -> Option<u32> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "0192f0c1-2b3c-7d4e-8f50-123456789abc";

    fn parse(address: &str) -> Option<Address> {
        let (path, query) =
            address.split_once('?').map_or((address, None), |(path, query)| (path, Some(query)));
        Address::parse(path, query)
    }

    #[test]
    fn the_three_kinds_are_understood() {
        let job = ID.parse().unwrap();
        let at = |film, moment, height| Some(Address { film, moment, height });
        let sheet = Film::Sheet { sheet: 3, file: 12 };
        assert_eq!(parse("/sheet/3/12?height=200"), at(sheet, Moment::Poster, 200));
        let source = Film::Source(job);
        assert_eq!(parse(&format!("/source/{ID}?at=40&height=96")), at(source, Moment::At(40), 96));
        let output = Film::Output { job, index: 1 };
        assert_eq!(parse(&format!("/output/{ID}/1")), at(output, Moment::Poster, HEIGHT));
    }

    #[test]
    fn heights_stay_within_reason() {
        let height = |lines: &str| parse(&format!("/sheet/0/0?height={lines}")).map(|address| address.height);
        assert_eq!((height("0"), height("4000000000"), height("720")), (Some(16), Some(1080), Some(720)));
        assert_eq!((height("-5"), height("+5"), height("99999999999")), (None, None, None));
    }

    #[test]
    fn nothing_else_is_an_address() {
        let wrong = [
            "",
            "/",
            "/sheet",
            "/sheet/0",
            "/sheet/0/0/",
            "/sheet/0/0/0",
            "//sheet/0/0",
            "sheet/0/0",
            "/sheet/../0",
            "/sheet/0/../../etc/passwd",
            "/source/..",
            "/source//etc/passwd",
            "/etc/passwd",
            "/source/%2e%2e",
            "/output/0/0",
            "/sheet/0/0?path=/etc/passwd",
            "/sheet/0/0?height",
            "/SHEET/0/0",
            "/sheet/0x1/0",
            "/sheet/ 0/0",
        ];
        for address in wrong {
            assert_eq!(parse(address), None, "{address}");
        }
        assert_eq!(parse(&format!("/output/{ID}/-1")), None);
        assert_eq!(parse(&format!("/source/{ID}/x")), None);
    }

    proptest! {
        /// Whatever is asked, the answer names numbers and an id; there is no way to a path.
        #[test]
        fn any_text_is_refused_or_is_only_numbers(path in "(/(sheet|source|output|[.]{1,2}|[0-9a-f-]{1,36}|[^/?]{0,6})){0,5}") {
            if let Some(address) = parse(&path) {
                let canonical = match address.film {
                    Film::Sheet { sheet, file } => sheet.to_string().len() + file.to_string().len() <= 20,
                    Film::Source(_) | Film::Output { .. } => true,
                };
                prop_assert!(canonical && !path.contains(".."));
            }
        }
    }
}
