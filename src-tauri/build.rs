//! Embeds the window's files, icons and permissions.

fn main() {
    tauri_build::build();
}
