//! What is doubtful about the leads of a recording, whatever its format: said once, after every reader.

use crate::ecg::{Lead, LeadName, Recording, Unit, Warning, WarningCode};

use super::Error;

/// Leaves out leads without samples, and adds what must be known of the others.
///
/// # Errors
/// When no lead holds a sample.
pub(super) fn raise(recording: &mut Recording) -> Result<(), Error> {
    let empty = without_samples(recording)?;
    recording.warnings.extend(empty);
    let doubts = [
        without_unit(recording),
        ends_early(recording),
        more_than_once(recording),
    ];
    recording.warnings.extend(doubts.into_iter().flatten());
    Ok(())
}

/// Takes out leads and beats without samples.
fn without_samples(recording: &mut Recording) -> Result<Vec<Warning>, Error> {
    let is_empty = |lead: &Lead| lead.samples.is_empty();
    if !recording.leads.is_empty() && recording.leads.iter().all(is_empty) {
        return Err(Error::damaged("no lead of the file holds samples"));
    }
    let left_out = recording.leads.extract_if(.., |lead| is_empty(lead));
    let warnings = left_out.map(|lead| {
        let message = format!("Lead {} holds no samples and was left out.", lead.name);
        Warning::new(WarningCode::LeftOut, message)
    });
    let warnings = warnings.collect();
    for beat in &mut recording.median_beats {
        beat.leads.retain(|lead| !is_empty(lead));
    }
    recording.median_beats.retain(|beat| !beat.leads.is_empty());
    Ok(warnings)
}

/// What to say of leads whose unit is not stated, where nothing is said of units yet.
fn without_unit(recording: &Recording) -> Option<Warning> {
    let about_units = [WarningCode::NotVoltage, WarningCode::AssumedUnit];
    let mut warnings = recording.warnings.iter();
    if warnings.any(|warning| about_units.contains(&warning.code)) {
        return None;
    }
    let unstated = |lead: &&Lead| matches!(&lead.unit, Unit::Other(unit) if unit.is_empty());
    let names = recording.leads.iter().filter(unstated);
    let names: Vec<&str> = names.map(|lead| lead.name.as_str()).collect();
    let message = format!(
        "The file states no unit for {}: no voltage can be read off.",
        names.join(", ")
    );
    (!names.is_empty()).then(|| Warning::new(WarningCode::NotVoltage, message))
}

/// A lead that holds less than this of what most others hold has lost some of it.
const WHOLE: f64 = 0.9;

/// What to say of voltage leads that are shorter than most others of their rate, where nothing is said of lost samples yet.
/// Where a few leads go on as a rhythm strip, most are short, and none has lost anything.
fn ends_early(recording: &Recording) -> Option<Warning> {
    let mut warnings = recording.warnings.iter();
    if warnings.any(|warning| warning.code == WarningCode::Truncated) {
        return None;
    }
    let leads = || recording.leads.iter().filter(|lead| lead.unit.is_voltage());
    let usual_s = |lead: &Lead| {
        let rate_hz = lead.sampling_rate_hz;
        let same = || leads().filter(move |other| other.sampling_rate_hz == rate_hz);
        let longer = |other: &&Lead| lead.duration_s() < WHOLE * other.duration_s();
        // The shortest of those that are longer, if these are most.
        let most = 2 * same().filter(longer).count() > same().count();
        let usual = same().filter(longer).map(Lead::duration_s);
        usual.reduce(f64::min).filter(|_| most)
    };
    let short = leads().filter_map(|lead| Some((lead, usual_s(lead)?)));
    let short = short.map(|(lead, usual_s)| {
        let (name, own_s) = (&lead.name, lead.duration_s());
        format!("{name} ({own_s:.1} s of {usual_s:.1} s)")
    });
    let short: Vec<String> = short.collect();
    let message = format!(
        "Shorter than most leads, so that its end is probably missing: {}.",
        short.join(", ")
    );
    (!short.is_empty()).then(|| Warning::new(WarningCode::Truncated, message))
}

