//! HL7 annotated ECG (FDA's `AnnotatedECG`, HL7 V3), and the dialects that rename its lead codes. Sequence sets that
//! begin at different times are laid where they were recorded.

mod describe;

use jiff::civil::DateTime;

use crate::ecg::{Lead, LeadName, LeadOrigin, MedianBeat, Recording, Samples, Warning};

use super::fields::{digits, later, number, parse_moment};
use super::pieces::{self, Strip};
use super::xml::{Document, Node, children, data_at, find};
use super::{Error, check_rate, unit};

pub(super) fn parse(document: &Document<'_>) -> Result<Recording, Error> {
    let root = document.root_element();
    let series: Vec<Series> = root
        .descendants()
        .filter(|node| matches!(node.name(), "series" | "derivedSeries"))
        .map(Series::parse)
        .collect::<Result<_, _>>()?;
    let series = series.into_iter().filter(|series| !series.sets.is_empty());
    let (derived, rhythm): (Vec<Series>, Vec<Series>) = series.partition(|series| series.derived);
    let mut recording = Recording::new("", "aecg", 0.0);
    for beat in derived {
        let leads = beat.sets.into_iter().flat_map(|set| set.leads).collect();
        recording.median_beats.push(MedianBeat { leads });
    }
    let (mut sets, mut warnings) = (Vec::new(), Vec::new());
    for series in rhythm {
        sets.extend(series.sets);
        warnings.extend(series.warnings);
    }
    let clock = Clock::of(&sets);
    let strips = sets.into_iter().map(|set| Strip {
        begins_s: clock.begins_s(&set),
        leads: set.leads,
    });
    let laid = pieces::lay(strips.collect());
    let Some(first) = laid.leads.first() else {
        return Err(Error::damaged("the file holds no waveform series").at_field("series"));
    };
    recording.sampling_rate_hz = first.sampling_rate_hz;
    recording.leads = laid.leads;
    recording.warnings = warnings;
    recording.warnings.extend(laid.warnings);
    let started = clock.started.or(clock.series);
    recording.acquisition.started = started.map(|started| later(started, laid.begins_s));
    let from_s = match clock.started {
        Some(_) => 0.0,
        None => laid.begins_s,
    };
    describe::describe(root, from_s, &mut recording);
    Ok(recording)
}

/// Leads of one sequence set, which share a clock.
struct Set {
    leads: Vec<Lead>,
    head: Option<Start>,
    /// When the series of the set began, if it says so.
    series: Option<DateTime>,
}

/// When a set begins: its `head`.
#[derive(Clone, Copy)]
enum Start {
    /// `TIME_ABSOLUTE` (`GLIST_TS`).
    At(DateTime),
    /// `TIME_RELATIVE` (`GLIST_PQ`), in seconds.
    After(f64),
}

/// What the times of all sets are counted from: the first moment that a set begins with; with none, the sets' own zero.
struct Clock {
    started: Option<DateTime>,
    /// When the first series began.
    series: Option<DateTime>,
}

impl Clock {
    fn of(sets: &[Set]) -> Self {
        let moments = sets.iter().filter_map(|set| match set.head? {
            Start::At(moment) => Some(moment),
            Start::After(_) => None,
        });
        Self {
            started: moments.into_iter().next(),
            series: sets.first().and_then(|set| set.series),
        }
    }

    /// When a set began. Relative times count from the start of their series.
    fn begins_s(&self, set: &Set) -> Option<f64> {
        match (set.head?, self.started) {
            (Start::At(moment), Some(started)) => seconds(started, moment),
            (Start::At(_), None) => None,
            (Start::After(after_s), Some(started)) => {
                seconds(started, set.series?).map(|series_s| series_s + after_s)
            }
            (Start::After(after_s), None) => {
                let between = self.series.zip(set.series);
                let series_s = between.and_then(|(first, own)| seconds(first, own));
                Some(series_s.unwrap_or(0.0) + after_s)
            }
        }
    }
}

fn seconds(from: DateTime, to: DateTime) -> Option<f64> {
    from.until(to).ok()?.total(jiff::Unit::Second).ok()
}

struct Series {
    derived: bool,
    sets: Vec<Set>,
    warnings: Vec<Warning>,
}

