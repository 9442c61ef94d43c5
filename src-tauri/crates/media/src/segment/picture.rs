//! Pixel work that all renditions share: deinterlace, tone-map, rotate.

use std::{collections::VecDeque, ops::Range};

use super::frames::Matched;
use crate::{
    ff::{Frame, Graph, Next, VideoFormat},
    task::Treatment,
    types::{ColorTags, FieldOrder, MediaError, Ratio, rescale},
};

/// Timebase of the counters that travel through the graph in place of times.
const COUNT: Ratio = Ratio::new(1, 1000);

/// Applies the treatment; frames keep their slots although filters delay them.
pub(super) struct Treated<'a> {
    treatment: &'a Treatment,
    graph: Option<Graph>,
    /// Slots of the frames inside the graph, by counter.
    inside: VecDeque<(i64, Option<Range<usize>>)>,
    counter: i64,
}

impl<'a> Treated<'a> {
    pub(super) fn new(treatment: &'a Treatment) -> Self {
        Self { treatment, graph: None, inside: VecDeque::new(), counter: 0 }
    }

    /// Puts a frame in (`None`: the end) and gives what comes out.
    pub(super) fn push(&mut self, matched: Option<Matched>) -> Result<Vec<Matched>, MediaError> {
        let Some(chain) = chain(self.treatment) else {
            return Ok(matched.into_iter().collect());
        };
        match matched {
            Some((slots, mut frame)) => {
                frame.set_color(&self.treatment.source_color);
                if let Some(order) = self.treatment.deinterlace {
                    // One decision for the whole programme: streams that mark only some frames would
                    // otherwise alternate between sharp and deinterlaced pictures.
                    frame.set_fields(true, order == FieldOrder::TopFirst);
                }
                frame.set_pts(self.counter);
                self.inside.push_back((self.counter, slots));
                self.counter += 1;
                if self.graph.is_none() {
                    self.graph = Some(Graph::video(&format_of(&frame), &chain)?);
                }
                if let Some(graph) = &mut self.graph {
                    graph.send(Some(&frame))?;
                }
            }
            None => {
                if let Some(graph) = &mut self.graph {
                    graph.send(None)?;
                }
            }
        }
        self.drain()
    }

    fn drain(&mut self) -> Result<Vec<Matched>, MediaError> {
        let mut out = Vec::new();
        let Some(graph) = &mut self.graph else { return Ok(out) };
        let base = graph.time_base();
        let mut frame = Frame::new();
        while graph.receive(&mut frame)? == Next::Item {
            let counter = frame.pts().map_or(-1, |t| rescale(t, base, COUNT));
            while let Some((n, slots)) = self.inside.pop_front() {
                if n == counter {
                    if self.treatment.deinterlace.is_some() {
                        frame.set_fields(false, false);
                    }
                    out.push((slots, std::mem::replace(&mut frame, Frame::new())));
                    break;
                }
            }
        }
        Ok(out)
    }
}

pub(crate) fn format_of(frame: &Frame) -> VideoFormat {
    VideoFormat {
        width: frame.width(),
        height: frame.height(),
        pixel_format: frame.pixel_format().unwrap_or_default(),
        time_base: COUNT,
        sample_aspect: frame.sample_aspect(),
    }
}

/// The filters; `None`: nothing to do.
fn chain(treatment: &Treatment) -> Option<String> {
    let mut filters = Vec::new();
    if let Some(order) = treatment.deinterlace {
        let parity = if order == FieldOrder::BottomFirst { "bff" } else { "tff" };
        filters.push(format!("bwdif=mode=send_frame:parity={parity}:deint=all"));
    }
    if let Some(transfer) = &treatment.tone_map {
        filters.push(tone_map(&treatment.source_color, transfer));
    }
    match treatment.rotate {
        90 => filters.push("transpose=clock".into()),
        180 => filters.push("hflip,vflip".into()),
        270 => filters.push("transpose=cclock".into()),
        _ => {}
    }
    (!filters.is_empty()).then(|| filters.join(","))
}

/// HDR to SDR: linear light, BT.709 primaries, Hable curve, BT.709 transfer. The nominal peak of
/// 100 cd/m² is the reference white of SDR mastering (ITU-R BT.2035); HLG is display-referred at 1000.
pub(crate) fn tone_map(tags: &ColorTags, transfer: &str) -> String {
    let primaries = tags.primaries.as_deref().unwrap_or("bt2020");
    let matrix = match tags.matrix.as_deref().unwrap_or("bt2020nc") {
        "bt2020nc" => "2020_ncl",
        "bt2020c" => "2020_cl",
        "bt709" => "709",
        _ => "input",
    };
    let primaries = if primaries == "bt2020" { "2020" } else { "input" };
    let range = if tags.range.as_deref() == Some("pc") { "full" } else { "limited" };
    format!(
        "zscale=tin={transfer}:min={matrix}:pin={primaries}:rin={range}:t=linear:npl=100,format=gbrpf32le,\
         zscale=p=709,tonemap=tonemap=hable:desat=0,zscale=t=709:m=709:r=limited,format=yuv420p10le"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn treatment() -> Treatment {
        Treatment { deinterlace: None, tone_map: None, rotate: 0, source_color: ColorTags::default() }
    }

    #[test]
    fn nothing_to_do_is_no_graph() {
        assert_eq!(chain(&treatment()), None);
    }

    #[test]
    fn order_is_fields_light_turn() {
        let all = Treatment {
            deinterlace: Some(FieldOrder::BottomFirst),
            tone_map: Some("arib-std-b67".into()),
            rotate: 90,
            ..treatment()
        };
        let chain = chain(&all).unwrap();
        let at = |what: &str| chain.find(what).unwrap_or_else(|| panic!("{what} in {chain}"));
        assert!(at("bwdif") < at("tonemap") && at("tonemap") < at("transpose"));
        assert!(chain.contains("parity=bff"));
    }
}
