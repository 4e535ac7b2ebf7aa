//! From beats and boundaries to the numbers on a report.

use super::beats::{Detector, median};
use super::classes::{AlignedBeat, BEFORE, BeatClass, classify};
use super::criteria::{Evidence, WIDE_QRS_MS, judge, qualify};
use super::delineate::{Delineation, Fiducials, delineate, has_its_p};
use super::dominant::{all_leads, axes, dispersion, intervals, lead_measurements, place};
use super::hrv::variability;
use super::infarction::unjudged;
use super::long::{BLOCK_S, LONGEST_WHOLE_S, measure_in_blocks};
use super::prepare::{LOW_CUT_HZ, Prepared, RATE_HZ, is_whole, joined, overlap_s};
use super::rates::rates;
use super::rhythm::{PAUSE_MS, paced, pauses, wide_tachycardia};
use super::types::{Beat, BeatShape, Boundaries, Measurements};
use crate::ecg::{Lead, LeadName, Recording};
use crate::signal::leads::undo_own_gains;

/// Measures a recording. Leads that cannot be read are left out; a tracing without beats gives nothing but notes.
pub fn measure(recording: &Recording) -> Measurements {
    let recording = &*recording.heart();
    let mut measured = if recording.duration_s() > LONGEST_WHOLE_S {
        measure_in_blocks(recording, BLOCK_S)
    } else {
        measure_whole(recording)
    };
    sequence(&mut measured, recording);
    measured
}

type Found = (Vec<AlignedBeat>, Vec<BeatClass>);

/// The beats of a tracing, and their shapes.
fn find(prepared: &Prepared) -> Option<Found> {
    let detections = Detector::new(prepared)?.beats(prepared);
    Some(classify(prepared, &detections))
}

/// Whether what was found are so many beats, each unlike the others, that they are none.
fn unalike(beats: &[AlignedBeat], dominant: &BeatClass) -> bool {
    beats.len() >= MANY_BEATS && (dominant.count as f64) < LEAST_ALIKE * beats.len() as f64
}

/// The limb or the chest leads, whichever have beats of which half are alike, with these.
fn clearest_part(prepared: &Prepared) -> Option<(Prepared, Found)> {
    [true, false].into_iter().find_map(|limb| {
        let part = prepared.only(|name| name.is_limb() == limb)?;
        let (beats, classes) = find(&part)?;
        let count = classes.first()?.count;
        (beats.len() >= 3 && 2 * count >= beats.len()).then_some((part, (beats, classes)))
    })
}

