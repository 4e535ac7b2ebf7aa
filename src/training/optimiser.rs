//! AdamW with a clipped gradient and a moving average of the weights.

use candle_core::backprop::GradStore;
use candle_core::{Result, Tensor, Var};
use candle_nn::VarMap;

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

/// Decay of the first and second moment, and what keeps a division from zero (Kingma 2015, 1412.6980).
const BETA: [f64; 2] = [0.9, 0.999];
const EPSILON: f64 = 1e-8;

/// AdamW (Loshchilov 2019, 1711.05101): weights decay, biases and norms do not. Candle's own keeps its moments to
/// itself, and without them no run can go on after an interruption as if there had been none.
pub struct Optimiser {
    slots: Vec<Slot>,
    steps: u32,
    weight_decay: f64,
    clip: f64,
}

struct Slot {
    name: String,
    var: Var,
    first: Tensor,
    second: Tensor,
}

impl Optimiser {
    /// Over all variables of `vars`.
    ///
    /// # Errors
    /// When a moment cannot be allocated.
    pub fn new(vars: &VarMap, recipe: &Recipe) -> Result<Self> {
        let slots = weights::named(vars).into_iter().map(|(name, var)| {
            Ok(Slot {
                first: var.zeros_like()?,
                second: var.zeros_like()?,
                name,
                var,
            })
        });
        Ok(Self {
            slots: slots.collect::<Result<_>>()?,
            steps: 0,
            weight_decay: recipe.weight_decay,
            clip: recipe.gradient_clip,
        })
    }

    /// One step at that learning rate. Returns the norm of the gradient before clipping; one that is not finite
    /// changes nothing.
    ///
    /// # Errors
    /// When a tensor operation fails.
    pub fn step(&mut self, loss: &Tensor, learning_rate: f64) -> Result<f64> {
        let gradients = loss.backward()?;
        let norm = self.norm(&gradients)?;
        if !norm.is_finite() {
            return Ok(norm);
        }
        let scale = (self.clip / norm.max(1e-12)).min(1.0);
        self.steps += 1;
        let [first, second] = BETA.map(|beta| 1.0 - beta.powi(self.steps as i32));
        for slot in &mut self.slots {
            let Some(gradient) = gradients.get(&slot.var) else {
                continue;
            };
            let gradient = gradient.affine(scale, 0.0)?;
            let [keep, fade] = BETA;
            slot.first = (slot.first.affine(keep, 0.0)? + gradient.affine(1.0 - keep, 0.0)?)?;
            slot.second =
                (slot.second.affine(fade, 0.0)? + gradient.sqr()?.affine(1.0 - fade, 0.0)?)?;
            let spread = slot.second.affine(1.0 / second, 0.0)?.sqrt()?;
            let step = (slot.first.affine(1.0 / first, 0.0)? / spread.affine(1.0, EPSILON)?)?;
            let decay = if slot.var.rank() > 1 {
                learning_rate * self.weight_decay
            } else {
                0.0
            };
            let kept = slot.var.as_tensor().detach().affine(1.0 - decay, 0.0)?;
            slot.var.set(&(kept - step.affine(learning_rate, 0.0)?)?)?;
        }
        Ok(norm)
    }

    /// Number of steps taken, and both moments of every variable by its name.
    pub fn state(&self) -> (u32, impl Iterator<Item = (String, Tensor)>) {
        let moments = self.slots.iter().flat_map(|slot| {
            [
                (format!("first.{}", slot.name), slot.first.clone()),
                (format!("second.{}", slot.name), slot.second.clone()),
            ]
        });
        (self.steps, moments)
    }

    /// Goes on from a [`Self::state`]; `take` finds a tensor by its name.
    ///
    /// # Errors
    /// Those of `take`.
    pub fn restore(&mut self, steps: u32, take: &dyn Fn(&str) -> Result<Tensor>) -> Result<()> {
        self.steps = steps;
        for slot in &mut self.slots {
            slot.first = take(&format!("first.{}", slot.name))?;
            slot.second = take(&format!("second.{}", slot.name))?;
        }
        Ok(())
    }

    fn norm(&self, gradients: &GradStore) -> Result<f64> {
        let mut sum = 0.0;
        for gradient in self
            .slots
            .iter()
            .filter_map(|slot| gradients.get(&slot.var))
        {
            sum += f64::from(gradient.sqr()?.sum_all()?.to_scalar::<f32>()?);
        }
        Ok(sum.sqrt())
    }
}

/// Moving average of all variables, running statistics included (Polyak; decay warmed up as in TensorFlow's
/// `ExponentialMovingAverage`).
pub struct Average {
    names: Vec<String>,
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
        let (names, vars): (Vec<String>, Vec<Var>) = weights::named(vars).into_iter().unzip();
        let values = copies(&vars)?;
        Ok(Self {
            names,
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

    /// Number of updates, and the averages by the names of their variables.
    pub fn state(&self) -> (f64, impl Iterator<Item = (String, Tensor)>) {
        let named = self.names.iter().zip(&self.values);
        (
            self.steps,
            named.map(|(name, value)| (format!("average.{name}"), value.clone())),
        )
    }

    /// Goes on from a [`Self::state`]; `take` finds a tensor by its name.
    ///
    /// # Errors
    /// Those of `take`.
    pub fn restore(&mut self, steps: f64, take: &dyn Fn(&str) -> Result<Tensor>) -> Result<()> {
        self.steps = steps;
        for (name, value) in self.names.iter().zip(&mut self.values) {
            *value = take(&format!("average.{name}"))?;
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
    fn a_step_is_that_of_candle() {
        use candle_nn::{AdamW, Optimizer, ParamsAdamW};
        let ((ours, weight), (theirs, other)) = (one_weight(), one_weight());
        let recipe = Recipe {
            weight_decay: 0.1,
            gradient_clip: 1e9,
            ..Recipe::default()
        };
        let mut optimiser = Optimiser::new(&ours, &recipe).unwrap();
        let params = ParamsAdamW {
            weight_decay: 0.1,
            ..ParamsAdamW::default()
        };
        let mut reference = AdamW::new(theirs.all_vars(), params).unwrap();
        let target = Tensor::new(&[[1f32, -2.0], [0.5, 4.0]], &Device::Cpu).unwrap();
        let loss = |weight: &Tensor| (weight - &target).unwrap().sqr().unwrap().sum_all();
        for step in 1..20 {
            let rate = 0.02 * f64::from(step);
            optimiser.step(&loss(&weight).unwrap(), rate).unwrap();
            reference.set_learning_rate(rate);
            reference.backward_step(&loss(&other).unwrap()).unwrap();
        }
        let [a, b] = [weight, other].map(|tensor| tensor.to_vec2::<f32>().unwrap().concat());
        for (a, b) in a.iter().zip(&b) {
            assert!((a - b).abs() < 1e-5, "{a} {b}");
        }
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
