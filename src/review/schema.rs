//! The tables, and how an older file becomes a present one.

use rusqlite::Connection;

/// `HBAI`: by this a file is known as a review project (`PRAGMA application_id`).
pub(super) const APPLICATION: i32 = 0x4842_4149;

/// What leads from each version (`PRAGMA user_version`) to the next. Steps are added, never edited: files of every
/// version are out there.
pub(super) const STEPS: [&str; 2] = [
    // 1: readers, tracings and what happened.
    "CREATE TABLE salt (value BLOB NOT NULL) STRICT;
     INSERT INTO salt VALUES (randomblob(32));
     CREATE TABLE reader (
         id INTEGER PRIMARY KEY,
         name TEXT NOT NULL UNIQUE,
         at TEXT NOT NULL
     ) STRICT;
     CREATE TABLE tracing (
         id INTEGER PRIMARY KEY,
         content TEXT NOT NULL UNIQUE,
         name TEXT NOT NULL,
         patient TEXT,
         at TEXT NOT NULL
     ) STRICT;
     CREATE TABLE event (
         seq INTEGER PRIMARY KEY AUTOINCREMENT,
         step INTEGER NOT NULL,
         at TEXT NOT NULL,
         reader INTEGER NOT NULL REFERENCES reader (id),
         tracing INTEGER REFERENCES tracing (id),
         act TEXT NOT NULL CHECK (act IN ('change', 'undo', 'redo', 'sign')),
         of_step INTEGER,
         slot TEXT NOT NULL,
         key TEXT NOT NULL,
         before TEXT,
         after TEXT
     ) STRICT;
     CREATE INDEX event_of_review ON event (tracing, reader, seq);
     CREATE TRIGGER event_stays BEFORE UPDATE ON event
         BEGIN SELECT RAISE(ABORT, 'what happened is never changed'); END;
     CREATE TRIGGER event_remains BEFORE DELETE ON event
         BEGIN SELECT RAISE(ABORT, 'what happened is never deleted'); END;",
    // 2: where a tracing was seen.
    "CREATE TABLE seen (
         id INTEGER PRIMARY KEY,
         tracing INTEGER NOT NULL REFERENCES tracing (id),
         path TEXT NOT NULL,
         at TEXT NOT NULL
     ) STRICT;
     CREATE INDEX seen_of_tracing ON seen (tracing, id);
     CREATE INDEX seen_at_path ON seen (path, id);",
];

/// The version of this program's files.
pub(super) fn version() -> u32 {
    u32::try_from(STEPS.len()).unwrap_or(u32::MAX)
}

/// What a file is.
pub(super) enum Found {
    /// Nothing yet.
    Empty,
    /// A project of this version.
    Version(u32),
    /// Another program's database.
    Foreign,
}

pub(super) fn look(db: &Connection) -> rusqlite::Result<Found> {
    let pragma =
        |name: &str| db.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(match u32::try_from(version) {
        Ok(version) if application == i64::from(APPLICATION) => Found::Version(version),
        Ok(0) if application == 0 && tables == 0 => Found::Empty,
        _ => Found::Foreign,
    })
}

/// Brings a file from `version` up to date: all of it or, if anything fails, none of it.
pub(super) fn migrate(db: &mut Connection, version: u32) -> rusqlite::Result<()> {
    let transaction = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    // Two programs may have opened the file at once; the second finds it done.
    let present: u32 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let from = usize::try_from(present.max(version)).unwrap_or(usize::MAX);
    for step in STEPS.iter().skip(from) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", self::version())?;
    transaction.commit()
}