/// The same in one piece, however long it is.
pub(super) fn measure_whole(recording: &Recording) -> Measurements {
    let mut measured = Measurements::default();
    let common = undo_own_gains(recording);
    if common.is_some() {
        measured
            .notes
            .push("Leads were brought to one common gain before measuring".into());
    }
    let recording = common.as_ref().unwrap_or(recording);
    let Some(mut prepared) = Prepared::new(recording) else {
        measured.notes.push("No lead can be measured".into());
        return measured;
    };
    let recorded_hz = prepared.leads.iter().map(|lead| lead.recorded_hz);
    let finest_hz = recorded_hz.fold(0.0, f64::max);
    if finest_hz < COARSE_HZ {
        measured.notes.push(format!(
            "At {finest_hz:.0} samples a second a wave boundary is good to {:.0} ms at best",
            1000.0 / finest_hz
        ));
    }
    if !prepared.left_out.is_empty() {
        let names: Vec<String> = prepared.left_out.iter().map(LeadName::to_string).collect();
        measured.notes.push(format!(
            "Too much is missing of {} to be measured beside the others",
            names.join(", ")
        ));
    }
    if !prepared.others.is_empty() {
        let names: Vec<String> = prepared.others.iter().map(LeadName::to_string).collect();
        measured.notes.push(format!(
            "Not measured, as they show something else than the heart: {}",
            names.join(", ")
        ));
    }
    if !prepared.spikes_s.is_empty() {
        measured.notes.push(format!(
            "{} pacing spikes were taken out before measuring: QRS begins after them",
            prepared.spikes_s.len()
        ));
    }
    measured.pacing_spikes_s = prepared.spikes_s.clone();
    let Some((mut beats, mut classes)) = find(&prepared) else {
        return measured;
    };
    let unread = classes.first().map(BeatClass::unread).unwrap_or_default();
    if !unread.is_empty() && unread.len() < prepared.leads.len() {
        prepared.leave_unread(&unread);
        let names: Vec<String> = prepared.unread.iter().map(LeadName::to_string).collect();
        measured.notes.push(format!(
            "Too few beats can be read in {}: not measured there",
            names.join(", ")
        ));
        (beats, classes) = find(&prepared).unwrap_or_default();
    }
    if classes.first().is_some_and(|first| unalike(&beats, first))
        && let Some((part, found)) = clearest_part(&prepared)
    {
        let names: Vec<String> = part
            .leads
            .iter()
            .map(|lead| lead.name.to_string())
            .collect();
        measured.notes.push(format!(
            "Measured in {} only: with the other leads no complex is like another",
            names.join(", ")
        ));
        (prepared, (beats, classes)) = (part, found);
    }
    hide(&mut prepared, &beats);
    measured.gaps_s.clone_from(&prepared.gaps_s);
    measured.noisy_s.clone_from(&prepared.noisy_s);
    measured.signal = format!("zero-phase low cut {LOW_CUT_HZ} Hz, 500 samples/s");
    let (Some(dominant), false) = (classes.first(), beats.is_empty()) else {
        measured.notes.push("No QRS complex was found".into());
        return measured;
    };
    if unalike(&beats, dominant) {
        let reason = "What looks like QRS complexes is each unlike the others, as noise or fibrillating ventricles are: \
                      nothing was measured";
        measured.notes.push(reason.into());
        return measured;
    }
    let rr: Vec<f64> = successive(&prepared.gaps_s, &beats)
        .map(|(a, b)| (b.at - a.at) as f64)
        .collect();
    let typical_rr = if rr.is_empty() { RATE_HZ } else { median(&rr) };
    let mut delineations: Vec<Delineation> = classes
        .iter()
        .map(|class| delineate(&prepared, class, typical_rr))
        .collect();
    if let Some(main) = delineations.first_mut()
        && main.has_no_ends(typical_rr)
    {
        main.forget_ends();
        let reason = "Where QRS begins and ends cannot be told from the T waves: QRS, PR, QT and amplitudes are not \
                      measured";
        measured.notes.push(reason.into());
    }
    let complexes = complexes(&beats, &delineations);
    if let Some(main) = delineations.first_mut()
        && overruns(main, &beats, &complexes) > MOST_OVERRUNS
    {
        main.forget_t();
    }
    let Some(main) = delineations.first() else {
        return measured;
    };

    let ventricular = ventricular(&classes, &delineations);
    measured.beats = list_beats(
        &prepared,
        &beats,
        &classes,
        &delineations,
        &ventricular,
        &complexes,
    );
    measured.classes = (classes.iter().zip(&delineations).zip(&ventricular))
        .map(|((class, found), ventricular)| shape(class, found, *ventricular))
        .collect();
    rates(&mut measured, &beats, &all_leads(&prepared));
    intervals(&mut measured, &prepared, &beats, dominant, main);
    axes(&mut measured, recording, &prepared, &beats, dominant, main);
    measured.leads = lead_measurements(&prepared, dominant, main);
    dispersion(&mut measured, &beats, dominant);
    if recording.has_voltage() && main.global.qrs_on.is_some() {
        let evidence = Evidence {
            leads: &measured.leads,
            patient: &recording.patient,
            qrs_ms: measured.qrs.as_ref().map(|qrs| qrs.value),
            qtc: measured.qtc.fridericia.as_ref(),
            beats: dominant.count,
            place: place(&beats, main.global.qrs_on, main.global.qrs_off),
        };
        measured.criteria = judge(&evidence);
        measured.notes.extend(unjudged(&evidence));
    }
    measured
}

