//! What would be charged: facts, from which a client's prices can be checked. Only jobs that completed are on it.

use std::collections::BTreeMap;

use serde::Serialize;

/// Outputs shorter than this are charged as if they had it, seconds.
/// <https://aws.amazon.com/mediaconvert/pricing/>
const LEAST_SECONDS: u64 = 10;

/// Everything that completed.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Bill {
    /// An output each.
    pub lines: Vec<Line>,
}

/// One output.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// Its job.
    pub job: String,
    /// Addresses of the job's inputs.
    pub inputs: Vec<String>,
    /// Name of the queue.
    pub queue: String,
    /// Place of its group in the job, from 0.
    pub group: usize,
    /// Its place in the group, from 0.
    pub output: usize,
    /// Seconds that are charged.
    pub seconds: u64,
    /// What was made.
    pub made: Made,
    /// Accelerated transcoding ran, which makes all outputs of the job professional.
    pub accelerated: bool,
    /// The advanced filter of an input was on, which does as well.
    pub advanced_input_filter: bool,
    /// Tags of the job, for cost allocation.
    pub tags: BTreeMap<String, String>,
    /// What the client noted in the job.
    pub user_metadata: BTreeMap<String, String>,
}

/// What an output is.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Made {
    /// Length, milliseconds.
    pub duration_ms: u64,
    /// Pixels; 0 of sound alone.
    pub width: u32,
    /// Pixels; 0 of sound alone.
    pub height: u32,
    /// Frames a second: numerator, denominator.
    pub frame_rate: (u32, u32),
    /// Frames.
    pub frames: u64,
    /// Codec of the picture by the service's name.
    pub codec: Option<String>,
    /// Container by the service's name.
    pub container: String,
    /// `qualityTuningLevel`, when said.
    pub quality_tuning_level: Option<String>,
    /// `rateControlMode`, when said.
    pub rate_control_mode: Option<String>,
    /// Where the file is.
    pub place: String,
}

/// Size classes of the price list, which go by the height.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Resolution {
    /// Sound alone.
    Audio,
    /// Less than 720 lines.
    Sd,
    /// 720 to 1080.
    Hd,
    /// More.
    Uhd,
}

impl Made {
    /// Seconds that are charged: whole ones, rounded up, at least ten.
    pub fn charged_seconds(&self) -> u64 {
        self.duration_ms.div_ceil(1000).max(LEAST_SECONDS)
    }

    /// Its size class.
    pub fn resolution(&self) -> Resolution {
        match self.height {
            0 => Resolution::Audio,
            1..720 => Resolution::Sd,
            720..=1080 => Resolution::Hd,
            _ => Resolution::Uhd,
        }
    }
}

impl Bill {
    /// Seconds that are charged.
    pub fn seconds(&self) -> u64 {
        self.lines.iter().map(|line| line.seconds).sum()
    }

    /// How many jobs completed for each input.
    pub fn jobs_by_input(&self) -> BTreeMap<String, usize> {
        let mut jobs: BTreeMap<&str, &[String]> = BTreeMap::new();
        for line in &self.lines {
            jobs.insert(&line.job, &line.inputs);
        }
        let mut counts = BTreeMap::new();
        for input in jobs.into_values().flatten() {
            *counts.entry(input.clone()).or_default() += 1;
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_whole_and_at_least_ten() {
        let seconds = |duration_ms| Made { duration_ms, ..Made::default() }.charged_seconds();
        assert_eq!([0, 1, 9_999, 10_000, 10_001, 59_999, 60_000].map(seconds), [10, 10, 10, 10, 11, 60, 60]);
    }

    #[test]
    fn the_height_is_the_class() {
        let class = |width, height| Made { width, height, ..Made::default() }.resolution();
        assert_eq!(class(1280, 719), Resolution::Sd);
        assert_eq!(class(1280, 720), Resolution::Hd);
        assert_eq!(class(1920, 1080), Resolution::Hd);
        assert_eq!(class(1920, 1082), Resolution::Uhd);
        assert_eq!(class(0, 0), Resolution::Audio);
    }
}
