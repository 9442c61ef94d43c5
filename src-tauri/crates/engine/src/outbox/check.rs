//! Whether the settings of a channel make sense. Pure.

use super::{ChannelError, ChannelSettings, Target, Topic};

/// Longest name.
const NAME_MAX: usize = 100;
/// Longest time that a command may be given, s.
const TIMEOUT_MAX: u32 = 3_600;

fn fault(what: &'static str, why: impl Into<String>) -> Result<(), ChannelError> {
    Err(ChannelError::Setting { what, why: why.into() })
}

/// The settings as they are stored: without blanks around.
pub(crate) fn checked(mut settings: ChannelSettings) -> Result<ChannelSettings, ChannelError> {
    settings.name = settings.name.trim().to_owned();
    text("name", &settings.name)?;
    if settings.name.chars().count() > NAME_MAX {
        fault("name", format!("is longer than {NAME_MAX} letters"))?;
    }
    if settings.topics.contains(&Topic::Test) {
        fault("topics", "a test is sent to whoever is tried, and to nobody else")?;
    }
    for profile in &settings.profiles {
        text("profiles", profile)?;
    }
    match &mut settings.target {
        Target::Webhook { url: address } => {
            *address = address.trim().to_owned();
            url(address)?;
        }
        Target::Command { program, timeout_s, .. } => {
            if program.as_os_str().is_empty() {
                fault("program", "is missing")?;
            }
            if *timeout_s == 0 || *timeout_s > TIMEOUT_MAX {
                fault("timeout_s", format!("must be 1 to {TIMEOUT_MAX} seconds"))?;
            }
        }
        Target::Email { host: server, port: number, from, to, .. } => {
            host(server, *number)?;
            address("from", from)?;
            if to.is_empty() {
                fault("to", "is missing")?;
            }
            for receiver in to {
                address("to", receiver)?;
            }
        }
        Target::Stomp { host: broker, port: number, destination, .. } => {
            host(broker, *number)?;
            text("destination", destination)?;
        }
    }
    Ok(settings)
}

fn text(what: &'static str, text: &str) -> Result<(), ChannelError> {
    if text.trim().is_empty() {
        fault(what, "is missing")
    } else if text.chars().any(char::is_control) {
        fault(what, "holds characters that cannot be shown")
    } else {
        Ok(())
    }
}

fn url(url: &str) -> Result<(), ChannelError> {
    text("url", url)?;
    let scheme = |name: &str| url.get(..name.len()).filter(|start| start.eq_ignore_ascii_case(name));
    let Some(scheme) = scheme("https://").or_else(|| scheme("http://")) else {
        return fault("url", "must begin with https:// or http://");
    };
    let rest = &url[scheme.len()..];
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        // It would be shown wherever the address is.
        fault("url", "must not hold a user name or password")
    } else if authority.is_empty() || authority.starts_with(':') {
        fault("url", "names no host")
    } else if url.contains(char::is_whitespace) {
        fault("url", "must not hold blanks")
    } else {
        Ok(())
    }
}

fn host(host: &str, port: u16) -> Result<(), ChannelError> {
    text("host", host)?;
    if host.contains(|c: char| c.is_whitespace() || matches!(c, '/' | '@')) {
        fault("host", "is not the name or address of a machine")
    } else if port == 0 {
        fault("port", "must be 1 to 65535")
    } else {
        Ok(())
    }
}

/// `name@example.com`, or `Name <name@example.com>`.
fn address(what: &'static str, address: &str) -> Result<(), ChannelError> {
    text(what, address)?;
    let bare = match address.rsplit_once('<') {
        Some((_, rest)) => rest.strip_suffix('>').unwrap_or_default(),
        None => address.trim(),
    };
    match bare.rsplit_once('@') {
        Some((user, domain)) if !user.is_empty() && !domain.is_empty() && !bare.contains(' ') => Ok(()),
        Some(_) | None => fault(what, format!("\u{201c}{address}\u{201d} is not an address")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(target: Target) -> ChannelSettings {
        ChannelSettings { name: " Desk ".into(), topics: vec![], profiles: vec![], paused: false, target }
    }

    fn what(settings: ChannelSettings) -> Option<&'static str> {
        match checked(settings) {
            Ok(_) => None,
            Err(ChannelError::Setting { what, .. }) => Some(what),
            Err(other) => panic!("{other}"),
        }
    }

    fn webhook(url: &str) -> ChannelSettings {
        with(Target::Webhook { url: url.into() })
    }

    fn mail(from: &str, to: &[&str]) -> ChannelSettings {
        with(Target::Email {
            host: "mail.example.com".into(),
            port: 587,
            security: super::super::Security::StartTls,
            user: None,
            from: from.into(),
            to: to.iter().map(|to| (*to).into()).collect(),
        })
    }

    #[test]
    fn addresses_of_webhooks_are_complete_and_hold_no_password() {
        for good in ["https://a.example/x?y=z", "HTTP://localhost:8080", "http://[::1]:80/"] {
            assert_eq!(what(webhook(good)), None, "{good}");
        }
        let bad = ["", "a.example", "ftp://a", "https://", "https://:80/", "https://u:p@a/", "http://a/ b"];
        for bad in bad {
            assert_eq!(what(webhook(bad)), Some("url"), "{bad}");
        }
        assert_eq!(what(webhook("https://a/?to=x@y")), None);
    }

    #[test]
    fn names_are_trimmed_and_never_empty() {
        assert_eq!(checked(webhook("http://a")).unwrap().name, "Desk");
        for name in ["", "  ", "a\nb", &"x".repeat(101)] {
            assert_eq!(what(ChannelSettings { name: name.into(), ..webhook("http://a") }), Some("name"));
        }
    }

    #[test]
    fn mail_goes_from_somebody_to_somebody() {
        assert_eq!(what(mail("a@b.example", &["Ops <ops@b.example>", "c@d"])), None);
        assert_eq!(what(mail("nobody", &["c@d"])), Some("from"));
        assert_eq!(what(mail("a@b", &[])), Some("to"));
        assert_eq!(what(mail("a@b", &["c@d", "Ops <ops>"])), Some("to"));
        assert_eq!(what(mail("a@b", &["c@d\r\nBcc: e@f"])), Some("to"));
    }

    #[test]
    fn commands_end_and_tests_are_no_topic() {
        let command =
            |timeout_s| with(Target::Command { program: "/bin/true".into(), arguments: vec![], timeout_s });
        assert_eq!(what(command(1)), None);
        assert_eq!([what(command(0)), what(command(3_601))], [Some("timeout_s"); 2]);
        let test = ChannelSettings { topics: vec![Topic::Test], ..webhook("http://a") };
        assert_eq!(what(test), Some("topics"));
    }
}
