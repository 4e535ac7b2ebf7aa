//! Which electrodes were exchanged, and what that does to the leads.

use std::fmt;

use super::beat::TypicalBeat;
use crate::ecg::{LeadName, Recording, STANDARD_12, Samples};

/// Two electrodes that carry each other's cable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Swap {
    /// Right and left arm.
    RaLa,
    /// Right arm and left leg.
    RaLl,
    /// Left arm and left leg.
    LaLl,
    /// V1 and V2.
    V1V2,
    /// V2 and V3.
    V2V3,
    /// V3 and V4.
    V3V4,
    /// V4 and V5.
    V4V5,
    /// V5 and V6.
    V5V6,
}

/// Position of V1 among the standard leads.
pub(super) const V1: usize = 6;

impl Swap {
    /// Every swap that is looked for.
    pub const ALL: [Self; 8] = [
        Self::RaLa,
        Self::RaLl,
        Self::LaLl,
        Self::V1V2,
        Self::V2V3,
        Self::V3V4,
        Self::V4V5,
        Self::V5V6,
    ];

    /// The electrodes: `RA/LA`, `V1/V2`.
    pub fn id(self) -> &'static str {
        match self {
            Self::RaLa => "RA/LA",
            Self::RaLl => "RA/LL",
            Self::LaLl => "LA/LL",
            Self::V1V2 => "V1/V2",
            Self::V2V3 => "V2/V3",
            Self::V3V4 => "V3/V4",
            Self::V4V5 => "V4/V5",
            Self::V5V6 => "V5/V6",
        }
    }

    /// Position among the chest leads of the first of two exchanged chest leads; `None` for limb electrodes.
    pub(super) fn chest(self) -> Option<usize> {
        match self {
            Self::RaLa | Self::RaLl | Self::LaLl => None,
            Self::V1V2 => Some(0),
            Self::V2V3 => Some(1),
            Self::V3V4 => Some(2),
            Self::V4V5 => Some(3),
            Self::V5V6 => Some(4),
        }
    }

    /// Whether two chest electrodes are exchanged.
    pub fn is_chest(self) -> bool {
        self.chest().is_some()
    }

    /// For each standard lead, of which lead it shows the curve after the swap, and with what sign. It follows from
    /// I = LA - RA, II = LL - RA, III = LL - LA and Goldberger's leads; the chest leads' reference (the mean of the
    /// three limb electrodes) does not change. A swap undoes itself.
    fn sources(self) -> [(usize, f64); 12] {
        let mut sources: [(usize, f64); 12] = std::array::from_fn(|lead| (lead, 1.0));
        let limb: [(usize, f64); 6] = match self {
            Self::RaLa => [(0, -1.0), (2, 1.0), (1, 1.0), (4, 1.0), (3, 1.0), (5, 1.0)],
            Self::RaLl => [
                (2, -1.0),
                (1, -1.0),
                (0, -1.0),
                (5, 1.0),
                (4, 1.0),
                (3, 1.0),
            ],
            Self::LaLl => [(1, 1.0), (0, 1.0), (2, -1.0), (3, 1.0), (5, 1.0), (4, 1.0)],
            _ => std::array::from_fn(|lead| sources[lead]),
        };
        sources[..6].copy_from_slice(&limb);
        if let Some(chest) = self.chest() {
            sources.swap(V1 + chest, V1 + chest + 1);
        }
        sources
    }

    /// The beat with the electrodes exchanged.
    pub(crate) fn of_beat(self, beat: &TypicalBeat) -> TypicalBeat {
        TypicalBeat {
            leads: self.sources().map(|(lead, sign)| {
                beat.leads[lead]
                    .as_ref()
                    .map(|curve| curve.iter().map(|value| sign * value).collect())
            }),
            voltage: beat.voltage,
        }
    }

    /// The recording as it would be had these electrodes been exchanged; swapping twice gives it back.
    pub fn apply_to(self, recording: &Recording) -> Recording {
        let mut swapped = recording.clone();
        for (name, (source, sign)) in STANDARD_12.iter().zip(self.sources()) {
            let own = swapped.leads.iter_mut().find(|lead| lead.name == *name);
            let other: Option<&LeadName> = STANDARD_12.get(source);
            let other = other.and_then(|name| recording.lead(name));
            if let (Some(own), Some(other)) = (own, other) {
                own.unit = other.unit.clone();
                own.origin = other.origin;
                own.sampling_rate_hz = other.sampling_rate_hz;
                own.samples = scaled(&other.samples, sign);
            }
        }
        swapped
    }
}

fn scaled(samples: &Samples, sign: f64) -> Samples {
    let mut scaled = samples.clone();
    scaled.counts_per_unit *= sign;
    scaled
}

impl fmt::Display for Swap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
