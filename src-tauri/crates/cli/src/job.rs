//! `job ID`: everything about one job.

use std::time::Duration;

use spillway_engine::{
    cost::{ChargeState, LedgerLine},
    model::{AttemptView, JobDetail, JobView, StepKind, StepState, StepView},
};

use crate::{
    Session,
    args::JobName,
    board::Board,
    documents::{DetailDocument, wall_ms},
    draw::{self, Glyphs},
    estimate,
    exit::{CommandError, Exit},
    explain, hold, jobs,
    out::Paint,
    summary, text, variable,
};

/// Shows a job.
pub(crate) fn job(session: &Session<'_>, which: &JobName) -> Result<Exit, CommandError> {
    let engine = session.engine(None)?;
    let detail = engine.job(engine.find_job(&which.id)?)?;
    if session.out.json() {
        session.out.document(&DetailDocument::new(&detail));
    } else {
        let now_ms = jiff::Timestamp::now().as_millisecond();
        session.out.result(&words(&detail, now_ms, Glyphs::of(&variable), session.out.paint()));
        let charges = engine.ledger(detail.job.id)?;
        if !charges.is_empty() {
            session.out.result(&ledger(&charges, session.out.paint()));
        }
        if !detail.job.state.ended()
            && let Some(hold) = engine.hold()?
        {
            session.out.note(&hold::words(&hold));
        }
    }
    Ok(Exit::Done)
}

fn words(detail: &JobDetail, now_ms: i64, glyphs: Glyphs, paint: Paint) -> String {
    let job = &detail.job;
    let mut parts = vec![facts(detail, now_ms, paint)];
    let mut board = Board::default();
    board.seed(detail);
    if let Some(row) = board.rows().first() {
        let map = draw::segment_map(row.segments(), glyphs);
        if !map.is_empty() {
            parts.push(format!("{} {map}\n", text::plural(text::count(row.segments().count()), "segment")));
        }
    }
    for finding in &detail.findings {
        parts.push(format!("{} {}\n", paint.odd("note:"), text::escape(&finding.text)));
    }
    parts.push(steps(&detail.steps, paint));
    if !job.outputs.is_empty() {
        parts.push(summary::files(job));
    }
    if let Some(failure) = &job.error {
        parts.push(explain::failure(failure, paint));
    }
    parts.join("\n")
}

fn facts(detail: &JobDetail, now_ms: i64, paint: Paint) -> String {
    let job = &detail.job;
    let ended = job.ended_ms.map_or_else(|| "-".to_owned(), text::moment);
    let mut rows = vec![("job", job.id.to_string()), ("source", text::path(&job.source))];
    rows.extend(job.extras.title.iter().map(|title| ("title", text::escape(title))));
    rows.extend(job.extras.deadline_ms.map(|deadline| ("deadline", text::moment(deadline))));
    rows.extend(job.extras.watch.map(|watch| ("watch", watch.to_string())));
    rows.extend([
        ("profile", format!("{} ({})", text::escape(&job.profile), text::escape(&job.partner))),
        ("into", text::path(&job.out_dir)),
        ("state", jobs::state(job, paint)),
        ("engine", engine(job)),
        ("submitted", text::moment(job.created_ms)),
        ("started", job.started_ms.map_or_else(|| "-".to_owned(), text::moment)),
        ("ended", ended),
        ("worked", text::span(wall_ms(job, now_ms))),
        ("encoded", encoded(detail).unwrap_or_else(|| "-".to_owned())),
        ("cost", text::dollars(job.cost_microusd)),
    ]);
    let mut table: Vec<Vec<String>> =
        rows.into_iter().map(|(label, value)| vec![paint.faint(label), value]).collect();
    let said =
        |(name, value): (&String, &String)| vec![paint.faint(&text::escape(name)), text::escape(value)];
    table.extend(job.extras.metadata.iter().map(said));
    text::table(&table)
}

/// What was charged.
fn ledger(charges: &[LedgerLine], paint: Paint) -> String {
    let head = ["charge", "for", "quantity", "estimate", "amount", ""].map(|title| paint.strong(title));
    let mut rows = vec![head.to_vec()];
    rows.extend(charges.iter().map(|line| {
        let state = match line.state {
            ChargeState::Reserved => paint.odd("reserved"),
            ChargeState::Settled => "settled".to_owned(),
            ChargeState::Void => paint.faint("void"),
        };
        vec![
            estimate::word(&line.resource),
            text::escape(&line.item),
            format!("{:.3} {}", line.quantity, estimate::word(&line.unit)),
            text::dollars(line.estimate_microusd),
            text::dollars(line.amount_microusd),
            state,
        ]
    }));
    text::table(&rows)
}

