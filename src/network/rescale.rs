//! One factor per record and channel over the whole of time, which is how an excitation acts:
//! `[batch, time, channels]` by `[batch, channels]`, alone or with the shortcut and the ReLU that close
//! a residual block.

use candle_core::{CpuStorage, CustomOp2, CustomOp3, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::Kernels;
use super::slices::{GRAIN, contiguous, with_elements};

/// `x * scale`.
pub fn rescale(x: &Tensor, scale: &Tensor, kernels: Kernels) -> Result<Tensor> {
    match kernels {
        Kernels::Fused => x.contiguous()?.apply_op2(&scale.contiguous()?, RescaleOp),
        Kernels::Plain => x.broadcast_mul(&scale.unsqueeze(1)?),
    }
}

/// `relu(x * scale + shortcut)`.
pub fn rescale_add_relu(
    x: &Tensor,
    scale: &Tensor,
    shortcut: &Tensor,
    kernels: Kernels,
) -> Result<Tensor> {
    match kernels {
        Kernels::Fused => x.contiguous()?.apply_op3(
            &scale.contiguous()?,
            &shortcut.contiguous()?,
            RescaleAddReluOp,
        ),
        Kernels::Plain => (x.broadcast_mul(&scale.unsqueeze(1)?)? + shortcut)?.relu(),
    }
}

fn sizes(x: &Layout, scale: &Layout) -> Result<(usize, usize)> {
    let (batch, time, channels) = x.shape().dims3()?;
    if scale.dims() != [batch, channels] || time * channels == 0 {
        bail!("cannot rescale {:?} by {:?}", x.dims(), scale.dims());
    }
    Ok((time * channels, channels))
}

struct RescaleOp;

impl CustomOp2 for RescaleOp {
    fn name(&self) -> &'static str {
        "rescale"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        scale: &CpuStorage,
        scale_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (record, channels) = sizes(x_layout, scale_layout)?;
        let (x, scale) = (contiguous(x, x_layout)?, contiguous(scale, scale_layout)?);
        let mut y = vec![0f32; x.len()];
        y.par_chunks_mut(record)
            .zip(x.par_chunks(record))
            .zip(scale.par_chunks(channels))
            .with_min_len(GRAIN.div_ceil(record))
            .for_each(|((y, x), scale)| {
                for (y, x) in y.chunks_exact_mut(channels).zip(x.chunks_exact(channels)) {
                    for ((y, x), scale) in y.iter_mut().zip(x).zip(scale) {
                        *y = x * scale;
                    }
                }
            });
        Ok((CpuStorage::F32(y), x_layout.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        scale: &Tensor,
        _y: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (x_grad, scale_grad) = gradients(x, scale, grad)?;
        Ok((Some(x_grad), Some(scale_grad)))
    }
}

/// Of `x * scale`: the gradient times the scale, and the gradient times `x` summed over time.
fn gradients(x: &Tensor, scale: &Tensor, grad: &Tensor) -> Result<(Tensor, Tensor)> {
    let (record, channels) = sizes(x.layout(), scale.layout())?;
    let mut x_grad = vec![0f32; x.elem_count()];
    let mut scale_grad = vec![0f32; scale.elem_count()];
    with_elements(x, |x| {
        with_elements(scale, |scale| {
            with_elements(grad, |grad| {
                x_grad
                    .par_chunks_mut(record)
                    .zip(scale_grad.par_chunks_mut(channels))
                    .zip(x.par_chunks(record).zip(scale.par_chunks(channels)))
                    .zip(grad.par_chunks(record))
                    .with_min_len(GRAIN.div_ceil(record))
                    .for_each(|(((x_grad, scale_grad), (x, scale)), grad)| {
                        let rows = x_grad
                            .chunks_exact_mut(channels)
                            .zip(x.chunks_exact(channels));
                        for ((x_grad, x), grad) in rows.zip(grad.chunks_exact(channels)) {
                            let factors = scale_grad.iter_mut().zip(scale);
                            for (((x_grad, x), grad), (scale_grad, scale)) in
                                x_grad.iter_mut().zip(x).zip(grad).zip(factors)
                            {
                                *x_grad = grad * scale;
                                *scale_grad += grad * x;
                            }
                        }
                    });
                Ok(())
            })
        })
    })?;
    let device = grad.device();
    Ok((
        Tensor::from_vec(x_grad, x.shape(), device)?,
        Tensor::from_vec(scale_grad, scale.shape(), device)?,
    ))
}

struct RescaleAddReluOp;

impl CustomOp3 for RescaleAddReluOp {
    fn name(&self) -> &'static str {
        "rescale-add-relu"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        scale: &CpuStorage,
        scale_layout: &Layout,
        shortcut: &CpuStorage,
        shortcut_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (record, channels) = sizes(x_layout, scale_layout)?;
        if shortcut_layout.shape() != x_layout.shape() {
            bail!(
                "a shortcut of {:?} beside {:?}",
                shortcut_layout.dims(),
                x_layout.dims()
            );
        }
        let (x, scale) = (contiguous(x, x_layout)?, contiguous(scale, scale_layout)?);
        let shortcut = contiguous(shortcut, shortcut_layout)?;
        let mut y = vec![0f32; x.len()];
        y.par_chunks_mut(record)
            .zip(x.par_chunks(record).zip(shortcut.par_chunks(record)))
            .zip(scale.par_chunks(channels))
            .with_min_len(GRAIN.div_ceil(record))
            .for_each(|((y, (x, shortcut)), scale)| {
                let rows = y.chunks_exact_mut(channels).zip(x.chunks_exact(channels));
                for ((y, x), shortcut) in rows.zip(shortcut.chunks_exact(channels)) {
                    for ((y, x), (shortcut, scale)) in
                        y.iter_mut().zip(x).zip(shortcut.iter().zip(scale))
                    {
                        *y = (x * scale + shortcut).max(0.0);
                    }
                }
            });
        Ok((CpuStorage::F32(y), x_layout.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        scale: &Tensor,
        shortcut: &Tensor,
        y: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let passed = with_elements(y, |y| {
            with_elements(grad, |grad| {
                let mut passed = vec![0f32; grad.len()];
                passed
                    .par_chunks_mut(GRAIN)
                    .zip(grad.par_chunks(GRAIN))
                    .zip(y.par_chunks(GRAIN))
                    .for_each(|((passed, grad), y)| {
                        for ((passed, &grad), &y) in passed.iter_mut().zip(grad).zip(y) {
                            *passed = if y > 0.0 { grad } else { 0.0 };
                        }
                    });
                Ok(passed)
            })
        })?;
        let passed = Tensor::from_vec(passed, shortcut.shape(), grad.device())?;
        let (x_grad, scale_grad) = gradients(x, scale, &passed)?;
        Ok((Some(x_grad), Some(scale_grad), Some(passed)))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;

    #[test]
    fn fused_and_plain_agree_in_values_and_gradients() {
        let device = Device::Cpu;
        for (batch, time, channels) in [(1, 1, 1), (3, 17, 5), (2, 250, 64)] {
            let x = Var::randn(0f32, 1.0, (batch, time, channels), &device).unwrap();
            let shortcut = Var::randn(0f32, 1.0, (batch, time, channels), &device).unwrap();
            let scale = Var::randn(0f32, 1.0, (batch, channels), &device).unwrap();
            for closing in [false, true] {
                let [fused, plain] = [Kernels::Fused, Kernels::Plain].map(|kernels| {
                    let y = match closing {
                        true => rescale_add_relu(&x, &scale, &shortcut, kernels).unwrap(),
                        false => rescale(&x, &scale, kernels).unwrap(),
                    };
                    let ramp = Tensor::arange(0f32, y.elem_count() as f32, &device).unwrap();
                    let ramp = (ramp * 0.1)
                        .unwrap()
                        .sin()
                        .unwrap()
                        .reshape(y.shape())
                        .unwrap();
                    let grads = (&y * ramp).unwrap().sum_all().unwrap().backward().unwrap();
                    let vars = [&x, &scale, &shortcut];
                    let grads = vars.into_iter().filter_map(|var| grads.get(var).cloned());
                    [y].into_iter().chain(grads).collect::<Vec<_>>()
                });
                assert_eq!(fused.len(), if closing { 4 } else { 3 });
                assert_eq!(fused.len(), plain.len());
                for (fused, plain) in fused.iter().zip(&plain) {
                    let difference = (fused - plain).unwrap().abs().unwrap().max_all().unwrap();
                    assert!(difference.to_scalar::<f32>().unwrap() < 1e-4);
                }
            }
        }
    }
}
