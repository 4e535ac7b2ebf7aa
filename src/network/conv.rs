//! One-dimensional convolution bounded by the matrix product.
//!
//! Activations are channels-last, `[batch, time, channels]`. In that layout the receptive field of one
//! output sample is `kernel * channels` *adjacent* numbers, so the unfolded matrix of the textbook
//! (im2col) already lies in memory: row `t` starts `stride * channels` after row `t - 1` and overlaps
//! it. One matrix product over that overlapping view does the whole batch; nothing is unfolded, only
//! the borders are padded. The gradients are products over the same kind of view.

use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, bail};
use candle_nn::{Init, VarBuilder};
use rayon::prelude::*;

use super::Kernels;
use super::slices::{GRAIN, contiguous, with_elements};

/// A convolution without bias (a batch norm follows each one), "same" padding: `[batch, time, inputs]`
/// to `[batch, ceil(time / stride), outputs]`.
#[derive(Debug, Clone)]
pub struct Conv1d {
    /// `[kernel, inputs, outputs]`.
    weight: Tensor,
    stride: usize,
    kernels: Kernels,
}

impl Conv1d {
    /// Takes `weight` from `vb`; new weights are drawn as He et al. 2015 (1502.01852).
    pub fn new(
        inputs: usize,
        outputs: usize,
        kernel: usize,
        stride: usize,
        kernels: Kernels,
        vb: VarBuilder,
    ) -> Result<Self> {
        if kernel == 0 || stride == 0 {
            bail!("a convolution needs a kernel and a stride of at least one sample");
        }
        let stdev = (2.0 / (kernel * inputs) as f64).sqrt();
        let hint = Init::Randn { mean: 0.0, stdev };
        let weight = vb.get_with_hints((kernel, inputs, outputs), "weight", hint)?;
        Ok(Self {
            weight,
            stride,
            kernels,
        })
    }

    /// A convolution with given weights `[kernel, inputs, outputs]`.
    pub fn from_weight(weight: Tensor, stride: usize, kernels: Kernels) -> Self {
        Self {
            weight,
            stride,
            kernels,
        }
    }

    /// `[batch, time, inputs]` to `[batch, ceil(time / stride), outputs]`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (batch, time, inputs) = x.dims3()?;
        let (kernel, weight_inputs, outputs) = self.weight.dims3()?;
        if inputs != weight_inputs {
            bail!("a convolution over {weight_inputs} channels was given {inputs}");
        }
        if kernel == 1 && self.stride == 1 {
            let rows = x.reshape((batch * time, inputs))?;
            let product = rows.matmul(&self.weight.reshape((inputs, outputs))?)?;
            return product.reshape((batch, time, outputs));
        }
        match self.kernels {
            Kernels::Fused => {
                let op = ConvOp(Geometry {
                    batch,
                    time,
                    inputs,
                    outputs,
                    kernel,
                    stride: self.stride,
                });
                x.contiguous()?.apply_op2(&self.weight.contiguous()?, op)
            }
            Kernels::Plain => self.forward_plain(x),
        }
    }

    /// The textbook's unfold and product, in candle's own operations. Not candle's `conv1d`: its weight
    /// gradient is wrong for batches of more than one record (0.11.1 copies a strided kernel and then
    /// multiplies with the original), on the CPU and, by `tests/devices.rs` on an H100, with CUDA, where it
    /// would take a third of the time.
    fn forward_plain(&self, x: &Tensor) -> Result<Tensor> {
        let (batch, time, inputs) = x.dims3()?;
        let (kernel, _, outputs) = self.weight.dims3()?;
        let (stride, out_time) = (self.stride, time.div_ceil(self.stride));
        let left = (kernel - 1) / 2;
        let right = (kernel - 1 + out_time * stride).saturating_sub(left + time);
        let x = x.pad_with_zeros(1, left, right)?;
        let taps = (0..kernel).map(|tap| {
            let samples = x.narrow(1, tap, out_time * stride)?;
            samples
                .reshape((batch, out_time, stride, inputs))?
                .narrow(2, 0, 1)?
                .squeeze(2)
        });
        let unfolded = Tensor::cat(&taps.collect::<Result<Vec<_>>>()?, 2)?;
        let product = unfolded
            .reshape((batch * out_time, kernel * inputs))?
            .matmul(&self.weight.reshape((kernel * inputs, outputs))?)?;
        product.reshape((batch, out_time, outputs))
    }
}

