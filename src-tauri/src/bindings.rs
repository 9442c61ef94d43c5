//! The window's side of the boundary, generated.

use tauri_specta::{Builder, ErrorHandlingMode, collect_commands};

use crate::commands::{cloud, history, job, outbox, profiles, queue, settings, sheet, watches, window};

/// All commands with their types.
pub(crate) fn commands() -> Builder<tauri::Wry> {
    Builder::new()
        .commands(collect_commands![
            queue::subscribe,
            queue::wish_jobs,
            queue::retry_jobs,
            queue::remove_jobs,
            queue::dismiss_jobs,
            queue::move_jobs,
            job::job,
            job::receipt,
            job::report,
            job::reveal,
            job::open,
            cloud::costs,
            cloud::ledger,
            cloud::remote_jobs,
            cloud::export_costs,
            cloud::leftovers,
            cloud::sweep_cloud,
            cloud::set_up_cloud,
            history::history,
            history::export_history,
            sheet::choose_files,
            sheet::choose_folder,
            sheet::run_again,
            sheet::look,
            sheet::rehearse,
            sheet::choose_out_dir,
            sheet::clear_out_dir,
            sheet::start,
            sheet::close_sheet,
            sheet::deliver_sample,
            profiles::profiles,
            profiles::profile,
            profiles::check_profile,
            profiles::save_profile,
            profiles::duplicate_profile,
            profiles::remove_profile,
            profiles::export_profile,
            profiles::import_profile,
            profiles::import_template,
            settings::settings,
            settings::save_settings,
            settings::choose_work_dir,
            settings::choose_default_out_dir,
            settings::doctor,
            watches::watches,
            watches::arrivals,
            watches::add_watch,
            watches::edit_watch,
            watches::pause_watch,
            watches::remove_watch,
            watches::scan_watch,
            watches::deliver_again,
            watches::choose_watch_folder,
            watches::choose_watch_out_dir,
            outbox::channels,
            outbox::add_channel,
            outbox::edit_channel,
            outbox::remove_channel,
            outbox::test_channel,
            outbox::messages,
            outbox::send_again,
            outbox::choose_program,
            window::ready,
            window::drawn,
            window::set_unsaved,
            window::set_drop,
            window::close,
        ])
        .error_handling(ErrorHandlingMode::Throw)
        .dangerously_cast_bigints_to_number()
        .disable_serde_phases()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_window_speaks_of_the_same_commands_and_types() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../ui/src/ipc/bindings.ts");
        let scratch = tempfile::tempdir().unwrap();
        let fresh = scratch.path().join("bindings.ts");
        super::commands().export(specta_typescript::Typescript::default(), &fresh).unwrap();
        let fresh = std::fs::read_to_string(fresh).unwrap();
        if std::env::var_os("UPDATE_BINDINGS").is_some() {
            std::fs::write(path, &fresh).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(committed == fresh, "ui/src/ipc/bindings.ts is stale: run with UPDATE_BINDINGS=1");
    }
}
