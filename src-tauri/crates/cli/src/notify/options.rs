//! From options of the command line to what is set of a channel.

use std::path::PathBuf;

use spillway_engine::outbox::{ChannelSettings, Security, Target, Topic};

use crate::{
    args::notify::{self, Options},
    exit::CommandError,
};

const TIMEOUT_S: u32 = 30;

/// What is set of a new one.
pub(super) fn new(name: &str, options: &Options) -> Result<ChannelSettings, CommandError> {
    let nowhere = Target::Webhook { url: String::new() };
    let settings = ChannelSettings {
        name: name.to_owned(),
        topics: Vec::new(),
        profiles: Vec::new(),
        paused: false,
        target: nowhere,
    };
    changed(settings, None, options)
}

/// What is set after a change: options that are not given stay.
pub(super) fn changed(
    mut settings: ChannelSettings,
    name: Option<&str>,
    options: &Options,
) -> Result<ChannelSettings, CommandError> {
    if let Some(name) = name {
        name.clone_into(&mut settings.name);
    }
    if !options.topics.is_empty() {
        settings.topics = named(&options.topics).map(topic).collect::<Result<_, _>>()?;
    }
    if !options.profiles.is_empty() {
        settings.profiles = named(&options.profiles).map(str::to_owned).collect();
    }
    let target = begun(settings.target, options)?;
    settings.target = filled(target, options)?;
    Ok(settings)
}

/// An empty word stands for nothing at all.
fn named(words: &[String]) -> impl Iterator<Item = &str> {
    words.iter().map(String::as_str).filter(|word| !word.is_empty())
}

fn topic(name: &str) -> Result<Topic, CommandError> {
    Topic::ALL.into_iter().find(|topic| topic.to_string() == name).ok_or_else(|| {
        let all: Vec<String> = Topic::ALL.iter().map(ToString::to_string).collect();
        CommandError::usage(format!("There is no topic {name:?}."), format!("Topics: {}.", all.join(", ")))
    })
}

/// The target as it was, or another one of the kind that is asked for.
fn begun(target: Target, options: &Options) -> Result<Target, CommandError> {
    if let Some(url) = &options.webhook {
        return Ok(Target::Webhook { url: url.clone() });
    }
    if let Some(program) = &options.command {
        let program = absolute(program.clone())?;
        let (arguments, timeout_s) = match target {
            Target::Command { arguments, timeout_s, .. } => (arguments, timeout_s),
            Target::Webhook { .. } | Target::Email { .. } | Target::Stomp { .. } => (Vec::new(), TIMEOUT_S),
        };
        return Ok(Target::Command { program, arguments, timeout_s });
    }
    if let Some(server) = &options.email {
        return email(target, server, options);
    }
    if let Some(broker) = &options.stomp {
        return stomp(target, broker, options);
    }
    Ok(target)
}

fn email(before: Target, server: &str, options: &Options) -> Result<Target, CommandError> {
    let (host, given) = host(server)?;
    if let Target::Email { port, security, user, from, to, .. } = before {
        return Ok(Target::Email { host, port: given.unwrap_or(port), security, user, from, to });
    }
    let security = options.security.map_or(Security::Tls, security);
    let usual = match security {
        Security::Tls => 465,
        Security::StartTls => 587,
        Security::None => 25,
    };
    let port = given.unwrap_or(usual);
    Ok(Target::Email { host, port, security, user: None, from: String::new(), to: Vec::new() })
}

fn stomp(before: Target, broker: &str, options: &Options) -> Result<Target, CommandError> {
    let (host, given) = host(broker)?;
    if let Target::Stomp { port, tls, destination, user, .. } = before {
        return Ok(Target::Stomp { host, port: given.unwrap_or(port), tls, destination, user });
    }
    let tls = options.security == Some(notify::Security::Tls);
    let port = given.unwrap_or(if tls { 61_614 } else { 61_613 });
    Ok(Target::Stomp { host, port, tls, destination: String::new(), user: None })
}

/// The target with what is said of it; what does not belong to its kind is a mistake.
fn filled(mut target: Target, options: &Options) -> Result<Target, CommandError> {
    let mut left = Left::of(options);
    match &mut target {
        Target::Webhook { .. } => {}
        Target::Command { arguments, timeout_s, .. } => {
            if left.arguments {
                arguments.clone_from(&options.arguments);
            }
            *timeout_s = options.timeout.unwrap_or(*timeout_s);
            (left.arguments, left.timeout) = (false, false);
        }
        Target::Email { security: protection, user, from, to, .. } => {
            if let Some(given) = &options.from {
                from.clone_from(given);
            }
            if left.to {
                to.clone_from(&options.to);
            }
            *protection = options.security.map_or(*protection, security);
            login(user, options);
            (left.from, left.to, left.security, left.user) = (false, false, false, false);
        }
        Target::Stomp { tls, destination, user, .. } => {
            match options.security {
                None => {}
                Some(notify::Security::Tls) => *tls = true,
                Some(notify::Security::None) => *tls = false,
                Some(notify::Security::StartTls) => {
                    return Err(CommandError::usage(
                        "A broker's connection is protected from the first byte, or not at all.",
                        "--security tls, or --security none.",
                    ));
                }
            }
            if let Some(given) = &options.destination {
                destination.clone_from(given);
            }
            login(user, options);
            (left.destination, left.security, left.user) = (false, false, false);
        }
    }
    match left.first() {
        None => Ok(target),
        Some(option) => {
            Err(CommandError::usage(format!("{option} does not go with this kind of channel."), ""))
        }
    }
}

