//! The rows of the database, in and out.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::{Connection, Row, Transaction, TransactionBehavior, params};

use super::fold::Swap;
use super::identity::{Identity, hashed};
use super::{Act, Error, Event, Review, Slot};

pub(super) fn now() -> String {
    jiff::Timestamp::now().to_string()
}

/// A transaction that holds the lock from its beginning: what it reads stays so until it commits.
pub(super) fn begin(db: &mut Connection) -> rusqlite::Result<Transaction<'_>> {
    db.transaction_with_behavior(TransactionBehavior::Immediate)
}

pub(super) fn reader_id(db: &Connection, name: &str) -> rusqlite::Result<i64> {
    db.execute(
        "INSERT INTO reader (name, at) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
        params![name, now()],
    )?;
    db.query_row("SELECT id FROM reader WHERE name = ?", [name], |row| {
        row.get(0)
    })
}

pub(super) fn see(
    db: &Connection,
    identity: &Identity,
    path: Option<&Path>,
) -> rusqlite::Result<()> {
    let salt: Vec<u8> = db.query_row("SELECT value FROM salt", [], |row| row.get(0))?;
    let patient = identity.patient_id.as_deref().map(|id| hashed(&salt, id));
    db.execute(
        "INSERT INTO tracing (content, name, patient, at) VALUES (?, ?, ?, ?) ON CONFLICT (content) DO NOTHING",
        params![identity.content, identity.name, patient, now()],
    )?;
    let Some(path) = path else { return Ok(()) };
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let path = path.to_string_lossy();
    db.execute(
        "INSERT INTO seen (tracing, path, at)
         SELECT id, ?2, ?3 FROM tracing WHERE content = ?1 AND ?2 IS NOT
             (SELECT path FROM seen WHERE tracing = tracing.id ORDER BY seen.id DESC LIMIT 1)",
        params![identity.content, path, now()],
    )?;
    Ok(())
}

/// Appends the events of one step and returns them.
pub(super) fn append(
    db: &Connection,
    (reader, tracing): (i64, Option<i64>),
    act: Act,
    of_step: Option<i64>,
    swaps: Vec<Swap>,
) -> rusqlite::Result<Vec<Event>> {
    let at = now();
    let step: i64 = db.query_row("SELECT coalesce(max(seq), 0) + 1 FROM event", [], |row| {
        row.get(0)
    })?;
    let mut insert = db.prepare(
        "INSERT INTO event (step, at, reader, tracing, act, of_step, slot, key, before, after)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    let mut events = Vec::new();
    for Swap {
        slot,
        before,
        after,
    } in swaps
    {
        let (name, key) = slot.parts();
        let seq = insert.insert(params![
            step,
            at,
            reader,
            tracing,
            act.as_str(),
            of_step,
            name,
            key,
            before,
            after
        ])?;
        events.push(Event {
            seq,
            step,
            at: at.clone(),
            reader: String::new(),
            tracing: None,
            act,
            of_step,
            slot,
            before,
            after,
        });
    }
    Ok(events)
}

pub(super) fn events(
    db: &Connection,
    which: &str,
    params: impl rusqlite::Params,
) -> rusqlite::Result<Vec<Event>> {
    let mut query = db.prepare(&format!(
        "SELECT seq, step, event.at, reader.name, tracing.content, act, of_step, slot, key, before, after
         FROM event JOIN reader ON reader.id = event.reader LEFT JOIN tracing ON tracing.id = event.tracing
         {which} ORDER BY seq"
    ))?;
    query.query_map(params, event)?.collect()
}

fn event(row: &Row<'_>) -> rusqlite::Result<Event> {
    let unknown = |column, text: String| {
        rusqlite::Error::InvalidColumnType(column, text, rusqlite::types::Type::Text)
    };
    let (act, slot, key): (String, String, String) = (row.get(5)?, row.get(7)?, row.get(8)?);
    Ok(Event {
        seq: row.get(0)?,
        step: row.get(1)?,
        at: row.get(2)?,
        reader: row.get(3)?,
        tracing: row.get(4)?,
        act: Act::parse(&act).ok_or_else(|| unknown(5, act))?,
        of_step: row.get(6)?,
        slot: Slot::parse(&slot, &key).ok_or_else(|| unknown(7, slot))?,
        before: row.get(9)?,
        after: row.get(10)?,
    })
}

pub(super) fn by_reader<'a>(
    events: impl IntoIterator<Item = &'a Event>,
) -> Result<BTreeMap<String, Review>, Error> {
    let mut reviews: BTreeMap<String, Review> = BTreeMap::new();
    for event in events {
        reviews
            .entry(event.reader.clone())
            .or_default()
            .take(event)?;
    }
    Ok(reviews)
}
