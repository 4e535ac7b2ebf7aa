//! Logistic regression without intercept on contrasts that all belong to one class.

use rayon::prelude::*;

/// Newton steps; the objective is convex and smooth, and six leave nothing visible.
const STEPS: usize = 8;

/// The weights `w` that minimise `|w|^2 / 2 + strength * sum log(1 + exp(w x))`: contrasts of unswapped tracings get
/// log odds below zero, and by symmetry those of swapped ones above.
pub(super) fn fit(contrasts: &[&[f64]], strength: f64) -> Vec<f64> {
    let size = contrasts.first().map_or(0, |row| row.len());
    let mut weights = vec![0.0; size];
    for _ in 0..STEPS {
        let zero = || (vec![0.0; size], vec![0.0; size * size]);
        let (gradient, hessian) = contrasts
            .par_chunks(128)
            .map(|rows| {
                let (mut gradient, mut hessian) = zero();
                for row in rows {
                    let odds: f64 = row.iter().zip(&weights).map(|(x, w)| x * w).sum();
                    let probability = 1.0 / (1.0 + (-odds).exp());
                    let curvature = strength * probability * (1.0 - probability);
                    for (i, &x) in row.iter().enumerate() {
                        gradient[i] += strength * probability * x;
                        if x != 0.0 {
                            let (scale, own) =
                                (curvature * x, &mut hessian[i * size..=i * size + i]);
                            for (sum, y) in own.iter_mut().zip(*row) {
                                *sum += scale * y;
                            }
                        }
                    }
                }
                (gradient, hessian)
            })
            .reduce(zero, |mut a, b| {
                a.0.iter_mut().zip(&b.0).for_each(|(x, y)| *x += y);
                a.1.iter_mut().zip(&b.1).for_each(|(x, y)| *x += y);
                a
            });
        let mut hessian = hessian;
        for i in 0..size {
            hessian[i * size + i] += 1.0;
        }
        let slope: Vec<f64> = gradient.iter().zip(&weights).map(|(g, w)| g + w).collect();
        for (weight, step) in weights.iter_mut().zip(solve(hessian, slope)) {
            *weight -= step;
        }
    }
    weights
}

/// Solves a symmetric positive definite system of which the lower triangle is given (Cholesky).
fn solve(mut a: Vec<f64>, mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    for i in 0..n {
        for j in 0..=i {
            let (head, tail) = a.split_at_mut(i * n);
            let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
            if i == j {
                let left = tail[i] - dot(&tail[..i], &tail[..i]);
                tail[i] = left.max(f64::MIN_POSITIVE).sqrt();
            } else {
                let row = &head[j * n..j * n + j + 1];
                tail[j] = (tail[j] - dot(&tail[..j], &row[..j])) / row[j];
            }
        }
    }
    for i in 0..n {
        let known: f64 = (0..i).map(|k| a[i * n + k] * b[k]).sum();
        b[i] = (b[i] - known) / a[i * n + i];
    }
    for i in (0..n).rev() {
        let known: f64 = (i + 1..n).map(|k| a[k * n + i] * b[k]).sum();
        b[i] = (b[i] - known) / a[i * n + i];
    }
    b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symmetric_system_is_solved() {
        let x = solve(
            vec![4.0, 0.0, 0.0, 2.0, 5.0, 0.0, 1.0, 3.0, 6.0],
            vec![4.0, -1.0, 13.0],
        );
        for (own, expected) in x.iter().zip([1.582_089_55, -2.820_895_52, 3.313_432_84]) {
            assert!((own - expected).abs() < 1e-6, "{x:?}");
        }
    }

    /// scikit-learn 1.9, `LogisticRegression(C=0.5, fit_intercept=False)` on these rows as class 0 and their
    /// negatives as class 1.
    #[test]
    fn weights_agree_with_scikit_learns() {
        let rows: [&[f64]; 4] = [&[1.0, 0.5], &[2.0, -1.0], &[-0.5, 1.5], &[0.3, 0.2]];
        let weights = fit(&rows, 1.0);
        for (own, expected) in weights.iter().zip(EXPECTED) {
            assert!((own - expected).abs() < 1e-4, "{weights:?}");
        }
    }

    const EXPECTED: [f64; 2] = [-0.747_232_8, -0.532_897_2];
}
