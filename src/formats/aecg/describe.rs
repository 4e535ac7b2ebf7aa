//! Whose the tracing is, by what it was taken, and what is annotated.

use crate::ecg::{Annotation, LeadName, Recording, WaveBoundary};
use crate::formats::fields::{
    self, band, join, measured, number, parse_date, parse_moment, reported,
};
use crate::formats::xml::{Node, children, descendant, find, number_at, trimmed};

use super::{in_seconds, seconds};
use jiff::civil::DateTime;

/// Ends of MDC codes (and of what vendors make of them) of global measurements, and our names.
const MEASUREMENTS: [(&str, &str); 12] = [
    ("_ECG_HEART_RATE", "heart_rate"),
    ("_ECG_TIME_PD_PR", "pr"),
    ("_ECG_TIME_PD_PQ", "pr"),
    ("_ECG_TIME_PD_QRS", "qrs"),
    ("_ECG_TIME_PD_QT", "qt"),
    ("_ECG_ANGLE_P_FRONT", "p_axis"),
    ("_ECG_ANGLE_QRS_FRONT", "qrs_axis"),
    ("_ECG_ANGLE_T_FRONT", "t_axis"),
    ("_ECG_P_AXIS", "p_axis"),
    ("_ECG_QRS_AXIS", "qrs_axis"),
    ("_ECG_T_AXIS", "t_axis"),
    ("_ECG_TIME_PD_QTcB", "qtc"),
];

/// Adds what the file says beside its samples; the recording begins at `from_s` of the file's relative times.
pub(super) fn describe(root: Node<'_>, from_s: f64, recording: &mut Recording) {
    let known = |text: String| (text.chars().any(char::is_alphanumeric)).then_some(text);
    if let Some(subject) = descendant(root, "trialSubject") {
        let patient = &mut recording.patient;
        patient.id = find(subject, "id")
            .and_then(|id| id.attribute("extension"))
            .map(str::to_owned)
            .and_then(known);
        let person = find(subject, "subjectDemographicPerson").unwrap_or(subject);
        let attribute = |path, name| find(person, path).and_then(|node| node.attribute(name));
        if let Some(name) = find(person, "name") {
            let in_parts = name.children().any(|part| !part.name().is_empty());
            // In any order in the file; what parts them is no name.
            let words = |is: fn(&str) -> bool| {
                let parts = name.children().filter(|part| is(part.name()));
                join(parts.map(trimmed))
            };
            let given = |part: &str| !matches!(part, "prefix" | "family" | "suffix" | "delimiter");
            let (first, last) = match (in_parts, trimmed(name)) {
                (true, _) => (
                    join([words(|part| part == "prefix"), words(given)]),
                    join([
                        words(|part| part == "family"),
                        words(|part| part == "suffix"),
                    ]),
                ),
                // Some write names as DICOM does.
                (false, Some(text)) if text.contains('^') => fields::person(&text),
                (false, text) => (text, None),
            };
            fields::name(patient, first.and_then(known), last.and_then(known));
        }
        patient.sex = attribute("administrativeGenderCode", "code").and_then(fields::sex);
        patient.birth_date = attribute("birthTime", "value").and_then(parse_date);
        let years = number_at(person, "age").or_else(|| attribute("age", "value").and_then(number));
        patient.age_years = years.and_then(|years| fields::age(years, ""));
    }
    if let Some(device) = descendant(root, "manufacturedSeriesDevice") {
        let around = device.parent().unwrap_or(device);
        let maker =
            descendant(around, "manufacturerOrganization").and_then(|maker| find(maker, "name"));
        recording.acquisition.device = join([
            maker.and_then(trimmed),
            find(device, "manufacturerModelName").and_then(trimmed),
        ]);
    }
    recording.acquisition.site = descendant(root, "testingSite")
        .or_else(|| descendant(root, "trialSite"))
        .and_then(|site| descendant(site, "name"))
        .and_then(trimmed);
    let comments = root
        .descendants()
        .filter(|node| node.is("subjectFindingComment"));
    recording.comments.extend(comments.filter_map(trimmed));
    controls(root, recording);
    for annotation in root.descendants().filter(|node| node.is("annotation")) {
        let code = code_of(annotation);
        if let Some(value) = find(annotation, "value") {
            self::annotation(annotation, code, value, from_s, recording);
        }
    }
}

fn code_of<'a>(node: Node<'a>) -> &'a str {
    find(node, "code")
        .and_then(|code| code.attribute("code"))
        .unwrap_or_default()
}

