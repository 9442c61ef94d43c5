//! What became of a job, in a few lines. Pure.

use spillway_engine::model::{JobState, JobView};

use crate::{documents::wall_ms, explain, out::Paint, text};

/// Of a job that ended, or that was left in the queue.
pub(crate) fn job(job: &JobView, now_ms: i64, paint: Paint) -> String {
    let subject = format!("{} for {}", text::name(&job.source), text::escape(&job.profile));
    match job.state {
        JobState::Delivered => {
            let head =
                format!("{} {subject} in {}", paint.good("delivered"), text::span(wall_ms(job, now_ms)));
            format!("{head}\n{}", files(job))
        }
        JobState::Failed => {
            let head = format!("{} {subject}  {}", paint.bad("failed"), paint.faint(&job.id.to_string()));
            match &job.error {
                Some(failure) => format!("{head}\n{}", explain::failure(failure, paint)),
                None => head,
            }
        }
        JobState::Cancelled => format!("{} {subject}", paint.odd("cancelled")),
        JobState::Queued | JobState::Running => {
            format!(
                "{} {subject}: {} of {} steps done",
                paint.odd("not finished"),
                job.steps.done,
                job.steps.total
            )
        }
    }
}

/// Outputs and receipt, one line each.
pub(crate) fn files(job: &JobView) -> String {
    let mut rows: Vec<Vec<String>> = job
        .outputs
        .iter()
        .map(|output| {
            vec![
                format!("  {}", text::path(&output.path)),
                text::bytes(output.bytes),
                text::plural(output.frames, "frame"),
                text::running_time(output.duration_ms),
            ]
        })
        .collect();
    if let Some(receipt) = &job.receipt {
        rows.push(vec![format!("  {}", text::path(receipt)), "receipt".to_owned()]);
    }
    text::table(&rows)
}

#[cfg(test)]
mod tests {
    use spillway_engine::model::OutputView;

    use super::*;
    use crate::board::tests::{job_id, view};

    #[test]
    fn a_delivery_names_every_file() {
        let mut job = view(job_id(1));
        job.state = JobState::Delivered;
        job.ended_ms = Some(67_000);
        job.receipt = Some("/out/master.receipt.json".into());
        let output = |path: &str, bytes| OutputView {
            id: "main".into(),
            path: path.into(),
            bytes,
            frames: 1_500,
            duration_ms: 60_000,
        };
        job.outputs = vec![output("/out/master.mp4", 45_000_000)];
        let expected = "\
delivered master.mov for web in 1 min 05 s
  /out/master.mp4           45.0 MB  1500 frames  00:01:00.000
  /out/master.receipt.json  receipt
";
        assert_eq!(super::job(&job, 0, Paint::PLAIN), expected);
    }

    #[test]
    fn a_failure_is_explained() {
        let mut job = view(job_id(1));
        job.state = JobState::Failed;
        job.error = Some(explain::tests::sample());
        let text = super::job(&job, 0, Paint::PLAIN);
        assert!(text.starts_with("failed master.mov for web"), "{text}");
        assert!(text.contains("error[SEC-01]"), "{text}");
    }
}