impl Series {
    fn parse(node: Node<'_>) -> Result<Self, Error> {
        let mut series = Self {
            derived: node.is("derivedSeries"),
            sets: Vec::new(),
            warnings: Vec::new(),
        };
        let began = find(node, "effectiveTime/low").and_then(|low| low.attribute("value"));
        let began = began.and_then(parse_moment);
        let sets = children(node, "component").flat_map(|part| children(part, "sequenceSet"));
        for set in sets {
            let sequences = || children(set, "component").filter_map(|part| find(part, "sequence"));
            let (mut rate, mut head) = (None, None);
            for sequence in sequences() {
                let Some(increment) = find(sequence, "value/increment") else {
                    continue;
                };
                rate = Some(sampling_rate(increment)?);
                head = head.or(start(sequence));
            }
            let mut leads = Vec::new();
            for sequence in sequences() {
                if find(sequence, "value/digits").is_some() {
                    let rate = rate.ok_or_else(|| {
                        Error::damaged("a series states no time increment").at_field("sequenceSet")
                    })?;
                    leads.extend(lead(sequence, rate)?);
                }
            }
            if !leads.is_empty() {
                series.sets.push(Set {
                    leads,
                    head,
                    series: began,
                });
            }
        }
        Ok(series)
    }
}

/// The `head` of a time sequence. Some files give moments a unit, too.
fn start(sequence: Node<'_>) -> Option<Start> {
    let head = find(sequence, "value/head")?;
    let value = head.attribute("value")?;
    let code = find(sequence, "code").and_then(|code| code.attribute("code"));
    match head.attribute("unit") {
        Some(unit) if code != Some("TIME_ABSOLUTE") => {
            Some(Start::After(number(value)? * in_seconds(unit)?))
        }
        _ => parse_moment(value).map(Start::At),
    }
}

/// Seconds in one of a unit of time.
fn in_seconds(unit: &str) -> Option<f64> {
    match unit {
        "s" => Some(1.0),
        "ms" => Some(1e-3),
        "us" => Some(1e-6),
        _ => None,
    }
}

fn sampling_rate(increment: Node<'_>) -> Result<f64, Error> {
    let unit = increment.attribute("unit").unwrap_or("s");
    let unit_s = in_seconds(unit).ok_or_else(|| {
        let reason = format!("\"{}\" is no unit of time", unit.escape_debug());
        Error::unsupported(reason).at_field("increment")
    })?;
    let step = increment.attribute("value").and_then(number);
    let step = step
        .map(|step| step * unit_s)
        .filter(|&step| step > 0.0)
        .ok_or_else(|| {
            Error::damaged("the time between samples is not positive").at_field("increment")
        })?;
    let rate = check_rate(1.0 / step).map_err(|error| error.at_field("increment"))?;
    // 1 / 0.002 is 500 only after rounding; steps are written with few digits.
    let whole = rate.round();
    Ok(if (rate - whole).abs() < 1e-6 * rate {
        whole
    } else {
        rate
    })
}

fn lead(sequence: Node<'_>, rate: f64) -> Result<Option<Lead>, Error> {
    let code = find(sequence, "code")
        .and_then(|code| code.attribute("code"))
        .unwrap_or_default();
    let in_lead = |error: Error| error.at_field(format!("sequence {code}"));
    let Some(value) = find(sequence, "value") else {
        return Ok(None);
    };
    let counts = digits(&data_at(value, "digits")).map_err(in_lead)?;
    let quantity = |name: &str| {
        let node = find(value, name)?;
        Some((
            number(node.attribute("value")?)?,
            node.attribute("unit").unwrap_or_default(),
        ))
    };
    let (step, step_unit) = quantity("scale").unwrap_or((1.0, ""));
    let (step, origin) = match step_unit {
        "" => (1.0, None),
        _ => (step, quantity("origin")),
    };
    let (origin, origin_unit) = origin.unwrap_or((0.0, step_unit));
    let (unit, scale) = unit::parse(step_unit);
    let (_, origin_scale) = unit::parse(origin_unit);
    let per_count = step * scale;
    if per_count == 0.0 {
        return Err(in_lead(Error::damaged(
            "a count is worth nothing (scale 0)",
        )));
    }
    let baseline = -(origin * origin_scale) / per_count;
    let name = code.strip_prefix("NOM_ECG_LEAD_").unwrap_or(code);
    Ok(Some(Lead {
        name: LeadName::parse(name),
        unit,
        origin: LeadOrigin::Recorded,
        sampling_rate_hz: rate,
        samples: Samples::from_counts(counts, 1.0, baseline, per_count, None),
    }))
}
