//! The living case: handles on a simulated heart, with the tracing, the measurements and the reader's
//! findings following as they are turned.
//!
//! Drawing, measuring and reading each have at most one job under way. What is turned meanwhile is only
//! marked; when the job answers, the next one takes the latest handles. So nothing piles up, what is
//! shown is never far behind, and the last position is always the one that is drawn and read.

mod view;

use std::sync::Arc;

pub use view::show;

use super::jobs::{Job, Source, Tracing};
use super::state::{AppState, Effect, Progress};
use crate::simulate::{AvConduction, Bundle, Controls, Early, Rhythm};

/// One kind of work on the living case: whether it is under way, and whether it must be done again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Flight {
    under_way: bool,
    again: bool,
}

impl Flight {
    /// Whether to start now.
    fn ask(&mut self) -> bool {
        self.again = self.under_way;
        !std::mem::replace(&mut self.under_way, true)
    }

    /// It answered; whether to start again.
    fn answered(&mut self) -> bool {
        self.under_way = std::mem::take(&mut self.again);
        self.under_way
    }
}

/// The living case.
#[derive(Debug)]
pub struct Living {
    /// The tracing it is shown as.
    pub generation: u64,
    pub controls: Controls,
    /// How long the last drawing took.
    pub drawn_ms: Option<f64>,
    /// How many tracings have been drawn.
    pub drawings: u64,
    draw: Flight,
    measure: Flight,
    read: Flight,
}

impl Living {
    /// Whether what is shown is what the handles say, measured and read.
    pub fn settled(&self) -> bool {
        ![self.draw, self.measure, self.read]
            .iter()
            .any(|flight| flight.under_way)
    }
}

/// A place to start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Start {
    Healthy,
    Fibrillation,
    Wenckebach,
    CompleteBlock,
    LeftBundle,
    Ectopy,
    AnteriorInjury,
    InferiorInjury,
}

impl Start {
    /// Every start, as listed.
    pub const ALL: [Self; 8] = [
        Self::Healthy,
        Self::Fibrillation,
        Self::Wenckebach,
        Self::CompleteBlock,
        Self::LeftBundle,
        Self::Ectopy,
        Self::AnteriorInjury,
        Self::InferiorInjury,
    ];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Healthy => "A healthy heart",
            Self::Fibrillation => "Atrial fibrillation",
            Self::Wenckebach => "Wenckebach block",
            Self::CompleteBlock => "Complete AV block",
            Self::LeftBundle => "Left bundle branch block",
            Self::Ectopy => "Ventricular ectopy",
            Self::AnteriorInjury => "Anterior ST elevation",
            Self::InferiorInjury => "Inferior ST elevation",
        }
    }

    /// Its handles.
    pub fn controls(self) -> Controls {
        let healthy = Controls::default();
        match self {
            Self::Healthy => healthy,
            Self::Fibrillation => Controls {
                rhythm: Rhythm::Fibrillation,
                rate_per_min: 104.0,
                ..healthy
            },
            Self::Wenckebach => Controls {
                av: AvConduction::Wenckebach,
                pr_s: 0.20,
                ..healthy
            },
            Self::CompleteBlock => Controls {
                av: AvConduction::Complete,
                rate_per_min: 88.0,
                ..healthy
            },
            Self::LeftBundle => Controls {
                bundle: Bundle::Left,
                qrs_s: Bundle::Left.usual_qrs_s(),
                axis_deg: Bundle::Left.usual_axis_deg(),
                ..healthy
            },
            Self::Ectopy => Controls {
                early: Early::Ventricular,
                ..healthy
            },
            Self::AnteriorInjury => Controls {
                st_mv: [0.1, 0.3, 0.0, 0.0],
                rate_per_min: 88.0,
                ..healthy
            },
            Self::InferiorInjury => Controls {
                st_mv: [0.0, 0.0, 0.0, 0.25],
                rate_per_min: 62.0,
                ..healthy
            },
        }
    }
}

impl AppState {
    /// Opens the living case, or brings it to the front.
    pub(super) fn open_living(&mut self) -> Vec<Effect> {
        if let Some(living) = &self.living {
            return self.select(living.generation);
        }
        let generation = self.add_document(Source::Living);
        self.living = Some(Living {
            generation,
            controls: Controls::default(),
            drawn_ms: None,
            drawings: 0,
            draw: Flight::default(),
            measure: Flight::default(),
            read: Flight::default(),
        });
        let mut effects = self.select(generation);
        effects.extend(self.turn(Controls::default()));
        effects
    }

