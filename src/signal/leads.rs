//! What a careful person checks when a tracing is opened, and arithmetic between leads.

use super::bands::{LeadBands, bands};
use super::einthoven::{Disagreement, LIMB, disagreement, only_stored_integers_obey};
use super::quality::{is_flat, share_of};
use crate::ecg::{
    Counts, Lead, LeadName, LeadOrigin, Recording, STANDARD_12, Samples, Unit, Warning, WarningCode,
};

/// The largest lead's QRS is smaller than this, peak to peak in microvolts, in no real record seen (smallest of
/// 925: 756), but in about half of those whose header says 4880 where 1000 is true.
const SMALLEST_QRS_UV: f64 = 400.0;
/// The largest lead and the middle one exceed these together only when the gain is off or nothing is an ECG.
const LARGEST_QRS_UV: f64 = 8000.0;
const LARGEST_MIDDLE_UV: f64 = 3000.0;
/// Share of samples stuck at a limit from which a lead is called saturated.
const SATURATED_SHARE: f64 = 0.002;

/// Every doubt that the samples themselves raise: absent, flat, saturated or broken-off leads, units that are
/// no voltage, amplitudes that cannot be, limb leads that contradict each other (with the likely reason).
pub fn inspect(recording: &Recording) -> Vec<Warning> {
    inspect_with(recording, &bands(recording))
}

/// The same; `bands` are the recording's.
pub(crate) fn inspect_with(recording: &Recording, bands: &[LeadBands]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut warn = |code, message: Option<String>| {
        warnings.extend(message.map(|message| Warning::new(code, message)));
    };
    warn(WarningCode::NotVoltage, not_voltage(recording));
    warn(WarningCode::MissingLeads, missing_leads(recording));
    warn(WarningCode::MissingSamples, missing_samples(recording));
    warn(WarningCode::FlatLead, flat_leads(recording, bands));
    warn(WarningCode::Saturated, saturated_leads(recording, bands));
    warn(WarningCode::Einthoven, einthoven(recording));
    warn(
        WarningCode::ImplausibleAmplitude,
        implausible_amplitude(recording, bands),
    );
    warnings
}

