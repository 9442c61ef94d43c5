//! Many jobs, written straight into the database: what searching and showing them is tried on.

use std::path::{Path, PathBuf};

use spillway_media::task::{FileInfo, FilesDone};

use super::stage::profile;
use crate::{
    db::{NewJob, NewStep, OutputRow, OutputState, Role, Tx},
    failure::{Code, Failure},
    model::{JobExtras, JobId, StepKind},
    steps::{StepInput, graph},
    transition::JobEvent,
};

pub(super) const WORDS: [&str; 12] = [
    "river",
    "Summer",
    "INTERVIEW",
    "master",
    "final",
    "100%",
    "a_b",
    "Größe",
    "ÜBERSICHT",
    "北京",
    "第一集",
    "cafe\u{301}",
];
pub(super) const PARTNERS: [&str; 5] = ["YouTube", "ZDF", "Bilibili 哔哩", "Ärzte TV", "Apple HLS"];

/// What is known of a job without asking the database.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) id: JobId,
    /// Everything that words are looked for in.
    pub(super) text: String,
    pub(super) partner: String,
    pub(super) state: crate::model::JobState,
    pub(super) created_ms: i64,
    pub(super) bytes: u64,
    pub(super) duration_ms: i64,
    pub(super) work_ms: i64,
}

/// Numbers that look random and are the same every time.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

/// Writes job number `n`; some are left waiting, some delivered, failed, cancelled.
pub(super) fn settle(tx: &mut Tx<'_>, dice: &mut Dice, n: usize) -> Person {
    let mut word = || WORDS[dice.below(WORDS.len())];
    let source = PathBuf::from(format!("/volumes/{}/{}/{}_{n:06}.mov", word(), word(), word()));
    let mut profile = profile();
    PARTNERS[dice.below(PARTNERS.len())].clone_into(&mut profile.partner);
    let id = JobId(uuid::Uuid::now_v7());
    let created_ms = tx.now_ms;
    let out_dir = Path::new("/out");
    let new = NewJob {
        id,
        source: &source,
        profile: &profile,
        out_dir,
        priority: 0,
        engine_wish: crate::route::EngineWish::Auto,
        extras: &JobExtras::default(),
    };
    let key = tx.insert_job(&new).unwrap();
    let mut text = format!("{}\n{}\n{}", source.display(), profile.partner, profile.id);
    let outputs = u32::try_from(1 + dice.below(2)).unwrap();
    for ord in 0..outputs {
        let name = format!("{}-{n:06}-{ord}.mp4", WORDS[dice.below(WORDS.len())]);
        text = format!("{text}\n{name}");
        tx.insert_output(key.num, &output(ord, &out_dir.join(&name), Role::Media)).unwrap();
    }
    let receipt = out_dir.join(format!("proof-{n:06}.json"));
    tx.insert_output(key.num, &output(outputs, &receipt, Role::Receipt)).unwrap();
    let mut person = Person {
        id,
        text,
        partner: profile.partner.clone(),
        state: crate::model::JobState::Queued,
        created_ms,
        bytes: 0,
        duration_ms: 0,
        work_ms: 0,
    };
    let fate = dice.below(20);
    if fate == 0 {
        return person;
    }
    tx.now_ms += 1_000;
    person.state = tx.move_job(key, JobEvent::Started, None).unwrap();
    tx.now_ms += i64::try_from(dice.below(100_000)).unwrap();
    if fate > 4 {
        for ord in 0..outputs {
            let bytes = dice.below(1_000_000) as u64;
            let duration_ms = i64::try_from(dice.below(1_000_000)).unwrap();
            place(tx, key.num, ord, bytes, duration_ms);
            person.bytes += bytes;
            person.duration_ms = person.duration_ms.max(duration_ms);
        }
        person.work_ms = tx.now_ms - created_ms - 1_000;
    }
    let failure = Failure::new(Code::DiskFull, &source, "There is no space left.");
    let (event, failure) = match fate {
        1..=3 => (JobEvent::Failed, Some(&failure)),
        4 => (JobEvent::Cancelled, None),
        _ => (JobEvent::Delivered, None),
    };
    person.state = tx.move_job(key, event, failure).unwrap();
    tx.release_names(key.num).unwrap();
    person
}

fn place(tx: &Tx<'_>, job: i64, ord: u32, bytes: u64, duration_ms: i64) {
    let file = FileInfo { path: "x".into(), bytes, sha256: "0".into() };
    tx.set_stitched(job, ord, &FilesDone { files: vec![file], frames: 25, duration_ms }).unwrap();
    tx.set_placed(job, ord).unwrap();
}

fn output(ord: u32, path: &Path, role: Role) -> OutputRow {
    OutputRow {
        ord,
        id: format!("output-{ord}"),
        role,
        final_path: path.to_owned(),
        temp_path: path.with_extension("part"),
        collision_key: path.display().to_string(),
        state: OutputState::Reserved,
        files: None,
        bytes: 0,
        frames: 0,
        duration_ms: 0,
        body: None,
    }
}

/// Writes a job that runs, with so many segments.
pub(super) fn running(tx: &Tx<'_>, n: u32, segments: u32) -> JobId {
    let source = PathBuf::from(format!("/in/{n}.mov"));
    let id = JobId(uuid::Uuid::now_v7());
    let new = NewJob {
        id,
        source: &source,
        profile: &profile(),
        out_dir: Path::new("/out"),
        priority: 0,
        engine_wish: crate::route::EngineWish::Auto,
        extras: &JobExtras::default(),
    };
    let key = tx.insert_job(&new).unwrap();
    tx.insert_steps(key.num, 0, &graph::first_steps(), &[]).unwrap();
    let steps: Vec<NewStep> = (0..segments)
        .map(|segment| NewStep {
            ord: 10 + segment,
            kind: StepKind::Segment,
            label: format!("segment {segment}"),
            input: StepInput::Segment { output: 0, segment },
            needs: vec![0],
            lane: crate::db::Lane::Encode,
            frames: 250,
            weight: 1,
        })
        .collect();
    tx.insert_steps(key.num, 0, &steps, &[]).unwrap();
    if segments > 0 {
        tx.move_job(key, JobEvent::Started, None).unwrap();
    }
    id
}
