//! `profile show`, `check`, `schema`, `import`, `mediaconvert`.

use serde::Serialize;
use spillway_engine::catalog;
use spillway_profile::Profile;

use crate::{
    Session,
    args::{
        ProfileFiles, ProfileName, ProfileVerb,
        cloud::{Compile, Import},
    },
    documents::lossy,
    exit::{CommandError, Exit},
    settings, text, variable,
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
    /// What MediaConvert cannot do of it for a usual master: the work stays on this machine then.
    not_in_the_cloud: Vec<String>,
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
        ProfileVerb::Import(what) => import(session, what),
        ProfileVerb::Mediaconvert(what) => mediaconvert(session, what),
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
                let not_in_the_cloud: Vec<String> = catalog::not_in_the_cloud(profile)
                    .iter()
                    .map(|unsupported| text::escape(&unsupported.text))
                    .collect();
                if !session.out.json() {
                    session.out.result(&format!(
                        "{} {shown}: {}",
                        paint.good("ok"),
                        text::escape(&profile.id)
                    ));
                    for what in &not_in_the_cloud {
                        session.out.result(&format!("   on this machine only: {what}"));
                    }
                }
                Checked {
                    file: lossy(file),
                    ok: true,
                    id: Some(profile.id.clone()),
                    problems: vec![],
                    not_in_the_cloud,
                }
            }
            Err(error) => {
                let problems: Vec<String> = error.to_string().lines().map(text::escape).collect();
                if !session.out.json() {
                    session.out.result(&format!("{} {shown}\n{}", paint.bad("wrong"), problems.join("\n")));
                }
                exit = if exit == Exit::Done { error.exit() } else { exit };
                Checked { file: lossy(file), ok: false, id: None, problems, not_in_the_cloud: vec![] }
            }
        };
        document.files.push(checked);
    }
    if session.out.json() {
        session.out.document(&document);
    }
    exit
}

fn import(session: &Session<'_>, what: &Import) -> Result<Exit, CommandError> {
    let data_dir = settings::data_dir(session.common, &variable)?;
    let imported = catalog::import_template(&data_dir, &what.file, what.id.as_deref())?;
    if session.out.json() {
        session.out.document(&imported);
        return Ok(Exit::Done);
    }
    session.out.result(&format!("Profile {} was made.", text::escape(&imported.id)));
    if imported.unmapped.is_empty() {
        session.out.note("Everything in the template has a place in the profile.");
        return Ok(Exit::Done);
    }
    session
        .out
        .note("These settings have no place in a profile. They stay in force in the cloud, and only there:");
    let rows: Vec<Vec<String>> = imported
        .unmapped
        .iter()
        .map(|one| {
            vec![format!("  {}", text::escape(&one.path)), text::escape(&one.value), text::escape(&one.why)]
        })
        .collect();
    session.out.result(&text::table(&rows));
    Ok(Exit::Done)
}

fn mediaconvert(session: &Session<'_>, what: &Compile) -> Result<Exit, CommandError> {
    let profile = session.profile(&what.profile)?;
    let compiled = session.engine(None)?.mediaconvert_settings(&profile, what.source.as_deref())?;
    match compiled {
        Ok(outputs) => {
            let all: serde_json::Map<String, serde_json::Value> = outputs.into_iter().collect();
            if all.is_empty() {
                session.out.note("There is nothing to encode: the picture of such a master is copied.");
            }
            session.out.document(&all);
            Ok(Exit::Done)
        }
        Err(unsupported) => {
            for one in &unsupported {
                session.out.note(&format!("MediaConvert cannot do it: {}", text::escape(&one.text)));
            }
            session.out.note("With engine `auto` such work stays on this machine.");
            Ok(Exit::Faults)
        }
    }
}
