//! The loss: binary cross-entropy for each statement, masked where a source does not say.

use candle_core::{Result, Tensor};

use crate::network::Output;

/// Weight of telling outliers beside the statements (0.5 in Hendrycks 2019, 1812.04606).
const OUTLIER_WEIGHT: f64 = 0.5;

/// Targets of a batch, `[batch, statements]` each.
pub struct Targets {
    /// 1 present, 0 absent; anything where unknown.
    pub truth: Tensor,
    /// 1 where the source says, 0 where it does not.
    pub known: Tensor,
    /// `[batch]`: 1 unlike any electrocardiogram, 0 a tracing.
    pub outlier: Tensor,
    /// What is taught where no label says anything, if there is a teacher.
    pub taught: Option<Taught>,
}

/// The word of a teacher, `[batch, statements]` each.
pub struct Taught {
    /// Its probability; anything where it is not asked.
    pub probability: Tensor,
    /// 1 where it is asked, 0 where it is not.
    pub asked: Tensor,
}

/// How the loss treats rarity and doubt.
pub struct Loss {
    /// Weight of a positive of each statement, `[statements]`.
    pub positive_weight: Tensor,
    /// Label smoothing (Szegedy 2016).
    pub smoothing: f64,
    /// Exponent by which easy negatives are discounted (asymmetric loss, Ridnik 2021, 2009.14119).
    pub negative_focus: f64,
    /// Whether outliers are among what is learnt from; where they are not, their logit is left alone.
    pub outliers: bool,
}

impl Loss {
    /// That of the statements, and beside it what is taught, and that of telling outliers where the network does.
    ///
    /// # Errors
    /// When shapes do not fit.
    pub fn total(&self, output: &Output, targets: &Targets) -> Result<Tensor> {
        let mut statements = self.compute(&output.logits, targets)?;
        if let Some(taught) = &targets.taught {
            statements = (statements + distillation(&output.logits, taught)?)?;
        }
        let Some(logits) = output.outlier.as_ref().filter(|_| self.outliers) else {
            return Ok(statements);
        };
        let outliers = cross_entropy(logits, &targets.outlier)?.mean_all()?;
        statements + outliers.affine(OUTLIER_WEIGHT, 0.0)?
    }

    /// Mean over everything known.
    ///
    /// # Errors
    /// When shapes do not fit.
    pub fn compute(&self, logits: &Tensor, targets: &Targets) -> Result<Tensor> {
        let truth = targets
            .truth
            .affine(1.0 - self.smoothing, self.smoothing / 2.0)?;
        let doubt = truth.affine(-1.0, 1.0)?;
        let tail = tail(logits)?;
        let minus_ln_p = (logits.neg()?.relu()? + &tail)?;
        let minus_ln_q = (logits.relu()? + &tail)?;
        let mut absent = (doubt * minus_ln_q)?;
        if self.negative_focus > 0.0 {
            // The discount is a weight, not something to be learnt through.
            let p = candle_nn::ops::sigmoid(&logits.detach())?;
            let discount = p.affine(1.0, 1e-6)?.powf(self.negative_focus)?;
            // Only negatives are discounted; a positive's smoothed remainder is not.
            let negative = targets.truth.affine(-1.0, 1.0)?;
            let weight = ((discount * &negative)? + &targets.truth)?;
            absent = (absent * weight)?;
        }
        let present = (truth * minus_ln_p)?.broadcast_mul(&self.positive_weight)?;
        let sum = ((present + absent)? * &targets.known)?.sum_all()?;
        let count = targets.known.sum_all()?.affine(1.0, 1e-6)?;
        sum / count
    }
}

/// What is left of ln(1 + e^x) without overflow beside max(x, 0): ln(1 + e^-|x|).
fn tail(logits: &Tensor) -> Result<Tensor> {
    logits.abs()?.neg()?.exp()?.affine(1.0, 1.0)?.log()
}

/// Of each logit x with its probability t: ln(1 + e^x) - t x.
fn cross_entropy(logits: &Tensor, truth: &Tensor) -> Result<Tensor> {
    (logits.relu()? + tail(logits)?)? - (logits * truth)?
}

/// Mean cross-entropy with the teacher's probabilities, over what it was asked (Hinton 2015, 1503.02531, at the
/// temperature 1).
fn distillation(logits: &Tensor, taught: &Taught) -> Result<Tensor> {
    let entropy = cross_entropy(logits, &taught.probability)?;
    let count = taught.asked.sum_all()?.affine(1.0, 1e-6)?;
    (entropy * &taught.asked)?.sum_all()? / count
}

