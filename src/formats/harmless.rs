//! Words of a file that tell nobody whose tracing it is: names of channels, units, codes, numbers of filters. What is
//! on no list here may be anybody's.

use crate::ecg::Diagnosis;
use crate::reading::vocabulary::{by_scp, find};

use super::fields::band;

/// Words in the names of channels, without their digits: electrodes and leads of the surface, of Holter recorders, of
/// the heart and of the head (IEC 60601-2-25, PhysioNet's and EDF+'s labels), signals beside them, and generated ones.
const CHANNEL_WORDS: &str = "\
    a ab abd abdo abdomen abdominal abl abp acc accel acceleration accelerometer af afl ai air airflow annotations ant \
    anterior ao aop arm art arterial artery as augmented aux average avg avf avl avr b battery beat bipolar blood body \
    bp bpm c cb cc ch chan channel chest chin cl cm co col column cp cr cs cvp cz d dc derived dextra dia dias diastolic \
    di dii diii e ecg eda eeg einthoven ekg electrode emg eog es et etco event events f fc fecg fetal fhr filt filtered \
    flow fmt foot fp fpz ft fz ground gsr gyro h hbe heart high his hisd hism hisp hp hr hra hz i iabp ibp icp ii iii \
    imp impedance inferior iv k l la lap lat lateral lead leads left leg light limb ll loc low lower lp lr lv m ma mag \
    map mark marker mcl mean mecg medial median mid ml mli mlii mliii mod modified mv n nasal nav nax nbp neg nehb nibp \
    noise nst o oral orig original oxygen oz p pacer pap paw pcg pcwp pg phono pink pleth plethysmogram pol po pos \
    position posterior ppg pr precordial press pressure pulmonary pulse pz r ra ramp rap raw rate rec ref resp \
    respiration respiratory rhythm right rl roc rr rv rva rvot s sao sat scg sig signal sine snore so sound spo square \
    squarewave standard status std sternum sys systolic t temp temperature test thor thoracic thorax time toco tp trig \
    trigger uc ui uii uiii unfiltered unipolar unknown unnamed up upper v ve venous vf vl voltage vr vx vy vz w wave \
    white wilson x y z";
/// A number of a channel; more digits may be somebody's.
const CHANNEL_DIGITS: usize = 3;

/// Units in small letters, of voltages and of what is recorded beside them.
const UNITS: &str = "\
    % %sat /min 1 1/min a adc adu a.u. au ampere bpm beats/min brpm breaths/min c celsius cm cmh2o count counts db deg \
    deg/s degc degf degree degrees digit f g gauss hz j k kg kg/m2 khz kohm kpa l l/min l/s lpm lx m m/s m/s2 m/s^2 ma \
    mbar mg min ml ml/min mm mmhg mmol/l mpm ms mv mv/s mv^2 mvolt n na nd none nu nv ohm pa percent pm rad rad/s raw s \
    samples sec t torr ua uohm us ut uv uvs uvxs uv^2 unit unitless units v vol% volt w";
/// Coding systems whose codes are looked at: SNOMED CT by its digits, the others by our statements.
const SYSTEMS: [&str; 4] = ["snomed-ct", "scp-ecg", "scp", "text"];

/// Hertz of filters: any other number is something else.
const HIGH_PASS_HZ: std::ops::RangeInclusive<f64> = 0.001..=100.0;
const LOW_PASS_HZ: std::ops::RangeInclusive<f64> = 1.0..=1000.0;
const NOTCH_HZ: std::ops::RangeInclusive<f64> = 10.0..=200.0;

/// Whether a word is one of those in the names of channels.
pub(super) fn is_channel_word(word: &str) -> bool {
    let letters: String = word.chars().filter(|c| !c.is_ascii_digit()).collect();
    let letters = letters.to_lowercase();
    letters.is_empty() || CHANNEL_WORDS.split(' ').any(|known| known == letters)
}

/// Whether a channel may have this name whoever was recorded.
pub(super) fn is_channel(name: &str) -> bool {
    let digits = name.chars().filter(char::is_ascii_digit).count();
    let mut words = name.split(|c: char| !c.is_alphanumeric());
    digits <= CHANNEL_DIGITS && words.all(is_channel_word)
}

/// Whether it is the name of a unit.
pub(super) fn is_unit(name: &str) -> bool {
    let name = name.to_lowercase().replace(['µ', 'μ'], "u");
    let name = name.replace('°', "deg").replace('ω', "ohm");
    name.is_empty() || UNITS.split(' ').any(|known| known == name)
}

/// Whether a diagnosis is a code, which says nothing but itself.
pub(super) fn is_code(diagnosis: &Diagnosis) -> bool {
    let Diagnosis { system, code } = diagnosis;
    // SNOMED CT: an identifier has 6 to 18 digits (Release File Specification, 3.1.4.2).
    let concept = (6..=18).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit());
    let acronym = || find(code).is_some() || by_scp(code).next().is_some();
    SYSTEMS.contains(&system.as_str()) && (system == "snomed-ct" && concept || acronym())
}

