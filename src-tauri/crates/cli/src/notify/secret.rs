//! Where the secret of a channel comes from: a file, standard input, or a variable; never an argument, which every
//! user of a machine can read in the list of processes.

use std::{
    ffi::OsString,
    fs::File,
    io::{self, Read},
    path::Path,
};

use crate::{args::notify::Options, exit::CommandError, text};

/// Longer ones are no secrets but mistakes.
const LONGEST: u64 = 64 * 1024;

/// The secret, where one is given.
pub(super) fn read(
    options: &Options,
    variables: &dyn Fn(&str) -> Option<OsString>,
) -> Result<Option<String>, CommandError> {
    let secret = match (&options.secret_file, &options.secret_env) {
        (Some(file), _) if file == Path::new("-") => taken(io::stdin().lock())
            .map_err(|e| CommandError::environment("Standard input cannot be read.", e))?,
        (Some(file), _) => File::open(file).and_then(taken).map_err(|error| {
            CommandError::environment(format!("{} cannot be read.", text::path(file)), error)
        })?,
        (None, Some(name)) => match variables(name).map(OsString::into_string) {
            Some(Ok(value)) => value,
            Some(Err(_)) => {
                return Err(CommandError::usage(format!("{} is not text.", text::escape(name)), ""));
            }
            None => {
                return Err(CommandError::usage(
                    format!("There is no environment variable {}.", text::escape(name)),
                    "Its name is wanted here, not the secret itself.",
                ));
            }
        },
        (None, None) => return Ok(None),
    };
    let secret = secret.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        return Err(CommandError::usage("The secret is empty.", "`notify edit --no-secret` forgets one."));
    }
    Ok(Some(secret.to_owned()))
}

fn taken(from: impl Read) -> io::Result<String> {
    let mut secret = String::new();
    from.take(LONGEST + 1).read_to_string(&mut secret)?;
    if secret.len() as u64 > LONGEST {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is too long for a secret"));
    }
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    fn none(_: &str) -> Option<OsString> {
        None
    }

    #[test]
    fn a_file_gives_its_text_without_the_end_of_the_line() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), " open sesame \r\n").unwrap();
        let options = Options { secret_file: Some(file.path().to_owned()), ..Options::default() };
        assert_eq!(read(&options, &none).unwrap().as_deref(), Some(" open sesame "));
        std::fs::write(file.path(), "\n").unwrap();
        assert_eq!(read(&options, &none).unwrap_err().exit(), Exit::Usage);
        std::fs::write(file.path(), "x".repeat(70_000)).unwrap();
        assert_eq!(read(&options, &none).unwrap_err().exit(), Exit::Environment);
    }

    #[test]
    fn a_variable_is_named_and_must_be_there() {
        let options = Options { secret_env: Some("KEY".into()), ..Options::default() };
        let variables = |name: &str| (name == "KEY").then(|| OsString::from("k"));
        assert_eq!(read(&options, &variables).unwrap().as_deref(), Some("k"));
        assert_eq!(read(&options, &none).unwrap_err().exit(), Exit::Usage);
        assert_eq!(read(&Options::default(), &variables).unwrap(), None);
    }
}
