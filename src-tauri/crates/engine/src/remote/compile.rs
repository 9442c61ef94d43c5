//! Settings of MediaConvert jobs for the encoded outputs of a plan. Pure.

use serde_json::Value;
use spillway_cloud::job::{
    self, CompiledJob, JobSpec, RenditionSpec, SourceSpec, Unsupported, parse_template,
};
use spillway_profile::{Loss, Output, Profile, RateControl};

use crate::plan::{self, Fate, OutputPlan, Planned, RenditionPlan, SourceFacts, VideoPlan, nominal::Nominal};

/// Compiles one output; `None`: its picture is copied.
pub(crate) fn compile(
    profile: &Profile,
    source: &SourceFacts<'_>,
    output: &OutputPlan,
    wanted: &Output,
    template: Option<&Value>,
) -> Result<Option<CompiledJob>, Vec<Unsupported>> {
    let (VideoPlan::Encode { treatment, renditions, .. }, Some(stream)) =
        (&output.video, source.probe.video.first())
    else {
        return Ok(None);
    };
    let carries_captions = output
        .carriage
        .iter()
        .any(|carriage| carriage.what == Loss::Captions && carriage.fate == Fate::Carried);
    let spec = JobSpec {
        options: &profile.mediaconvert,
        template,
        treatment,
        source: SourceSpec {
            codec: stream.codec.clone(),
            width: stream.width,
            height: stream.height,
            rate: source.summary.constant_rate,
            carries_captions,
        },
        renditions: renditions
            .iter()
            .map(|rendition| RenditionSpec {
                id: &rendition.id,
                every: rendition.every,
                video: &rendition.video,
                rate: rate_of(wanted, rendition),
            })
            .collect(),
    };
    job::compile(&spec).map(Some)
}

/// As the profile says it for this rendition.
fn rate_of(wanted: &Output, rendition: &RenditionPlan) -> Option<RateControl> {
    let rung = wanted.video.rung.iter().find(|rung| rung.id == rendition.id);
    rung.map(|rung| rung.rate).or(wanted.video.rate)
}

/// Compiles every encoded output of a plan, each under its id.
pub(crate) fn compile_all(
    profile: &Profile,
    source: &SourceFacts<'_>,
    planned: &Planned,
    template: Option<&Value>,
) -> Result<Vec<(String, CompiledJob)>, Vec<Unsupported>> {
    let (mut compiled, mut unsupported) = (Vec::new(), Vec::new());
    for (output, wanted) in planned.plan.outputs.iter().zip(&profile.output) {
        match compile(profile, source, output, wanted, template) {
            Ok(job) => compiled.extend(job.map(|job| (output.id.clone(), job))),
            Err(all) => unsupported.extend(all),
        }
    }
    if unsupported.is_empty() { Ok(compiled) } else { Err(unsupported) }
}

/// What MediaConvert cannot do of a profile for a usual master.
pub(crate) fn not_in_the_cloud(profile: &Profile) -> Vec<Unsupported> {
    let nominal = Nominal::new();
    // What stops every engine is no matter of this one; a template that is none is the profile's own problem.
    let Ok(planned) = plan::plan(profile, &nominal.facts()) else { return Vec::new() };
    let template = profile.mediaconvert.template_json.as_deref().and_then(|text| parse_template(text).ok());
    compile_all(profile, &nominal.facts(), &planned, template.as_ref()).err().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped(id: &str) -> Profile {
        spillway_profile::find(id).unwrap().profile().unwrap()
    }

    #[test]
    fn shipped_profiles_that_encode_for_viewers_can_go_to_the_cloud() {
        for id in ["youtube", "web-mp4", "apple-hls", "proxy-edit"] {
            assert_eq!(not_in_the_cloud(&shipped(id)), [], "{id}");
        }
    }

    #[test]
    fn what_the_service_cannot_do_is_found_out_without_a_file() {
        let mut profile = shipped("web-mp4");
        profile.output[0].video.pixel_format = "yuv444p".to_owned();
        profile.output[0].video.profile = None;
        assert!(!not_in_the_cloud(&profile).is_empty());
    }
}
