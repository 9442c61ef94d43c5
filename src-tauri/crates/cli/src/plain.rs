//! Progress where lines cannot be drawn over: a line on stderr for each change that matters.

use spillway_engine::model::{Event, EventBody, JobState, StepKind, StepState, Wish};

use crate::{
    board::{Board, Row},
    explain,
    out::{Live, Out},
    text,
};

/// Says what an event means, unless lines are drawn or nothing is to be shown.
pub(crate) fn note(out: &Out, board: &Board, event: &Event) {
    if out.live() != Live::Plain {
        return;
    }
    if let Some(row) = board.row(event.job)
        && let Some(words) = words(row, &event.body)
    {
        out.note(&format!("{} for {}: {words}", row.name, row.profile));
    }
}

fn words(row: &Row, body: &EventBody) -> Option<String> {
    match body {
        EventBody::Submitted => Some("queued".to_owned()),
        EventBody::Job { state: JobState::Running, .. } => Some("started".to_owned()),
        EventBody::Job { .. } => Some(row.phase().to_owned()),
        EventBody::Wished { wish: Wish::Pause } => Some("shall pause".to_owned()),
        EventBody::Wished { wish: Wish::Cancel } => Some("shall stop".to_owned()),
        EventBody::Wished { wish: Wish::Run } => Some("goes on".to_owned()),
        EventBody::Routed { route } => {
            Some(format!("engine {}: {}", route.engine, text::escape(&route.text)))
        }
        EventBody::Planned { segments, frames, findings, .. } => {
            let mut lines = vec![format!(
                "{} in {}",
                text::plural(*frames, "frame"),
                text::plural((*segments).into(), "segment")
            )];
            lines.extend(findings.iter().map(|finding| format!("note: {}", text::escape(&finding.text))));
            Some(lines.join("; "))
        }
        EventBody::Step { state: StepState::Waiting, label, failure, .. } => {
            let why = failure.as_ref().map_or(String::new(), |failure| {
                format!(" after {}: {}", explain::code(failure.code), text::escape(&failure.why))
            });
            Some(format!("{} is tried again{why}", text::escape(label)))
        }
        EventBody::Step { kind, state: StepState::Done, label, .. } => {
            let percent =
                row.fraction().map_or(String::new(), |part| format!("{:>3.0} %  ", (part * 100.0).floor()));
            match kind {
                StepKind::Segment | StepKind::Audio | StepKind::Stitch | StepKind::Verify => {
                    Some(format!("{percent}{} done", text::escape(label)))
                }
                StepKind::Inspect
                | StepKind::Hash
                | StepKind::Upload
                | StepKind::Download
                | StepKind::Deliver
                | StepKind::Tidy
                | StepKind::Clear => None,
            }
        }
        EventBody::Step { .. } | EventBody::Dismissed | EventBody::Charged { .. } => None,
        EventBody::Recovered { kept, interrupted } => Some(format!(
            "taken up again: {} kept, {} run again",
            text::plural((*kept).into(), "step"),
            interrupted
        )),
        EventBody::Moved { .. } => Some("moved in the queue".to_owned()),
        EventBody::Removed => Some("removed".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::tests::{board, step};

    fn said(body: &EventBody) -> Option<String> {
        let board = board(vec![
            step(0, StepKind::Segment, StepState::Done, 100),
            step(1, StepKind::Stitch, StepState::Blocked, 0),
        ]);
        words(&board.rows()[0], body)
    }

    fn of_step(kind: StepKind, state: StepState) -> EventBody {
        EventBody::Step {
            ord: 0,
            kind,
            label: "segment 1 of 1".into(),
            state,
            attempt: 1,
            frames: 100,
            failure: Some(explain::tests::sample()),
            due_ms: None,
        }
    }

    #[test]
    fn a_try_that_failed_says_why() {
        let words = said(&of_step(StepKind::Segment, StepState::Waiting)).unwrap();
        assert_eq!(words, "segment 1 of 1 is tried again after SEC-01: It is a list.");
    }

    #[test]
    fn a_finished_segment_says_how_far_the_job_is() {
        assert_eq!(said(&of_step(StepKind::Segment, StepState::Done)).unwrap(), " 95 %  segment 1 of 1 done");
    }

    #[test]
    fn claims_are_not_worth_a_line() {
        assert_eq!(said(&of_step(StepKind::Segment, StepState::Running)), None);
    }
}
