use serde::{Deserialize, Serialize};

use super::vector::{Vector, dot};

/// How the heart vector appears in the eight independent leads, in the order I, II, V1-V6; rows are
/// (X, Y, Z).
///
/// Dower GE, Machado HB, Osborne JA. On deriving the electrocardiogram from vectorcardiographic leads.
/// Clin Cardiol 1980;3:87-95. Axes as Frank's: X to the left, Y to the feet, Z to the back.
pub const DOWER_1980: [Vector; 8] = [
    [0.632, -0.235, 0.059],
    [0.235, 1.066, -0.132],
    [-0.515, 0.157, -0.917],
    [0.044, 0.164, -1.387],
    [0.882, 0.098, -1.277],
    [1.213, 0.127, -0.601],
    [1.125, 0.127, -0.086],
    [0.831, 0.076, 0.230],
];

/// The torso of one person: the lead field of a dipole, with how this chest differs from the mean one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadField {
    /// Rows of I, II, V1-V6 along X, Y, Z.
    pub rows: [Vector; 8],
}

impl Default for LeadField {
    fn default() -> Self {
        Self { rows: DOWER_1980 }
    }
}

impl LeadField {
    /// I, II, V1-V6 in millivolts for a heart vector, plus what the chest electrodes see of nearby
    /// muscle beyond a dipole (`near`, V1-V6).
    pub fn project(&self, heart: Vector, near: &[f64; 6]) -> [f64; 8] {
        std::array::from_fn(|lead| {
            let close = lead.checked_sub(2).map_or(0.0, |chest| near[chest]);
            dot(self.rows[lead], heart) + close
        })
    }
}

/// The twelve standard leads from I, II, V1-V6, by Einthoven and Goldberger.
pub fn twelve([i, ii, v1, v2, v3, v4, v5, v6]: [f64; 8]) -> [f64; 12] {
    [
        i,
        ii,
        ii - i,
        -(i + ii) / 2.0,
        i - ii / 2.0,
        ii - i / 2.0,
        v1,
        v2,
        v3,
        v4,
        v5,
        v6,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The four derived limb leads as Dower printed them, to the third decimal.
    #[test]
    fn the_derived_limb_leads_agree_with_dowers_own_rows() {
        let printed: [(usize, Vector); 4] = [
            (2, [-0.397, 1.301, -0.191]),
            (3, [-0.434, -0.415, 0.037]),
            (4, [0.515, -0.768, 0.125]),
            (5, [-0.081, 1.184, -0.162]),
        ];
        for (lead, row) in printed {
            for (axis, expected) in row.into_iter().enumerate() {
                let mut heart = [0.0; 3];
                heart[axis] = 1.0;
                let leads = twelve(LeadField::default().project(heart, &[0.0; 6]));
                assert!(
                    (leads[lead] - expected).abs() < 0.0011,
                    "lead {lead} axis {axis}"
                );
            }
        }
    }
}
