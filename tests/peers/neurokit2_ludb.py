"""Wave boundaries on LUDB by this program and by NeuroKit2, matched in the same way, in one table.

Not part of `cargo test`. Needs `pip install neurokit2 wfdb` and a built binary.

    python tests/peers/neurokit2_ludb.py LUDB_DIR BINARY [dwt|cwt|prominence ...]

A mark and a point belong together within 150 ms (ANSI/AAMI EC57); each point is used once; a point that is left over
counts against the positive predictive value where the annotators looked, from their first to their last mark of the
lead. Times in milliseconds, point less annotator. NeuroKit2 takes each lead by itself, as its users do; this program
takes all leads together and gives boundaries for each lead. Its constants were tuned on these same records, NeuroKit2's
were not.
"""

import json
import subprocess
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


def by_neurokit(headers, method: str):
    """NeuroKit2's points in seconds for each record and lead; nothing where it fails."""
    for header in headers:
        signals = wfdb.rdrecord(str(header.with_suffix("")))
        names = [name.lower() for name in signals.sig_name]
        leads = {}
        for lead in LEADS:
            try:
                clean = nk.ecg_clean(signals.p_signal[:, names.index(lead)], signals.fs)
                _, peaks = nk.ecg_peaks(clean, signals.fs)
                r_peaks = peaks["ECG_R_Peaks"]
                _, waves = nk.ecg_delineate(clean, r_peaks, signals.fs, method=method)
            except Exception:
                leads[lead] = {name: np.array([]) for name in BOUNDARIES}
                continue
            points = {"r_peak": r_peaks, **{name: waves.get(key, []) for name, key in PEER.items()}}
            leads[lead] = {
                name: np.array([v for v in points[name] if v is not None and v == v], float) / signals.fs
                for name in BOUNDARIES
            }
        yield leads


def by_us(headers, binary: str):
    """This program's points in seconds for each record and lead."""
    lines = subprocess.run(
        [binary, "measure", "--json", *map(str, headers)], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    for line in lines:
        measured = json.loads(line)["measurements"]
        names = [lead["lead"].lower() for lead in measured["leads"]]
        leads = {lead: {name: np.array([]) for name in BOUNDARIES} for lead in LEADS}
        for index, lead in enumerate(names):
            beats = [beat["lead_boundaries"][index] for beat in measured["beats"]]
            leads[lead] = {
                name: np.array([beat[name] for beat in beats if beat[name] is not None]) for name in BOUNDARIES
            }
        yield leads


def judge(headers, points):
    errors = {name: [] for name in BOUNDARIES}
    missed = dict.fromkeys(BOUNDARIES, 0)
    extra = dict.fromkeys(BOUNDARIES, 0)
    for header, leads in zip(headers, points, strict=True):
        for lead in LEADS:
            truth, first, last = annotated(str(header.with_suffix("")), lead)
            for name in BOUNDARIES:
                found = leads[lead][name]
                free = np.ones(len(found), bool)
                for mark in truth[name]:
                    distance = np.where(free, np.abs(found - mark), np.inf)
                    nearest = int(distance.argmin()) if len(found) else -1
                    if nearest >= 0 and distance[nearest] <= WINDOW_S:
                        free[nearest] = False
                        errors[name].append((found[nearest] - mark) * 1000.0)
                    else:
                        missed[name] += 1
                extra[name] += int((free & (found >= first) & (found <= last)).sum())
    figures = {}
    for name in BOUNDARIES:
        n = len(errors[name])
        figures[name] = {
            "mean_ms": round(float(np.mean(errors[name])), 1) if n else None,
            "sd_ms": round(float(np.std(errors[name])), 1) if n else None,
            "sensitivity": round(n / (n + missed[name]), 4) if n + missed[name] else None,
            "ppv": round(n / (n + extra[name]), 4) if n + extra[name] else None,
            "n": n,
        }
    return figures


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    folder, binary = Path(sys.argv[1]), sys.argv[2]
    if not any(folder.glob("*.hea")):
        folder = folder / "data"
    headers = sorted(folder.glob("*.hea"))
    table = {"heartbeatai": judge(headers, by_us(headers, binary))}
    for method in sys.argv[3:] or ["dwt", "cwt", "prominence"]:
        table[f"neurokit2 {method}"] = judge(headers, by_neurokit(headers, method))
    print(f"{len(headers)} records; mean ± SD in ms, sensitivity / positive predictive value in %")
    print(f"{'':24}" + "".join(f"{name:>26}" for name in BOUNDARIES))
    for name, figures in table.items():
        cells = (
            f"{f['mean_ms']:.1f} ± {f['sd_ms']:.1f} {100 * f['sensitivity']:.1f} / {100 * f['ppv']:.1f}"
            if f["n"]
            else "none"
            for f in figures.values()
        )
        print(f"{name:24}" + "".join(f"{cell:>26}" for cell in cells))
    print(json.dumps(table))


if __name__ == "__main__":
    main()
