use super::criteria;
use super::evidence::{Evidence, On, Part};
use super::parameters::Parameters;
use super::rng::Rng;
use super::shapes;

/// A named condition that can be simulated.
pub struct Condition {
    /// Stable id, also the record's name: `left_bundle_branch_block`.
    pub id: &'static str,
    pub name: &'static str,
    /// Ids of the statements that hold (see `assets/statements.toml`).
    pub statements: &'static [&'static str],
    /// SNOMED CT concepts for the header's `# Dx:` line.
    pub snomed: &'static [&'static str],
    /// What a learner should take from it, in a sentence.
    pub teaching: &'static str,
    /// The seed whose tracing is the textbook example.
    pub default_seed: u64,
    pub(crate) shape: fn(&mut Parameters, &mut Rng),
    /// Whether a person drawn for it still meets its criteria.
    pub(crate) criteria: fn(&Parameters) -> bool,
    pub(crate) evidence: &'static [Evidence],
}

/// Every condition, in the order in which they are listed.
pub fn conditions() -> &'static [Condition] {
    CONDITIONS
}

/// The condition of that id.
pub fn condition(id: &str) -> Option<&'static Condition> {
    CONDITIONS.iter().find(|condition| condition.id == id)
}

const ALL: &[&str] = &[
    "I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6",
];
const RHYTHM: &[&str] = &["II", "V1", "V5"];
const INFERIOR: &[&str] = &["II", "III", "aVF"];
const LATERAL: &[&str] = &["I", "aVL", "V5", "V6"];

const fn see(leads: &'static [&'static str], part: Part, what: &'static str) -> Evidence {
    Evidence {
        leads,
        part,
        on: On::Every,
        what,
    }
}

const fn early(leads: &'static [&'static str], part: Part, what: &'static str) -> Evidence {
    Evidence {
        leads,
        part,
        on: On::Early,
        what,
    }
}