/// The sizes of one convolution.
#[derive(Debug, Clone, Copy)]
struct Geometry {
    batch: usize,
    time: usize,
    inputs: usize,
    outputs: usize,
    kernel: usize,
    stride: usize,
}

impl Geometry {
    fn left(&self) -> usize {
        (self.kernel - 1) / 2
    }

    fn out_time(&self) -> usize {
        self.time.div_ceil(self.stride)
    }

    /// Output rows per record in the padded batch, the last few of which straddle two records. The
    /// zeros before a record serve as the padding behind the one before it.
    fn rows_per_record(&self) -> usize {
        let reach = self.out_time().saturating_sub(1) * self.stride + self.kernel;
        let samples = (self.left() + self.time).max(reach - self.left());
        samples.div_ceil(self.stride).max(self.out_time())
    }

    /// The batch with zeros between the records, as one matrix with overlapping rows.
    fn unfolded(&self, x: &[f32]) -> Overlapping {
        let rows_per_record = self.rows_per_record();
        Overlapping::new(
            x,
            self.time,
            self.inputs,
            Window {
                records: self.batch,
                lead_in: self.left(),
                spacing: rows_per_record * self.stride,
                width: self.kernel,
                step: self.stride,
            },
        )
    }
}

/// How records are laid out for an [`Overlapping`] view, in samples.
#[derive(Debug, Clone, Copy)]
struct Window {
    records: usize,
    /// Zeros before each record.
    lead_in: usize,
    /// From the start of one padded record to the next.
    spacing: usize,
    /// Samples in one row.
    width: usize,
    /// Samples from one row to the next.
    step: usize,
}

/// A zero-padded batch, read as a matrix whose rows overlap.
struct Overlapping {
    values: CpuStorage,
    rows: usize,
    /// Elements in one row.
    width: usize,
    /// Elements from one row to the next.
    step: usize,
}

impl Overlapping {
    fn new(x: &[f32], time: usize, channels: usize, window: Window) -> Self {
        let Window {
            records,
            lead_in,
            spacing,
            width,
            step,
        } = window;
        let slack = width.saturating_sub(step) * channels;
        let mut values = vec![0f32; records * spacing * channels + slack];
        let (record, lead_in) = (time * channels, lead_in * channels);
        values
            .par_chunks_exact_mut(spacing * channels)
            .with_min_len(GRAIN.div_ceil(spacing * channels))
            .zip(x.par_chunks_exact(record))
            .for_each(|(padded, x)| padded[lead_in..lead_in + record].copy_from_slice(x));
        Self {
            values: CpuStorage::F32(values),
            rows: records * spacing / step,
            width: width * channels,
            step: step * channels,
        }
    }

    /// `self [rows, width] x rhs [width, columns]`.
    fn times(&self, rhs: &CpuStorage, columns: usize) -> Result<Vec<f32>> {
        let lhs = Layout::new(Shape::from((self.rows, self.width)), vec![self.step, 1], 0);
        let rhs_layout = Layout::contiguous((self.width, columns));
        let sizes = (1, self.rows, columns, self.width);
        into_f32(self.values.matmul(rhs, sizes, &lhs, &rhs_layout)?)
    }

    /// `self^T [width, rows] x rhs [rows, columns]`.
    fn transposed_times(&self, rhs: &CpuStorage, columns: usize) -> Result<Vec<f32>> {
        let lhs = Layout::new(Shape::from((self.width, self.rows)), vec![1, self.step], 0);
        let rhs_layout = Layout::contiguous((self.rows, columns));
        let sizes = (1, self.width, columns, self.rows);
        into_f32(self.values.matmul(rhs, sizes, &lhs, &rhs_layout)?)
    }
}

fn into_f32(storage: CpuStorage) -> Result<Vec<f32>> {
    match storage {
        CpuStorage::F32(values) => Ok(values),
        other => bail!("a convolution works in f32, got {:?}", other.dtype()),
    }
}

struct ConvOp(Geometry);

