//! Plain `f32` slices under the fused CPU kernels: how to get at them and how to walk over rows.

use candle_core::{CpuStorage, DType, Layout, Result, Storage, Tensor, bail};

/// Work below which a second thread costs more than it brings, in elements.
pub(super) const GRAIN: usize = 16 * 1024;

/// The elements of a contiguous layout.
pub(super) fn contiguous<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let values = storage.as_slice::<f32>()?;
    let elements = layout
        .contiguous_offsets()
        .and_then(|(from, to)| values.get(from..to));
    match elements {
        Some(elements) => Ok(elements),
        None => bail!("a fused kernel needs contiguous input, got {layout:?}"),
    }
}

/// Lends the elements of a tensor on the CPU, copying only if it is a strided view.
pub(super) fn with_elements<R>(
    tensor: &Tensor,
    body: impl FnOnce(&[f32]) -> Result<R>,
) -> Result<R> {
    let tensor = tensor.contiguous()?;
    if tensor.dtype() != DType::F32 {
        bail!("a fused kernel needs f32, got {:?}", tensor.dtype());
    }
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(cpu) => body(contiguous(cpu, layout)?),
        _ => bail!("a fused kernel runs on the CPU only"),
    }
}

/// How many rows of `channels` make one stride that keeps vector units busy.
pub(super) fn rows_per_tile(channels: usize) -> usize {
    64usize.div_ceil(channels.max(1))
}

/// Repeats a per-channel vector so that it covers one tile.
pub(super) fn tile(per_channel: &[f32]) -> Vec<f32> {
    per_channel.repeat(rows_per_tile(per_channel.len()))
}

/// Elements in one parallel chunk: whole tiles, about [`GRAIN`] of them.
pub(super) fn chunk_len(channels: usize) -> usize {
    let tile = rows_per_tile(channels) * channels.max(1);
    tile * GRAIN.div_ceil(tile)
}
