//! Words outside the window: tray, notifications, dialogs. The window's own are in its message files.

use std::{ffi::OsString, path::Path};

use spillway_engine::{live::LiveJob, settings::Language};

use crate::feed::Tally;

/// A language that Spillway speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tongue {
    /// English.
    English,
    /// Simplified Chinese.
    Chinese,
}

impl Tongue {
    /// The one that is set, or that of the system.
    pub(crate) fn of(language: Language, variable: &dyn Fn(&str) -> Option<OsString>) -> Self {
        match language {
            Language::English => Self::English,
            Language::SimplifiedChinese => Self::Chinese,
            Language::System => {
                let set = |name| variable(name).filter(|value| !value.is_empty());
                let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set);
                let chinese = locale.is_some_and(|value| value.to_string_lossy().starts_with("zh"));
                if chinese { Self::Chinese } else { Self::English }
            }
        }
    }

    /// Two wordings, of which one is given.
    fn pick(self, english: impl Into<String>, chinese: impl Into<String>) -> String {
        match self {
            Self::English => english.into(),
            Self::Chinese => chinese.into(),
        }
    }

    /// Tray: how the queue stands.
    pub(crate) fn standing(self, tally: Tally) -> String {
        let Tally { running, waiting, paused, percent, .. } = tally;
        if !tally.live() {
            return match paused {
                0 => self.pick("Nothing to do", "没有任务"),
                n => self.pick(format!("{n} paused"), format!("{n} 个已暂停")),
            };
        }
        let text = self.pick(
            format!("{running} running, {waiting} waiting"),
            format!("{running} 个进行中，{waiting} 个等待"),
        );
        match percent {
            Some(percent) => format!("{text} \u{b7} {percent}\u{a0}%"),
            None => text,
        }
    }

    /// Tray: shows the window.
    pub(crate) fn show_window(self) -> String {
        self.pick("Show window", "显示窗口")
    }

    /// Tray: holds everything.
    pub(crate) fn pause_all(self) -> String {
        self.pick("Pause all", "全部暂停")
    }

    /// Tray: lets everything go on.
    pub(crate) fn resume_all(self) -> String {
        self.pick("Resume all", "全部继续")
    }

    /// Tray: ends Spillway.
    pub(crate) fn quit(self) -> String {
        self.pick("Quit Spillway", "退出 Spillway")
    }

    /// Notification: title and text of a delivered job.
    pub(crate) fn delivered(self, live: &LiveJob) -> (String, String) {
        let (name, partner) = (name(&live.job.source), &live.job.partner);
        (
            self.pick(format!("Delivered: {name}"), format!("已交付：{name}")),
            self.pick(format!("For {partner}: checked and in place."), format!("{partner}：已校验并就位。")),
        )
    }

    /// Notification: title and text of a failed job.
    pub(crate) fn failed(self, live: &LiveJob) -> (String, String) {
        let (name, partner) = (name(&live.job.source), &live.job.partner);
        let english = live.job.error.as_ref().map_or_else(
            || format!("For {partner}. Open Spillway to see why."),
            |failure| format!("{} {}", failure.what, without_commands(&failure.next)),
        );
        // What failures say of themselves is English: the window translates it by its code.
        let chinese = format!("{partner}：打开 Spillway 查看原因和下一步。");
        (
            self.pick(format!("Not delivered: {name}"), format!("未能交付：{name}")),
            self.pick(english, chinese),
        )
    }

    /// Notification: title and text when many jobs ended.
    pub(crate) fn many(self, delivered: usize, failed: usize) -> (String, String) {
        let title = match (delivered, failed) {
            (n, 0) => self.pick(format!("{n} jobs delivered"), format!("{n} 个任务已交付")),
            (0, n) => self.pick(format!("{n} jobs not delivered"), format!("{n} 个任务未能交付")),
            (d, f) => self.pick(
                format!("{d} jobs delivered, {f} not delivered"),
                format!("{d} 个任务已交付，{f} 个未能交付"),
            ),
        };
        let text = match failed {
            0 => self.pick("All checked and in place.", "均已校验并就位。"),
            _ => self.pick("Open Spillway to see why, and what to do.", "打开 Spillway 查看原因和下一步。"),
        };
        (title, text)
    }

    /// Notification: title and text of a watched folder that went out of reach.
    pub(crate) fn unreachable(self, place: &str) -> (String, String) {
        (
            self.pick(format!("Out of reach: {place}"), format!("无法访问：{place}")),
            self.pick(
                "Nothing is lost or deleted. Watching goes on by itself as soon as it is back.",
                "不会丢失或删除任何内容，恢复后将自动继续监看。",
            ),
        )
    }

    /// Notification: title and text of files in a watched folder that need attention.
    pub(crate) fn attention(self, place: &str, files: u64) -> (String, String) {
        let title = match files {
            1 => self.pick("A file needs attention", "1 个文件需要处理"),
            n => self.pick(format!("{n} files need attention"), format!("{n} 个文件需要处理")),
        };
        (
            title,
            self.pick(
                format!("In {place}. Open Spillway to see why."),
                format!("位于 {place}。打开 Spillway 查看原因。"),
            ),
        )
    }

    /// Dialog: choose masters.
    pub(crate) fn choose_files(self) -> String {
        self.pick("Choose masters", "选择母版")
    }

    /// Dialog: name of the file with charges.
    pub(crate) fn export_costs(self) -> String {
        self.pick("Save the costs", "保存费用")
    }

    /// Dialog: choose an exported job template.
    pub(crate) fn import_template(self) -> String {
        self.pick("Choose an exported MediaConvert job template", "选择导出的 MediaConvert 作业模板")
    }

    /// Dialog: kind of files.
    pub(crate) fn masters(self) -> String {
        self.pick("Masters", "母版")
    }

    /// Dialog: kind of files.
    pub(crate) fn all_files(self) -> String {
        self.pick("All files", "所有文件")
    }

    /// Dialog: choose a folder of masters.
    pub(crate) fn choose_folder(self) -> String {
        self.pick("Choose a folder of masters", "选择母版文件夹")
    }

    /// Dialog: choose a folder to be watched.
    pub(crate) fn choose_watch_folder(self) -> String {
        self.pick("Choose a folder to watch", "选择要监看的文件夹")
    }

    /// Dialog: choose a program that is told of what happens.
    pub(crate) fn choose_program(self) -> String {
        self.pick("Choose a program", "选择程序")
    }

    /// Dialog: choose where outputs go.
    pub(crate) fn choose_out_dir(self) -> String {
        self.pick("Choose the output folder", "选择输出文件夹")
    }

    /// Dialog: choose where temporary data goes.
    pub(crate) fn choose_work_dir(self) -> String {
        self.pick("Choose the folder for temporary data", "选择临时数据文件夹")
    }

    /// Dialog: name of the file with the history.
    pub(crate) fn export_history(self) -> String {
        self.pick("Save the history", "保存历史记录")
    }

    /// Dialog: name of the file with a profile.
    pub(crate) fn export_profile(self) -> String {
        self.pick("Save the profile", "保存配置")
    }

    /// Dialog: choose a profile file.
    pub(crate) fn import_profile(self) -> String {
        self.pick("Choose a profile file", "选择配置文件")
    }

    /// Dialog: kind of files.
    pub(crate) fn profile_files(self) -> String {
        self.pick("Profiles", "配置")
    }

    /// Dialog: why there is no window.
    pub(crate) fn cannot_start(self) -> String {
        self.pick("Spillway cannot start", "Spillway 无法启动")
    }
}

