"""Wave boundaries by NeuroKit2 on LUDB, in the form that `heartbeatai evaluate --measure ludb=DIR --json` has.

Not part of `cargo test`. Needs `pip install neurokit2 wfdb`.

    python tests/peers/neurokit2_ludb.py LUDB_DIR [dwt|cwt|prominence ...]

A mark and a peer's point belong together within 150 ms; beyond the annotators' first and last mark of a lead nothing
counts; each point is used once. Times in milliseconds, peer less annotator.
"""

import json
import sys
import warnings
from pathlib import Path

import neurokit2 as nk
import numpy as np
import wfdb

warnings.filterwarnings("ignore")

WINDOW_S = 0.150
LEADS = ["i", "ii", "iii", "avr", "avl", "avf", "v1", "v2", "v3", "v4", "v5", "v6"]
WAVES = {"p": ("p_on", "p_peak", "p_off"), "N": ("qrs_on", "r_peak", "qrs_off"), "t": ("t_on", "t_peak", "t_off")}
PEER = {
    "p_on": "ECG_P_Onsets",
    "p_peak": "ECG_P_Peaks",
    "p_off": "ECG_P_Offsets",
    "qrs_on": "ECG_R_Onsets",
    "qrs_off": "ECG_R_Offsets",
    "t_peak": "ECG_T_Peaks",
    "t_off": "ECG_T_Offsets",
}
BOUNDARIES = ["p_on", "p_peak", "p_off", "qrs_on", "r_peak", "qrs_off", "t_peak", "t_off"]


def annotated(record: str, lead: str):
    """Marks of one lead in seconds, and the span they cover."""
    marks = wfdb.rdann(record, lead)
    times, symbols, rate = marks.sample, marks.symbol, 500.0
    found = {name: [] for names in WAVES.values() for name in names}
    for index, symbol in enumerate(symbols):
        if symbol not in WAVES:
            continue
        on, peak, off = WAVES[symbol]
        found[peak].append(times[index] / rate)
        if index and symbols[index - 1] == "(":
            found[on].append(times[index - 1] / rate)
        if index + 1 < len(symbols) and symbols[index + 1] == ")":
            found[off].append(times[index + 1] / rate)
    return found, times.min() / rate, times.max() / rate


def delineated(signal: np.ndarray, rate: float, method: str):
    """NeuroKit2's points in seconds; nothing where it fails."""
    try:
        clean = nk.ecg_clean(signal, rate)
        _, peaks = nk.ecg_peaks(clean, rate)
        r_peaks = peaks["ECG_R_Peaks"]
        _, waves = nk.ecg_delineate(clean, r_peaks, rate, method=method)
    except Exception:
        return {name: np.array([]) for name in BOUNDARIES}
    points = {"r_peak": r_peaks, **{name: waves.get(key, []) for name, key in PEER.items()}}
    finite = {name: [v for v in values if v is not None and v == v] for name, values in points.items()}
    return {name: np.array(values, float) / rate for name, values in finite.items()}


def judge(folder: Path, method: str):
    errors = {name: [] for name in BOUNDARIES}
    missed = dict.fromkeys(BOUNDARIES, 0)
    extra = dict.fromkeys(BOUNDARIES, 0)
    for header in sorted(folder.glob("*.hea")):
        record = str(header.with_suffix(""))
        signals = wfdb.rdrecord(record)
        names = [name.lower() for name in signals.sig_name]
        for lead in LEADS:
            truth, first, last = annotated(record, lead)
            points = delineated(signals.p_signal[:, names.index(lead)], signals.fs, method)
            for name in BOUNDARIES:
                ours = points[name]
                ours = ours[(ours >= first - WINDOW_S) & (ours <= last + WINDOW_S)]
                free = np.ones(len(ours), bool)
                for mark in truth[name]:
                    distance = np.where(free, np.abs(ours - mark), np.inf)
                    nearest = int(distance.argmin()) if len(ours) else -1
                    if nearest >= 0 and distance[nearest] <= WINDOW_S:
                        free[nearest] = False
                        errors[name].append((ours[nearest] - mark) * 1000.0)
                    else:
                        missed[name] += 1
                extra[name] += int(free.sum())
    figures = {}
    for name in BOUNDARIES:
        n = len(errors[name])
        figures[name] = {
            "mean_ms": round(float(np.mean(errors[name])), 2) if n else None,
            "sd_ms": round(float(np.std(errors[name])), 2) if n else None,
            "sensitivity": round(n / (n + missed[name]), 4) if n + missed[name] else None,
            "ppv": round(n / (n + extra[name]), 4) if n + extra[name] else None,
            "n": n,
        }
    return figures


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    if not any(folder.glob("*.hea")):
        folder = folder / "data"
    for method in sys.argv[2:] or ["dwt", "cwt", "prominence"]:
        print(json.dumps({f"neurokit2-{method}": {"boundaries": judge(folder, method)}}), flush=True)


if __name__ == "__main__":
    main()
