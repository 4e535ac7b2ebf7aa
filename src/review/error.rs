use std::path::PathBuf;

/// Why a review could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database refused.
    #[error("{}: {source}", path.display())]
    Database {
        path: PathBuf,
        source: rusqlite::Error,
    },
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
    /// The file is a database of something else.
    #[error("{}: this is no review project", .0.display())]
    Foreign(PathBuf),
    /// A later version of the program wrote the file.
    #[error("{}: a newer program wrote this project (version {version}); this one knows versions up to {known}", path.display())]
    Newer {
        path: PathBuf,
        version: u32,
        known: u32,
    },
    /// An entry that this version cannot understand.
    #[error("event {event} cannot be understood: {reason}")]
    Damaged { event: i64, reason: String },
    /// What is signed changes by amendment only.
    #[error("the review is signed; amend it to change it")]
    Signed,
    /// Only what is signed is amended.
    #[error("only a signed review can be amended")]
    NotSigned,
    /// An amendment without a reason tells nobody why.
    #[error("an amendment needs a reason")]
    NoReason,
    /// A reader must have a name to be held to what they say.
    #[error("a reader needs a name of 1 to 120 characters")]
    NoName,
    /// No statement of the vocabulary and no code of a named system.
    #[error("no statement has the id {0:?}")]
    UnknownStatement(String),
    /// A place in time that no tracing has.
    #[error("{0}")]
    Impossible(String),
    /// A file of reviews that cannot be written or understood.
    #[error("{0}")]
    Exchange(String),
    /// A tracing that this project has never seen.
    #[error("this project holds no tracing {0}")]
    UnknownTracing(String),
}
