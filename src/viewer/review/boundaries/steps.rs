//! What commands and pointer do to the boundary in the hand.

use super::{Hand, boundaries, limits, step_s, usual};
use crate::ecg::WaveBoundary;
use crate::measure::Measurements;
use crate::review::{Placing, micros};
use crate::viewer::commands::Command;
use crate::viewer::review::ReviewCommand;
use crate::viewer::review::state::Step;
use crate::viewer::state::{AppState, Effect};

impl AppState {
    /// The boundary in the hand, while boundaries can be moved.
    pub fn hand(&self) -> Option<&Hand> {
        self.review.hand.as_ref().filter(|_| self.can_review())
    }

    /// Takes the boundaries into the hand, or lets go of them.
    pub(in crate::viewer) fn toggle_hand(&mut self) {
        if self.review.hand.take().is_some() {
            return;
        }
        let Some(document) = self.document() else {
            return;
        };
        let start_s = document.start_s;
        let beats = document.measured().map_or(&[][..], |m| &m.beats);
        let Some(last) = beats.len().checked_sub(1) else {
            return;
        };
        // The first beat that the page shows whole.
        let first = beats.partition_point(|beat| beat.time_s < start_s + 0.3);
        self.review.marking = false;
        self.calipers.tool = None;
        (self.below, self.inspector) = (None, None);
        self.review.hand = Some(Hand {
            beat: first.min(last),
            boundary: WaveBoundary::QrsOn,
            lead: None,
            every: false,
            ahead: None,
            dragging: false,
        });
    }

    /// Whether the arrow keys belong to the boundary in the hand now.
    pub(in crate::viewer) fn hand_takes(&self, command: Command) -> bool {
        let keys = matches!(
            command,
            Command::Earlier | Command::Later | Command::NextFinding | Command::PreviousFinding
        );
        keys && self.hand().is_some()
    }

    /// Does what a command says to the boundary in the hand.
    pub(in crate::viewer) fn use_hand(&mut self, command: Command) -> Vec<Effect> {
        match command {
            Command::Earlier => return self.nudge(-1.0),
            Command::Later => return self.nudge(1.0),
            Command::NextFinding => self.step_boundary(1),
            Command::PreviousFinding => self.step_boundary(-1),
            Command::Review(ReviewCommand::NextBeat) => self.step_beat(1),
            Command::Review(ReviewCommand::PreviousBeat) => self.step_beat(-1),
            Command::Review(ReviewCommand::TakeBoundary) => return self.take_or_put(),
            _ => {}
        }
        Vec::new()
    }

    fn step_beat(&mut self, by: isize) {
        let count = self.beats_measured();
        let Some(hand) = &mut self.review.hand else {
            return;
        };
        if let Some(beat) = hand
            .beat
            .checked_add_signed(by)
            .filter(|beat| *beat < count)
        {
            *hand = hand.on(beat, hand.boundary);
        }
        self.follow_hand();
    }

    fn step_boundary(&mut self, by: isize) {
        let (count, all) = (self.beats_measured(), WaveBoundary::ALL.len());
        let Some(hand) = &mut self.review.hand else {
            return;
        };
        let own = WaveBoundary::ALL
            .iter()
            .position(|boundary| *boundary == hand.boundary)
            .unwrap_or(0);
        let next = (hand.beat * all + own).checked_add_signed(by);
        if let Some(next) = next.filter(|next| *next < count * all)
            && let Some(boundary) = WaveBoundary::ALL.get(next % all)
        {
            *hand = hand.on(next / all, *boundary);
        }
        self.follow_hand();
    }

    fn beats_measured(&self) -> usize {
        let measured = self.document().and_then(|document| document.measured());
        measured.map_or(0, |measured| measured.beats.len())
    }

    /// Moves along the tracing when the beat in the hand has left the page.
    fn follow_hand(&mut self) {
        let beat = self.review.hand.as_ref().map(|hand| hand.beat);
        let document = self.document();
        let at_s = document
            .and_then(|document| document.measured())
            .zip(beat)
            .and_then(|(measured, beat)| Some(measured.beats.get(beat)?.time_s));
        let start_s = document.map_or(0.0, |document| document.start_s);
        if let Some(at_s) = at_s
            && !(start_s..self.view.end_s).contains(&at_s)
        {
            self.start_at(at_s - 0.3 * self.view.page_s);
        }
    }

