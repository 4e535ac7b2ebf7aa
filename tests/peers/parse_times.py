"""How long opening a tracing and decoding all its samples to physical values takes: other programs' readers and ours, in
turn, on the same files, in one run. Each turn is the median of five, so that neither starts cold after the other.

    pip install pydicom numpy ecgdatakit sierraecg
    cargo bench --bench parsing --no-run      # prints the path of the binary
    python3 tests/peers/parse_times.py BINARY FOLDER_OF_REFERENCE_FILES [ROUNDS]
"""

import statistics
import subprocess
import sys
import time
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")


def pydicom_reader(path):
    import pydicom

    data = pydicom.dcmread(path)
    return [data.waveform_array(index) for index in range(len(data.WaveformSequence))]


def ecgdatakit_reader(path):
    from ecgdatakit import FileParser

    record = FileParser().parse(path)
    return [lead.samples for lead in record.leads + record.median_beats]


def sierraecg_reader(path):
    from sierraecg import read_file

    return [lead.samples for lead in read_file(str(path)).leads]


FILES = [
    ("DICOM", "dicom/pydicom_waveform_ecg.dcm", "pydicom", pydicom_reader),
    ("DICOM", "dicom/ecgprocess_example-DICOM2_GE.dcm", "pydicom", pydicom_reader),
    ("DICOM", "dicom/pydicom_waveform_ecg.dcm", "ecgdatakit", ecgdatakit_reader),
    ("SCP", "scp/ecgtoolkit_Example.scp", "ecgdatakit", ecgdatakit_reader),
    ("SCP", "scp/scptools_ECG_20070321_110542_ANON000004.scp", "ecgdatakit", ecgdatakit_reader),
    ("MUSE", "ge-muse/braveheart_example3.xml", "ecgdatakit", ecgdatakit_reader),
    ("MUSE", "ge-muse/ecg2dcm_synthetic_muse.xml", "ecgdatakit", ecgdatakit_reader),
    ("aECG", "hl7-aecg/fda_Example_aECG.xml", "ecgdatakit", ecgdatakit_reader),
    ("aECG", "hl7-aecg/biosig_E07500.xml", "ecgdatakit", ecgdatakit_reader),
    ("Sierra", "philips-sierra/1_04_ad4d3d80-d165_1-04_orig.xml", "sierraecg", sierraecg_reader),
]


IN_A_TURN = 5


def main():
    binary, folder = sys.argv[1], Path(sys.argv[2])
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 30
    server = subprocess.Popen([binary, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ours(path):
        server.stdin.write(f"{path}\n" * IN_A_TURN)
        server.stdin.flush()
        answers = [server.stdout.readline().strip() for _ in range(IN_A_TURN)]
        if answers[0].startswith("error"):
            raise RuntimeError(answers[0])
        return statistics.median(int(answer) / 1e6 for answer in answers)

    print(f"{'format':8}{'reader':12}{'theirs ms':>11}{'ours ms':>10}{'ratio':>8}{'least':>8}  file")
    for kind, name, reader, read in FILES:
        path = (folder / name).resolve()
        def theirs():
            started = time.perf_counter_ns()
            read(path)
            return (time.perf_counter_ns() - started) / 1e6

        theirs(), ours(path)
        theirs_ms, ours_ms = [], []
        for _ in range(rounds):
            theirs_ms.append(statistics.median(theirs() for _ in range(IN_A_TURN)))
            ours_ms.append(ours(path))
        ratios = [a / b for a, b in zip(theirs_ms, ours_ms)]
        print(
            f"{kind:8}{reader:12}{statistics.median(theirs_ms):11.2f}{statistics.median(ours_ms):10.3f}"
            f"{statistics.median(ratios):8.0f}{min(ratios):8.0f}  {name}"
        )
    server.stdin.close()
    server.wait()


if __name__ == "__main__":
    main()
