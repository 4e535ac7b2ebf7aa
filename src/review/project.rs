//! One project: an embedded database, one file, append-only.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, params};

use super::fold::Swap;
use super::identity::Identity;
use super::rows::{append, begin, by_reader, events, reader_id, see};
use super::schema::{self, Found};
use super::{Act, Error, Event, ProjectSettings, Review, Slot, Status, Verdict};

/// How long another program may hold the file before we give up.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);
/// What a project without a file is called in errors.
const MEMORY: &str = "review in memory";
/// Longest name of a reader, in characters.
const LONGEST_NAME: usize = 120;

/// Where a person's own project is kept; `None` when the platform knows no such place.
pub fn default_path() -> Option<PathBuf> {
    directories::ProjectDirs::from("", "", "heartbeatai")
        .map(|dirs| dirs.data_dir().join("review.sqlite"))
}

/// An open project. What a call has returned from is on the disk: a program that is killed, or a machine that loses
/// power, loses nothing of it.
pub struct Project {
    db: Connection,
    path: Option<PathBuf>,
}

/// Where a tracing stands, for lists.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Content id, as [`Identity`] computes it.
    pub content: String,
    /// Short name of the record.
    pub name: String,
    /// Where it was last seen, if it came from a file.
    pub path: Option<PathBuf>,
    /// Salted hash of the patient's id, if the file states one.
    pub patient: Option<String>,
    /// Reviews that say something, by reader.
    pub reviews: BTreeMap<String, Review>,
}

impl Summary {
    /// The furthest that any reader has come.
    pub fn status(&self) -> Status {
        let reviews = self.reviews.values().map(Review::status);
        reviews.max().unwrap_or_default()
    }

    /// Statements on which two readers differ, one finding them present and the other absent.
    pub fn differing(&self) -> Vec<&str> {
        let mut verdicts: BTreeMap<&str, Vec<Verdict>> = BTreeMap::new();
        for review in self.reviews.values() {
            for (id, decision) in &review.content.findings {
                verdicts.entry(id).or_default().push(decision.verdict);
            }
        }
        let differ = |said: &Vec<Verdict>| {
            said.contains(&Verdict::Present) && said.contains(&Verdict::Absent)
        };
        verdicts
            .into_iter()
            .filter(|(_, said)| differ(said))
            .map(|(id, _)| id)
            .collect()
    }
}

