//! A heart with handles: what a teacher turns while the class watches.

use super::conditions::{Condition, condition};
use super::device::Device;
use super::lead_field::LeadField;
use super::parameters::{Atria, Conduction, Parameters};
use super::vector::{Rotation, Vector, add, dot, scale};
use super::{Settings, Simulation, criteria, heart, person, simulate_parameters};

/// What drives the heart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rhythm {
    #[default]
    Sinus,
    Fibrillation,
    Flutter,
}

/// How sinus beats reach the ventricles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AvConduction {
    /// Every beat, after the same PR interval.
    #[default]
    Conducted,
    Wenckebach,
    TwoToOne,
    /// Third-degree block with a ventricular escape rhythm.
    Complete,
}

/// How the ventricles are excited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Bundle {
    #[default]
    Normal,
    Left,
    Right,
    LeftAnterior,
    PreExcited,
}

/// Early beats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Early {
    #[default]
    None,
    Ventricular,
    Atrial,
}

/// A wall of the left ventricle and the leads that look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Territory {
    Septal,
    Anterior,
    Lateral,
    Inferior,
}

impl Territory {
    /// Every territory.
    pub const ALL: [Self; 4] = [Self::Septal, Self::Anterior, Self::Lateral, Self::Inferior];

    /// Its leads, as the Fourth Universal Definition of Myocardial Infarction groups them (Thygesen 2018).
    pub fn leads(self) -> &'static [&'static str] {
        match self {
            Self::Septal => &["V1", "V2"],
            Self::Anterior => &["V3", "V4"],
            Self::Lateral => &["I", "aVL", "V5", "V6"],
            Self::Inferior => &["II", "III", "aVF"],
        }
    }

    /// How a heart vector shows in its leads on average.
    fn lead_vector(self, torso: &LeadField) -> Vector {
        let [i, ii, v1, v2, v3, v4, v5, v6] = torso.rows;
        let combine = |a: f64, b: f64| add(scale(i, a), scale(ii, b));
        let rows: Vec<Vector> = match self {
            Self::Septal => vec![v1, v2],
            Self::Anterior => vec![v3, v4],
            // aVL = I - II / 2; III = II - I; aVF = II - I / 2.
            Self::Lateral => vec![i, combine(1.0, -0.5), v5, v6],
            Self::Inferior => vec![ii, combine(-1.0, 1.0), combine(-0.5, 1.0)],
        };
        let sum = rows.iter().fold([0.0; 3], |sum, row| add(sum, *row));
        scale(sum, 1.0 / rows.len() as f64)
    }
}

/// Everything that can be turned. What it gives is deterministic: the same controls, the same tracing.
#[derive(Debug, Clone, PartialEq)]
pub struct Controls {
    /// Whose heart it is.
    pub seed: u64,
    pub rhythm: Rhythm,
    /// Of the sinus node; in fibrillation and flutter of the ventricles.
    pub rate_per_min: f64,
    pub av: AvConduction,
    pub pr_s: f64,
    pub bundle: Bundle,
    pub qrs_s: f64,
    /// QTc by Fridericia.
    pub qtc_s: f64,
    /// Mean frontal axis of QRS.
    pub axis_deg: f64,
    /// What an injured wall adds to the ST segment of its leads on average, in the order of
    /// [`Territory::ALL`], in millivolts. Other leads see its mirror, as in life.
    pub st_mv: [f64; 4],
    pub early: Early,
    /// Normal beats from one early beat to the next.
    pub early_every: usize,
    pub muscle_uv: f64,
    pub wander_uv: f64,
    pub mains_uv: f64,
}

impl Default for Controls {
    fn default() -> Self {
        Self {
            seed: 10,
            rhythm: Rhythm::Sinus,
            rate_per_min: 72.0,
            av: AvConduction::Conducted,
            pr_s: 0.16,
            bundle: Bundle::Normal,
            qrs_s: Bundle::Normal.usual_qrs_s(),
            qtc_s: 0.405,
            axis_deg: Bundle::Normal.usual_axis_deg(),
            st_mv: [0.0; 4],
            early: Early::None,
            early_every: 4,
            muscle_uv: 4.0,
            wander_uv: 15.0,
            mains_uv: 0.0,
        }
    }
}

impl Bundle {
    /// The QRS duration that goes with it, in seconds.
    pub fn usual_qrs_s(self) -> f64 {
        match self {
            Self::Normal => 0.088,
            Self::LeftAnterior => 0.10,
            Self::PreExcited => 0.13,
            Self::Right => 0.14,
            Self::Left => 0.15,
        }
    }

    /// The axis that goes with it.
    pub fn usual_axis_deg(self) -> f64 {
        match self {
            Self::Normal | Self::PreExcited => 45.0,
            Self::Right => 40.0,
            Self::Left => 5.0,
            Self::LeftAnterior => -60.0,
        }
    }

    fn condition(self) -> Option<&'static Condition> {
        condition(match self {
            Self::Normal => return None,
            Self::Left => "left_bundle_branch_block",
            Self::Right => "right_bundle_branch_block",
            Self::LeftAnterior => "left_anterior_fascicular_block",
            Self::PreExcited => "wolff_parkinson_white",
        })
    }
}

/// Flutter runs at about this rate; the ventricles follow every second, third or fourth wave.
const FLUTTER_PER_MIN: f64 = 300.0;
/// Rate of the escape rhythm in complete block.
const ESCAPE_PER_MIN: f64 = 36.0;