/// Filters, and the age where it is told as an observation.
fn controls(root: Node<'_>, recording: &mut Recording) {
    let (mut high, mut low, mut notch) = (None, None, None);
    for node in root.descendants() {
        match node.name() {
            "controlVariable" => {
                let frequency = children(node, "component")
                    .filter_map(|part| find(part, "controlVariable"))
                    .filter(|part| code_of(*part).contains("FREQ"))
                    .find_map(|part| find(part, "value")?.attribute("value").and_then(number));
                let place = match code_of(node) {
                    code if code.ends_with("FILTER_HIGH_PASS") => &mut high,
                    code if code.ends_with("FILTER_LOW_PASS") => &mut low,
                    code if code.ends_with("FILTER_NOTCH") => &mut notch,
                    _ => continue,
                };
                *place = place.or(frequency.filter(|&hz| hz > 0.0));
            }
            // LOINC: reported age.
            "relatedObservation" if code_of(node) == "21612-7" => {
                let value = find(node, "value");
                let years = value
                    .and_then(|value| value.attribute("value"))
                    .and_then(number);
                let unit = value
                    .and_then(|value| value.attribute("unit"))
                    .unwrap_or("a");
                let age = years.and_then(|years| fields::age(years, unit));
                recording.patient.age_years = recording.patient.age_years.or(age);
            }
            _ => {}
        }
    }
    recording.acquisition.filters = band(high, low, notch);
}

fn annotation(
    annotation: Node<'_>,
    code: &str,
    value: Node<'_>,
    from_s: f64,
    recording: &mut Recording,
) {
    match code {
        "MDC_ECG_INTERPRETATION_COMMENT" => {
            recording.comments.extend(trimmed(value));
            return;
        }
        code if code.starts_with("MDC_ECG_INTERPRETATION") => {
            recording.device_statements.extend(statement(value));
            return;
        }
        _ => {}
    }
    // Those of a derived series are about its beat, on a clock of its own.
    let of_beat = annotation.ancestors().any(|node| node.is("derivedSeries"));
    let means = value.attribute("code").unwrap_or_default();
    if !of_beat && matches!(code, "MDC_ECG_WAVC" | "MDC_ECG_RHY") {
        let (span, lead) = region(annotation, recording.acquisition.started, from_s);
        if let Some((from, to)) = span {
            moments(code, means, value, (from, to), lead, recording);
        }
        return;
    }
    let known = MEASUREMENTS
        .iter()
        .find(|(end, _)| code.ends_with(end))
        .map(|(_, name)| *name)
        .or_else(|| code.contains("_TIME_PD_QTc").then_some("qtc"));
    let quantity = value.attribute("value").and_then(number);
    let (Some(name), Some(quantity)) = (known, quantity) else {
        return;
    };
    // The same is told once more for each beat.
    let told = recording
        .device_measurements
        .iter()
        .any(|other| other.name == name);
    if told || !measured(name, quantity) {
        return;
    }
    let unit = match (value.attribute("unit").unwrap_or_default(), name) {
        ("bpm" | "", "heart_rate") => "/min",
        ("", name) if name.ends_with("_axis") => "deg",
        ("", _) => "ms",
        (unit, _) => unit,
    };
    recording
        .device_measurements
        .push(reported(name, quantity, unit));
}

/// A statement in words, or what its code (`xsi:type="CE"`) is displayed as.
fn statement(value: Node<'_>) -> Option<String> {
    let attribute = |name| value.attribute(name).map(str::trim).map(str::to_owned);
    trimmed(value)
        .or_else(|| attribute("displayName"))
        .filter(|words| !words.is_empty())
        .or_else(|| attribute("code"))
        .filter(|words| !words.is_empty())
}

/// From when to when an annotation is about the tracing, in seconds, and about which lead.
type Region = (Option<(Option<f64>, Option<f64>)>, Option<LeadName>);

fn region(annotation: Node<'_>, started: Option<DateTime>, from_s: f64) -> Region {
    let Some(region) = find(annotation, "support/supportingROI") else {
        return (None, None);
    };
    let (mut span, mut lead) = (None, None);
    for boundary in children(region, "component").filter_map(|part| find(part, "boundary")) {
        let code = code_of(boundary);
        let Some(value) = find(boundary, "value") else {
            lead = code
                .starts_with("MDC_ECG_LEAD")
                .then(|| LeadName::parse(code))
                .or(lead);
            continue;
        };
        let end = |name: &str| {
            let end = find(value, name)?;
            let text = end.attribute("value")?;
            if code == "TIME_ABSOLUTE" {
                return seconds(started?, parse_moment(text)?);
            }
            let unit_s = end.attribute("unit").and_then(in_seconds);
            Some(number(text)? * unit_s.unwrap_or(1.0) - from_s)
        };
        if code.starts_with("TIME_") {
            span = Some((end("low"), end("high")));
        }
    }
    (span, lead)
}