/// Options that were given and not taken.
#[expect(clippy::struct_excessive_bools, reason = "one for each option")]
struct Left {
    arguments: bool,
    timeout: bool,
    from: bool,
    to: bool,
    security: bool,
    destination: bool,
    user: bool,
}

impl Left {
    fn of(options: &Options) -> Self {
        Self {
            arguments: !options.arguments.is_empty(),
            timeout: options.timeout.is_some(),
            from: options.from.is_some(),
            to: !options.to.is_empty(),
            security: options.security.is_some(),
            destination: options.destination.is_some(),
            user: options.user.is_some(),
        }
    }

    fn first(&self) -> Option<&'static str> {
        let all = [
            (self.arguments, "--argument"),
            (self.timeout, "--timeout"),
            (self.from, "--from"),
            (self.to, "--to"),
            (self.security, "--security"),
            (self.destination, "--destination"),
            (self.user, "--user"),
        ];
        all.into_iter().find(|(left, _)| *left).map(|(_, option)| option)
    }
}

fn login(user: &mut Option<String>, options: &Options) {
    if let Some(given) = &options.user {
        *user = Some(given.clone()).filter(|given| !given.is_empty());
    }
}

fn security(security: notify::Security) -> Security {
    match security {
        notify::Security::Tls => Security::Tls,
        notify::Security::StartTls => Security::StartTls,
        notify::Security::None => Security::None,
    }
}

/// A program with a folder in its name is meant from here; a bare name is looked for when it is run.
fn absolute(program: PathBuf) -> Result<PathBuf, CommandError> {
    if program.components().count() < 2 {
        return Ok(program);
    }
    std::path::absolute(&program)
        .map_err(|error| CommandError::environment("The program's path is not usable.", error))
}

/// `host`, `host:port`, `[::1]:port`.
fn host(text: &str) -> Result<(String, Option<u16>), CommandError> {
    let wrong = || CommandError::usage(format!("{text:?} is not HOST or HOST:PORT."), "");
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, rest)) => (host, Some(rest.strip_prefix(':').ok_or_else(wrong)?)),
        None => match text.rsplit_once(':') {
            Some((host, _)) if host.contains(':') => (text, None),
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    let port = port.map(|port| port.parse().map_err(|_| wrong())).transpose()?;
    if host.is_empty() { Err(wrong()) } else { Ok((host.to_owned(), port)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    fn mail() -> Options {
        Options {
            email: Some("mail.example.com".into()),
            from: Some("a@b".into()),
            to: vec!["c@d".into()],
            ..Options::default()
        }
    }

    #[test]
    fn hosts_may_have_ports_and_colons_of_their_own() {
        let parsed = |text| host(text).unwrap();
        assert_eq!(parsed("a"), ("a".into(), None));
        assert_eq!(parsed("a:25"), ("a".into(), Some(25)));
        assert_eq!(parsed("[::1]:25"), ("::1".into(), Some(25)));
        assert_eq!(parsed("[::1]"), ("::1".into(), None));
        assert_eq!(parsed("::1"), ("::1".into(), None));
        for bad in ["", ":25", "a:x", "a:70000", "[::1]25"] {
            assert_eq!(host(bad).unwrap_err().exit(), Exit::Usage, "{bad}");
        }
    }

    #[test]
    fn the_usual_port_follows_the_protection() {
        use notify::Security::{None as Clear, StartTls, Tls};
        let port = |security| {
            let Target::Email { port, .. } = new("x", &Options { security, ..mail() }).unwrap().target else {
                panic!("an e-mail was asked for")
            };
            port
        };
        assert_eq!(
            [port(None), port(Some(Tls)), port(Some(StartTls)), port(Some(Clear))],
            [465, 465, 587, 25]
        );
    }

    #[test]
    fn what_does_not_belong_to_a_kind_is_a_mistake() {
        let webhook = Options { webhook: Some("http://a".into()), ..Options::default() };
        assert!(new("x", &webhook).is_ok());
        let wrong = Options { timeout: Some(5), ..webhook };
        assert!(new("x", &wrong).unwrap_err().to_string().starts_with("--timeout"));
        let unknown = Options { topics: vec!["job.eaten".into()], ..mail() };
        assert_eq!(new("x", &unknown).unwrap_err().exit(), Exit::Usage);
    }

    #[test]
    fn what_is_not_said_stays() {
        let before = new("x", &Options { topics: vec!["job.failed".into()], ..mail() }).unwrap();
        let change = Options { to: vec!["e@f".into()], profiles: vec!["web".into()], ..Options::default() };
        let after = changed(before.clone(), Some("y"), &change).unwrap();
        assert_eq!((after.name.as_str(), &after.topics), ("y", &before.topics));
        let Target::Email { host, from, to, .. } = after.target else { panic!("it stays an e-mail") };
        assert_eq!((host.as_str(), from.as_str(), to), ("mail.example.com", "a@b", vec!["e@f".to_owned()]));
        let all =
            Options { topics: vec![String::new()], profiles: vec![String::new()], ..Options::default() };
        let all = changed(before, None, &all).unwrap();
        assert!(all.topics.is_empty() && all.profiles.is_empty());
    }
}
