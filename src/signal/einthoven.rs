//! Whether the limb leads obey Einthoven's and Goldberger's equations, and the likeliest reason why not.
//!
//! Six leads are two unknowns: with `E = (I, II)` every limb lead is a fixed combination of the two, so
//! everything needed is in the 6 x 6 matrix of inner products of the leads.

use crate::ecg::{Counts, Lead, LeadName, Recording};

/// Limb leads as combinations of I and II: III = II - I, aVR = -(I + II)/2, aVL = I - II/2, aVF = II - I/2.
pub(crate) const LIMB: [(LeadName, [f64; 2]); 6] = [
    (LeadName::I, [1.0, 0.0]),
    (LeadName::II, [0.0, 1.0]),
    (LeadName::III, [-1.0, 1.0]),
    (LeadName::AVR, [-0.5, -0.5]),
    (LeadName::AVL, [1.0, -0.5]),
    (LeadName::AVF, [-0.5, 1.0]),
];

/// Largest part of the limb leads' energy that may disobey, as an amplitude ratio. Leads that are stored
/// rounded or filtered one by one stay below it; a gain that is off by a fifth does not.
const TOLERANCE: f64 = 0.06;
/// A disagreement without a simple reason is only mentioned above this: files denoised lead by lead reach 0.14.
const UNEXPLAINED: f64 = 0.2;
/// Below this root mean square, in microvolts, a disagreement is rounding.
const ROUNDING_UV: f64 = 4.0;
/// Longest stretch looked at, in seconds.
const LONGEST_S: f64 = 120.0;

/// Why limb leads disobey.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Disagreement {
    /// One lead's amplitude is this factor times what the others ask for.
    OneLead { lead: LeadName, factor: f64 },
    /// Two leads carry each other's name.
    Exchanged { leads: [LeadName; 2] },
    /// The stored integers obey; the gains of the header spoil it.
    OwnGains,
    /// None of these.
    Unexplained { share: f64 },
}

/// Looks for a disagreement; `None` when there is none or when fewer than three limb leads can be compared.
pub(crate) fn disagreement(recording: &Recording) -> Option<Disagreement> {
    let leads = comparable(recording, |lead| lead.unit.is_voltage())?;
    let physical = Gram::of(&leads, |lead, index| {
        lead.samples.get(index).unwrap_or(f64::NAN)
    })?;
    let share = physical.share(&[1.0; 6], &physical.identity());
    if share < TOLERANCE || physical.residual_rms(&[1.0; 6], &physical.identity()) < ROUNDING_UV {
        return None;
    }
    let one_lead = physical
        .present
        .iter()
        .filter_map(|&k| {
            let factor = physical.best_factor(k)?;
            let mut scale = [1.0; 6];
            scale[k] = 1.0 / factor;
            Some((physical.share(&scale, &physical.identity()), k, factor))
        })
        .min_by(|a, b| a.0.total_cmp(&b.0));
    let mut exchanged: Option<(f64, [usize; 2])> = None;
    for (position, &a) in physical.present.iter().enumerate() {
        for &b in physical.present.iter().skip(position + 1) {
            let mut names = physical.identity();
            names.swap(a, b);
            let share = physical.share(&[1.0; 6], &names);
            if exchanged.is_none_or(|(best, _)| share < best) {
                exchanged = Some((share, [a, b]));
            }
        }
    }
    // An exchange says more than a factor, and explains as much only when it is true.
    if let Some((left, [a, b])) = exchanged
        && left < TOLERANCE / 2.0
        && one_lead.is_none_or(|(share, ..)| left <= share + 1e-9)
    {
        return Some(Disagreement::Exchanged {
            leads: [LIMB[a].0.clone(), LIMB[b].0.clone()],
        });
    }
    if let Some((left, k, factor)) = one_lead
        && left < TOLERANCE
        && left < share / 3.0
        && (factor - 1.0).abs() > 0.1
    {
        return Some(Disagreement::OneLead {
            lead: LIMB[k].0.clone(),
            factor,
        });
    }
    if counts_obey(&leads) {
        return Some(Disagreement::OwnGains);
    }
    (share > UNEXPLAINED).then_some(Disagreement::Unexplained { share })
}

/// Whether the stored integers of the limb leads obey while their header gains differ from each other.
pub(crate) fn only_stored_integers_obey(recording: &Recording) -> bool {
    disagreement(recording) == Some(Disagreement::OwnGains)
}

fn counts_obey(leads: &[(usize, &Lead)]) -> bool {
    let whole = |lead: &Lead| !matches!(lead.samples.counts(), Counts::F64(_));
    if !leads.iter().all(|(_, lead)| whole(lead)) {
        return false;
    }
    let calibrated = |lead: &Lead| lead.samples.counts_per_unit / lead.samples.unit_scale;
    Gram::of(leads, |lead, index| {
        lead.samples
            .get(index)
            .map_or(f64::NAN, |value| value * calibrated(lead))
    })
    .is_some_and(|counts| counts.share(&[1.0; 6], &counts.identity()) < TOLERANCE / 2.0)
}

