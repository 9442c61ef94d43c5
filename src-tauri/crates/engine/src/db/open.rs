//! Opening and migrating the database.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

use super::function;
use crate::error::EngineError;

const STEPS: &[M<'static>] = &[
    M::up(include_str!("../../migrations/0001_start.sql")),
    M::up(include_str!("../../migrations/0002_history.sql")),
    M::up(include_str!("../../migrations/0003_errands.sql")),
    M::up(include_str!("../../migrations/0004_watch.sql")),
    M::up(include_str!("../../migrations/0005_outbox.sql")),
    M::up(include_str!("../../migrations/0006_hold.sql")),
    M::up(include_str!("../../migrations/0007_cloud.sql")),
    M::up(include_str!("../../migrations/0008_burst.sql")),
];

fn migrations() -> Migrations<'static> {
    Migrations::from_slice(STEPS)
}

/// The database file of a data folder.
pub(crate) fn database_path(data_dir: &Path) -> PathBuf {
    data_dir.join("spillway.db")
}

/// Opens the database, making or migrating it where needed. Forward only: a copy is made before an
/// existing database is migrated, and one of a newer Spillway is refused untouched.
pub(crate) fn open(data_dir: &Path) -> Result<Connection, EngineError> {
    let folder = fs::DirBuilder::new().recursive(true).mode(0o700).create(data_dir);
    folder.map_err(EngineError::io(data_dir))?;
    let path = database_path(data_dir);
    private(&path).map_err(EngineError::io(&path))?;
    let mut connection = Connection::open(&path)?;
    connection.busy_timeout(Duration::from_secs(30))?;
    let found = version(&connection)?;
    if found > STEPS.len() {
        return Err(EngineError::Newer { path, found, known: STEPS.len() });
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(96);
    function::register(&connection)?;
    if found < STEPS.len() {
        if found > 0 {
            back_up(&connection, &path, found)?;
            close_to_others(&path)?;
        }
        migrate(&mut connection)?;
    }
    Ok(connection)
}

/// Makes the file, should it not be there, for nobody else to read: passwords of channels are in it. The files that
/// SQLite puts beside it get the same mode.
fn private(path: &Path) -> io::Result<()> {
    fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    Ok(())
}

/// Takes the files of a database from everybody else that an older Spillway left open to them.
fn close_to_others(path: &Path) -> Result<(), EngineError> {
    for end in ["", "-wal", "-shm"] {
        let file = PathBuf::from(format!("{}{end}", path.display()));
        match fs::set_permissions(&file, fs::Permissions::from_mode(0o600)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(EngineError::io(&file)(error));
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

fn version(connection: &Connection) -> Result<usize, EngineError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0))? as usize)
}

/// Two processes may open a new data folder at once: the second finds the work done, or retries it.
fn migrate(connection: &mut Connection) -> Result<(), EngineError> {
    let first = migrations().to_latest(connection);
    if first.is_err() {
        let now = version(connection)?;
        if now == STEPS.len() {
            return Ok(());
        }
    }
    Ok(first?)
}

fn back_up(connection: &Connection, path: &Path, version: usize) -> Result<(), EngineError> {
    let copy = path.with_extension(format!("before-{}.db", version + 1));
    if copy.try_exists().map_err(EngineError::io(&copy))? {
        return Ok(());
    }
    let part = path.with_extension("backup.part");
    if part.try_exists().map_err(EngineError::io(&part))? {
        std::fs::remove_file(&part).map_err(EngineError::io(&part))?;
    }
    private(&part).map_err(EngineError::io(&part))?;
    connection.execute("VACUUM INTO ?1", [part.to_string_lossy()])?;
    std::fs::rename(&part, &copy).map_err(EngineError::io(&copy))
}

/// What SQLite says of the file's soundness; empty: nothing wrong.
pub(crate) fn integrity(connection: &Connection) -> Result<Vec<String>, EngineError> {
    let mut statement = connection.prepare("PRAGMA integrity_check(20)")?;
    let lines = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    Ok(lines.into_iter().filter(|line| line != "ok").collect())
}

#[cfg(test)]
mod tests {
    use super::{super::history, *};
    use crate::history::HistoryQuery;

    #[test]
    fn migrations_are_sound() {
        let mut connection = Connection::open_in_memory().unwrap();
        function::register(&connection).unwrap();
        migrations().to_latest(&mut connection).unwrap();
        assert_eq!(version(&connection).unwrap(), STEPS.len());
    }