impl CustomOp2 for ConvOp {
    fn name(&self) -> &'static str {
        "conv1d-overlapping"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let Geometry { batch, outputs, .. } = self.0;
        let weight = CpuStorage::F32(contiguous(weight, weight_layout)?.to_vec());
        let padded = self
            .0
            .unfolded(contiguous(x, x_layout)?)
            .times(&weight, outputs)?;
        let (out_time, rows_per_record) = (self.0.out_time(), self.0.rows_per_record());
        let y = if rows_per_record == out_time {
            padded
        } else {
            let mut y = vec![0f32; batch * out_time * outputs];
            y.par_chunks_exact_mut(out_time * outputs)
                .with_min_len(GRAIN.div_ceil(out_time * outputs))
                .zip(padded.par_chunks_exact(rows_per_record * outputs))
                .for_each(|(y, padded)| y.copy_from_slice(&padded[..out_time * outputs]));
            y
        };
        Ok((CpuStorage::F32(y), Shape::from((batch, out_time, outputs))))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        _res: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let Geometry {
            batch,
            time,
            inputs,
            outputs,
            kernel,
            ..
        } = self.0;
        let device = grad.device();
        with_elements(grad, |grad| {
            let weight_grad = if weight.track_op() {
                let values = with_elements(x, |x| weight_gradient(self.0, x, grad))?;
                Some(Tensor::from_vec(values, (kernel, inputs, outputs), device)?)
            } else {
                None
            };
            let input_grad = if x.track_op() {
                let values = with_elements(weight, |weight| input_gradient(self.0, weight, grad))?;
                Some(Tensor::from_vec(values, (batch, time, inputs), device)?)
            } else {
                None
            };
            Ok((input_grad, weight_grad))
        })
    }
}

/// `unfolded(x)^T x grad`, `[kernel, inputs, outputs]`.
fn weight_gradient(geometry: Geometry, x: &[f32], grad: &[f32]) -> Result<Vec<f32>> {
    let Geometry { batch, outputs, .. } = geometry;
    let (out_time, rows_per_record) = (geometry.out_time(), geometry.rows_per_record());
    // The rows that straddle two records get a gradient of zero.
    let spaced = Overlapping::new(
        grad,
        out_time,
        outputs,
        Window {
            records: batch,
            lead_in: 0,
            spacing: rows_per_record,
            width: 1,
            step: 1,
        },
    );
    geometry
        .unfolded(x)
        .transposed_times(&spaced.values, outputs)
}