/// Below this sampling rate, in hertz, a sample is as long as the tolerances of PR and QRS (10 ms, IEC 60601-2-25).
const COARSE_HZ: f64 = 125.0;
/// From so many beats on the largest share of one shape must be this, for them to be taken for beats: noise makes every
/// one its own. Of 1,062 real tracings three of noise are at 0.1 and below, the others at 0.3 and above.
const MANY_BEATS: usize = 6;
const LEAST_ALIKE: f64 = 0.2;

fn sequence(measured: &mut Measurements, recording: &Recording) {
    let leads = measured.leads.iter();
    let own = leads.filter_map(|own| recording.lead(&own.lead));
    let duration_s = own.map(Lead::duration_s).fold(f64::INFINITY, f64::min);
    measured.pauses = pauses(measured, duration_s);
    measured.notes.extend(disturbed(measured));
    // Nor are there intervals between normal beats in atrial fibrillation.
    measured.variability = (measured.irregular_without_p != Some(true))
        .then(|| variability(&measured.beats))
        .flatten();
    let paced = paced(measured, &measured.pacing_spikes_s);
    for (class, paced) in measured.classes.iter_mut().zip(paced) {
        class.paced = paced;
    }
    measured.notes.extend(wide_tachycardia(measured));
    qualify(measured);
}

/// A noisy stretch in which no beat was found shows no pause: what makes up so much of the time between two beats counts
/// as a gap when they are as far apart as in a pause.
const NOISY_SHARE: f64 = 0.5;

fn hide(prepared: &mut Prepared, beats: &[AlignedBeat]) {
    let inner = beats.iter().map(|beat| beat.at);
    let edges: Vec<usize> = [0]
        .into_iter()
        .chain(inner)
        .chain([prepared.length])
        .collect();
    let empty: Vec<(f64, f64)> = edges
        .windows(2)
        .map(|pair| (seconds(pair[0] as f64), seconds(pair[1] as f64)))
        .filter(|&(from_s, to_s)| {
            let length_s = to_s - from_s;
            1000.0 * length_s > PAUSE_MS
                && overlap_s(&prepared.noisy_s, from_s, to_s) >= NOISY_SHARE * length_s
        })
        .collect();
    let noisy = prepared.noisy_s.iter().copied();
    let hidden = noisy.filter(|&(from_s, to_s)| !is_whole(&empty, from_s, to_s));
    prepared.gaps_s = joined(prepared.gaps_s.iter().copied().chain(hidden).collect());
}

/// What a reader should know of the stretches that could not be measured, or only with doubt.
fn disturbed(measured: &Measurements) -> Vec<String> {
    let mut notes = Vec::new();
    let longest = |stretches: &[(f64, f64)]| {
        let longest = stretches
            .iter()
            .max_by(|a, b| (a.1 - a.0).total_cmp(&(b.1 - b.0)));
        longest.map(|(from_s, to_s)| format!("{from_s:.1} to {to_s:.1} s"))
    };
    if let Some(place) = longest(&measured.gaps_s) {
        let all_s: f64 = measured
            .gaps_s
            .iter()
            .map(|(from_s, to_s)| to_s - from_s)
            .sum();
        notes.push(match measured.gaps_s.len() {
            1 => format!("Nothing was measured from {place}: nothing is recorded there, or noise hides the beats"),
            count => format!(
                "Nothing was measured in {count} stretches, {all_s:.0} s in all, the longest from {place}: nothing is \
                 recorded there, or noise hides the beats"
            ),
        });
    }
    let noisy = |beat: &&Beat| !is_whole(&measured.noisy_s, beat.time_s - 0.05, beat.time_s + 0.05);
    let doubtful = measured.beats.iter().filter(noisy).count();
    if let (Some(place), true) = (longest(&measured.noisy_s), doubtful > 0) {
        notes.push(format!(
            "{doubtful} of {} beats were found where most leads are noisy (longest from {place}): they may be none",
            measured.beats.len()
        ));
    }
    notes
}

pub(super) fn seconds(samples: f64) -> f64 {
    samples / RATE_HZ
}