static CONDITIONS: &[Condition] = &[
    Condition {
        id: "sinus_rhythm",
        name: "Normal sinus rhythm",
        statements: &["SR", "NORM"],
        snomed: &["426783006"],
        teaching: "An upright P in I and II before every QRS, R growing from V1 to V5 and T upright except in aVR: this is what every other tracing is compared with.",
        default_seed: 10,
        shape: shapes::sinus_rhythm,
        criteria: criteria::normal,
        evidence: &[see(
            &["I", "II", "aVF"],
            Part::P,
            "upright P before every QRS",
        )],
    },
    Condition {
        id: "sinus_bradycardia",
        name: "Sinus bradycardia",
        statements: &["SBRAD"],
        snomed: &["426177001"],
        teaching: "Everything is normal but the rate, which is below 60/min; in a trained or sleeping person it needs no treatment.",
        default_seed: 161,
        shape: shapes::sinus_bradycardia,
        criteria: criteria::none,
        evidence: &[see(RHYTHM, Part::Interval, "RR above 1 s")],
    },
    Condition {
        id: "sinus_tachycardia",
        name: "Sinus tachycardia",
        statements: &["STACH"],
        snomed: &["427084000"],
        teaching: "P waves look like the sinus node's and stand close behind the T before them: look for the cause, not for a rhythm disorder.",
        default_seed: 10,
        shape: shapes::sinus_tachycardia,
        criteria: criteria::none,
        evidence: &[see(RHYTHM, Part::Interval, "RR below 0.6 s")],
    },
    Condition {
        id: "sinus_arrhythmia",
        name: "Sinus arrhythmia",
        statements: &["SARRH"],
        snomed: &["427393009"],
        teaching: "RR shortens with every breath in and lengthens with every breath out while P and PR stay the same: normal in the young.",
        default_seed: 193,
        shape: shapes::sinus_arrhythmia,
        criteria: criteria::none,
        evidence: &[see(
            RHYTHM,
            Part::Interval,
            "RR changes with breathing, P stays the same",
        )],
    },
    Condition {
        id: "atrial_fibrillation",
        name: "Atrial fibrillation",
        statements: &["AFIB"],
        snomed: &["164889003"],
        teaching: "No P wave anywhere, a restless baseline best seen in V1, and RR intervals without any order.",
        default_seed: 286,
        shape: shapes::atrial_fibrillation,
        criteria: criteria::none,
        evidence: &[
            see(
                &["V1", "II"],
                Part::Baseline,
                "fibrillatory waves instead of P",
            ),
            see(RHYTHM, Part::Interval, "irregular RR"),
        ],
    },
    Condition {
        id: "atrial_flutter_2to1",
        name: "Atrial flutter with 2:1 conduction",
        statements: &["AFLT"],
        snomed: &["164890007"],
        teaching: "A regular rate near 150/min should always make one look for flutter waves: here every second one hides in QRS and T.",
        default_seed: 161,
        shape: shapes::atrial_flutter_2to1,
        criteria: criteria::none,
        evidence: &[see(
            &["II", "III", "aVF", "V1"],
            Part::Baseline,
            "saw-tooth flutter waves",
        )],
    },
    Condition {
        id: "atrial_flutter_4to1",
        name: "Atrial flutter with 4:1 conduction",
        statements: &["AFLT"],
        snomed: &["164890007"],
        teaching: "The saw-tooth, negative in II, III and aVF, lies open when only every fourth wave is conducted.",
        default_seed: 351,
        shape: shapes::atrial_flutter_4to1,
        criteria: criteria::none,
        evidence: &[see(
            &["II", "III", "aVF", "V1"],
            Part::Baseline,
            "saw-tooth flutter waves",
        )],
    },
    Condition {
        id: "first_degree_av_block",
        name: "First-degree AV block",
        statements: &["SR", "1AVB"],
        snomed: &["270492004", "426783006"],
        teaching: "Every P is followed by a QRS, but late: PR is the same in every beat and longer than 200 ms.",
        default_seed: 202,
        shape: shapes::first_degree_av_block,
        criteria: criteria::none,
        evidence: &[see(RHYTHM, Part::Pr, "PR above 200 ms")],
    },
    Condition {
        id: "wenckebach",
        name: "Second-degree AV block, Wenckebach",
        statements: &["2AVB"],
        snomed: &["54016002"],
        teaching: "PR grows from beat to beat until one P stays without a QRS; then it starts anew.",
        default_seed: 125,
        shape: shapes::wenckebach,
        criteria: criteria::none,
        evidence: &[
            see(RHYTHM, Part::Pr, "PR grows from beat to beat"),
            see(RHYTHM, Part::LoneP, "P without QRS"),
        ],
    },
    Condition {
        id: "third_degree_av_block",
        name: "Third-degree AV block",
        statements: &["3AVB"],
        snomed: &["27885002"],
        teaching: "P waves and QRS complexes are each regular but know nothing of each other; the slow, wide beats are a ventricular escape rhythm.",
        default_seed: 204,
        shape: shapes::third_degree_av_block,
        criteria: criteria::none,
        evidence: &[
            see(RHYTHM, Part::LoneP, "P waves march through independently"),
            see(RHYTHM, Part::Qrs, "slow escape rhythm"),
        ],
    },
    Condition {
        id: "left_bundle_branch_block",
        name: "Complete left bundle branch block",
        statements: &["SR", "CLBBB"],
        snomed: &["733534002", "426783006"],
        teaching: "A wide QRS, broad and notched in I, aVL, V5 and V6 without a q, nearly all negative in V1; ST and T point the other way.",
        default_seed: 193,
        shape: shapes::left_bundle_branch_block,
        criteria: criteria::left_bundle_branch_block,
        evidence: &[
            see(LATERAL, Part::Qrs, "broad, notched R without q"),
            see(&["V1", "V2"], Part::Qrs, "rS or QS"),
        ],
    },
    Condition {
        id: "right_bundle_branch_block",
        name: "Complete right bundle branch block",
        statements: &["SR", "CRBBB"],
        snomed: &["713427006", "426783006"],
        teaching: "The right ventricle comes last: rsR' in V1 and a wide S in I and V6.",
        default_seed: 286,
        shape: shapes::right_bundle_branch_block,
        criteria: criteria::none,
        evidence: &[
            see(&["V1", "V2"], Part::Qrs, "rsR'"),
            see(&["I", "V6"], Part::Qrs, "wide S"),
        ],
    },
    Condition {
        id: "left_anterior_fascicular_block",
        name: "Left anterior fascicular block",
        statements: &["SR", "LAFB"],
        snomed: &["445118002", "426783006"],
        teaching: "The axis turns to the upper left, with qR in aVL and rS in II, III and aVF, while QRS stays narrow.",
        default_seed: 351,
        shape: shapes::left_anterior_fascicular_block,
        criteria: criteria::left_anterior_fascicular_block,
        evidence: &[
            see(&["I", "aVL"], Part::Qrs, "qR"),
            see(INFERIOR, Part::Qrs, "rS"),
        ],
    },
    Condition {
        id: "wolff_parkinson_white",
        name: "Ventricular pre-excitation (WPW pattern)",
        statements: &["SR", "WPW"],
        snomed: &["74390002", "426783006"],
        teaching: "PR is short because QRS starts early, with a slurred delta wave that makes it wide.",
        default_seed: 193,
        shape: shapes::wolff_parkinson_white,
        criteria: criteria::none,
        evidence: &[
            see(ALL, Part::Pr, "short PR"),
            see(ALL, Part::QrsStart, "delta wave"),
        ],
    },
    Condition {
        id: "premature_ventricular_complexes",
        name: "Premature ventricular complexes",
        statements: &["SR", "PVC"],
        snomed: &["427172004", "426783006"],
        teaching: "An early, wide and different QRS with no P before it, T pointing the other way, and a pause that makes up for it.",
        default_seed: 286,
        shape: shapes::premature_ventricular_complexes,
        criteria: criteria::none,
        evidence: &[early(ALL, Part::QrsToT, "early, wide QRS without P")],
    },
    Condition {
        id: "premature_atrial_complexes",
        name: "Premature atrial complexes",
        statements: &["SR", "PAC"],
        snomed: &["284470004", "426783006"],
        teaching: "An early P of another shape, often on top of the T before, and then a QRS like all others.",
        default_seed: 193,
        shape: shapes::premature_atrial_complexes,
        criteria: criteria::none,
        evidence: &[early(ALL, Part::PToQrs, "early P of another shape")],
    },
    Condition {
        id: "left_ventricular_hypertrophy",
        name: "Left ventricular hypertrophy with strain",
        statements: &["SR", "LVH"],
        snomed: &["164873001", "426783006"],
        teaching: "S in V1 and R in V5 add up to more than 3.5 mV; where R is tall, ST slopes down into an inverted T.",
        default_seed: 286,
        shape: shapes::left_ventricular_hypertrophy,
        criteria: criteria::left_ventricular_hypertrophy,
        evidence: &[
            see(&["V1", "V2", "V5", "V6"], Part::Qrs, "high voltage"),
            see(LATERAL, Part::StT, "strain"),
        ],
    },
    Condition {
        id: "right_ventricular_hypertrophy",
        name: "Right ventricular hypertrophy",
        statements: &["SR", "RVH", "RAD"],
        snomed: &["89792004", "47665007", "426783006"],
        teaching: "A tall R in V1, a deep S in V6 and an axis to the right; T is inverted where the right ventricle is near.",
        default_seed: 161,
        shape: shapes::right_ventricular_hypertrophy,
        criteria: criteria::right_ventricular_hypertrophy,
        evidence: &[
            see(&["V1", "V2"], Part::Qrs, "tall R"),
            see(&["I", "V5", "V6"], Part::Qrs, "deep S"),
        ],
    },
    Condition {
        id: "left_atrial_enlargement",
        name: "Left atrial enlargement",
        statements: &["SR", "LAE"],
        snomed: &["67741000119109", "426783006"],
        teaching: "P is wide with two humps in II, and its last part is deep and broad in V1.",
        default_seed: 204,
        shape: shapes::left_atrial_enlargement,
        criteria: criteria::none,
        evidence: &[
            see(&["II"], Part::P, "wide, notched P"),
            see(&["V1"], Part::P, "deep terminal P"),
        ],
    },
    Condition {
        id: "anterior_stemi",
        name: "Acute anterior infarction (STEMI)",
        statements: &["SR", "AMI", "STE_"],
        snomed: &["54329005", "164931005", "426783006"],
        teaching: "ST rises from V1 to V4 with R lost there, and falls in III and aVF, its mirror: the anterior descending artery is closed.",
        default_seed: 161,
        shape: shapes::anterior_stemi,
        criteria: criteria::anterior_infarction,
        evidence: &[
            see(&["V1", "V2", "V3", "V4"], Part::StT, "ST elevation"),
            see(&["V1", "V2", "V3", "V4"], Part::QrsStart, "loss of R"),
            see(&["III", "aVF"], Part::StT, "reciprocal ST depression"),
        ],
    },
    Condition {
        id: "inferior_stemi",
        name: "Acute inferior infarction (STEMI)",
        statements: &["SR", "IMI", "STE_"],
        snomed: &["73795002", "164931005", "426783006"],
        teaching: "ST rises in II, III and aVF behind a Q wave, and falls in aVL, its mirror; more in III than in II speaks for the right coronary artery.",
        default_seed: 10,
        shape: shapes::inferior_stemi,
        criteria: criteria::none,
        evidence: &[
            see(INFERIOR, Part::StT, "ST elevation"),
            see(INFERIOR, Part::QrsStart, "Q waves"),
            see(&["I", "aVL"], Part::StT, "reciprocal ST depression"),
        ],
    },
    Condition {
        id: "st_depression",
        name: "ST depression (subendocardial ischaemia)",
        statements: &["SR", "STD_"],
        snomed: &["429622005", "426783006"],
        teaching: "Horizontal ST depression in many leads with elevation in aVR: the inner layer of much of the left ventricle lacks blood.",
        default_seed: 193,
        shape: shapes::st_depression,
        criteria: criteria::none,
        evidence: &[
            see(&["II", "V3", "V4", "V5", "V6"], Part::St, "ST depression"),
            see(&["aVR"], Part::St, "ST elevation"),
        ],
    },
    Condition {
        id: "t_wave_inversion",
        name: "T-wave inversion",
        statements: &["SR", "INVT"],
        snomed: &["59931005", "426783006"],
        teaching: "Deep, symmetric T inversion from V2 to V5 without ST deviation: a narrowed anterior descending artery until shown otherwise.",
        default_seed: 125,
        shape: shapes::t_wave_inversion,
        criteria: criteria::none,
        evidence: &[see(&["V2", "V3", "V4", "V5"], Part::T, "inverted T")],
    },
    Condition {
        id: "long_qt",
        name: "Long QT interval",
        statements: &["SR", "LNGQT"],
        snomed: &["111975006", "426783006"],
        teaching: "T ends beyond the middle between two R waves; measure QT and correct it for the rate before giving another drug.",
        default_seed: 202,
        shape: shapes::long_qt,
        criteria: criteria::none,
        evidence: &[see(ALL, Part::Qt, "long QT")],
    },
    Condition {
        id: "hyperkalaemia",
        name: "Hyperkalaemia",
        statements: &["SR"],
        snomed: &["14140009", "426783006"],
        teaching: "Tall, narrow, pointed T waves, a flat P and a widening QRS: treat before the laboratory calls.",
        default_seed: 192,
        shape: shapes::hyperkalaemia,
        criteria: criteria::none,
        evidence: &[see(
            &["II", "V2", "V3", "V4", "V5"],
            Part::T,
            "tall, pointed T",
        )],
    },
    Condition {
        id: "low_voltage",
        name: "Low QRS voltage",
        statements: &["SR", "LVOLT"],
        snomed: &["251146004", "426783006"],
        teaching: "No QRS in the limb leads reaches 0.5 mV: think of fluid, fat or air between heart and electrode, or of amyloid in it.",
        default_seed: 351,
        shape: shapes::low_voltage,
        criteria: criteria::low_voltage,
        evidence: &[see(
            &["I", "II", "III", "aVR", "aVL", "aVF"],
            Part::Qrs,
            "QRS below 0.5 mV",
        )],
    },
    Condition {
        id: "ventricular_pacing",
        name: "Ventricular pacing",
        statements: &["PACE"],
        snomed: &["251266004", "10370003"],
        teaching: "A spike before every wide QRS that looks like left bundle branch block with the axis to the upper left: the apex of the right ventricle is paced.",
        default_seed: 286,
        shape: shapes::ventricular_pacing,
        criteria: criteria::none,
        evidence: &[
            see(ALL, Part::Spike, "pacing spike"),
            see(ALL, Part::Qrs, "wide paced QRS"),
        ],
    },
];