/// The transposed convolution, one stride phase at a time so that no product is wasted on zeros: input
/// samples `stride * u + phase` only ever meet the taps `k` with `k = phase + left (mod stride)`.
fn input_gradient(geometry: Geometry, weight: &[f32], grad: &[f32]) -> Result<Vec<f32>> {
    let Geometry {
        batch,
        time,
        inputs,
        outputs,
        kernel,
        stride,
    } = geometry;
    let (left, out_time) = (geometry.left(), geometry.out_time());
    let mut input_grad = vec![0f32; batch * time * inputs];
    for phase in 0..stride.min(time) {
        // Ascending output time means descending taps.
        let taps: Vec<usize> = (0..kernel)
            .rev()
            .filter(|k| (phase + left + stride * kernel - k).is_multiple_of(stride))
            .collect();
        let Some(&largest) = taps.first() else {
            continue;
        };
        let mut phase_weight = Vec::with_capacity(taps.len() * outputs * inputs);
        for &k in &taps {
            let tap = &weight[k * inputs * outputs..(k + 1) * inputs * outputs];
            for output in 0..outputs {
                phase_weight.extend((0..inputs).map(|input| tap[input * outputs + output]));
            }
        }
        // Output time of the first tap at u = 0 is (phase + left - largest) / stride, at most zero
        // for the largest tap unless the kernel is narrower than the stride.
        let samples = (time - phase).div_ceil(stride);
        let (lead_in, skip) = if largest >= phase + left {
            ((largest - phase - left) / stride, 0)
        } else {
            (0, (phase + left - largest) / stride)
        };
        let reach = (skip + samples + taps.len() - 1).saturating_sub(lead_in);
        let spacing = (lead_in + out_time).max(reach).max(skip + samples);
        let spaced = Overlapping::new(
            grad,
            out_time,
            outputs,
            Window {
                records: batch,
                lead_in,
                spacing,
                width: taps.len(),
                step: 1,
            },
        );
        let product = spaced.times(&CpuStorage::F32(phase_weight), inputs)?;
        if stride == 1 && spacing == time && skip == 0 {
            return Ok(product);
        }
        input_grad
            .par_chunks_exact_mut(time * inputs)
            .with_min_len(GRAIN.div_ceil(time * inputs))
            .zip(product.par_chunks_exact(spacing * inputs))
            .for_each(|(input_grad, product)| {
                let samples = input_grad
                    .chunks_exact_mut(inputs)
                    .skip(phase)
                    .step_by(stride);
                for (to, from) in samples.zip(product.chunks_exact(inputs).skip(skip)) {
                    to.copy_from_slice(from);
                }
            });
    }
    Ok(input_grad)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;

    fn largest_difference(a: &Tensor, b: &Tensor) -> f32 {
        assert_eq!(a.dims(), b.dims());
        (a - b)
            .unwrap()
            .abs()
            .unwrap()
            .max_all()
            .unwrap()
            .to_scalar()
            .unwrap()
    }

    /// candle's own convolution, one record at a time: with more its weight gradient is wrong.
    fn candles_own(x: &Tensor, weight: &Tensor, stride: usize) -> Tensor {
        let kernel = weight.dim(0).unwrap();
        let left = (kernel - 1) / 2;
        let weight = weight.permute((2, 1, 0)).unwrap().contiguous().unwrap();
        let records = (0..x.dim(0).unwrap()).map(|record| {
            let x = x.narrow(0, record, 1).unwrap().transpose(1, 2).unwrap();
            let x = x
                .pad_with_zeros(2, left, kernel - 1 - left)
                .unwrap()
                .contiguous()
                .unwrap();
            x.conv1d(&weight, 0, stride, 1, 1)
                .unwrap()
                .transpose(1, 2)
                .unwrap()
                .contiguous()
                .unwrap()
        });
        Tensor::cat(&records.collect::<Vec<_>>(), 0).unwrap()
    }

    #[test]
    fn values_and_gradients_are_those_of_candles_own_convolution() {
        let device = Device::Cpu;
        for batch in [1, 3] {
            for (time, inputs, outputs) in [(1, 2, 3), (7, 1, 4), (20, 5, 2), (33, 8, 8)] {
                for (kernel, stride) in [1, 2, 3, 5, 8, 15]
                    .into_iter()
                    .flat_map(|kernel| [1, 2, 3, 5].map(|stride| (kernel, stride)))
                {
                    let case =
                        format!("{batch} x {time}, {inputs} to {outputs}, {kernel} by {stride}");
                    let x = Var::randn(0f32, 1.0, (batch, time, inputs), &device).unwrap();
                    let weight = Var::randn(0f32, 1.0, (kernel, inputs, outputs), &device).unwrap();
                    let with_gradients = |y: Tensor| {
                        // An uneven weighting, so that no gradient is right by symmetry.
                        let ramp = Tensor::arange(0f32, y.elem_count() as f32, &device).unwrap();
                        let ramp = (ramp * 0.1)
                            .unwrap()
                            .sin()
                            .unwrap()
                            .reshape(y.shape())
                            .unwrap();
                        let grads = (&y * ramp).unwrap().sum_all().unwrap().backward().unwrap();
                        [
                            y,
                            grads.get(&x).unwrap().clone(),
                            grads.get(&weight).unwrap().clone(),
                        ]
                    };
                    let expected = with_gradients(candles_own(&x, &weight, stride));
                    for kernels in [Kernels::Fused, Kernels::Plain] {
                        let conv = Conv1d::from_weight(weight.as_tensor().clone(), stride, kernels);
                        let ours = with_gradients(conv.forward(&x).unwrap());
                        for (part, (ours, expected)) in
                            ["values", "input gradient", "weight gradient"]
                                .iter()
                                .zip(ours.iter().zip(&expected))
                        {
                            let difference = largest_difference(ours, expected);
                            assert!(
                                difference < 1e-4,
                                "{part}, {kernels:?}, {case}: {difference}"
                            );
                        }
                    }
                }
            }
        }
    }
}