pub(super) fn boundaries(fiducials: &Fiducials) -> Boundaries {
    let s = |value: Option<f64>| value.map(seconds);
    Boundaries {
        p_on: s(fiducials.p_on),
        p_peak: s(fiducials.p_peak),
        p_off: s(fiducials.p_off),
        qrs_on: s(fiducials.qrs_on),
        r_peak: s(fiducials.r_peak),
        qrs_off: s(fiducials.qrs_off),
        t_on: s(fiducials.t_on),
        t_peak: s(fiducials.t_peak),
        t_off: s(fiducials.t_off),
    }
}

/// Begin and end of the complex of each beat, in samples of the tracing.
fn complexes(beats: &[AlignedBeat], delineations: &[Delineation]) -> Vec<Option<(f64, f64)>> {
    let complex = |beat: &AlignedBeat| {
        let found = &delineations.get(beat.class)?.global;
        let at = beat.at as f64;
        Some((at + found.qrs_on?, at + found.qrs_off?))
    };
    beats.iter().map(complex).collect()
}

/// Where the end of T lies behind the next complex in more of the dominant beats, it is no end of T.
const MOST_OVERRUNS: f64 = 0.2;

/// In which share of the dominant beats T ends after the next complex began.
fn overruns(main: &Delineation, beats: &[AlignedBeat], complexes: &[Option<(f64, f64)>]) -> f64 {
    let Some(t_off) = main.global.t_off else {
        return 0.0;
    };
    let ends = beats.iter().zip(complexes.iter().skip(1));
    let ends = ends.filter(|(beat, _)| beat.class == 0);
    let over: Vec<bool> = ends
        .filter_map(|(beat, next)| Some(beat.at as f64 + t_off > next.as_ref()?.0))
        .collect();
    over.iter().filter(|over| **over).count() as f64 / over.len().max(1) as f64
}

fn list_beats(
    prepared: &Prepared,
    beats: &[AlignedBeat],
    classes: &[BeatClass],
    delineations: &[Delineation],
    ventricular: &[bool],
    complexes: &[Option<(f64, f64)>],
) -> Vec<Beat> {
    (0..beats.len())
        .filter_map(|index| {
            let beat = &beats[index];
            let found = delineations.get(beat.class)?;
            let at = seconds(beat.at as f64);
            let rr = |i: usize| {
                let (before, own) = (beats.get(i.checked_sub(1)?)?.at, beats.get(i)?.at);
                let (from_s, to_s) = (seconds(before as f64), seconds(own as f64));
                let whole = is_whole(&prepared.gaps_s, from_s, to_s);
                whole.then_some((own - before) as f64)
            };
            let around: Vec<f64> = (index.saturating_sub(4)..index + 5)
                .filter(|&i| i != index)
                .filter_map(rr)
                .collect();
            let own = rr(index);
            let premature = own.is_some_and(|own| around.len() >= 2 && own < 0.8 * median(&around));
            // An ectopic beat that is conducted as usual has a P wave of its own.
            let foreign_p =
                premature && !has_its_p(prepared, classes.get(beat.class)?, &found.global, beat.at);
            let no_p = foreign_p || premature && ventricular.get(beat.class) == Some(&true);
            // No wave of a beat lies in the complex of another.
            let complex = |index: usize| complexes.get(index).copied().flatten();
            let before = index.checked_sub(1).and_then(complex);
            let of = |offset: Option<f64>| offset.map(|offset| beat.at as f64 + offset);
            let p_in_before = (of(found.global.p_on).zip(before)).is_some_and(|(p, qrs)| p < qrs.1);
            let t_in_next =
                (of(found.global.t_off).zip(complex(index + 1))).is_some_and(|(t, qrs)| t > qrs.0);
            let placed = |own: &Fiducials| {
                let mut own = boundaries(own).shifted(at);
                if no_p || p_in_before {
                    own = own.without_p();
                }
                if t_in_next { own.without_t() } else { own }
            };
            Some(Beat {
                time_s: at,
                class: beat.class,
                rr_ms: own.map(|own| own * 1000.0 / RATE_HZ),
                premature,
                boundaries: placed(&found.global),
                lead_boundaries: found.leads.iter().map(placed).collect(),
            })
        })
        .collect()
}