fn moments(
    code: &str,
    means: &str,
    value: Node<'_>,
    (from, to): (Option<f64>, Option<f64>),
    lead: Option<LeadName>,
    recording: &mut Recording,
) {
    use WaveBoundary::{POff, POn, QrsOff, QrsOn, TOff, TOn};
    if code == "MDC_ECG_RHY" {
        let label = value.attribute("displayName").unwrap_or(means).to_owned();
        if let (Some(from_s), Some(to_s)) = (from, to) {
            recording.annotations.push(Annotation::Span {
                from_s,
                to_s,
                lead,
                label,
            });
        }
        return;
    }
    let (on, off) = match means.strip_prefix("MDC_ECG_WAVC_") {
        Some("PWAVE") => (POn, POff),
        Some("QRSWAVE") => (QrsOn, QrsOff),
        Some("TWAVE") => (TOn, TOff),
        _ => return,
    };
    for (at_s, boundary) in [(from, on), (to, off)] {
        if let Some(at_s) = at_s {
            recording.annotations.push(Annotation::Boundary {
                at_s,
                boundary,
                lead: lead.clone(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::formats::{Options, registry::FORMATS};

    /// A tracing on a clock of its own, a name in parts and a statement that is a code.
    #[test]
    fn relative_times_names_in_parts_and_coded_statements_are_read() {
        let text = r#"<AnnotatedECG xmlns="urn:hl7-org:v3">
            <trialSubject><subjectDemographicPerson>
                <name><family>Doe</family><given>Jane</given><given>Q</given></name>
            </subjectDemographicPerson></trialSubject>
            <component><series><effectiveTime><low value="20240301101112"/></effectiveTime>
            <component><sequenceSet>
                <component><sequence><code code="TIME_RELATIVE"/><value>
                    <head value="2" unit="s"/><increment value="0.002" unit="s"/>
                </value></sequence></component>
                <component><sequence><code code="MDC_ECG_LEAD_II"/><value>
                    <origin value="0" unit="uV"/><scale value="1" unit="uV"/><digits>1 2 3</digits>
                </value></sequence></component>
            </sequenceSet></component>
            <subjectOf><annotationSet>
                <component><annotation><code code="MDC_ECG_INTERPRETATION_STATEMENT"/>
                    <value code="164889003" displayName="Atrial fibrillation"/></annotation></component>
                <component><annotation><code code="MDC_ECG_INTERPRETATION_STATEMENT"/>
                    <value code="MDC_ECG_RHY_SINUS_RHY"/></annotation></component>
            </annotationSet></subjectOf></series></component>
        </AnnotatedECG>"#;
        let format = FORMATS.iter().find(|format| format.name == "aecg").unwrap();
        let read = format.parse(text.as_bytes(), &Options::default()).unwrap();
        assert_eq!(read.patient.name.as_deref(), Some("Jane Q Doe"));
        assert_eq!(read.patient.family.as_deref(), Some("Doe"));
        assert_eq!(
            read.device_statements,
            ["Atrial fibrillation", "MDC_ECG_RHY_SINUS_RHY"]
        );
        let started = read.acquisition.started.unwrap();
        assert_eq!(started.to_string(), "2024-03-01T10:11:14");
        for (parts, name, family) in [
            (
                "<suffix>Jr</suffix><family>Doe</family><delimiter>, </delimiter><given>John</given>\
                 <given>Q</given><prefix>Dr</prefix>",
                "Dr John Q Doe Jr",
                Some("Doe Jr"),
            ),
            ("Doe^John^Q^Dr^Jr", "Dr John Q Doe Jr", Some("Doe Jr")),
            ("John Doe", "John Doe", None),
            ("^^", "", None),
        ] {
            let from = "<family>Doe</family><given>Jane</given><given>Q</given>";
            let text = text.replace(from, parts);
            let read = format.parse(text.as_bytes(), &Options::default()).unwrap();
            let patient = read.patient;
            assert_eq!(patient.name.as_deref().unwrap_or_default(), name);
            assert_eq!(patient.family.as_deref(), family, "{parts}");
        }
    }
}
