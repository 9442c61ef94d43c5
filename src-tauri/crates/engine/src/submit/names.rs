//! Names of outputs and receipts, decided when a job is submitted.

use std::{
    borrow::Cow,
    path::{Path, PathBuf},
};

use spillway_profile::{
    Container, Profile,
    naming::{self, NameError, NameParts},
};

use crate::{
    db::{JobRow, OutputRow, OutputState, Role},
    failure::{Code, Failure},
    model::JobId,
};

/// What names are made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seed<'a> {
    pub(crate) job: JobId,
    pub(crate) source: &'a Path,
    /// In the place of the source's name.
    pub(crate) title: Option<&'a str>,
    pub(crate) profile: &'a Profile,
    pub(crate) out_dir: &'a Path,
    pub(crate) created_ms: i64,
}

impl<'a> Seed<'a> {
    pub(crate) fn of(job: &'a JobRow) -> Self {
        Self {
            job: job.key.id,
            source: &job.source,
            title: job.extras.title.as_deref(),
            profile: &job.profile,
            out_dir: &job.out_dir,
            created_ms: job.created_ms,
        }
    }
}

/// Longest name of a file that common file systems take, in bytes.
const LONGEST: usize = 255;

/// The rows of all names of a job: outputs in the order of the profile, then the receipts.
pub(crate) fn wanted(seed: &Seed<'_>) -> Result<Vec<OutputRow>, NameError> {
    let own = || seed.source.file_stem().unwrap_or_default().to_string_lossy();
    let title = seed.title.map_or_else(own, Cow::Borrowed);
    let (short, date) = (short_id(seed.job), day(seed.created_ms));
    let profile = seed.profile;
    let mut rows = Vec::new();
    let mut first = None;
    for (output, ord) in profile.output.iter().zip(0_u32..) {
        let parts = NameParts {
            title: &title,
            profile: &profile.id,
            partner: &profile.partner,
            output: &output.id,
            date: &date,
            job: &short,
        };
        let below: PathBuf = naming::resolve_folder(&parts, &profile.delivery)?.iter().collect();
        let name = naming::resolve(&output.name, &parts, &profile.delivery, extension(output.container))?;
        let folder = seed.out_dir.join(&below);
        let temp = folder.join(format!(".spillway-{}-{ord}{}", seed.job, dotted(output.container)));
        rows.push(row(ord, &output.id, Role::Media, folder.join(&name), temp));
        first.get_or_insert_with(|| (below, stem(&name, output.container).to_owned()));
    }
    let (below, stem) = first.ok_or(NameError::Empty)?;
    let folder = seed.out_dir.join("receipts").join(below);
    for (kind, ord) in ["json", "html"].into_iter().zip(u32::try_from(rows.len()).unwrap_or(u32::MAX - 2)..) {
        let tail = format!(".{}.{kind}", profile.id);
        let stem = &stem[..stem.floor_char_boundary(LONGEST.saturating_sub(tail.len()))];
        let temp = folder.join(format!(".spillway-{}-receipt.{kind}", seed.job));
        rows.push(row(
            ord,
            &format!("receipt.{kind}"),
            Role::Receipt,
            folder.join(format!("{stem}{tail}")),
            temp,
        ));
    }
    Ok(rows)
}

/// The name of an output or receipt before any number was added to it.
pub(crate) fn base(job: &JobRow, ord: u32) -> Result<String, NameError> {
    let rows = wanted(&Seed::of(job))?;
    let row = rows.into_iter().find(|row| row.ord == ord).ok_or(NameError::Empty)?;
    Ok(row.final_path.file_name().unwrap_or_default().to_string_lossy().into_owned())
}

/// Paths with the same key are the same file on a case-insensitive file system.
pub(crate) fn collision_key(path: &Path) -> String {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    format!("{}/{}", folder.display(), naming::collision_key(&name))
}

/// What is said when a name is taken.
pub(crate) fn taken(source: &Path, path: &Path) -> Failure {
    let why = format!("{} is already there, or another job of this queue makes it.", path.display());
    let mut failure = Failure::new(Code::OutputExists, source, why);
    failure.safe = String::from("The source was only read, and what is there was not touched.");
    failure
}

fn row(ord: u32, id: &str, role: Role, final_path: PathBuf, temp_path: PathBuf) -> OutputRow {
    OutputRow {
        ord,
        id: id.to_owned(),
        role,
        collision_key: collision_key(&final_path),
        final_path,
        temp_path,
        state: OutputState::Reserved,
        files: None,
        bytes: 0,
        frames: 0,
        duration_ms: 0,
        body: None,
    }
}

fn extension(container: Container) -> &'static str {
    match container {
        Container::Mp4 => "mp4",
        Container::Mov => "mov",
        Container::Hls => "",
    }
}

fn dotted(container: Container) -> &'static str {
    match container {
        Container::Mp4 => ".mp4",
        Container::Mov => ".mov",
        Container::Hls => "",
    }
}

fn stem(name: &str, container: Container) -> &str {
    name.strip_suffix(dotted(container)).unwrap_or(name)
}

/// The end of the id: its beginning is the time, and the same for all files of a drop.
fn short_id(id: JobId) -> String {
    let text = id.0.simple().to_string();
    text[text.len() - 8..].to_owned()
}

/// `YYYY-MM-DD`, UTC.
fn day(ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.strftime("%Y-%m-%d").to_string()
}