/// Which engine, and why.
fn engine(job: &JobView) -> String {
    match &job.route {
        Some(route) => format!("{}: {}", job.engine, text::escape(&route.text)),
        None => format!("not decided yet ({} is wanted)", estimate::word(&job.engine_wish)),
    }
}

/// Speed of the finished segments: `43 fps, 1.8x`.
fn encoded(detail: &JobDetail) -> Option<String> {
    let done = |step: &&StepView| step.kind == StepKind::Segment && step.state == StepState::Done;
    let segments = || detail.steps.iter().filter(done);
    let tries = segments().filter_map(|step| step.attempts.last());
    let worked = covered(tries.filter_map(|attempt| Some((attempt.started_ms, attempt.ended_ms?))).collect());
    let seconds = Duration::from_millis(u64::try_from(worked).ok().filter(|ms| *ms > 0)?).as_secs_f64();
    let frames = text::approximate(segments().map(|step| step.frames).sum()) / seconds;
    let speed = detail.frame_rate.filter(|rate| *rate > 0.0).map(|rate| text::speed(frames / rate));
    Some(speed.map_or_else(|| format!("{frames:.0} fps"), |speed| format!("{frames:.0} fps, {speed}")))
}

/// Time in which at least one of these stretches ran: pauses do not count, work side by side counts once.
fn covered(mut stretches: Vec<(i64, i64)>) -> i64 {
    stretches.sort_unstable();
    let mut reached = i64::MIN;
    stretches.into_iter().fold(0, |sum, (start, end)| {
        let fresh = end - start.max(reached).min(end);
        reached = reached.max(end);
        sum + fresh
    })
}

fn steps(steps: &[StepView], paint: Paint) -> String {
    let head = ["step", "state", "tries", "frames", "time", ""].map(|title| paint.strong(title));
    let mut rows = vec![head.to_vec()];
    for step in steps {
        let frames = if step.kind == StepKind::Segment { step.frames.to_string() } else { String::new() };
        rows.push(vec![
            text::escape(&step.label),
            state(step.state, paint),
            step.attempt.to_string(),
            frames,
            step.attempts.last().and_then(duration).unwrap_or_default(),
            step.attempts.iter().rev().find_map(reason).unwrap_or_default(),
        ]);
    }
    text::table(&rows)
}

fn duration(attempt: &AttemptView) -> Option<String> {
    Some(text::span(attempt.ended_ms? - attempt.started_ms))
}

fn reason(attempt: &AttemptView) -> Option<String> {
    let failure = attempt.failure.as_ref()?;
    Some(format!("try {}: {} {}", attempt.number, explain::code(failure.code), text::escape(&failure.why)))
}

fn state(state: StepState, paint: Paint) -> String {
    match state {
        StepState::Blocked => paint.faint("blocked"),
        StepState::Ready => "ready".to_owned(),
        StepState::Running => "running".to_owned(),
        StepState::Waiting => paint.odd("waiting"),
        StepState::Done => paint.good("done"),
        StepState::Failed => paint.bad("failed"),
        StepState::Skipped => paint.faint("skipped"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::tests::{detail, step};

    #[test]
    fn steps_show_their_tries_and_what_went_wrong() {
        let mut segment = step(1, StepKind::Segment, StepState::Waiting, 250);
        segment.label = "segment 1 of 1".into();
        segment.attempt = 1;
        segment.attempts.push(AttemptView {
            number: 1,
            started_ms: 0,
            ended_ms: Some(1_500),
            outcome: Some("failed".into()),
            failure: Some(explain::tests::sample()),
        });
        let detail = detail(vec![segment]);
        let text = words(&detail, 3_000, Glyphs::ASCII, Paint::PLAIN);
        assert!(text.contains("1 segment ~"), "{text}");
        let row = "segment 1 of 1  waiting  1      250     1.5 s  try 1: SEC-01 It is a list.";
        assert!(text.contains(row), "{text}");
    }

    #[test]
    fn the_speed_counts_the_time_in_which_segments_were_encoded() {
        let segment = |ord, started_ms, ended_ms| {
            let mut segment = step(ord, StepKind::Segment, StepState::Done, 90);
            let ended_ms = Some(ended_ms);
            segment.attempts.push(AttemptView {
                number: 1,
                started_ms,
                ended_ms,
                outcome: None,
                failure: None,
            });
            segment
        };
        // Two side by side, then a pause, then one more: four seconds in all.
        let steps = vec![segment(1, 0, 2_000), segment(2, 1_000, 3_000), segment(3, 60_000, 61_000)];
        assert_eq!(encoded(&detail(steps)).unwrap(), "68 fps, 2.7x");
        assert_eq!(encoded(&detail(vec![step(1, StepKind::Segment, StepState::Running, 90)])), None);
    }
}