/// Beats and those after them, where no gap lies between.
pub(super) fn successive<'b>(
    gaps_s: &[(f64, f64)],
    beats: &'b [AlignedBeat],
) -> impl Iterator<Item = (&'b AlignedBeat, &'b AlignedBeat)> {
    let pairs = beats.windows(2).filter_map(|pair| match pair {
        [a, b] => Some((a, b)),
        _ => None,
    });
    pairs.filter(|(a, b)| is_whole(gaps_s, seconds(a.at as f64), seconds(b.at as f64)))
}

fn qrs_ms(fiducials: &Fiducials) -> Option<f64> {
    Some((fiducials.qrs_off? - fiducials.qrs_on?) * 1000.0 / RATE_HZ)
}

/// A shape that is that of the dominant beats in so many of the leads is one of those, disturbed or conducted otherwise.
const MOST_ALIKE: f64 = 0.5;

/// For each shape whether it is wide, wider than the dominant one and unlike it in most leads.
fn ventricular(classes: &[BeatClass], delineations: &[Delineation]) -> Vec<bool> {
    let (Some(dominant), Some(main)) = (classes.first(), delineations.first()) else {
        return Vec::new();
    };
    let all = classes.iter().zip(delineations);
    all.map(|(class, found)| {
        let widths = qrs_ms(&found.global).zip(qrs_ms(&main.global));
        let wide = widths.is_some_and(|(own, main)| own >= WIDE_QRS_MS && own >= main + 20.0);
        wide && class.alike_in(dominant) < MOST_ALIKE
    })
    .collect()
}