/// A description of filters made anew from the numbers in it: `HP:0.05Hz LP:150Hz N:50Hz`, `0.05-150 Hz, mains 50 Hz`.
pub(super) fn filters(text: &str) -> Option<String> {
    let (mut high, mut low, mut notch) = (None, None, None);
    let (mut bare, mut of) = (Vec::new(), Filter::Unnamed);
    for token in tokens(text) {
        let Ok(hz) = token.parse::<f64>() else {
            of = Filter::named(&token.to_lowercase(), of);
            continue;
        };
        let place = match of {
            Filter::HighPass => &mut high,
            Filter::LowPass => &mut low,
            Filter::Notch => &mut notch,
            Filter::Unnamed => {
                bare.push(hz);
                continue;
            }
        };
        *place = place.or(Some(hz));
    }
    // A band is told from its lower to its upper end.
    let mut bare = bare.into_iter();
    if high.is_none() && (low.is_some() || bare.len() == 2) {
        high = bare.next();
        low = low.or(bare.next());
    }
    let within =
        |hz: Option<f64>, range: std::ops::RangeInclusive<f64>| hz.filter(|hz| range.contains(hz));
    band(
        within(high, HIGH_PASS_HZ),
        within(low, LOW_PASS_HZ),
        within(notch, NOTCH_HZ),
    )
}

/// Which filter a number is about.
#[derive(Clone, Copy)]
enum Filter {
    Unnamed,
    HighPass,
    LowPass,
    Notch,
}

impl Filter {
    /// By a word before the number; one between leaves it as it is.
    fn named(word: &str, before: Self) -> Self {
        match word {
            "hp" | "hpf" | "high" | "highpass" | "from" => Self::HighPass,
            "lp" | "lpf" | "low" | "lowpass" | "to" | "up" => Self::LowPass,
            "n" | "notch" | "mains" | "ac" => Self::Notch,
            "pass" | "filter" | "cutoff" | "at" => before,
            _ => Self::Unnamed,
        }
    }
}

/// Words and numbers of a text.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut last = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let decimal = matches!(c, '.' | ',') && last == Some(true);
        let point = decimal && rest.peek().is_some_and(char::is_ascii_digit);
        let digit = c.is_ascii_digit() || point;
        if !digit && !c.is_alphabetic() {
            last = None;
            continue;
        }
        if last != Some(digit) {
            tokens.push(String::new());
        }
        if let Some(token) = tokens.last_mut() {
            token.push(if point { '.' } else { c });
        }
        last = Some(digit);
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_channels_and_units_are_known_and_those_of_people_are_not() {
        for name in [
            "MLII",
            "ECG 1",
            "EEG Fp1-Ref",
            "RESP",
            "V1_2",
            "col 12",
            "SaO2 X10",
            "I-II",
            "aVF, augmented voltage, foot",
            "sine 8.5 Hz",
            "-aVR",
        ] {
            assert!(is_channel(name), "{name}");
        }
        for name in ["Zebrowski", "Kim I", "Dr Li", "II (Quux)", "ECG 4711"] {
            assert!(!is_channel(name), "{name}");
        }
        assert!(is_unit("mmHg") && is_unit("µV") && is_unit("°C") && is_unit(""));
        assert!(!is_unit("Zebrowski") && !is_unit("Kim"));
    }

    #[test]
    fn filters_are_told_again_by_their_numbers_alone() {
        for (text, told) in [
            (
                "0.05 to 150 Hz, notch 50 Hz",
                Some("0.05 to 150 Hz, notch 50 Hz"),
            ),
            (
                "0.05 to 150 Hz, mains 60 Hz",
                Some("0.05 to 150 Hz, notch 60 Hz"),
            ),
            ("0.05-150 Hz", Some("0.05 to 150 Hz")),
            (
                "HP:0.05Hz LP:150Hz N:50Hz",
                Some("0.05 to 150 Hz, notch 50 Hz"),
            ),
            ("HP:0,05 Dr Zebrowski 2024", Some("from 0.05 Hz")),
            ("from 0.05 Hz", Some("from 0.05 Hz")),
            ("up to 40 Hz", Some("up to 40 Hz")),
            ("as Dr Zebrowski likes it", None),
            ("HP Kim 7731", None),
        ] {
            assert_eq!(filters(text).as_deref(), told, "{text}");
        }
    }

    #[test]
    fn only_codes_are_codes() {
        for (system, code, kept) in [
            ("snomed-ct", "164889003", true),
            ("scp-ecg", "NORM", true),
            ("snomed-ct", "seen by Dr Zebrowski 2024", false),
            ("text", "Zebrowski", false),
            ("Zebrowski", "164889003", false),
        ] {
            let diagnosis = Diagnosis {
                system: system.into(),
                code: code.into(),
            };
            assert_eq!(is_code(&diagnosis), kept, "{system} {code}");
        }
    }
}