    /// Whether the living case is in front.
    pub fn shows_living(&self) -> Option<&Living> {
        let living = self.living.as_ref()?;
        (self.current == Some(living.generation)).then_some(living)
    }

    /// The handles were turned.
    pub fn turn(&mut self, controls: Controls) -> Vec<Effect> {
        let filter = self.settings.filter;
        let Some(living) = &mut self.living else {
            return Vec::new();
        };
        living.controls = controls;
        if !living.draw.ask() {
            return Vec::new();
        }
        vec![Effect::Submit(Job::Draw {
            generation: living.generation,
            controls: living.controls.clone(),
            filter,
        })]
    }

    /// A tracing was drawn.
    pub(super) fn drawn(
        &mut self,
        generation: u64,
        result: Result<Tracing, String>,
        took_ms: f64,
    ) -> Vec<Effect> {
        let Some(living) = self.living.as_mut().filter(|l| l.generation == generation) else {
            return Vec::new();
        };
        let mut effects = Vec::new();
        if living.draw.answered() {
            effects.push(Effect::Submit(Job::Draw {
                generation,
                controls: living.controls.clone(),
                filter: self.settings.filter,
            }));
        }
        let tracing = match result {
            Ok(tracing) => tracing,
            Err(reason) => {
                if let Some(document) = self.by_generation(generation) {
                    document.tracing = Progress::Failed(reason);
                }
                return effects;
            }
        };
        living.drawn_ms = Some(took_ms);
        living.drawings += 1;
        let recording = Arc::clone(&tracing.recording);
        if living.measure.ask() {
            effects.push(Effect::Submit(Job::Measure {
                generation,
                recording: Arc::clone(&recording),
            }));
        }
        if living.read.ask() {
            effects.push(Effect::Submit(Job::Read {
                generation,
                recording,
            }));
        }
        if let Some(document) = self.by_generation(generation) {
            document.tracing = Progress::Done(tracing);
            // An explanation of the tracing before says nothing of this one.
            document.explanations.clear();
        }
        effects.extend(self.redraw());
        effects
    }

    /// Draws the living case anew if it is in front and another filter is wanted.
    pub(super) fn redraw(&mut self) -> Vec<Effect> {
        let wanted = self.settings.filter;
        let Some(living) = self.shows_living() else {
            return Vec::new();
        };
        let tracing = self.document().and_then(|document| document.tracing.done());
        if tracing.is_none_or(|tracing| tracing.filter == wanted) {
            return Vec::new();
        }
        let controls = living.controls.clone();
        self.turn(controls)
    }

    /// The living case was measured: again, if it has changed since.
    pub(super) fn living_measured(&mut self, generation: u64) -> Option<Effect> {
        let recording = self.living_recording(generation)?;
        let again = self.living.as_mut()?.measure.answered();
        again.then_some(Effect::Submit(Job::Measure {
            generation,
            recording,
        }))
    }

    /// The living case was read: again, if it has changed since; otherwise what is selected is explained.
    pub(super) fn living_read(&mut self, generation: u64) -> Option<Effect> {
        let recording = self.living_recording(generation)?;
        let living = self.living.as_mut()?;
        let job = if living.read.answered() {
            Some(Job::Read {
                generation,
                recording,
            })
        } else if living.draw.under_way {
            None
        } else {
            let method = self.settings.method;
            self.by_generation(generation)?.explain_selected(method)
        };
        job.map(Effect::Submit)
    }

    fn living_recording(&self, generation: u64) -> Option<Arc<crate::ecg::Recording>> {
        self.living
            .as_ref()
            .filter(|l| l.generation == generation)?;
        let document = self.documents.iter().find(|d| d.generation == generation)?;
        Some(Arc::clone(&document.tracing.done()?.recording))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_job_is_under_way_and_the_last_wish_is_the_last_job() {
        let mut flight = Flight::default();
        assert!(flight.ask(), "starts at once");
        assert!(
            !flight.ask() && !flight.ask(),
            "waits for the one under way"
        );
        assert!(
            flight.answered(),
            "starts once more for all that was asked since"
        );
        assert!(!flight.answered(), "and then rests");
        assert_eq!(flight, Flight::default());
    }
}