    #[test]
    fn a_newer_database_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        drop(open(folder.path()).unwrap());
        let raw = Connection::open(database_path(folder.path())).unwrap();
        raw.pragma_update(None, "user_version", 99).unwrap();
        drop(raw);
        let before = std::fs::read(database_path(folder.path())).unwrap();
        let error = open(folder.path()).unwrap_err();
        assert!(
            matches!(error, EngineError::Newer { found: 99, known, .. } if known == STEPS.len()),
            "{error}"
        );
        assert!(error.to_string().contains("newer Spillway"));
        assert_eq!(std::fs::read(database_path(folder.path())).unwrap(), before);
    }

    #[test]
    fn opening_twice_keeps_the_content_and_the_pragmas() {
        let folder = tempfile::tempdir().unwrap();
        drop(open(folder.path()).unwrap());
        let connection = open(folder.path()).unwrap();
        let synchronous: i64 = connection.pragma_query_value(None, "synchronous", |r| r.get(0)).unwrap();
        let journal: String = connection.pragma_query_value(None, "journal_mode", |r| r.get(0)).unwrap();
        let keys: bool = connection.pragma_query_value(None, "foreign_keys", |r| r.get(0)).unwrap();
        assert_eq!((synchronous, journal.as_str(), keys), (2, "wal", true));
        assert!(integrity(&connection).unwrap().is_empty());
    }

    /// A database as the first Spillway left it: a delivered job with a plan, and a queued one.
    fn version_1(data_dir: &Path) {
        let mut connection = Connection::open(database_path(data_dir)).unwrap();
        migrations().to_version(&mut connection, 1).unwrap();
        connection
            .execute_batch(
                r#"INSERT INTO job (id, source, profile_id, partner, profile, engine, out_dir, state, plan,
                       created_ms, started_ms, ended_ms)
                   VALUES ('00000000-0000-7000-8000-000000000001', '/in/Größe 北京.mov', 'web', 'Web & Co', '{}',
                       'local', '/out', 'delivered', '{"outputs": [
                         {"first": 0, "end": 500, "time_base": {"num": 1, "den": 25}, "video": {"encode":
                            {"segments": [{"count": 300}, {"count": 200}]}}},
                         {"end": 500, "time_base": {"num": 1, "den": 25}, "video": "copy"}]}',
                       1000, 2000, 5000),
                     ('00000000-0000-7000-8000-000000000002', '/in/b.mov', 'web', 'Web & Co', '{}',
                       'local', '/out', 'queued', '{"outputs": [{"end": 5, "time_base": {"num": 1, "den": 25},
                       "video": "copy"}]}', 3000, NULL, NULL);
                   INSERT INTO output (job, ord, id, role, final_path, temp_path, collision_key, live, state, files,
                       bytes, frames, duration_ms)
                   VALUES (1, 0, 'main', 'media', '/out/Fertig.mp4', '/out/.t', 'k', 0, 'placed', '[]', 700, 500, 20000),
                     (1, 1, 'receipt.json', 'receipt', '/out/r.json', '/out/.r', 'l', 0, 'placed', '[]', 9, 0, 0);"#,
            )
            .unwrap();
    }

    #[test]
    fn an_old_database_is_copied_and_its_jobs_are_in_the_history() {
        let folder = tempfile::tempdir().unwrap();
        version_1(folder.path());
        let connection = open(folder.path()).unwrap();
        let copy = database_path(folder.path()).with_extension("before-2.db");
        let count = |connection: &Connection, table: &str| -> i64 {
            connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
        };
        let old = Connection::open(copy).unwrap();
        assert_eq!((version(&old).unwrap(), count(&old, "job"), count(&old, "output")), (1, 2, 2));
        assert_eq!((count(&connection, "job"), count(&connection, "output")), (2, 2));
        let rates: Vec<Option<f64>> = connection
            .prepare("SELECT frame_rate FROM job ORDER BY num")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(rates, [Some(25.0), None]);
        let query = HistoryQuery { text: "FERTIG grÖSSe 北".into(), limit: 10, ..HistoryQuery::default() };
        let page = history::page(&connection, &query).unwrap();
        let row = &page.rows[0];
        assert_eq!((row.bytes, row.duration_ms, row.outputs), (700, 20_000, 1));
        assert_eq!((page.totals.jobs, page.totals.delivered, page.totals.work_ms), (1, 1, 3_000));
        assert_eq!(page.partners, ["Web & Co"]);
    }

    #[test]
    fn a_copy_is_made_once_before_migrating() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open(folder.path()).unwrap();
        let path = database_path(folder.path());
        back_up(&connection, &path, 1).unwrap();
        let copy = path.with_extension("before-2.db");
        let first = std::fs::metadata(&copy).unwrap().modified().unwrap();
        back_up(&connection, &path, 1).unwrap();
        assert_eq!(std::fs::metadata(&copy).unwrap().modified().unwrap(), first);
        assert!(integrity(&Connection::open(copy).unwrap()).unwrap().is_empty());
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn nobody_else_reads_the_database_or_its_copies() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("new/data");
        let connection = open(&data).unwrap();
        let path = database_path(&data);
        assert_eq!((mode(&data), mode(&path)), (0o700, 0o600));
        assert_eq!(mode(&path.with_extension("db-wal")), 0o600);
        back_up(&connection, &path, 1).unwrap();
        assert_eq!(mode(&path.with_extension("before-2.db")), 0o600);
    }

    #[test]
    fn a_database_that_others_could_read_is_closed_to_them_when_it_is_migrated() {
        let folder = tempfile::tempdir().unwrap();
        version_1(folder.path());
        let path = database_path(folder.path());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        drop(open(folder.path()).unwrap());
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(&path.with_extension("before-2.db")), 0o600);
    }

    #[test]
    fn two_processes_may_make_the_same_folder() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            let openers: Vec<_> = (0..4).map(|_| scope.spawn(|| open(folder.path()).map(drop))).collect();
            for opener in openers {
                opener.join().unwrap().unwrap();
            }
        });
    }
}