    /// Moves it by so many steps; one that the beat lacks is put in first.
    fn nudge(&mut self, steps: f64) -> Vec<Effect> {
        let Some((hand, measured, rate)) = self.in_hand() else {
            return Vec::new();
        };
        let to = match hand.at_s(&measured) {
            Some(at_s) => Some(at_s + steps * step_s(rate)),
            None => self.first_place(&hand, &measured),
        };
        to.map(|to| self.place_boundary(Some(to)))
            .unwrap_or_default()
    }

    /// Takes it away or, where the beat lacks it, puts it in.
    fn take_or_put(&mut self) -> Vec<Effect> {
        let Some((hand, measured, _)) = self.in_hand() else {
            return Vec::new();
        };
        match hand.at_s(&measured) {
            Some(_) => self.place_boundary(None),
            None => match self.first_place(&hand, &measured) {
                Some(to) => self.place_boundary(Some(to)),
                None => Vec::new(),
            },
        }
    }

    /// Where a boundary is put that is not there: where it was measured, if it was.
    fn first_place(&self, hand: &Hand, measured: &Measurements) -> Option<f64> {
        let own = self.document()?.measurements.as_ref()?;
        boundaries(own, hand.beat, hand.lead.as_ref())
            .and_then(|own| own.get(hand.boundary))
            .or_else(|| usual(measured, hand.beat, hand.boundary))
    }

    /// The hand, the numbers that hold, and the sampling rate.
    fn in_hand(&self) -> Option<(Hand, std::sync::Arc<Measurements>, f64)> {
        let document = self.document()?;
        let rate = document.tracing.done()?.recording.sampling_rate_hz;
        Some((
            self.hand()?.clone(),
            std::sync::Arc::clone(document.measured()?),
            rate,
        ))
    }

    /// Puts the boundary in the hand there, within its limits and on the grid of the samples, or takes it away; on every
    /// beat of the shape, if that is meant.
    pub(in crate::viewer) fn place_boundary(&mut self, to: Option<f64>) -> Vec<Effect> {
        let Some((hand, measured, rate)) = self.in_hand() else {
            return Vec::new();
        };
        let Some(own) = self.document().and_then(|d| d.measurements.clone()) else {
            return Vec::new();
        };
        let Some(beat) = measured.beats.get(hand.beat) else {
            return Vec::new();
        };
        let like = |index: &usize| {
            let other = measured.beats.get(*index);
            *index == hand.beat || (hand.every && other.is_some_and(|o| o.class == beat.class))
        };
        let lead = hand.lead.as_ref();
        let mut placings = Vec::new();
        let mut ahead = None;
        for index in (0..measured.beats.len()).filter(like) {
            let Some(other) = measured.beats.get(index) else {
                continue;
            };
            let shift = other.time_s - beat.time_s;
            let room = limits(&measured, index, lead, hand.boundary, step_s(rate));
            let to = match (to, room) {
                (Some(to), Some((low, high))) => {
                    let at_s = ((to + shift).clamp(low, high) * rate).round() / rate;
                    Some(at_s.clamp(0.0, self.duration_s()))
                }
                (Some(_), None) => continue,
                (None, _) => None,
            };
            let stands = |measured| boundaries(measured, index, lead)?.get(hand.boundary);
            let now = match index == hand.beat {
                true => hand.at_s(&measured),
                false => stands(&measured),
            };
            let was = stands(&own);
            if now == to {
                continue;
            }
            if index == hand.beat {
                ahead = Some(to);
            }
            placings.push(Placing {
                boundary: hand.boundary,
                lead: hand.lead.clone(),
                was_us: was.and_then(micros),
                from_us: now.and_then(micros),
                // Back where it was measured, it is the measured one again.
                to_us: match was {
                    Some(was) if to.is_some_and(|to| (to - was).abs() < 0.5 / rate) => micros(was),
                    _ => to.and_then(micros),
                },
            });
        }
        if let Some(hand) = &mut self.review.hand {
            hand.dragging = false;
            hand.ahead = ahead.or(hand.ahead.filter(|ahead| *ahead == to));
        }
        if placings.is_empty() {
            if let Some(hand) = &mut self.review.hand {
                hand.ahead = None;
            }
            return Vec::new();
        }
        self.give(Step::Place(placings))
    }

    /// Lets go of where the hand is ahead, once that is what is kept or nothing comes of it.
    pub(in crate::viewer) fn settle_hand(&mut self, whatever: bool) {
        let stands = self
            .document()
            .and_then(|document| document.measured())
            .zip(self.review.hand.as_ref())
            .map(|(measured, hand)| hand.on(hand.beat, hand.boundary).at_s(measured));
        if let Some(hand) = &mut self.review.hand
            && !hand.dragging
            && (whatever || hand.ahead == stands)
        {
            hand.ahead = None;
        }
    }
}