fn comparable(
    recording: &Recording,
    usable: impl Fn(&Lead) -> bool,
) -> Option<Vec<(usize, &Lead)>> {
    let leads: Vec<(usize, &Lead)> = LIMB
        .iter()
        .enumerate()
        .filter_map(|(k, (name, _))| recording.lead(name).map(|lead| (k, lead)))
        .filter(|(_, lead)| usable(lead))
        .collect();
    let (_, first) = leads.first()?;
    let alike = leads.iter().all(|(_, lead)| {
        lead.sampling_rate_hz == first.sampling_rate_hz && lead.samples.len() == first.samples.len()
    });
    (alike && leads.len() >= 3).then_some(leads)
}

/// Inner products of the limb leads' changes over 20 ms, in which offsets and slow drift vanish.
struct Gram {
    present: Vec<usize>,
    products: [[f64; 6]; 6],
    count: f64,
}

impl Gram {
    fn of(leads: &[(usize, &Lead)], value: impl Fn(&Lead, usize) -> f64) -> Option<Self> {
        let (_, first) = leads.first()?;
        let rate = first.sampling_rate_hz;
        let lag = (0.02 * rate).round().clamp(1.0, 1e6) as usize;
        let length = first
            .samples
            .len()
            .min((LONGEST_S * rate).min(1e8) as usize);
        let (mut products, mut count) = ([[0.0; 6]; 6], 0.0);
        let mut change = [0.0; 6];
        for index in lag..length {
            for &(k, lead) in leads {
                change[k] = value(lead, index) - value(lead, index - lag);
            }
            if leads.iter().any(|&(k, _)| !change[k].is_finite()) {
                continue;
            }
            count += 1.0;
            for &(a, _) in leads {
                for &(b, _) in leads {
                    products[a][b] += change[a] * change[b];
                }
            }
        }
        let present: Vec<usize> = leads.iter().map(|&(k, _)| k).collect();
        // A dead lead is reported as such; it is no witness here.
        let alive = present.iter().all(|&k| products[k][k] > 0.0);
        (alive && count > 0.0).then_some(Self {
            present,
            products,
            count,
        })
    }

    fn identity(&self) -> [usize; 6] {
        [0, 1, 2, 3, 4, 5]
    }

    /// Energy left over when each present lead times its scale is explained as the lead `names` says it is.
    fn residual(&self, scale: &[f64; 6], names: &[usize; 6]) -> (f64, f64) {
        let g = |a: usize, b: usize| scale[a] * scale[b] * self.products[a][b];
        let total: f64 = self.present.iter().map(|&k| g(k, k)).sum();
        let mut normal = [[0.0; 2]; 2];
        let mut explained = [[0.0; 2]; 2];
        for &a in &self.present {
            let row = LIMB[names[a]].1;
            for r in 0..2 {
                for c in 0..2 {
                    normal[r][c] += row[r] * row[c];
                    for &b in &self.present {
                        explained[r][c] += row[r] * g(a, b) * LIMB[names[b]].1[c];
                    }
                }
            }
        }
        let Some(inverse) = invert(normal) else {
            return (0.0, total);
        };
        let fit: f64 = (0..2)
            .flat_map(|r| (0..2).map(move |c| (r, c)))
            .map(|(r, c)| inverse[r][c] * explained[c][r])
            .sum();
        ((total - fit).max(0.0), total)
    }

    fn share(&self, scale: &[f64; 6], names: &[usize; 6]) -> f64 {
        let (left, total) = self.residual(scale, names);
        if total > 0.0 {
            (left / total).sqrt()
        } else {
            0.0
        }
    }

    fn residual_rms(&self, scale: &[f64; 6], names: &[usize; 6]) -> f64 {
        let (left, _) = self.residual(scale, names);
        (left / (self.count * self.present.len() as f64)).sqrt()
    }

    /// The factor that lead `k` has compared with what the other leads predict for it.
    fn best_factor(&self, k: usize) -> Option<f64> {
        let others: Vec<usize> = self
            .present
            .iter()
            .copied()
            .filter(|&other| other != k)
            .collect();
        let mut normal = [[0.0; 2]; 2];
        for &a in &others {
            let row = LIMB[a].1;
            for r in 0..2 {
                for c in 0..2 {
                    normal[r][c] += row[r] * row[c];
                }
            }
        }
        let inverse = invert(normal)?;
        let wanted = LIMB[k].1;
        let weights: Vec<f64> = others
            .iter()
            .map(|&a| {
                let row = LIMB[a].1;
                (0..2)
                    .map(|r| {
                        (0..2)
                            .map(|c| wanted[r] * inverse[r][c] * row[c])
                            .sum::<f64>()
                    })
                    .sum()
            })
            .collect();
        let along: f64 = others
            .iter()
            .zip(&weights)
            .map(|(&a, w)| w * self.products[a][k])
            .sum();
        let predicted: f64 = others
            .iter()
            .zip(&weights)
            .flat_map(|(&a, wa)| {
                others
                    .iter()
                    .zip(&weights)
                    .map(move |(&b, wb)| (a, b, wa * wb))
            })
            .map(|(a, b, w)| w * self.products[a][b])
            .sum();
        let factor = along / predicted;
        (factor.is_finite() && factor.abs() > 1e-6).then_some(factor)
    }
}

fn invert(m: [[f64; 2]; 2]) -> Option<[[f64; 2]; 2]> {
    let determinant = m[0][0] * m[1][1] - m[0][1] * m[1][0];
    (determinant.abs() > 1e-12).then(|| {
        [
            [m[1][1] / determinant, -m[0][1] / determinant],
            [-m[1][0] / determinant, m[0][0] / determinant],
        ]
    })
}