impl Project {
    /// Opens a project or begins one; folders are made, an older file is brought up to date.
    ///
    /// # Errors
    /// A file that is no project, one that a newer program wrote, or what the operating system refuses.
    pub fn open(path: &Path) -> Result<Self, Error> {
        if let Some(folder) = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            std::fs::create_dir_all(folder).map_err(|source| Error::Io {
                path: folder.to_owned(),
                source,
            })?;
        }
        let db = Connection::open(path).map_err(|source| Error::Database {
            path: path.to_owned(),
            source,
        })?;
        Self::begin(db, Some(path.to_owned()))
    }

    /// A project that lasts as long as it is open.
    ///
    /// # Errors
    /// What the database refuses.
    pub fn in_memory() -> Result<Self, Error> {
        let db = Connection::open_in_memory().map_err(|source| Error::Database {
            path: PathBuf::from(MEMORY),
            source,
        })?;
        Self::begin(db, None)
    }

    fn begin(mut db: Connection, file: Option<PathBuf>) -> Result<Self, Error> {
        let path = &file.clone().unwrap_or_else(|| PathBuf::from(MEMORY));
        let at = |source| Error::Database {
            path: path.clone(),
            source,
        };
        db.busy_timeout(PATIENCE).map_err(at)?;
        let found = schema::look(&db).map_err(|source| match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => Error::Foreign(path.to_owned()),
            _ => at(source),
        })?;
        let version = match found {
            Found::Empty => 0,
            Found::Version(version) if version <= schema::version() => version,
            Found::Version(version) => {
                return Err(Error::Newer {
                    path: path.to_owned(),
                    version,
                    known: schema::version(),
                });
            }
            Found::Foreign => return Err(Error::Foreign(path.to_owned())),
        };
        // Readers do not wait for writers, and every commit reaches the disk before it is called one.
        db.pragma_update(None, "journal_mode", "WAL").map_err(at)?;
        db.pragma_update(None, "synchronous", "FULL").map_err(at)?;
        db.pragma_update(None, "foreign_keys", true).map_err(at)?;
        if version < schema::version() {
            schema::migrate(&mut db, version).map_err(at)?;
        }
        Ok(Self { db, path: file })
    }

    /// Its file; `None` for one in memory.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    fn at(&self) -> impl Fn(rusqlite::Error) -> Error + use<> {
        let path = self.path.clone().unwrap_or_else(|| PathBuf::from(MEMORY));
        move |source| Error::Database {
            path: path.clone(),
            source,
        }
    }

    /// The names of all readers, in the order in which they came.
    ///
    /// # Errors
    /// What the database refuses; so below.
    pub fn readers(&self) -> Result<Vec<String>, Error> {
        let at = self.at();
        let mut query = self
            .db
            .prepare("SELECT name FROM reader ORDER BY id")
            .map_err(&at)?;
        let names = query.query_map([], |row| row.get(0)).map_err(&at)?;
        names.collect::<Result<_, _>>().map_err(&at)
    }

    /// Makes a tracing known, and where it was seen.
    ///
    /// # Errors
    /// As [`Self::readers`].
    pub fn see(&mut self, identity: &Identity, path: Option<&Path>) -> Result<(), Error> {
        let at = self.at();
        let transaction = begin(&mut self.db).map_err(&at)?;
        see(&transaction, identity, path).map_err(&at)?;
        transaction.commit().map_err(&at)
    }

    /// Reads a review, lets `step` say what happens next, and commits that, all under one lock.
    pub(super) fn write(
        &mut self,
        tracing: &str,
        reader: &str,
        step: impl FnOnce(&Review) -> Result<(Act, Option<i64>, Vec<Swap>), Error>,
    ) -> Result<Review, Error> {
        let reader = named(reader)?;
        let at = self.at();
        let transaction = begin(&mut self.db).map_err(&at)?;
        let id: Option<i64> = transaction
            .query_row(
                "SELECT id FROM tracing WHERE content = ?",
                [tracing],
                |row| row.get(0),
            )
            .optional()
            .map_err(&at)?;
        let id = id.ok_or_else(|| Error::UnknownTracing(tracing.to_owned()))?;
        let reader_id = reader_id(&transaction, reader).map_err(&at)?;
        let events = events(
            &transaction,
            "WHERE tracing.id = ? AND reader.id = ?",
            params![id, reader_id],
        )
        .map_err(&at)?;
        let mut review = Review::fold(&events)?;
        let (act, of_step, swaps) = step(&review)?;
        if swaps.is_empty() {
            return Ok(review);
        }
        let written =
            append(&transaction, (reader_id, Some(id)), act, of_step, swaps).map_err(&at)?;
        transaction.commit().map_err(&at)?;
        for event in &written {
            review.take(event)?;
        }
        Ok(review)
    }

    /// What a reader has said of a tracing; empty where that is nothing.
    ///
    /// # Errors
    /// An event that this version cannot understand, or what the database refuses.
    pub fn review(&self, tracing: &str, reader: &str) -> Result<Review, Error> {
        let events = events(
            &self.db,
            "WHERE tracing.content = ? AND reader.name = ?",
            params![tracing, reader.trim()],
        );
        Review::fold(&events.map_err(self.at())?)
    }

    /// What all readers have said of a tracing.
    ///
    /// # Errors
    /// As [`Self::review`].
    pub fn reviews(&self, tracing: &str) -> Result<BTreeMap<String, Review>, Error> {
        let events = events(&self.db, "WHERE tracing.content = ?", params![tracing]);
        by_reader(&events.map_err(self.at())?)
    }

    /// Every tracing of the project and what was said of it, in the order in which they came.
    ///
    /// # Errors
    /// As [`Self::review`].
    pub fn summaries(&self) -> Result<Vec<Summary>, Error> {
        let at = self.at();
        let all = events(&self.db, "WHERE event.tracing IS NOT NULL", []).map_err(&at)?;
        let mut of_tracing: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
        for event in &all {
            if let Some(tracing) = &event.tracing {
                of_tracing.entry(tracing).or_default().push(event);
            }
        }
        let mut query = self
            .db
            .prepare(
                "SELECT content, name, patient,
                     (SELECT path FROM seen WHERE tracing = tracing.id ORDER BY id DESC LIMIT 1)
                 FROM tracing ORDER BY id",
            )
            .map_err(&at)?;
        let rows = query
            .query_map([], |row| {
                Ok(Summary {
                    content: row.get(0)?,
                    name: row.get(1)?,
                    patient: row.get(2)?,
                    path: row.get::<_, Option<String>>(3)?.map(PathBuf::from),
                    reviews: BTreeMap::new(),
                })
            })
            .map_err(&at)?;
        let mut summaries = Vec::new();
        for row in rows {
            let mut summary = row.map_err(&at)?;
            if let Some(events) = of_tracing.get(summary.content.as_str()) {
                summary.reviews = by_reader(events.iter().copied())?;
            }
            summaries.push(summary);
        }
        Ok(summaries)
    }

    /// Everything that happened, oldest first.
    ///
    /// # Errors
    /// As [`Self::readers`].
    pub fn log(&self) -> Result<Vec<Event>, Error> {
        events(&self.db, "", []).map_err(self.at())
    }

    /// How the project is read.
    ///
    /// # Errors
    /// As [`Self::review`].
    pub fn settings(&self) -> Result<ProjectSettings, Error> {
        let events = events(&self.db, "WHERE event.slot = 'setting'", []).map_err(self.at())?;
        let mut values = serde_json::Map::new();
        for event in &events {
            let Slot::Setting(name) = &event.slot else {
                continue;
            };
            let value = event.after.as_deref().map(serde_json::from_str).transpose();
            let value = value.map_err(|error| damaged(event, &error))?;
            match value {
                Some(value) => values.insert(name.clone(), value),
                None => values.remove(name),
            };
        }
        let last = events.last();
        serde_json::from_value(values.into()).map_err(|error| Error::Damaged {
            event: last.map_or(0, |event| event.seq),
            reason: error.to_string(),
        })
    }

    /// Changes how the project is read; what changed, and by whom, is kept like everything else.
    ///
    /// # Errors
    /// As [`Self::readers`].
    pub fn set(&mut self, reader: &str, settings: &ProjectSettings) -> Result<(), Error> {
        let reader = named(reader)?;
        let fields = |settings: &ProjectSettings| match serde_json::to_value(settings) {
            Ok(serde_json::Value::Object(fields)) => fields,
            _ => serde_json::Map::new(),
        };
        let (before, after) = (fields(&self.settings()?), fields(settings));
        let names = before
            .keys()
            .chain(after.keys().filter(|name| !before.contains_key(*name)));
        let swaps: Vec<Swap> = names
            .filter(|name| before.get(*name) != after.get(*name))
            .map(|name| Swap {
                slot: Slot::Setting(name.clone()),
                before: before.get(name).map(ToString::to_string),
                after: after.get(name).map(ToString::to_string),
            })
            .collect();
        if swaps.is_empty() {
            return Ok(());
        }
        let at = self.at();
        let transaction = begin(&mut self.db).map_err(&at)?;
        let reader_id = reader_id(&transaction, reader).map_err(&at)?;
        append(&transaction, (reader_id, None), Act::Change, None, swaps).map_err(&at)?;
        transaction.commit().map_err(&at)
    }
}

fn damaged(event: &Event, error: &serde_json::Error) -> Error {
    Error::Damaged {
        event: event.seq,
        reason: error.to_string(),
    }
}

/// A reader's name as it is kept.
pub(super) fn named(reader: &str) -> Result<&str, Error> {
    let name = reader.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        return Err(Error::NoName);
    }
    Ok(name)
}
