/// How much a note matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteKind {
    Error,
    Warning,
    /// Something that was asked for is done.
    Done,
}

/// A calm word to the person, until they dismiss it.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    pub id: u64,
    pub kind: NoteKind,
    pub title: String,
    /// One sentence each.
    pub lines: Vec<String>,
    /// The tracing it is about; `None` for the whole window.
    pub generation: Option<u64>,
}

/// The notes that have not been dismissed, oldest first.
#[derive(Debug, Default)]
pub struct Notes {
    notes: Vec<Note>,
    next: u64,
}

impl Notes {
    /// Adds a note; one of the same title gets another line instead.
    pub fn push(&mut self, kind: NoteKind, title: &str, line: String, generation: Option<u64>) {
        let same = self
            .notes
            .iter_mut()
            .find(|note| note.title == title && note.generation == generation);
        match same {
            Some(note) if note.lines.contains(&line) => {}
            Some(note) => note.lines.push(line),
            None => {
                self.next += 1;
                let title = title.to_owned();
                self.notes.push(Note {
                    id: self.next,
                    kind,
                    title,
                    lines: vec![line],
                    generation,
                });
            }
        }
    }

    /// Adds a doubt about a tracing.
    pub fn warn(&mut self, generation: u64, line: &str) {
        self.push(
            NoteKind::Warning,
            "Doubt about this tracing",
            line.to_owned(),
            Some(generation),
        );
    }

    /// Those to show beside a tracing: its own and the window's.
    pub fn shown(&self, current: Option<u64>) -> impl Iterator<Item = &Note> {
        self.notes
            .iter()
            .filter(move |note| note.generation.is_none() || note.generation == current)
    }

    /// Takes one away.
    pub fn dismiss(&mut self, id: u64) {
        self.notes.retain(|note| note.id != id);
    }

    /// Takes those of a closed tracing away.
    pub fn forget(&mut self, generation: u64) {
        self.notes
            .retain(|note| note.generation != Some(generation));
    }

    /// Takes all away.
    pub fn clear(&mut self) {
        self.notes.clear();
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.notes.is_empty()
    }
}