/// `sqrt(negatives / positives)` for each statement, between 1 and `cap`.
pub fn positive_weights(counts: &[(usize, usize)], cap: f64) -> Vec<f32> {
    counts
        .iter()
        .map(|&(positives, negatives)| {
            let ratio = negatives as f64 / positives.max(1) as f64;
            ratio.sqrt().clamp(1.0, cap) as f32
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;

    fn tensor(values: &[[f32; 2]; 2]) -> Tensor {
        Tensor::new(values, &Device::Cpu).unwrap()
    }

    fn plain(weight: [f32; 2], smoothing: f64, negative_focus: f64) -> Loss {
        Loss {
            positive_weight: Tensor::new(&weight, &Device::Cpu).unwrap(),
            smoothing,
            negative_focus,
            outliers: true,
        }
    }

    fn value(
        loss: &Loss,
        logits: [[f32; 2]; 2],
        truth: [[f32; 2]; 2],
        known: [[f32; 2]; 2],
    ) -> f64 {
        let targets = Targets {
            outlier: Tensor::zeros(2, candle_core::DType::F32, &Device::Cpu).unwrap(),
            taught: None,
            truth: tensor(&truth),
            known: tensor(&known),
        };
        f64::from(
            loss.compute(&tensor(&logits), &targets)
                .unwrap()
                .to_scalar::<f32>()
                .unwrap(),
        )
    }

    #[test]
    fn it_is_the_cross_entropy_over_what_is_known() {
        // -ln(sigmoid(2)) = 0.126928, -ln(1 - sigmoid(-1)) = 0.313262, -ln(1 - sigmoid(3)) = 3.048587.
        let loss = value(
            &plain([1.0, 1.0], 0.0, 0.0),
            [[2.0, -1.0], [3.0, 50.0]],
            [[1.0, 0.0], [0.0, 0.0]],
            [[1.0, 1.0], [1.0, 0.0]],
        );
        assert!(
            (loss - (0.126928 + 0.313262 + 3.048587) / 3.0).abs() < 1e-5,
            "{loss}"
        );
    }

    #[test]
    fn what_is_unknown_has_no_gradient() {
        let logits = Var::new(&[[2.0f32, -100.0], [3.0, 100.0]], &Device::Cpu).unwrap();
        let targets = Targets {
            outlier: Tensor::zeros(2, candle_core::DType::F32, &Device::Cpu).unwrap(),
            taught: None,
            truth: tensor(&[[1.0, 0.0], [0.0, 1.0]]),
            known: tensor(&[[1.0, 0.0], [1.0, 0.0]]),
        };
        let loss = plain([3.0, 3.0], 0.1, 1.0)
            .compute(&logits, &targets)
            .unwrap();
        let gradient = loss
            .backward()
            .unwrap()
            .get(&logits)
            .unwrap()
            .to_vec2::<f32>()
            .unwrap();
        assert_eq!((gradient[0][1], gradient[1][1]), (0.0, 0.0));
        assert!(gradient[0][0] != 0.0 && gradient[1][0] != 0.0);
    }

    #[test]
    fn a_positive_weight_counts_a_positive_that_many_times() {
        let known = [[1.0, 0.0], [0.0, 0.0]];
        let once = value(
            &plain([1.0, 1.0], 0.0, 0.0),
            [[0.3, 0.0], [0.0, 0.0]],
            [[1.0, 0.0], [0.0, 0.0]],
            known,
        );
        let thrice = value(
            &plain([3.0, 1.0], 0.0, 0.0),
            [[0.3, 0.0], [0.0, 0.0]],
            [[1.0, 0.0], [0.0, 0.0]],
            known,
        );
        assert!((thrice - 3.0 * once).abs() < 1e-5);
        assert_eq!(
            positive_weights(&[(4, 100), (50, 50), (0, 900)], 8.0),
            [5.0, 1.0, 8.0]
        );
    }

    #[test]
    fn a_teacher_pulls_towards_its_probability_only_where_it_is_asked() {
        let logits = Var::new(&[[2.0f32, 0.0], [0.0, -1.0]], &Device::Cpu).unwrap();
        let taught = Taught {
            probability: tensor(&[[0.5, 0.5], [0.9, 0.1]]),
            asked: tensor(&[[1.0, 1.0], [0.0, 1.0]]),
        };
        let gradient = distillation(&logits, &taught)
            .unwrap()
            .backward()
            .unwrap()
            .get(&logits)
            .unwrap()
            .to_vec2::<f32>()
            .unwrap();
        // (sigmoid(2) - 0.5) / 3 and (sigmoid(-1) - 0.1) / 3.
        assert!((gradient[0][0] - 0.380_797 / 3.0).abs() < 1e-5);
        assert!((gradient[1][1] - 0.168_941 / 3.0).abs() < 1e-5);
        assert!(gradient[0][1].abs() < 1e-6 && gradient[1][0] == 0.0);
    }

    #[test]
    fn where_no_outlier_is_seen_the_outlier_logit_is_left_alone() {
        let zeros =
            |shape: &[usize]| Tensor::zeros(shape, candle_core::DType::F32, &Device::Cpu).unwrap();
        let outlier = Var::new(&[-3.0f32, 2.0], &Device::Cpu).unwrap();
        let output = Output {
            logits: tensor(&[[2.0, -1.0], [3.0, 0.0]]),
            outlier: Some(outlier.as_tensor().clone()),
            lead_gate: zeros(&[2, 12]),
            lead_features: zeros(&[2, 12, 1, 1]),
        };
        let targets = Targets {
            truth: tensor(&[[1.0, 0.0], [0.0, 1.0]]),
            known: tensor(&[[1.0, 1.0], [1.0, 1.0]]),
            outlier: zeros(&[2]),
            taught: None,
        };
        let gradient = |outliers| {
            let loss = Loss {
                outliers,
                ..plain([1.0, 1.0], 0.0, 0.0)
            };
            let gradients = loss.total(&output, &targets).unwrap().backward().unwrap();
            gradients.get(&outlier).is_some()
        };
        assert!(gradient(true) && !gradient(false));
    }

    #[test]
    fn focus_discounts_an_easy_negative_and_leaves_a_positive_alone() {
        let known = [[1.0, 0.0], [0.0, 0.0]];
        let of = |focus, logit, truth| {
            value(
                &plain([1.0, 1.0], 0.0, focus),
                [[logit, 0.0], [0.0, 0.0]],
                [[truth, 0.0], [0.0, 0.0]],
                known,
            )
        };
        assert!(of(1.0, -3.0, 0.0) < 0.06 * of(0.0, -3.0, 0.0));
        assert!((of(1.0, -3.0, 1.0) - of(0.0, -3.0, 1.0)).abs() < 1e-6);
    }
}
