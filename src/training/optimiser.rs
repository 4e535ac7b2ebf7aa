//! AdamW with a clipped gradient and a moving average of the weights.

use candle_core::backprop::GradStore;
use candle_core::{Result, Tensor, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW, VarMap};

use super::recipe::Recipe;
use crate::network::weights;

/// The learning rate at a fraction of the run: a linear rise, then half a cosine (Loshchilov 2017, 1608.03983).
pub fn learning_rate(recipe: &Recipe, progress: f64) -> f64 {
    let shape = if progress < recipe.warm_up {
        progress / recipe.warm_up
    } else {
        let rest = (progress - recipe.warm_up) / (1.0 - recipe.warm_up);
        0.5 * (1.0 + (std::f64::consts::PI * rest.min(1.0)).cos())
    };
    recipe.learning_rate * shape
}

/// Two AdamW (Loshchilov 2019, 1711.05101): weights decay, biases and norms do not.
pub struct Optimiser {
    decaying: AdamW,
    free: AdamW,
    vars: Vec<Var>,
    clip: f64,
}

impl Optimiser {
    /// Over all variables of `vars`.
    ///
    /// # Errors
    /// When a moment cannot be allocated.
    pub fn new(vars: &VarMap, recipe: &Recipe) -> Result<Self> {
        let all: Vec<Var> = weights::named(vars)
            .into_iter()
            .map(|(_, var)| var)
            .collect();
        let (matrices, vectors): (Vec<Var>, Vec<Var>) =
            all.iter().cloned().partition(|var| var.rank() > 1);
        let params = |weight_decay| ParamsAdamW {
            lr: 0.0,
            weight_decay,
            ..ParamsAdamW::default()
        };
        Ok(Self {
            decaying: AdamW::new(matrices, params(recipe.weight_decay))?,
            free: AdamW::new(vectors, params(0.0))?,
            vars: all,
            clip: recipe.gradient_clip,
        })
    }

    /// One step at that learning rate. Returns the norm of the gradient before clipping.
    ///
    /// # Errors
    /// When a tensor operation fails.
    pub fn step(&mut self, loss: &Tensor, learning_rate: f64) -> Result<f64> {
        let mut gradients = loss.backward()?;
        let norm = self.norm(&gradients)?;
        if norm.is_finite() {
            if norm > self.clip {
                for var in &self.vars {
                    if let Some(gradient) = gradients.get(var) {
                        let clipped = gradient.affine(self.clip / norm, 0.0)?;
                        gradients.insert(var, clipped);
                    }
                }
            }
            for group in [&mut self.decaying, &mut self.free] {
                group.set_learning_rate(learning_rate);
                group.step(&gradients)?;
            }
        }
        Ok(norm)
    }

    fn norm(&self, gradients: &GradStore) -> Result<f64> {
        let mut sum = 0.0;
        for gradient in self.vars.iter().filter_map(|var| gradients.get(var)) {
            sum += f64::from(gradient.sqr()?.sum_all()?.to_scalar::<f32>()?);
        }
        Ok(sum.sqrt())
    }
}

/// Moving average of all variables, running statistics included (Polyak; decay warmed up as in TensorFlow's
/// `ExponentialMovingAverage`).
pub struct Average {
    vars: Vec<Var>,
    values: Vec<Tensor>,
    decay: f64,
    steps: f64,
}

impl Average {
    /// Starts at the present values.
    ///
    /// # Errors
    /// When a copy cannot be allocated.
    pub fn new(vars: &VarMap, decay: f64) -> Result<Self> {
        let vars: Vec<Var> = weights::named(vars)
            .into_iter()
            .map(|(_, var)| var)
            .collect();
        let values = copies(&vars)?;
        Ok(Self {
            vars,
            values,
            decay,
            steps: 0.0,
        })
    }

    /// Takes the present values in.
    ///
    /// # Errors
    /// When a tensor operation fails.
    pub fn update(&mut self) -> Result<()> {
        self.steps += 1.0;
        let decay = self.decay.min((1.0 + self.steps) / (10.0 + self.steps));
        for (value, var) in self.values.iter_mut().zip(&self.vars) {
            *value =
                (value.affine(decay, 0.0)? + var.as_tensor().detach().affine(1.0 - decay, 0.0)?)?;
        }
        Ok(())
    }

    /// Runs `work` with the averaged weights in place, then puts the present ones back.
    ///
    /// # Errors
    /// Those of `work`, or when a tensor operation fails.
    pub fn with<T, E: From<candle_core::Error>>(
        &self,
        work: impl FnOnce() -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let present = copies(&self.vars)?;
        self.set(&self.values)?;
        let result = work();
        self.set(&present)?;
        result
    }

    /// Leaves the averaged weights in place for good.
    ///
    /// # Errors
    /// When a tensor operation fails.
    pub fn settle(&self) -> Result<()> {
        self.set(&self.values)
    }

    fn set(&self, values: &[Tensor]) -> Result<()> {
        self.vars
            .iter()
            .zip(values)
            .try_for_each(|(var, value)| var.set(value))
    }
}

fn copies(vars: &[Var]) -> Result<Vec<Tensor>> {
    vars.iter()
        .map(|var| var.as_tensor().detach().copy())
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use candle_core::{DType, Device};
    use candle_nn::{Init, VarBuilder};

    use super::*;

    fn one_weight() -> (VarMap, Tensor) {
        let vars = VarMap::new();
        let vb = VarBuilder::from_varmap(&vars, DType::F32, &Device::Cpu);
        let weight = vb
            .get_with_hints((2, 2), "weight", Init::Const(3.0))
            .unwrap();
        (vars, weight)
    }

    #[test]
    fn the_learning_rate_rises_then_falls_to_nothing() {
        let recipe = Recipe {
            warm_up: 0.1,
            learning_rate: 2.0,
            ..Recipe::default()
        };
        assert_eq!(learning_rate(&recipe, 0.05), 1.0);
        assert!((learning_rate(&recipe, 0.1) - 2.0).abs() < 1e-9);
        assert!((learning_rate(&recipe, 0.55) - 1.0).abs() < 1e-9);
        assert!(learning_rate(&recipe, 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_parabola_is_descended() {
        let (vars, weight) = one_weight();
        let recipe = Recipe {
            weight_decay: 0.0,
            ..Recipe::default()
        };
        let mut optimiser = Optimiser::new(&vars, &recipe).unwrap();
        for _ in 0..300 {
            let loss = weight.sqr().unwrap().sum_all().unwrap();
            optimiser.step(&loss, 0.05).unwrap();
        }
        let left = weight
            .abs()
            .unwrap()
            .sum_all()
            .unwrap()
            .to_scalar::<f32>()
            .unwrap();
        assert!(left < 0.05, "{left}");
    }

    #[test]
    fn the_average_lags_and_leaves_the_weights_as_they_were() {
        let (vars, weight) = one_weight();
        let mut average = Average::new(&vars, 0.5).unwrap();
        let var = weights::named(&vars)[0].1.clone();
        var.set(&var.affine(0.0, 1.0).unwrap()).unwrap();
        average.update().unwrap();
        average.update().unwrap();
        // Decay is warmed up to 2/11, then 3/12: 1 + 2 * 2/11 * 3/12.
        let inside: f32 = average
            .with(|| weight.mean_all()?.to_scalar::<f32>())
            .unwrap();
        assert!(
            (inside - (1.0 + 2.0 * (2.0 / 11.0) * 0.25)).abs() < 1e-5,
            "{inside}"
        );
        assert_eq!(weight.mean_all().unwrap().to_scalar::<f32>().unwrap(), 1.0);
    }
}