impl Controls {
    /// The heart they describe.
    pub fn parameters(&self) -> Parameters {
        let early = match self.early {
            Early::None => None,
            Early::Ventricular => condition("premature_ventricular_complexes"),
            Early::Atrial => condition("premature_atrial_complexes"),
        };
        // In complete block the escape beats have their own shape.
        let escape = condition("third_degree_av_block")
            .filter(|_| self.av == AvConduction::Complete && self.rhythm == Rhythm::Sinus);
        let conditions: Vec<&Condition> = self
            .bundle
            .condition()
            .into_iter()
            .chain(escape)
            .chain(early)
            .collect();
        let mut heart = person::with(&conditions, self.seed);
        let rate_per_min = finite(self.rate_per_min, 72.0).clamp(25.0, 250.0);
        let pr_s = finite(self.pr_s, 0.16);
        heart.qtc_s = finite(self.qtc_s, 0.405);
        if let Some(ectopy) = &mut heart.ectopy {
            let every = self.early_every.clamp(1, 30);
            ectopy.every = (every, every);
        }
        match self.rhythm {
            Rhythm::Sinus => {
                heart.atria = Atria::Sinus {
                    rate_per_min,
                    respiratory: 0.02,
                    variation: 0.012,
                };
                heart.conduction = match self.av {
                    AvConduction::Conducted => Conduction::Fixed { pr_s },
                    AvConduction::Wenckebach => Conduction::Wenckebach {
                        pr_s,
                        growth_s: 0.09,
                        cycle: 4,
                    },
                    AvConduction::TwoToOne => Conduction::Dropped { pr_s, cycle: 2 },
                    AvConduction::Complete => Conduction::Complete {
                        escape_per_min: ESCAPE_PER_MIN,
                    },
                };
            }
            Rhythm::Fibrillation => {
                heart.atria = Atria::Fibrillation {
                    rate_hz: 6.2,
                    amplitude_mv: 0.13,
                };
                heart.conduction = Conduction::Irregular {
                    rate_per_min,
                    variation: 0.22,
                };
            }
            Rhythm::Flutter => {
                // In range: the rate is at least 25 per minute.
                let ratio = (FLUTTER_PER_MIN / rate_per_min).round().clamp(1.0, 12.0);
                heart.atria = Atria::Flutter {
                    rate_per_min: rate_per_min * ratio,
                    amplitude_mv: 0.3,
                };
                heart.conduction = Conduction::Ratio {
                    ratio: ratio as usize,
                };
            }
        }
        self.turn(&mut heart);
        self.widen(&mut heart);
        self.injure(&mut heart);
        heart
    }

    /// Turns QRS in the frontal plane until its mean axis is the wanted one; T follows half the way.
    fn turn(&self, heart: &mut Parameters) {
        let wanted = finite(self.axis_deg, 45.0);
        let mut turned = 0.0;
        // A degree of turn moves the axis by half a degree to two, as the lead field sees the feet twice as
        // well as the left: small steps settle wherever the axis is to be.
        for _ in 0..24 {
            let rest = (wanted - criteria::axis(heart) + 540.0).rem_euclid(360.0) - 180.0;
            if rest.abs() < 0.2 {
                break;
            }
            let step = 0.6 * rest;
            turned += step;
            let turn = Rotation::degrees(step, 0.0);
            for point in &mut heart.ventricles.qrs {
                *point = turn.apply(*point);
            }
        }
        let t_turn = Rotation::degrees(0.5 * turned, 0.0);
        let beat = &mut heart.ventricles;
        for vector in [&mut beat.t, &mut beat.t_opening, &mut beat.u] {
            *vector = t_turn.apply(*vector);
        }
    }

    /// Stretches QRS to the wanted width; QT grows with it as in [`super::Ventricles::abnormal`].
    fn widen(&self, heart: &mut Parameters) {
        let wanted = finite(self.qrs_s, 0.088).clamp(0.04, 0.3);
        if let Some(width) = heart::qrs_width(&heart.ventricles).filter(|width| *width > 0.01) {
            let before = heart.ventricles.qrs_s;
            heart.ventricles.qrs_s *= wanted / width;
            heart.ventricles.qt_extra_s += 0.7 * (heart.ventricles.qrs_s - before);
        }
    }

    /// Adds the injury vectors of the walls: each as short as it can be to lift its leads by so much.
    fn injure(&self, heart: &mut Parameters) {
        for (territory, mv) in Territory::ALL.into_iter().zip(self.st_mv) {
            let lead = territory.lead_vector(&heart.torso);
            let injury = scale(
                lead,
                finite(mv, 0.0).clamp(-1.0, 1.0) / dot(lead, lead).max(1e-6),
            );
            let beat = &mut heart.ventricles;
            beat.st_j = add(beat.st_j, injury);
            beat.st_end = add(beat.st_end, injury);
        }
    }

    /// Ten seconds of that heart, recorded with the wanted disturbances.
    pub fn simulate(&self) -> Simulation {
        let noise = |uv: f64| finite(uv, 0.0).clamp(0.0, 1000.0);
        let device = Device {
            muscle_uv: noise(self.muscle_uv),
            wander_uv: noise(self.wander_uv),
            mains_uv: noise(self.mains_uv),
            ..Device::default()
        };
        let settings = Settings {
            device,
            ..Settings::default()
        };
        simulate_parameters(self.parameters(), self.seed, &settings)
    }
}

fn finite(value: f64, otherwise: f64) -> f64 {
    if value.is_finite() { value } else { otherwise }
}
