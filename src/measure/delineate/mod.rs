//! Wave boundaries on a representative beat: over all leads, and lead by lead around that.
//!
//! The boundaries over all leads come from the leads together: the QRS complex from their summed steepness, P and T
//! from the direction in lead space along which the wave is largest. Each lead then has its own, drawn towards those
//! the weaker its wave is. The constants that say "LUDB" were tuned on the 145 annotated records of the Lobachevsky
//! University Database that were at hand (boundaries of a lead against the annotators' marks in it; boundaries over all
//! leads between the median of their marks, GE MUSE intervals and simulated truth); nothing else was fitted to them.

mod atrial;
mod curve;
mod extent;
mod p;
mod qrs;
mod t;

use self::atrial::likeness;
use self::p::delineate_p;
use self::qrs::delineate_qrs;
use self::t::delineate_t;
use super::classes::{BEFORE, BeatClass};
use super::prepare::{Prepared, samples};

/// Fiducial points of one beat in samples from its alignment point; absent where there is no such wave.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Fiducials {
    pub p_on: Option<f64>,
    pub p_peak: Option<f64>,
    pub p_off: Option<f64>,
    pub qrs_on: Option<f64>,
    pub r_peak: Option<f64>,
    pub qrs_off: Option<f64>,
    pub t_on: Option<f64>,
    pub t_peak: Option<f64>,
    pub t_off: Option<f64>,
}

/// Fiducial points of a class of beats.
pub(crate) struct Delineation {
    /// Over all leads: the interval that a reader would measure.
    pub global: Fiducials,
    /// Lead by lead, in the order of the prepared leads.
    pub leads: Vec<Fiducials>,
    /// How fast the tracing moves where it should rest, before the complex, as a share of the steepest part of that.
    pub restless: f64,
}

/// A QT that fills more of the RR interval has run into what comes next: no end of T can be told.
const LONGEST_QT_SHARE: f64 = 0.9;

/// A complex of so many samples or more is wide. In a tachycardia (above 100/min) no P wave stands before it without an
/// isoelectric stretch between them, nor one that is longer than atria take: those are parts of ventricular complexes.
const WIDE_QRS: f64 = samples(120) as f64;
const TACHYCARDIA_RR: f64 = samples(600) as f64;
const LEAST_PR_SEGMENT: f64 = samples(10) as f64;
const LONGEST_P: f64 = samples(150) as f64;
/// Where a pacemaker is at work a shorter wave before the complex is what is left of a spike in the atrium.
const SHORTEST_P: f64 = samples(46) as f64;
/// A complex that is longer, or fills more of the RR interval, has run into its own T wave.
const LONGEST_QRS: f64 = samples(220) as f64;
const LONGEST_QRS_SHARE: f64 = 0.6;

/// So does one before which the tracing never rests: of 1,067 real ones two ventricular tachycardias are at 0.13 and
/// 0.23, the next at 0.06.
const MOST_RESTLESS: f64 = 0.1;

impl Delineation {
    /// Whether begin and end of the complex cannot be told from the T waves; `rr` is in samples.
    pub(crate) fn has_no_ends(&self, rr: f64) -> bool {
        let qrs = self.global.qrs_off.zip(self.global.qrs_on);
        self.restless > MOST_RESTLESS
            || qrs.is_some_and(|(off, on)| off - on > LONGEST_QRS.min(LONGEST_QRS_SHARE * rr))
    }

    /// Leaves nothing but where the complex peaks.
    pub(crate) fn forget_ends(&mut self) {
        for own in std::iter::once(&mut self.global).chain(&mut self.leads) {
            *own = Fiducials {
                r_peak: own.r_peak,
                ..Fiducials::default()
            };
        }
    }

    fn has_doubtful_p(&self) -> bool {
        let g = &self.global;
        let (Some(on), Some(off)) = (g.qrs_on, g.qrs_off) else {
            return false;
        };
        let (Some(p_on), Some(p_off)) = (g.p_on, g.p_off) else {
            return false;
        };
        off - on >= WIDE_QRS && (on - p_off < LEAST_PR_SEGMENT || p_off - p_on > LONGEST_P)
    }

    fn has_brief_p(&self) -> bool {
        let p = self.global.p_off.zip(self.global.p_on);
        p.is_some_and(|(off, on)| off - on < SHORTEST_P)
    }

    fn forget_p(&mut self) {
        for own in std::iter::once(&mut self.global).chain(&mut self.leads) {
            (own.p_on, own.p_peak, own.p_off) = (None, None, None);
        }
    }

    /// Leaves no T wave.
    pub(crate) fn forget_t(&mut self) {
        for own in std::iter::once(&mut self.global).chain(&mut self.leads) {
            (own.t_on, own.t_peak, own.t_off) = (None, None, None);
        }
    }
}

/// A premature beat has the P wave of its class from this likeness on; others have one of their own, or none.
const SAME_P: f64 = 0.5;

/// Whether the beat of a class at `at`, in samples of the tracing, has the P wave of the class.
pub(crate) fn has_its_p(prepared: &Prepared, class: &BeatClass, p: &Fiducials, at: usize) -> bool {
    let (Some(on), Some(off)) = (p.p_on, p.p_off) else {
        return false;
    };
    let index = |offset: f64| (offset + BEFORE as f64).max(0.0) as usize;
    likeness(prepared, class, at, index(on)..index(off)).is_none_or(|like| like >= SAME_P)
}

/// Delineates one class. `rr` is the typical distance to the neighbouring beats in samples.
pub(crate) fn delineate(prepared: &Prepared, class: &BeatClass, rr: f64) -> Delineation {
    let mut found = Delineation {
        global: Fiducials::default(),
        leads: vec![Fiducials::default(); class.narrow.len()],
        restless: 0.0,
    };
    let (on, off) = delineate_qrs(class, &mut found);
    delineate_t(class, off, rr, &mut found);
    delineate_p(prepared, class, on, rr, &mut found);
    let qt = found.global.t_off.zip(found.global.qrs_on);
    if qt.is_some_and(|(end, begin)| end - begin > LONGEST_QT_SHARE * rr) {
        found.forget_t();
    }
    let spikes = !prepared.spikes_s.is_empty();
    if rr < TACHYCARDIA_RR && found.has_doubtful_p() || spikes && found.has_brief_p() {
        found.forget_p();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complex_as_long_as_in_ventricular_tachycardia_has_no_ends_and_no_p_that_touches_it() {
        let of = |p_on: f64, p_off: f64, qrs_off: f64| Delineation {
            global: Fiducials {
                p_on: Some(p_on),
                p_off: Some(p_off),
                qrs_on: Some(-20.0),
                r_peak: Some(0.0),
                qrs_off: Some(qrs_off),
                ..Fiducials::default()
            },
            leads: Vec::new(),
            restless: 0.0,
        };
        let mut tachycardia = of(-110.0, -22.0, 90.0);
        assert!(tachycardia.has_doubtful_p() && tachycardia.has_no_ends(165.0));
        tachycardia.forget_ends();
        assert_eq!(tachycardia.global.qrs_off, None);
        assert_eq!(tachycardia.global.r_peak, Some(0.0));
        let block = of(-95.0, -40.0, 50.0);
        assert!(!block.has_doubtful_p() && !block.has_no_ends(400.0));
        assert!(of(-120.0, -40.0, 50.0).has_doubtful_p(), "P of 160 ms");
        let mut undulating = of(-95.0, -40.0, 50.0);
        undulating.restless = 0.2;
        assert!(undulating.has_no_ends(400.0));
    }
}