/// A next step as somebody without a command line takes it: what is to be typed becomes the button.
fn without_commands(next: &str) -> String {
    let mut parts = next.split('`');
    let mut said = parts.next().unwrap_or_default().to_owned();
    while let (Some(typed), Some(after)) = (parts.next(), parts.next()) {
        if !typed.starts_with("spillway retry") {
            return "Open Spillway to see more.".to_owned();
        }
        let button = if said.ends_with("then ") { "press Retry" } else { "Retry" };
        said = [&said, button, after].concat();
    }
    said
}

/// A file's name for people.
fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_set_goes_before_the_system_s() {
        let chinese = |name: &str| (name == "LANG").then(|| OsString::from("zh_CN.UTF-8"));
        assert_eq!(Tongue::of(Language::System, &chinese), Tongue::Chinese);
        assert_eq!(Tongue::of(Language::English, &chinese), Tongue::English);
        assert_eq!(Tongue::of(Language::System, &|_| None), Tongue::English);
        let both = |name: &str| match name {
            "LC_ALL" => Some(OsString::from("en_US.UTF-8")),
            other => chinese(other),
        };
        assert_eq!(Tongue::of(Language::System, &both), Tongue::English);
    }

    #[test]
    fn a_notification_asks_nobody_to_type() {
        for (next, said) in [
            ("Copy it again, then `spillway retry 01a2`.", "Copy it again, then press Retry."),
            ("`spillway retry 01a2` tries again; report it.", "Retry tries again; report it."),
            ("`spillway job 01a2` shows what was measured.", "Open Spillway to see more."),
            ("Ask the sender.", "Ask the sender."),
        ] {
            assert_eq!(without_commands(next), said);
        }
    }

    #[test]
    fn the_standing_says_what_is_at_work() {
        let busy = Tally { running: 2, waiting: 5, paused: 1, steps: 4, percent: Some(34) };
        assert_eq!(Tongue::English.standing(busy), "2 running, 5 waiting \u{b7} 34\u{a0}%");
        let held = Tally { paused: 3, ..Tally::default() };
        assert_eq!(Tongue::English.standing(held), "3 paused");
        assert_eq!(Tongue::English.standing(Tally::default()), "Nothing to do");
    }
}
