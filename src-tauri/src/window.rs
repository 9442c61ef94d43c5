//! The one window: made hidden, shown when its page runs, never anywhere but at home.

use std::{path::Path, thread, time::Duration};

use tauri::{
    AppHandle, Manager, Theme, Url, WebviewWindow, WebviewWindowBuilder, Wry,
    webview::{NewWindowResponse, PageLoadEvent},
    window::Color,
};

use crate::shell::Shell;

/// Name of the window.
pub(crate) const LABEL: &str = "main";
/// Where its files come from.
#[cfg(not(windows))]
pub(crate) const ORIGIN: &str = "tauri://localhost";
/// Where its files come from.
#[cfg(windows)]
pub(crate) const ORIGIN: &str = "http://tauri.localhost";
/// A window that has not said that it is ready is shown all the same after this time.
const PATIENCE: Duration = Duration::from_secs(3);
/// Behind the page while it loads, so that nothing flashes; the page's own background.
const LIGHT: Color = Color(0xfb, 0xfc, 0xfc, 0xff);
/// As [`LIGHT`], for dark systems.
const DARK: Color = Color(0x10, 0x17, 0x1a, 0xff);

/// The window's own origin, if that is what it is.
pub(crate) fn own_origin(origin: &str) -> Option<&'static str> {
    (origin == ORIGIN).then_some(ORIGIN)
}

/// Makes the window, hidden.
///
/// # Errors
/// Those of the system's webview.
pub(crate) fn make(app: &AppHandle, data_dir: &Path, dark: Option<bool>) -> tauri::Result<WebviewWindow> {
    let config = app.config().app.windows.iter().find(|window| window.label == LABEL);
    let config = config.cloned().unwrap_or_default();
    let development = development(app);
    let builder = WebviewWindowBuilder::<Wry, _>::from_config(app, &config)?
        .data_directory(data_dir.join("webview"))
        .devtools(cfg!(debug_assertions))
        .on_navigation(move |url| at_home(url, development.as_ref()))
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_page_load(|window, load| {
            // A page that loads anew has forgotten its subscription.
            if load.event() == PageLoadEvent::Started
                && let Some(shell) = window.try_state::<Shell>()
            {
                shell.unsubscribe();
            }
        });
    let window = builder.build()?;
    let dark = dark.unwrap_or_else(|| matches!(window.theme(), Ok(Theme::Dark)));
    window.set_background_color(Some(if dark { DARK } else { LIGHT }))?;
    Ok(window)
}

/// The address of the development server, where the window's files come from there.
fn development(app: &AppHandle) -> Option<Url> {
    if tauri::is_dev() { app.config().build.dev_url.clone() } else { None }
}

/// Whether an address is the window's own.
fn at_home(url: &Url, development: Option<&Url>) -> bool {
    let own = Url::parse(ORIGIN).is_ok_and(|own| same_place(&own, url));
    own || development.is_some_and(|development| same_place(development, url))
}

fn same_place(a: &Url, b: &Url) -> bool {
    (a.scheme(), a.host_str(), a.port_or_known_default())
        == (b.scheme(), b.host_str(), b.port_or_known_default())
}

/// Shows the window in front of all others.
pub(crate) fn show(app: &AppHandle) {
    let Some(window) = app.get_webview_window(LABEL) else { return };
    let shown = window.show().and_then(|()| window.unminimize()).and_then(|()| window.set_focus());
    if let Err(error) = shown {
        tracing::warn!("the window could not be shown: {error}");
    }
}

/// Hides the window.
pub(crate) fn hide(app: &AppHandle) {
    let Some(window) = app.get_webview_window(LABEL) else { return };
    if let Err(error) = window.hide() {
        tracing::warn!("the window could not be hidden: {error}");
    }
}

/// Puts the window away where it can be found again without a tray.
pub(crate) fn minimise(app: &AppHandle) {
    let Some(window) = app.get_webview_window(LABEL) else { return };
    if let Err(error) = window.minimize() {
        tracing::warn!("the window could not be put away: {error}");
    }
}

/// Whether the user looks at the window.
pub(crate) fn in_front(app: &AppHandle) -> bool {
    let Some(window) = app.get_webview_window(LABEL) else { return false };
    window.is_focused().unwrap_or(false) && window.is_visible().unwrap_or(false)
}

/// Shows the window if its page does not get so far as to ask for it.
pub(crate) fn show_anyway(app: &AppHandle) {
    let app = app.clone();
    let waiting = thread::Builder::new().name("window".to_owned()).spawn(move || {
        thread::sleep(PATIENCE);
        if app.try_state::<Shell>().is_some_and(|shell| shell.first_show(&app)) {
            tracing::warn!("the page did not say within {PATIENCE:?} that it runs");
        }
    });
    if let Err(error) = waiting {
        tracing::warn!("a thread could not be started: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_never_leaves_home() {
        let url = |text: &str| Url::parse(text).unwrap();
        let development = url("http://localhost:5173");
        assert!(at_home(&url(&format!("{ORIGIN}/index.html#/queue")), None));
        assert!(at_home(&url("http://localhost:5173/src/main.ts"), Some(&development)));
        for elsewhere in [
            "http://localhost:5173/",
            "https://example.com/",
            "file:///etc/passwd",
            "data:text/html,x",
            "about:blank",
            "preview://localhost/sheet/0/0",
            "tauri://example.com/",
        ] {
            assert!(!at_home(&url(elsewhere), None), "{elsewhere}");
        }
        assert!(!at_home(&url("http://localhost:5174/"), Some(&development)));
    }
}
