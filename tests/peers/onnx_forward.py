"""One record through the network: ONNX Runtime and this program on the same weights, in turn, in one run.

    pip install onnx onnxruntime safetensors numpy
    cargo bench --bench network --no-run      # prints the path of the binary
    python3 tests/peers/onnx_forward.py BINARY weights [THREADS] [ROUNDS]

Builds the network a second time from its weights alone, so equal logits also check how we read our own architecture.
"""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

LEADS, SAMPLES = 12, 1000


class Graph:
    """ONNX nodes over activations laid out `[batch, channels, time]`."""

    def __init__(self, weights):
        self.weights, self.nodes, self.constants = weights, [], {}

    def constant(self, value):
        name = f"c{len(self.constants)}"
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def node(self, kind, *inputs, **attributes):
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def shape(self, x, *dims):
        return self.node("Reshape", x, self.constant(np.array(dims, np.int64)))

    def convolution(self, x, name, norm, stride, time, relu):
        """Convolution with "same" padding and the batch norm after it, folded together as any runtime would."""
        kernel = self.weights[f"{name}.weight"]
        scale = self.weights[f"{norm}.weight"] / np.sqrt(self.weights[f"{norm}.running_var"] + 1e-5)
        shift = self.weights[f"{norm}.bias"] - scale * self.weights[f"{norm}.running_mean"]
        width = kernel.shape[0]
        left = (width - 1) // 2
        out = -(-time // stride)
        right = max(0, (out - 1) * stride + width - left - time)
        weight = self.constant((kernel * scale).transpose(2, 1, 0).astype(np.float32))
        x = self.node(
            "Conv", x, weight, self.constant(shift.astype(np.float32)), kernel_shape=[width], pads=[left, right], strides=[stride]
        )
        return (self.node("Relu", x) if relu else x), out

    def linear(self, x, name):
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        return self.node("Gemm", x, self.constant(weight), self.constant(bias), transB=1)

    def mean(self, x):
        return self.node("ReduceMean", x, self.constant(np.array([2], np.int64)), keepdims=0)

    def bins(self, x, time, bins):
        edges = [(b * time // bins, -(-(b + 1) * time // bins)) for b in range(bins)]
        ints = lambda *v: self.constant(np.array(v, np.int64))
        means = [
            self.node("ReduceMean", self.node("Slice", x, ints(a), ints(b), ints(2)), ints(2), keepdims=1) for a, b in edges
        ]
        return self.node("Concat", *means, axis=2)


def build(folder):
    # Of networks that judge together, the first.
    weights = {
        name.removeprefix("member0."): values
        for name, values in load_file(str(folder / "model.safetensors")).items()
    }
    config = json.loads((folder / "card.json").read_text())["config"]
    g = Graph(weights)
    x = g.shape("waveform", LEADS, 1, SAMPLES)
    x, time_ = g.convolution(x, "stem.first.conv", "stem.first.norm", 2, SAMPLES, True)
    x, time_ = g.convolution(x, "stem.second.conv", "stem.second.norm", 2, time_, True)
    channels = config["stem_widths"][1]
    squeezed = g.shape(g.mean(x), 1, LEADS * channels)
    hidden = g.node("Relu", g.linear(squeezed, "lead_gate.reduce"))
    gate = g.node("Sigmoid", g.linear(hidden, "lead_gate.expand"))
    x = g.node("Mul", x, g.shape(gate, LEADS, 1, 1))
    x = g.shape(x, 1, LEADS * channels, time_)
    x, time_ = g.convolution(x, "mix.conv", "mix.norm", 1, time_, True)
    gathered = []
    for stage, blocks in enumerate(config["blocks"]):
        for block in range(blocks):
            name = f"stage{stage}.block{block}"
            stride = 2 if block == 0 and stage > 0 else 1
            y, out = g.convolution(x, f"{name}.first.conv", f"{name}.first.norm", stride, time_, True)
            y, _ = g.convolution(y, f"{name}.second.conv", f"{name}.second.norm", 1, out, False)
            hidden = g.node("Relu", g.linear(g.mean(y), f"{name}.excite.reduce"))
            gate = g.node("Sigmoid", g.linear(hidden, f"{name}.excite.expand"))
            y = g.node("Mul", y, g.shape(gate, 1, -1, 1))
            if f"{name}.projection.conv.weight" in weights:
                x, _ = g.convolution(x, f"{name}.projection.conv", f"{name}.projection.norm", stride, time_, False)
            x, time_ = g.node("Relu", g.node("Add", x, y)), out
        if stage + 1 < len(config["blocks"]):
            name = f"concentration{stage}"
            y, _ = g.convolution(x, f"{name}.compress", f"{name}.norm", 1, time_, True)
            y = g.node("Transpose", g.bins(y, time_, config["concentration_bins"]), perm=[0, 2, 1])
            gathered.append(g.node("Flatten", y))
    gathered.append(g.mean(x))
    gathered.append(g.node("ReduceMax", x, g.constant(np.array([2], np.int64)), keepdims=0))
    for name in ["amplitude", "measured"]:
        gathered.append(g.node("Relu", g.linear(name, f"head.{name}")))
    logits = g.linear(g.node("Concat", *gathered, axis=1), "head.judge")
    measured = weights["head.measured.weight"].shape[1]
    floats = lambda name, *dims: helper.make_tensor_value_info(name, TensorProto.FLOAT, list(dims))
    graph = helper.make_graph(
        g.nodes,
        "network",
        [floats("waveform", 1, LEADS, SAMPLES), floats("amplitude", 1, 2 * LEADS), floats("measured", 1, measured)],
        [floats(logits, 1, len(config["statements"]))],
        list(g.constants.values()),
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    return model, measured


def main():
    binary, folder = sys.argv[1], Path(sys.argv[2])
    threads = int(sys.argv[3]) if len(sys.argv) > 3 else 2
    rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 200
    model, measured = build(folder)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    at, lead = np.arange(1, SAMPLES + 1), np.arange(1, LEADS + 1)
    feed = {
        "waveform": np.sin(np.float32(0.05) * at * lead[:, None]).astype(np.float32)[None],
        "amplitude": np.full((1, 2 * LEADS), 0.1, np.float32),
        "measured": np.zeros((1, measured), np.float32),
    }
    server = subprocess.Popen(
        [binary, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={"RAYON_NUM_THREADS": str(threads), "CANDLE_NUM_THREADS": "1"},
    )

    def ours():
        server.stdin.write("\n")
        server.stdin.flush()
        took, *logits = server.stdout.readline().split()
        return int(took) / 1e6, np.array(logits, np.float32)

    def theirs():
        started = time.perf_counter_ns()
        logits = session.run(None, feed)[0][0]
        return (time.perf_counter_ns() - started) / 1e6, logits

    for _ in range(10):
        (_, a), (_, b) = ours(), theirs()
    print(f"largest difference of a logit: {np.abs(a - b).max():.2e} (logits from {b.min():.1f} to {b.max():.1f})")
    pairs = [(ours()[0], theirs()[0]) for _ in range(rounds)]
    print(
        f"forward of one record, {threads} threads: ours {statistics.median(a for a, _ in pairs):.2f} ms, ONNX Runtime "
        f"{onnxruntime.__version__} {statistics.median(b for _, b in pairs):.2f} ms, ratio {statistics.median(a / b for a, b in pairs):.2f}"
    )
    server.stdin.close()
    server.wait()


if __name__ == "__main__":
    main()
