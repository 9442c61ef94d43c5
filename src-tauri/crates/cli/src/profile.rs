//! `profile show`, `profile check`, `profile schema`.

use serde::Serialize;
use spillway_engine::catalog;
use spillway_profile::Profile;

use crate::{
    Session,
    args::{ProfileFiles, ProfileName, ProfileVerb},
    documents::lossy,
    exit::{CommandError, Exit},
    text,
};

/// `profile check --json`.
#[derive(Serialize)]
struct Document {
    files: Vec<Checked>,
}

/// See [`Document`].
#[derive(Serialize)]
struct Checked {
    file: String,
    ok: bool,
    id: Option<String>,
    /// Each with place and suggestion, one per line.
    problems: Vec<String>,
}

/// About profiles.
pub(crate) fn profile(session: &Session<'_>, what: &ProfileVerb) -> Result<Exit, CommandError> {
    match what {
        ProfileVerb::Show(which) => show(session, which),
        ProfileVerb::Check(which) => Ok(check(session, which)),
        ProfileVerb::Schema => {
            session.out.document(&spillway_profile::json_schema());
            Ok(Exit::Done)
        }
    }
}

fn show(session: &Session<'_>, which: &ProfileName) -> Result<Exit, CommandError> {
    let profile = session.profile(&which.profile)?;
    if session.out.json() {
        session.out.document(&profile);
    } else {
        let page: Vec<String> =
            spillway_profile::describe(&profile).iter().map(ToString::to_string).collect();
        session.out.result(&text::escape_lines(&page.join("\n\n")));
    }
    Ok(Exit::Done)
}

fn check(session: &Session<'_>, which: &ProfileFiles) -> Exit {
    let paint = session.out.paint();
    let mut document = Document { files: Vec::new() };
    let mut exit = Exit::Done;
    for file in &which.files {
        let read: Result<Profile, CommandError> = catalog::read(file).map_err(Into::into);
        let shown = text::path(file);
        let checked = match &read {
            Ok(profile) => {
                if !session.out.json() {
                    session.out.result(&format!(
                        "{} {shown}: {}",
                        paint.good("ok"),
                        text::escape(&profile.id)
                    ));
                }
                Checked { file: lossy(file), ok: true, id: Some(profile.id.clone()), problems: vec![] }
            }
            Err(error) => {
                let problems: Vec<String> = error.to_string().lines().map(text::escape).collect();
                if !session.out.json() {
                    session.out.result(&format!("{} {shown}\n{}", paint.bad("wrong"), problems.join("\n")));
                }
                exit = if exit == Exit::Done { error.exit() } else { exit };
                Checked { file: lossy(file), ok: false, id: None, problems }
            }
        };
        document.files.push(checked);
    }
    if session.out.json() {
        session.out.document(&document);
    }
    exit
}