fn shape(class: &BeatClass, found: &Delineation, ventricular_looking: bool) -> BeatShape {
    BeatShape {
        beats: class.count,
        ventricular_looking,
        paced: false,
        qrs_ms: qrs_ms(&found.global),
        boundaries: boundaries(&found.global),
        begins_s: -seconds(BEFORE as f64),
        sampling_rate_hz: RATE_HZ,
        noise_uv: class.noise.clone(),
        curves: class.wide.clone(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::ecg::Samples;
    use crate::simulate::{Settings, condition, simulate};

    fn tracing(id: &str, duration_s: f64) -> Recording {
        let settings = Settings {
            duration_s,
            ..Settings::default()
        };
        simulate(condition(id).unwrap(), 3, &settings).recording
    }

    /// The samples of a lead from one moment to another, changed.
    fn change(lead: &mut Lead, from_s: f64, to_s: f64, new: impl Fn(usize, f64) -> f64) {
        let mut values = lead.samples.microvolts();
        let index = |time_s: f64| (time_s * lead.sampling_rate_hz) as usize;
        let range = index(from_s)..index(to_s).min(values.len());
        for (offset, value) in values[range].iter_mut().enumerate() {
            *value = new(offset, *value);
        }
        lead.samples = Samples::from_microvolts(values);
    }

    /// A hiss that repeats itself in no heart's time.
    fn hiss(index: usize) -> f64 {
        let seed = (index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        ((seed ^ (seed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40) as f64 / 16_777_216.0
            - 0.5
    }

    #[test]
    fn p_waves_that_go_on_in_ventricular_standstill_are_no_beats_and_the_pause_is_told() {
        let mut recording = tracing("sinus_rhythm", 10.0);
        let before = measure(&recording);
        for lead in &mut recording.leads {
            for beat in before.beats.iter().skip(3) {
                let (from_s, to_s) = (beat.time_s - 0.06, beat.time_s + 0.5);
                let level = lead
                    .samples
                    .get((from_s * lead.sampling_rate_hz) as usize)
                    .unwrap();
                change(lead, from_s, to_s, |index, _| level + 10.0 * hiss(index));
            }
        }
        let after = measure(&recording);
        assert_eq!(after.beats.len(), 3, "of {}", before.beats.len());
        let pause = after.longest_pause().unwrap();
        assert!(pause.value > 5000.0 && pause.beats == 1, "{pause:?}");
        let words = after.rhythm_in_words();
        assert!(
            words.iter().any(|line| line.contains("at least")),
            "{words:?}"
        );
    }

    #[test]
    fn noise_in_every_lead_shows_neither_beats_nor_a_pause_and_is_told() {
        for size in [300.0, 3000.0] {
            let mut recording = tracing("sinus_rhythm", 60.0);
            for (place, lead) in recording.leads.iter_mut().enumerate() {
                change(lead, 20.0, 35.0, |index, _| {
                    size * hiss(index + 9973 * place)
                });
            }
            let measured = measure(&recording);
            let inside = |beat: &&Beat| beat.time_s > 20.2 && beat.time_s < 34.8;
            let found: Vec<&Beat> = measured.beats.iter().filter(inside).collect();
            assert!(found.is_empty(), "{size}: {} beats", found.len());
            assert!(measured.pauses.is_empty(), "{:?}", measured.pauses);
            assert!(measured.gaps_s.len() == 1, "{:?}", measured.gaps_s);
            assert!(
                measured
                    .notes
                    .iter()
                    .any(|note| note.contains("noise hides"))
            );
        }
    }

    #[test]
    fn a_lead_that_was_off_is_averaged_from_the_beats_in_which_it_was_on() {
        let mut recording = tracing("sinus_rhythm", 10.0);
        let depth = |measured: &Measurements| {
            let mut leads = measured.leads.iter();
            leads
                .find(|lead| lead.lead == LeadName::V1)
                .map(|lead| lead.s_uv.unwrap_or(0.0))
        };
        let before = depth(&measure(&recording)).unwrap();
        let v1 = |recording: &mut Recording, to_s: f64| {
            let mut leads = recording.leads.iter_mut();
            let lead = leads.find(|lead| lead.name == LeadName::V1).unwrap();
            change(lead, 0.0, to_s, |_, _| 0.0);
        };
        v1(&mut recording, 4.0);
        let after = depth(&measure(&recording)).unwrap();
        assert!(
            (before - after).abs() < 0.05 * before.abs(),
            "{before} {after}"
        );
        v1(&mut recording, 9.0);
        let measured = measure(&recording);
        assert_eq!(depth(&measured), None, "of one beat");
        assert!(measured.leads.len() >= 11);
    }

    #[test]
    fn an_end_of_t_behind_the_next_complex_is_none() {
        let fiducials = |t_off: f64| Fiducials {
            qrs_on: Some(-20.0),
            qrs_off: Some(25.0),
            t_off: Some(t_off),
            ..Fiducials::default()
        };
        let found = |t_off: f64| Delineation {
            global: fiducials(t_off),
            leads: Vec::new(),
            restless: 0.0,
        };
        let beats: Vec<AlignedBeat> = [100, 400, 700, 850, 1150, 1300]
            .map(|at| AlignedBeat {
                at,
                class: 0,
                likeness: 1.0,
            })
            .into();
        let share = |t_off: f64| {
            let delineations = [found(t_off)];
            overruns(&delineations[0], &beats, &complexes(&beats, &delineations))
        };
        assert_eq!((share(120.0), share(160.0), share(290.0)), (0.0, 0.4, 1.0));
    }

    #[test]
    fn a_calibration_pulse_behind_the_tracing_is_no_beat() {
        let mut recording = tracing("sinus_rhythm", 11.0);
        for lead in &mut recording.leads {
            change(lead, 10.0, 11.0, |_, _| 0.0);
            change(lead, 10.7, 10.9, |_, _| 1000.0);
        }
        recording.heart_ends_s = Some(10.0);
        let measured = measure(&recording);
        let usual = measure(&tracing("sinus_rhythm", 11.0).beginning(10.0));
        assert_eq!(measured.beats.len(), usual.beats.len());
        assert_eq!(measured.heart_rate_max, usual.heart_rate_max);
        assert!(measured.pacing_spikes_s.is_empty());
    }
}
