//! The place on the paper where a number was taken.

use crate::ecg::LeadName;
use crate::measure::{Beat, Measurements, Value};
use crate::sheet::Panel;

/// Where a number can be looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The number in words, such as `QRS 96 ms`.
    pub title: String,
    pub from_s: f64,
    pub to_s: f64,
    /// The leads it was taken from.
    pub leads: Vec<LeadName>,
    /// Whether every dominant beat shows it, as what is read off the representative beat does.
    pub every_beat: bool,
    /// Whether the paper must still be brought there.
    pub aim: bool,
}

/// A stretch of a panel that shows the place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlaceMark {
    /// Index into the sheet's panels.
    pub panel: usize,
    pub from_s: f64,
    pub to_s: f64,
    /// Whether it is the beat that was picked to stand for the others, not one like it.
    pub exact: bool,
}

impl Place {
    /// The place of a measured value.
    pub fn of(title: impl Into<String>, value: &Value, every_beat: bool) -> Self {
        Self {
            title: title.into(),
            from_s: value.from_s,
            to_s: value.to_s,
            leads: value.leads.clone(),
            every_beat,
            aim: true,
        }
    }

    /// Where the panels of a page show it: the very place where they do, otherwise the dominant beat nearest to it.
    pub fn marks(&self, panels: &[Panel], measured: Option<&Measurements>) -> Vec<PlaceMark> {
        let own = panels
            .iter()
            .enumerate()
            .filter(|(_, panel)| self.leads.is_empty() || self.leads.contains(&panel.lead));
        own.filter_map(|(index, panel)| {
            let (from_s, to_s) = (self.from_s.max(panel.start_s), self.to_s.min(panel.end_s));
            // Half of a beat is no place to look at; half of a long stretch is.
            let whole = to_s - from_s >= (self.to_s - self.from_s) * 0.999;
            if to_s > from_s && (whole || !self.every_beat) {
                return Some(PlaceMark {
                    panel: index,
                    from_s,
                    to_s,
                    exact: true,
                });
            }
            let measured = measured.filter(|_| self.every_beat)?;
            let shift = self.like_it(panel, &measured.beats)?;
            Some(PlaceMark {
                panel: index,
                from_s: self.from_s + shift,
                to_s: self.to_s + shift,
                exact: false,
            })
        })
        .collect()
    }

    /// Seconds from this place to the same place of the nearest dominant beat that the panel shows whole.
    fn like_it(&self, panel: &Panel, beats: &[Beat]) -> Option<f64> {
        let middle = (self.from_s + self.to_s) / 2.0;
        let nearest = |beats: &mut dyn Iterator<Item = &Beat>| {
            beats
                .map(|beat| beat.time_s)
                .min_by(|a, b| (a - middle).abs().total_cmp(&(b - middle).abs()))
        };
        let origin = nearest(&mut beats.iter().filter(|beat| beat.class == 0))?;
        let shown = |beat: &&Beat| {
            let shift = beat.time_s - origin;
            beat.class == 0
                && self.from_s + shift >= panel.start_s
                && self.to_s + shift <= panel.end_s
        };
        nearest(&mut beats.iter().filter(shown)).map(|time_s| time_s - origin)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::measure::Boundaries;
    use crate::sheet::Rect;

    fn panel(lead: LeadName, start_s: f64, end_s: f64) -> Panel {
        Panel {
            lead,
            rect: Rect {
                x: 0.0,
                y: 0.0,
                width: 62.5,
                height: 30.0,
            },
            start_s,
            end_s,
            zero_y: 15.0,
            mm_per_s: 25.0,
            mm_per_mv: 10.0,
            rhythm: false,
            inverted: false,
        }
    }

    fn beat(time_s: f64, class: usize) -> Beat {
        Beat {
            time_s,
            class,
            rr_ms: None,
            premature: false,
            boundaries: Boundaries::default(),
            lead_boundaries: Vec::new(),
        }
    }

    #[test]
    fn a_lead_that_shows_other_seconds_marks_the_nearest_beat_of_the_same_shape() {
        let measured = Measurements {
            beats: vec![
                beat(1.0, 0),
                beat(2.0, 0),
                beat(5.6, 1),
                beat(6.0, 0),
                beat(7.0, 0),
            ],
            ..Measurements::default()
        };
        let place = Place {
            title: "QRS".into(),
            from_s: 1.95,
            to_s: 2.05,
            leads: vec![LeadName::I, LeadName::V1],
            every_beat: true,
            aim: true,
        };
        let panels = [
            panel(LeadName::I, 0.0, 2.5),
            panel(LeadName::V1, 5.0, 7.5),
            panel(LeadName::V4, 7.5, 10.0),
        ];
        let marks = place.marks(&panels, Some(&measured));
        assert_eq!(marks.len(), 2);
        assert!(marks[0].exact && !marks[1].exact);
        assert!((marks[1].from_s - 5.95).abs() < 1e-9, "{marks:?}");
        let once = Place {
            every_beat: false,
            ..place
        };
        assert_eq!(once.marks(&panels, Some(&measured)).len(), 1);
    }
}