fn list<'a>(names: impl IntoIterator<Item = &'a LeadName>) -> String {
    let names: Vec<&str> = names.into_iter().map(LeadName::as_str).collect();
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

fn leads(names: &[&LeadName]) -> String {
    if names.len() == 1 {
        format!("Lead {}", list(names.iter().copied()))
    } else {
        format!("Leads {}", list(names.iter().copied()))
    }
}

fn standard(recording: &Recording) -> impl Iterator<Item = &Lead> {
    recording
        .leads
        .iter()
        .filter(|lead| lead.name.standard_index().is_some())
}

fn not_voltage(recording: &Recording) -> Option<String> {
    let lost: Vec<&LeadName> = standard(recording)
        .filter(|lead| lead.unit == Unit::Normalised)
        .map(|lead| &lead.name)
        .collect();
    let other = standard(recording).find_map(|lead| match &lead.unit {
        Unit::Other(unit) => Some((&lead.name, unit)),
        _ => None,
    });
    if !lost.is_empty() {
        let which = if lost.len() == standard(recording).count() {
            "The amplitude was".to_owned()
        } else {
            format!("{}: the amplitude was", leads(&lost))
        };
        return Some(format!(
            "{which} normalised away before this file was written (unit NU): no voltage can be read off"
        ));
    }
    let said = (recording.warnings.iter()).any(|warning| warning.code == WarningCode::NotVoltage);
    other
        .filter(|(_, unit)| !(unit.is_empty() && said))
        .map(|(name, unit)| match unit.as_str() {
            "" => format!("The file states no unit of lead {name}: no voltage can be read off"),
            unit => format!("Lead {name} is in {unit}, which is no voltage"),
        })
}

fn missing_leads(recording: &Recording) -> Option<String> {
    let missing = recording.missing_standard_leads();
    match missing.len() {
        0 => None,
        12 => Some("None of the twelve standard leads is in this file".to_owned()),
        _ => Some(format!("{} not in this file", absent(&missing))),
    }
}

fn absent(missing: &[LeadName]) -> String {
    let names: Vec<&LeadName> = missing.iter().collect();
    format!(
        "{} {}",
        leads(&names),
        if names.len() == 1 { "is" } else { "are" }
    )
}

fn missing_samples(recording: &Recording) -> Option<String> {
    let shares: Vec<(&LeadName, f64)> = recording
        .leads
        .iter()
        .filter_map(|lead| {
            let total = lead.samples.len();
            let missing = (0..total)
                .filter(|&index| {
                    lead.samples
                        .get(index)
                        .is_some_and(|value| !value.is_finite())
                })
                .count();
            (missing > 0).then(|| (&lead.name, missing as f64 / total as f64))
        })
        .collect();
    let (name, share) = shares.iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let percent = (share * 100.0).max(0.1);
    Some(match shares.len() {
        1 => format!("Lead {name} has gaps: {percent:.1} % of its samples are marked as missing"),
        count => format!(
            "{count} leads have gaps; the worst is {name} with {percent:.1} % of its samples missing"
        ),
    })
}

fn flat_leads(recording: &Recording, bands: &[LeadBands]) -> Option<String> {
    let whole = |lead: &Lead, bands: &LeadBands| lead.samples.len() == bands.samples.len();
    let flat: Vec<&LeadName> = recording
        .leads
        .iter()
        .zip(bands)
        .filter(|(lead, bands)| {
            bands.flat && (whole(lead, bands) || is_flat(&lead.samples.microvolts()))
        })
        .map(|(lead, _)| &lead.name)
        .collect();
    let verb = if flat.len() == 1 { "holds" } else { "hold" };
    (!flat.is_empty()).then(|| {
        format!(
            "{} {verb} one constant value: the electrode was off or the lead was not recorded",
            leads(&flat)
        )
    })
}

fn saturated_leads(recording: &Recording, bands: &[LeadBands]) -> Option<String> {
    let clipped: Vec<&LeadName> = recording
        .leads
        .iter()
        .zip(bands)
        .filter(|(_, bands)| share_of(&bands.stuck, bands.samples.len()) > SATURATED_SHARE)
        .map(|(lead, _)| &lead.name)
        .collect();
    let verb = if clipped.len() == 1 { "is" } else { "are" };
    (!clipped.is_empty()).then(|| {
        format!(
            "{} {verb} cut off at the limit of the recorder's range",
            leads(&clipped)
        )
    })
}

fn einthoven(recording: &Recording) -> Option<String> {
    Some(match disagreement(recording)? {
        Disagreement::OneLead { lead, factor } if (factor + 1.0).abs() < 0.1 => {
            format!("Lead {lead} is upside down compared with the other limb leads")
        }
        Disagreement::OneLead { lead, factor } => format!(
            "Lead {lead} is {factor:.2} times as large as the other limb leads demand (Einthoven): its gain is \
             probably wrong"
        ),
        Disagreement::Exchanged { leads: [a, b] } => format!(
            "Leads {a} and {b} seem to carry each other's name: exchanged, the limb leads obey Einthoven's law"
        ),
        Disagreement::OwnGains => "The header gives every lead a gain of its own, so I + III is not II; the stored \
                                   integers do obey: amplitudes cannot be compared between leads until one \
                                   common gain is used"
            .to_owned(),
        Disagreement::Unexplained { share } => format!(
            "The limb leads contradict each other (II is not I + III; {:.0} % of their amplitude is unexplained): \
             gains differ or a lead is mislabelled",
            share * 100.0
        ),
    })
}

/// A lead whose median is farther from zero than this, in microvolts, carries an electrode offset that would push it
/// off the paper.
pub const OFFSET_UV: f64 = 1000.0;

/// Leads that stand far from zero.
pub fn offsets(recording: &Recording) -> Option<Warning> {
    let mut far: Vec<String> = Vec::new();
    for lead in standard(recording).filter(|lead| lead.unit.is_voltage()) {
        let mut values = lead.samples.microvolts();
        values.retain(|value| value.is_finite());
        let middle = values.len() / 2;
        if values.is_empty() {
            continue;
        }
        let (_, median, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
        if median.abs() > OFFSET_UV {
            far.push(format!("{} {:+.1} mV", lead.name, *median / 1000.0));
        }
    }
    (!far.is_empty()).then(|| {
        Warning::new(
            WarningCode::ElectrodeOffset,
            format!(
                "Electrode offset, taken away when drawn: {}",
                far.join(", ")
            ),
        )
    })
}

fn implausible_amplitude(recording: &Recording, bands: &[LeadBands]) -> Option<String> {
    let voltages: Vec<(&Lead, &LeadBands)> = recording
        .leads
        .iter()
        .zip(bands)
        .filter(|(lead, _)| lead.name.standard_index().is_some() && lead.unit.is_voltage())
        .collect();
    let mut sizes: Vec<f64> = voltages
        .iter()
        .filter_map(|(_, bands)| bands.size)
        .filter(|&size| size > 0.0)
        .collect();
    sizes.sort_by(f64::total_cmp);
    let (&largest, &middle) = (sizes.last()?, sizes.get(sizes.len() / 2)?);
    let implausible = |factor: f64| {
        largest * factor < SMALLEST_QRS_UV
            || (largest * factor > LARGEST_QRS_UV && middle * factor > LARGEST_MIDDLE_UV)
    };
    if !implausible(1.0) {
        return None;
    }
    let size = if largest < SMALLEST_QRS_UV {
        "only"
    } else {
        "as large as"
    };
    let mut message = format!(
        "QRS complexes are {size} {}: the gain is probably wrong",
        millivolts(largest)
    );
    if let Some((lead, _)) = voltages.first()
        && !matches!(lead.samples.counts(), Counts::F64(_))
    {
        let per_mv = lead.samples.counts_per_unit / lead.samples.unit_scale * 1000.0;
        message.push_str(&format!(
            " (the header says {} counts/mV",
            (per_mv * 100.0).round() / 100.0
        ));
        if (per_mv - 1000.0).abs() > 1.0 && !implausible(per_mv / 1000.0) {
            message.push_str("; 1000 would give a usual size");
        }
        message.push(')');
    }
    Some(message)
}

fn millivolts(microvolts: f64) -> String {
    let mv = microvolts / 1000.0;
    if mv < 0.01 {
        format!("{mv:.1e} mV")
    } else {
        format!("{mv:.2} mV")
    }
}

/// The recording with III, aVR, aVL and aVF computed where they are absent and I and II are there (Einthoven,
/// Goldberger), marked as derived and with a warning; otherwise as it was.
pub fn derive_limb_leads(recording: &Recording) -> Recording {
    let mut completed = recording.clone();
    let (Some(one), Some(two)) = (recording.lead(&LeadName::I), recording.lead(&LeadName::II))
    else {
        return completed;
    };
    let alike = one.sampling_rate_hz == two.sampling_rate_hz
        && one.samples.len() == two.samples.len()
        && one.unit.is_voltage()
        && two.unit.is_voltage();
    if !alike {
        return completed;
    }
    let (first, second) = (one.samples.microvolts(), two.samples.microvolts());
    let mut derived = Vec::new();
    for (name, [a, b]) in LIMB {
        if recording.lead(&name).is_some() {
            continue;
        }
        let samples = first
            .iter()
            .zip(&second)
            .map(|(x, y)| a * x + b * y)
            .collect();
        completed.leads.push(Lead {
            name: name.clone(),
            unit: Unit::Microvolt,
            origin: LeadOrigin::Derived,
            sampling_rate_hz: one.sampling_rate_hz,
            samples: Samples::from_microvolts(samples),
        });
        derived.push(name);
    }
    if !derived.is_empty() {
        completed
            .leads
            .sort_by_key(|lead| lead.name.standard_index().unwrap_or(STANDARD_12.len()));
        let verb = if derived.len() == 1 { "was" } else { "were" };
        let message = format!(
            "{} {verb} computed from I and II",
            leads(&derived.iter().collect::<Vec<_>>())
        );
        completed
            .warnings
            .push(Warning::new(WarningCode::DerivedLeads, message));
    }
    completed
}

/// Counts per millivolt that LUDB's stored integers have for all leads alike (16 bits for +-32 mV;
/// Kalyakulina et al. 2020, IEEE Access 8:186181).
const COMMON_COUNTS_PER_MV: f64 = 1000.0;

/// Deviation of a usual lead.
const USUAL_DEVIATION_UV: f64 = 150.0;

/// Gives a lead whose amplitude was lost, or was never a voltage, one in which waves can be told from noise. No height is
/// to be read off it. `false` where nothing moves.
pub(crate) fn give_usual_size(values: &mut [f64]) -> bool {
    let known = || values.iter().filter(|value| value.is_finite());
    let count = known().count().max(1) as f64;
    let mean = known().sum::<f64>() / count;
    let deviation = (known().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt();
    if deviation <= 0.0 {
        return false;
    }
    for value in values {
        *value = (*value - mean) * (USUAL_DEVIATION_UV / deviation);
    }
    true
}

/// The recording with one gain for all leads, where the header scales every lead on its own and only the stored
/// integers obey Einthoven's law (LUDB); `None` when there is nothing to undo.
pub fn undo_own_gains(recording: &Recording) -> Option<Recording> {
    if !only_stored_integers_obey(recording) {
        return None;
    }
    let mut common = recording.clone();
    for lead in common
        .leads
        .iter_mut()
        .filter(|lead| lead.unit.is_voltage())
    {
        lead.samples.counts_per_unit = COMMON_COUNTS_PER_MV;
        lead.samples.unit_scale = 1000.0;
    }
    Some(common)
}