/// What to say of leads that share a name. Channels without a place on the body may well do.
fn more_than_once(recording: &Recording) -> Option<Warning> {
    let names = || recording.leads.iter().map(|lead| &lead.name);
    let mut twice: Vec<&str> = names()
        .enumerate()
        .filter(|(_, name)| !matches!(name, LeadName::Other(_)))
        .filter(|(at, name)| names().take(*at).filter(|other| other == name).count() == 1)
        .map(|(_, name)| name.as_str())
        .collect();
    let last = twice.pop()?;
    let message = match twice.as_slice() {
        [] => format!("Lead {last} is in the file more than once; the first one is measured."),
        others => format!(
            "Leads {} and {last} are in the file more than once; the first of each is measured.",
            others.join(", ")
        ),
    };
    Some(Warning::new(WarningCode::Inconsistent, message))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::ecg::{LeadOrigin, Samples};

    fn lead(name: LeadName, rate_hz: f64, seconds: f64) -> Lead {
        Lead {
            name,
            unit: Unit::Microvolt,
            origin: LeadOrigin::Recorded,
            sampling_rate_hz: rate_hz,
            samples: Samples::from_microvolts(vec![0.0; (seconds * rate_hz) as usize]),
        }
    }

    fn told(leads: Vec<Lead>) -> (Recording, String) {
        let mut recording = Recording::new("", "test", 500.0);
        recording.leads = leads;
        raise(&mut recording).unwrap();
        let said = recording.warnings.iter().map(|own| own.message.as_str());
        let said = said.collect();
        (recording, said)
    }

    #[test]
    fn leads_without_a_unit_are_named_once() {
        let other = |unit: &str| Unit::Other(unit.to_owned());
        let leads = [
            (LeadName::I, other("")),
            (LeadName::II, Unit::Microvolt),
            (LeadName::III, other("mmHg")),
            (LeadName::V1, other("")),
        ];
        let leads = leads.map(|(name, unit)| Lead {
            unit,
            ..lead(name, 500.0, 1.0)
        });
        let (mut recording, said) = told(leads.to_vec());
        assert!(said.contains("for I, V1:"), "{said}");
        for code in [WarningCode::NotVoltage, WarningCode::AssumedUnit] {
            recording.warnings = vec![Warning::new(code, "said")];
            assert_eq!(without_unit(&recording), None);
        }
    }

    #[test]
    fn a_lead_without_samples_is_left_out_and_told() {
        let leads = vec![
            lead(LeadName::I, 500.0, 1.0),
            lead(LeadName::V6, 500.0, 0.0),
        ];
        let (recording, said) = told(leads);
        assert_eq!(recording.leads.len(), 1);
        assert_eq!(said, "Lead V6 holds no samples and was left out.");
        let mut nothing = Recording::new("", "test", 500.0);
        nothing.leads = vec![lead(LeadName::I, 500.0, 0.0)];
        assert!(raise(&mut nothing).is_err());
    }

    #[test]
    fn a_lead_that_ends_before_most_others_of_its_rate_is_told_and_what_is_meant_to_is_not() {
        use LeadName::{AVR, I, II, III, V1};
        let leads = |lengths: &[(LeadName, f64, f64)]| {
            let own = lengths.iter().cloned();
            told(own.map(|(name, rate, s)| lead(name, rate, s)).collect()).1
        };
        let cut = [(I, 500.0, 10.0), (II, 500.0, 10.0), (III, 500.0, 1.2)];
        let said = leads(&cut);
        assert!(said.contains("missing: III (1.2 s of 10.0 s)."), "{said}");
        // A rhythm strip under short leads, another rate, a sample less, two leads of which either may be whole.
        for lengths in [
            &[
                (I, 500.0, 2.5),
                (III, 500.0, 2.5),
                (AVR, 500.0, 2.5),
                (II, 500.0, 10.0),
            ][..],
            &[(I, 500.0, 10.0), (II, 500.0, 10.0), (V1, 250.0, 5.0)],
            &[(I, 500.0, 10.0), (II, 500.0, 10.0), (V1, 500.0, 9.998)],
            &[(I, 500.0, 10.0), (II, 500.0, 5.0)],
        ] {
            assert_eq!(leads(lengths), "", "{lengths:?}");
        }
        // A channel that is no voltage may hold anything.
        let mut beside = lead(LeadName::Other("pulse".into()), 500.0, 1.0);
        beside.unit = Unit::Other("%".into());
        let leads = vec![lead(I, 500.0, 10.0), lead(II, 500.0, 10.0), beside];
        assert_eq!(told(leads).1, "");
    }

    #[test]
    fn leads_of_one_name_are_told_once_and_channels_without_a_place_are_not() {
        let names = |names: &[&str]| {
            let leads = names.iter().map(|name| LeadName::parse(name));
            let (recording, said) = told(leads.map(|name| lead(name, 500.0, 1.0)).collect());
            assert_eq!(recording.leads.len(), names.len());
            said
        };
        assert!(names(&["I", "II", "Lead II", "II"]).starts_with("Lead II is in"));
        assert!(names(&["I", "II", "V1", "V1", "II"]).starts_with("Leads V1 and II are in"));
        assert_eq!(names(&["ECG", "ECG", "I"]), "");
    }
}
