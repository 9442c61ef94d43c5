//! An audio stream, from its packets, decoded only for loudness.

use super::{
    loudness::Listening,
    video::{ratio_or_zero, rounded},
};
use crate::{
    facts::AudioStream,
    ff::{Input, Packet, SideData},
    language,
    measured::MeasuredAudio,
    types::{MediaError, Ratio, rescale},
};

/// Collects the packets of a stream.
pub(super) struct AudioScan<'a> {
    facts: &'a AudioStream,
    pub(super) stream: usize,
    base: Ratio,
    frame_size: u32,
    /// Start and end of what is presented, in samples.
    span: Option<(i64, i64)>,
    /// Start of the first packet in samples, hidden or not.
    first: Option<i64>,
    last: Option<i64>,
    falls: u64,
    bytes: u64,
    listening: Option<Listening>,
}

impl<'a> AudioScan<'a> {
    pub(super) fn new(input: &Input, facts: &'a AudioStream, loudness: bool) -> Result<Self, MediaError> {
        let stream = input.stream(facts.index)?;
        let params = stream.params();
        let listening = if loudness && facts.decodable {
            Some(Listening::open(&params, stream.time_base())?)
        } else {
            None
        };
        Ok(Self {
            facts,
            stream: facts.index,
            base: stream.time_base(),
            frame_size: params.frame_size(),
            span: None,
            first: None,
            last: None,
            falls: 0,
            bytes: 0,
            listening,
        })
    }

    fn samples(&self, ticks: i64) -> i64 {
        rescale(ticks, self.base, sample_base(self.facts.sample_rate))
    }

    pub(super) fn add(&mut self, packet: &Packet) -> Result<(), MediaError> {
        self.bytes += packet.data().len() as u64;
        if let Some(listening) = &mut self.listening {
            listening.add(Some(packet))?;
        }
        let Some(pts) = packet.pts().or(packet.dts()) else { return Ok(()) };
        self.falls += u64::from(self.last.is_some_and(|last| pts <= last));
        self.last = Some(pts);
        self.first = self.first.or(Some(self.samples(pts)));
        let length = match self.samples(packet.duration()) {
            0 => i64::from(self.frame_size),
            length => length,
        };
        if self.frame_size == 0 {
            self.frame_size = u32::try_from(length).unwrap_or(0);
        }
        let (front, back) = packet.side_data().iter().find_map(SideData::as_skip_samples).unwrap_or((0, 0));
        let start = self.samples(pts).saturating_add(i64::from(front));
        let end = self.samples(pts).saturating_add(length).saturating_sub(i64::from(back));
        if !packet.is_discarded() && end > start {
            self.span =
                Some(self.span.map_or((start, end), |(first, last)| (first.min(start), last.max(end))));
        }
        Ok(())
    }

    /// Sums up. `zero`: time of the first picture frame. `iso`: nothing before time zero is presented,
    /// nor what lies behind the `stated` duration.
    pub(super) fn finish(
        mut self,
        zero: (i64, Ratio),
        iso: bool,
        stated: Option<i64>,
    ) -> Result<(MeasuredAudio, Vec<String>), MediaError> {
        let (mut start, mut end) = self.span.unwrap_or((0, 0));
        if iso {
            // The stated duration counts from the first packet that is not hidden; behind an empty edit,
            // where the demuxer does not know the last packet's duration, from the first of all.
            let origin = self.first.filter(|first| *first > 0).unwrap_or(start);
            let stated = stated.map(|duration| origin.saturating_add(self.samples(duration)));
            start = start.max(0).min(end);
            // A statement that is off by more than a codec frame is no trimming but an error.
            let within = |stated: &i64| *stated < end && end - stated < i64::from(self.frame_size.max(1));
            end = stated.filter(within).unwrap_or(end);
        }
        let mut faults = Vec::new();
        if self.falls > 0 {
            faults
                .push(format!("Audio stream {}: timestamps do not rise {} times.", self.stream, self.falls));
        }
        let rate = self.facts.sample_rate;
        let heard = match self.listening.take() {
            Some(listening) => Some(listening.finish()?),
            None => None,
        };
        let errors = heard.as_ref().map_or(0, |heard| heard.errors);
        if errors > 0 {
            faults.push(format!("Audio stream {}: {errors} decode errors.", self.stream));
        }
        let samples = u64::try_from(end - start).unwrap_or(0);
        let seconds = ratio_or_zero(samples, f64::from(rate));
        Ok((
            MeasuredAudio {
                id: String::new(),
                codec: self.facts.codec.clone(),
                profile: self.facts.profile.clone(),
                sample_rate: rate,
                channels: self.facts.channels,
                layout: self.facts.layout.clone(),
                language: language::of_stream(self.facts.language.clone()),
                start_sample: start.saturating_sub(rescale(zero.0, zero.1, sample_base(rate))),
                samples,
                frame_samples: self.frame_size,
                times_rise: self.falls == 0,
                bit_rate: rounded(ratio_or_zero(self.bytes * 8, seconds)),
                lufs: heard.as_ref().and_then(|heard| heard.lufs),
                true_peak_dbtp: heard.as_ref().and_then(|heard| heard.true_peak_dbtp),
                decode_errors: errors,
            },
            faults,
        ))
    }
}

fn sample_base(rate: u32) -> Ratio {
    Ratio::new(1, i32::try_from(rate.max(1)).unwrap_or(48_000))
}
