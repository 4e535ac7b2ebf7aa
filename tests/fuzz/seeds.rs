//! Small sound files of every format, put together by hand from their descriptions.

use base64::Engine as _;
use heartbeatai::ecg::{
    Annotation, BeatKind, Counts, Lead, LeadName, LeadOrigin, MedianBeat, Recording, ReportedValue,
    Samples, Unit, WaveBoundary,
};
use heartbeatai::formats::writing::{Target, write};

fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// A made-up wave, some two hundred samples.
fn wave() -> Vec<i16> {
    (0..200_i16)
        .map(|t| if t % 50 == 10 { 400 } else { t % 7 })
        .collect()
}

fn bytes_of(samples: &[i16]) -> Vec<u8> {
    samples
        .iter()
        .flat_map(|sample| sample.to_le_bytes())
        .collect()
}

/// Format name and file.
pub fn all() -> Vec<(&'static str, Vec<u8>)> {
    let mut seeds = vec![
        ("dicom", dicom()),
        ("scp", scp(false)),
        ("scp", scp(true)),
        ("scp", scp_bimodal()),
        ("scp", scp_long_term()),
        ("scp", healforce()),
        ("edf", edf(b"0       ", 2)),
        ("edf", edf(b"\xffBIOSEMI", 3)),
        ("gdf", gdf()),
        ("ishne", ishne()),
        ("mfer", mfer()),
        ("atc", atc()),
        ("contec", contec()),
        ("npy", npy()),
        ("npz", npz()),
        ("mat", mat4()),
        ("mat", mat5()),
        ("sierra", sierra()),
        ("hdf5", include_bytes!("tiny.h5").to_vec()),
        ("hdf5", include_bytes!("leads.h5").to_vec()),
        ("hdf5", include_bytes!("rows.h5").to_vec()),
        ("hdf5", include_bytes!("lists.h5").to_vec()),
        ("parquet", parquet(parquet::basic::Compression::SNAPPY)),
        (
            "parquet",
            parquet(parquet::basic::Compression::ZSTD(<_>::default())),
        ),
        ("feather", feather()),
    ];
    for (name, text) in texts() {
        seeds.push((name, text.into_bytes()));
    }
    for (name, target) in [("dicom", Target::Dicom), ("edf", Target::Edf)] {
        seeds.push((name, written(target)));
    }
    seeds
}

/// A tracing with everything that a file may hold, as our own writer makes it.
fn written(target: Target) -> Vec<u8> {
    let lead = |name: LeadName, length: usize| Lead {
        name,
        unit: Unit::Microvolt,
        origin: LeadOrigin::Recorded,
        sampling_rate_hz: 500.0,
        samples: Samples::from_counts(Counts::I16(wave()[..length].to_vec()), 1.0, 0.0, 2.5, None),
    };
    let mut recording = Recording::new("seed", "seed", 500.0);
    recording.leads = vec![lead(LeadName::I, 200), lead(LeadName::II, 200)];
    recording.median_beats = vec![MedianBeat {
        leads: vec![lead(LeadName::I, 100)],
    }];
    recording.device_statements = vec!["Sinus rhythm".to_owned()];
    recording.device_measurements = vec![ReportedValue {
        name: "heart_rate".to_owned(),
        value: 75.0,
        unit: "/min".to_owned(),
    }];
    recording.annotations = vec![
        Annotation::Beat {
            at_s: 0.1,
            beat: BeatKind::Normal,
        },
        Annotation::Boundary {
            at_s: 0.08,
            boundary: WaveBoundary::QrsOn,
            lead: Some(LeadName::II),
        },
        Annotation::Span {
            from_s: 0.1,
            to_s: 0.3,
            lead: None,
            label: "noise".to_owned(),
        },
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("seed.{}", target.extension()));
    let (path, _) = write(&recording, target, &path).unwrap();
    std::fs::read(path).unwrap()
}

/// A table of one lead with its time.
fn table() -> arrow_array::RecordBatch {
    use arrow_array::{ArrayRef, Float64Array};
    use std::sync::Arc;
    let time = (0..64).map(|index| f64::from(index) / 250.0);
    let lead = (0..64).map(|index| (f64::from(index) * 0.2).sin());
    let columns: [(&str, ArrayRef); 2] = [
        ("time_s", Arc::new(Float64Array::from_iter_values(time))),
        ("II (mV)", Arc::new(Float64Array::from_iter_values(lead))),
    ];
    arrow_array::RecordBatch::try_from_iter(columns).unwrap()
}

fn parquet(compression: parquet::basic::Compression) -> Vec<u8> {
    let (mut out, table) = (Vec::new(), table());
    let properties = parquet::file::properties::WriterProperties::builder()
        .set_compression(compression)
        .build();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(&mut out, table.schema(), Some(properties)).unwrap();
    writer.write(&table).unwrap();
    writer.close().unwrap();
    out
}

fn feather() -> Vec<u8> {
    let (mut out, table) = (Vec::new(), table());
    let mut writer =
        arrow_ipc::writer::FileWriter::try_new(&mut out, table.schema().as_ref()).unwrap();
    writer.write(&table).unwrap();
    writer.finish().unwrap();
    drop(writer);
    out
}

fn texts() -> Vec<(&'static str, String)> {
    let data = base64(&bytes_of(&wave()));
    let list = wave().iter().map(i16::to_string).collect::<Vec<_>>();
    let rows: String = wave().iter().map(|v| format!("{v},{}\n", v / 2)).collect();
    vec![
        ("csv", format!("# unit: uV\n# rate: 500\nI,II\n{rows}")),
        (
            "csv",
            wave()
                .iter()
                .enumerate()
                .map(|(t, v)| format!("{};{v},5\n", t * 4))
                .fold("t (ms);II (uV)\n".to_owned(), |a, b| a + &b),
        ),
        (
            "apple",
            format!(
                "Name,A\nSample Rate,512 hertz\n\nLead,Lead I\nUnit,µV\n\n{}",
                list.join(",5\n")
            ),
        ),
        (
            "kardia",
            format!(
                "{{\"recordedAt\": \"2021-04-16T15:19:09+05:30\", \"patientID\": \"x\", \"heartRate\": 89, \"data\": \
                 {{\"raw\": {{\"frequency\": 300, \"amplitudeResolution\": 500, \"samples\": {{\"leadI\": [{}]}}}}}}}}",
                list.join(",")
            ),
        ),
        (
            "muse",
            format!(
                "<?xml version=\"1.0\"?><!DOCTYPE RestingECG SYSTEM \"restecg.dtd\"><RestingECG><PatientDemographics>\
                 <PatientID>1</PatientID><PatientAge>50</PatientAge></PatientDemographics><RestingECGMeasurements>\
                 <VentricularRate>75</VentricularRate></RestingECGMeasurements><QRSTimesTypes><QRS><Number>1</Number><Type>0</Type>\
                 <Time>100</Time></QRS><QRS><Time>300</Time></QRS></QRSTimesTypes><Waveform>\
                 <WaveformType>Rhythm</WaveformType><SampleBase>500</SampleBase><SampleExponent>0</SampleExponent>\
                 <LeadData><LeadSampleCountTotal>200</LeadSampleCountTotal><LeadAmplitudeUnitsPerBit>4.88</LeadAmplitudeUnitsPerBit>\
                 <LeadAmplitudeUnits>MICROVOLTS</LeadAmplitudeUnits><LeadID>I</LeadID><WaveFormData>{data}</WaveFormData>\
                 </LeadData></Waveform></RestingECG>"
            ),
        ),
        (
            "aecg",
            format!(
                "<AnnotatedECG><component><series><component><sequenceSet><component><sequence><value><head value=\"20200203093000\"/>\
                 <increment value=\"0.002\" unit=\"s\"/></value></sequence></component><component><sequence>\
                 <code code=\"MDC_ECG_LEAD_I\"/><value><origin value=\"0\" unit=\"uV\"/><scale value=\"2.5\" unit=\"uV\"/>\
                 <digits>{}</digits></value></sequence></component></sequenceSet></component></series></component></AnnotatedECG>",
                list.join(" ")
            ),
        ),
        (
            "cardiosoft",
            format!(
                "<CardiologyXML><StripData><SampleRate units=\"Hz\">500</SampleRate><ChannelSampleCountTotal>200</ChannelSampleCountTotal>\
                 <Resolution units=\"uVperLsb\">5</Resolution><WaveformData lead=\"I\">{}</WaveformData></StripData></CardiologyXML>",
                list.join(",")
            ),
        ),
        (
            "mortara",
            format!(
                "<ECG><CHANNEL BITS=\"16\" UNITS_PER_MV=\"400\" DURATION=\"200\" SAMPLE_FREQ=\"500\" NAME=\"I\" DATA=\"{data}\"/></ECG>"
            ),
        ),
        (
            "schiller",
            format!(
                "<examdescript><eventdata><event><wavedata><type>ECG_RHYTHMS</type><resolution><samplerate><value>500</value></samplerate>\
                 <yres><unitperbit>5</unitperbit><units>UV</units></yres></resolution><channel><name>I</name><data>{}</data></channel>\
                 </wavedata></event></eventdata></examdescript>",
                list.join(",")
            ),
        ),
        (
            "zoncare",
            format!(
                "<zqecg><lead>12</lead><sample>500</sample><second>1</second><data>{}</data></zqecg>",
                base64(&bytes_of(&vec![3; 6000]))
            ),
        ),
    ]
}

/// Header and signal file of an Edan Holter recording of three channels.
pub fn edan() -> (Vec<u8>, Vec<u8>) {
    let mut header = vec![0; 3672];
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    put(4, &1_600_000_000_u32.to_le_bytes());
    put(8, &1_600_000_001_u32.to_le_bytes());
    put(12, &[3]);
    put(32, &200_i16.to_le_bytes());
    put(108, b"4711");
    for (index, label) in [b"V1", b"V5", b"II"].into_iter().enumerate() {
        put(1796 + 8 * index, label);
    }
    let samples = wave().into_iter().flat_map(|count| [count + 16_384; 3]);
    let samples: Vec<i16> = samples.collect();
    (header, bytes_of(&samples))
}

/// Header, signal file.
pub fn wfdb() -> Vec<(String, Vec<u8>)> {
    let data: Vec<u8> = (0..1200_u16)
        .flat_map(|t| (t % 500).to_le_bytes())
        .collect();
    let header = |format: &str| {
        format!(
            "r 2 500 300 8:26:04 26/10/1994\nr.dat {format} 200(0)/mV 12 0 0 0 0 I\nr.dat {format} 200(0)/mV 12 0 0 0 0 II\n# Age: 50\n# Dx: 426783006\n"
        )
    };
    [
        "8", "16", "24", "32", "61", "80", "160", "212", "310", "311", "16x2+4", "212:3",
    ]
    .into_iter()
    .map(|format| (header(format), data.clone()))
    .collect()
}

pub fn annotations() -> Vec<u8> {
    let word = |code: u16, value: u16| (code << 10 | value).to_le_bytes();
    let mut bytes = Vec::new();
    for beat in 0..40 {
        bytes.extend(word(1, 300));
        if beat % 5 == 0 {
            bytes.extend(word(28, 0));
            bytes.extend(word(63, 5));
            bytes.extend(b"(AFIB\0");
            bytes.extend(word(59, 0));
            bytes.extend([1, 0, 0, 0]);
        }
    }
    bytes.extend([0, 0]);
    bytes
}

/// Explicit little-endian elements.
struct Dicom(Vec<u8>);

impl Dicom {
    fn short(&mut self, tag: (u16, u16), kind: &[u8; 2], value: &[u8]) {
        let mut value = value.to_vec();
        if value.len() % 2 == 1 {
            value.push(b' ');
        }
        self.0.extend(tag.0.to_le_bytes());
        self.0.extend(tag.1.to_le_bytes());
        self.0.extend(kind);
        self.0
            .extend(u16::try_from(value.len()).unwrap().to_le_bytes());
        self.0.extend(value);
    }

    fn long(&mut self, tag: (u16, u16), kind: &[u8; 2], value: &[u8]) {
        self.0.extend(tag.0.to_le_bytes());
        self.0.extend(tag.1.to_le_bytes());
        self.0.extend(kind);
        self.0.extend([0, 0]);
        self.0
            .extend(u32::try_from(value.len()).unwrap().to_le_bytes());
        self.0.extend(value);
    }

    fn sequence(&mut self, tag: (u16, u16), items: &[Dicom]) {
        let mut content = Vec::new();
        for item in items {
            content.extend([0xfe, 0xff, 0x00, 0xe0]);
            content.extend(u32::try_from(item.0.len()).unwrap().to_le_bytes());
            content.extend(&item.0);
        }
        self.long(tag, b"SQ", &content);
    }
}

fn dicom() -> Vec<u8> {
    let mut unit = Dicom(Vec::new());
    unit.short((0x0008, 0x0100), b"SH", b"uV");
    let mut source = Dicom(Vec::new());
    source.short((0x0008, 0x0104), b"LO", b"Lead I (Einthoven)");
    let mut channel = Dicom(Vec::new());
    channel.sequence((0x003a, 0x0208), &[source]);
    channel.short((0x003a, 0x0210), b"DS", b"4.88");
    channel.sequence((0x003a, 0x0211), &[unit]);
    channel.short((0x003a, 0x0212), b"DS", b"1");
    channel.short((0x003a, 0x0213), b"DS", b"0");
    let mut group = Dicom(Vec::new());
    group.short((0x003a, 0x0004), b"CS", b"ORIGINAL");
    group.short((0x003a, 0x0005), b"US", &1_u16.to_le_bytes());
    group.short((0x003a, 0x0010), b"UL", &200_u32.to_le_bytes());
    group.short((0x003a, 0x001a), b"DS", b"500");
    group.sequence((0x003a, 0x0200), &[channel]);
    group.short((0x5400, 0x1004), b"US", &16_u16.to_le_bytes());
    group.short((0x5400, 0x1006), b"CS", b"SS");
    group.long((0x5400, 0x1010), b"OW", &bytes_of(&wave()));
    let mut file = Dicom(vec![0; 128]);
    file.0.extend(b"DICM");
    file.short((0x0002, 0x0010), b"UI", b"1.2.840.10008.1.2.1\0");
    file.short((0x0010, 0x0010), b"PN", b"Test^Person");
    file.short((0x0010, 0x1010), b"AS", b"063Y");
    file.sequence((0x5400, 0x0100), &[group]);
    file.0
}

fn section(number: u16, content: &[u8]) -> Vec<u8> {
    let mut section = vec![0, 0];
    section.extend(number.to_le_bytes());
    section.extend(u32::try_from(content.len() + 16).unwrap().to_le_bytes());
    section.extend([20, 20, 0, 0, 0, 0, 0, 0]);
    section.extend(content);
    section
}

/// With the standard Huffman table (all samples zero) or plain.
fn scp(huffman: bool) -> Vec<u8> {
    let patient = [&[2_u8, 3, 0][..], b"42\0", &[255, 0, 0]].concat();
    let mut leads = vec![1, 0x0c];
    leads.extend(1_u32.to_le_bytes());
    leads.extend(200_u32.to_le_bytes());
    leads.push(1);
    let data = if huffman {
        vec![0; 25]
    } else {
        bytes_of(&wave())
    };
    let mut rhythm = Vec::new();
    rhythm.extend(2500_u16.to_le_bytes());
    rhythm.extend(2000_u16.to_le_bytes());
    rhythm.extend([if huffman { 2 } else { 0 }, 0]);
    rhythm.extend(u16::try_from(data.len()).unwrap().to_le_bytes());
    rhythm.extend(data);
    let mut measured = vec![1, 0, 232, 3, 232, 3];
    measured.extend((0..8_u16).flat_map(|value| (value * 40).to_le_bytes()));
    let mut of_leads = vec![1, 0, 0, 0, 1, 0, 62, 0];
    of_leads.extend((0..31_i16).flat_map(|value| (value * 10).to_le_bytes()));
    let mut said = vec![0; 8];
    said.extend([1, 1, 13, 0]);
    said.extend(b"Sinus rhythm\0");
    let mut sections = vec![
        (1, section(1, &patient)),
        (3, section(3, &leads)),
        (6, section(6, &rhythm)),
        (7, section(7, &measured)),
        (8, section(8, &said)),
        (10, section(10, &of_leads)),
    ];
    if huffman {
        sections.insert(1, (2, section(2, &19_999_u16.to_le_bytes())));
    }
    scp_of(&sections, 1)
}

/// Bimodal: a reference beat of 20 samples, subtracted at two complexes, which alone are stored whole.
fn scp_bimodal() -> Vec<u8> {
    let mut leads = vec![1, 0x0d];
    leads.extend(1_u32.to_le_bytes());
    leads.extend(200_u32.to_le_bytes());
    leads.push(1);
    let mut zones = Vec::new();
    zones.extend(40_u16.to_le_bytes());
    zones.extend(10_u16.to_le_bytes());
    zones.extend(2_u16.to_le_bytes());
    for at in [41_u32, 141] {
        zones.extend(0_u16.to_le_bytes());
        zones.extend(at.to_le_bytes());
        zones.extend((at + 9).to_le_bytes());
        zones.extend((at + 19).to_le_bytes());
    }
    for at in [41_u32, 141] {
        zones.extend(at.to_le_bytes());
        zones.extend((at + 19).to_le_bytes());
    }
    let block = |interval: u16, flag: u8, samples: &[i16]| {
        let data = bytes_of(samples);
        let mut block = Vec::new();
        block.extend(2500_u16.to_le_bytes());
        block.extend(interval.to_le_bytes());
        block.extend([0, flag]);
        block.extend(u16::try_from(data.len()).unwrap().to_le_bytes());
        block.extend(data);
        block
    };
    // 40 whole ones and 160 of which one in four is kept.
    let sections = [
        (3, section(3, &leads)),
        (4, section(4, &zones)),
        (5, section(5, &block(2000, 0, &wave()[..20]))),
        (6, section(6, &block(8000, 1, &wave()[..80]))),
    ];
    scp_of(&sections, 1)
}

/// A long recording of two leads in section 12.
fn scp_long_term() -> Vec<u8> {
    let mut content = vec![0; 70];
    content[..4].copy_from_slice(&500_u32.to_le_bytes());
    content[4] = 2;
    content[5..9].copy_from_slice(&100_u32.to_le_bytes());
    content[9] = 2;
    for lead in [1, 2] {
        content.extend([lead, 0xc4, 9, 0]);
    }
    content.extend(bytes_of(&wave()));
    scp_of(&[(12, section(12, &content))], 1)
}

/// The dialect whose pointers count from zero and whose rhythm is packed, four samples to six bytes.
fn healforce() -> Vec<u8> {
    let mut rhythm = Vec::new();
    rhythm.extend(10_000_u16.to_le_bytes());
    rhythm.extend(150_u16.to_le_bytes());
    rhythm.extend([0, 0]);
    rhythm.extend(300_u16.to_le_bytes());
    rhythm.extend([0x12; 300]);
    let sections = [(3, section(3, &[1, 0])), (6, section(6, &rhythm))];
    scp_of(&sections, 0)
}

/// A file of sections whose pointers count from `origin`.
fn scp_of(sections: &[(u16, Vec<u8>)], origin: u32) -> Vec<u8> {
    let pointers = 16 + 10 * (sections.len() + 1);
    let mut offset = 6 + pointers;
    let mut table = Vec::new();
    let mut entry = |number: u16, length: usize, offset: usize| {
        table.extend(number.to_le_bytes());
        table.extend(u32::try_from(length).unwrap().to_le_bytes());
        table.extend((u32::try_from(offset).unwrap() + origin).to_le_bytes());
    };
    entry(0, pointers, 6);
    for (number, content) in sections {
        entry(*number, content.len(), offset);
        offset += content.len();
    }
    let mut first = section(0, &table);
    first[10..16].copy_from_slice(b"SCPECG");
    let mut file = vec![0, 0];
    file.extend(u32::try_from(offset).unwrap().to_le_bytes());
    file.extend(first);
    sections
        .iter()
        .for_each(|(_, content)| file.extend(content));
    file
}

fn edf(magic: &[u8; 8], width: usize) -> Vec<u8> {
    let pad = |text: &str, width: usize| format!("{text:<width$}").into_bytes();
    let mut file = magic.to_vec();
    for (text, width) in [
        ("X F 20-JAN-1998 X", 80),
        ("Startdate 24-JAN-2020 X X X", 80),
        ("24.01.20", 8),
        ("04.05.56", 8),
        ("512", 8),
        ("EDF+C", 44),
        ("2", 8),
        ("0.2", 8),
        ("1", 4),
        ("I", 16),
        ("", 80),
        ("uV", 8),
        ("-3276", 8),
        ("3276", 8),
        ("-32768", 8),
        ("32767", 8),
        ("HP:0.05Hz", 80),
        ("100", 8),
        ("", 32),
    ] {
        file.extend(pad(text, width));
    }
    for sample in wave() {
        file.extend(&i32::from(sample).to_le_bytes()[..width]);
    }
    file
}

fn gdf() -> Vec<u8> {
    let mut file = b"GDF 2.00".to_vec();
    file.resize(512, 0);
    let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
    put(184, &2_u16.to_le_bytes());
    put(236, &2_i64.to_le_bytes());
    put(244, &1_u32.to_le_bytes());
    put(248, &5_u32.to_le_bytes());
    put(252, &1_u16.to_le_bytes());
    put(256, b"I");
    put(256 + 102, &4275_u16.to_le_bytes());
    put(256 + 104, &(-3276.0_f64).to_le_bytes());
    put(256 + 112, &3276.0_f64.to_le_bytes());
    put(256 + 120, &(-32768.0_f64).to_le_bytes());
    put(256 + 128, &32767.0_f64.to_le_bytes());
    put(256 + 216, &100_u32.to_le_bytes());
    put(256 + 220, &3_u32.to_le_bytes());
    file.extend(bytes_of(&wave()));
    file
}

fn ishne() -> Vec<u8> {
    let mut file = vec![0_u8; 522];
    let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, b"ISHNE1.0");
    put(14, &100_i32.to_le_bytes());
    put(18, &522_i32.to_le_bytes());
    put(22, &522_i32.to_le_bytes());
    put(156, &2_i16.to_le_bytes());
    put(158, &5_i16.to_le_bytes());
    put(160, &6_i16.to_le_bytes());
    put(206, &2500_i16.to_le_bytes());
    put(208, &2500_i16.to_le_bytes());
    put(272, &200_i16.to_le_bytes());
    file.extend(bytes_of(&wave()));
    file
}

fn mfer() -> Vec<u8> {
    let mut file = b"@ MFR Standard 12 leads ECG       ".to_vec();
    file[1] = u8::try_from(file.len() - 2).unwrap();
    file.extend([0x01, 1, 1, 0x0b, 4, 1, 0xfd, 8, 0, 0x0c, 4, 0, 0xfa, 20, 0]);
    file.extend([0x04, 1, 1, 0x05, 1, 1, 0x06, 1, 200]);
    file.extend([0x3f, 0, 3, 9, 1, 1, 0x1e, 0x82, 1, 0x90]);
    file.extend(bytes_of(&wave()));
    file.push(0x80);
    file
}

fn atc() -> Vec<u8> {
    let mut file = b"ALIVE\0\0\0\x03\0\0\0".to_vec();
    let mut info = b"2016-06-01T18:15:25.777-04:00".to_vec();
    info.resize(264, 0);
    let mut beats = 300_u32.to_le_bytes().to_vec();
    for tick in [10_u32, 60, 110] {
        beats.extend(tick.to_le_bytes());
        beats.extend(1_u16.to_le_bytes());
    }
    for (tag, data) in [
        (b"info", info),
        (b"fmt ", vec![1, 0x2c, 1, 0xf4, 1, 2, 0, 0]),
        (b"ecg ", bytes_of(&wave())),
        (b"ecg7", bytes_of(&wave())),
        (b"avg ", bytes_of(&wave()[..50])),
        (b"ann ", beats),
    ] {
        let mut block = tag.to_vec();
        block.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
        block.extend(data);
        let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
        file.extend(block);
        file.extend(sum.to_le_bytes());
    }
    file
}

fn contec() -> Vec<u8> {
    let mut file = b"0000037\x00\x00\x002020-11-15 12:59:50".to_vec();
    file.resize(43, 0);
    for sample in wave() {
        for _ in 0..8 {
            file.extend((sample + 2048).to_le_bytes());
        }
    }
    file.resize(file.len() + 37, 0);
    file
}

fn npy() -> Vec<u8> {
    let header = format!(
        "{:<117}\n",
        "{'descr': '<i2', 'fortran_order': True, 'shape': (100, 2), }"
    );
    let mut file = b"\x93NUMPY\x01\0".to_vec();
    file.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
    file.extend(header.bytes());
    file.extend(bytes_of(&wave()));
    file
}

/// One stored member.
fn npz() -> Vec<u8> {
    let content = npy();
    let sizes = [content.len(), content.len()]
        .map(|n| u32::try_from(n).unwrap().to_le_bytes())
        .concat();
    let mut file = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    file.extend(&sizes);
    file.extend([7, 0, 0, 0]);
    file.extend(b"ecg.npy");
    file.extend(&content);
    let directory = file.len();
    file.extend(b"PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\0\0\0\0\0\0");
    file.extend(&sizes);
    file.extend([7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    file.extend(b"ecg.npy");
    let length = file.len() - directory;
    file.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    file.extend(u32::try_from(length).unwrap().to_le_bytes());
    file.extend(u32::try_from(directory).unwrap().to_le_bytes());
    file.extend([0, 0]);
    file
}

fn mat4() -> Vec<u8> {
    let mut file = Vec::new();
    for word in [30_i32, 2, 100, 0, 4] {
        file.extend(word.to_le_bytes());
    }
    file.extend(b"val\0");
    file.extend(bytes_of(&wave()));
    file
}

fn mat5() -> Vec<u8> {
    let element = |kind: u32, content: &[u8]| {
        let mut element = kind.to_le_bytes().to_vec();
        element.extend(u32::try_from(content.len()).unwrap().to_le_bytes());
        element.extend(content);
        element.resize(element.len().div_ceil(8) * 8, 0);
        element
    };
    let shape = [2_u32, 100].map(u32::to_le_bytes).concat();
    let matrix = [
        element(6, &[10, 0, 0, 0, 0, 0, 0, 0]),
        element(5, &shape),
        element(1, b"val"),
        element(3, &bytes_of(&wave())),
    ]
    .concat();
    let mut file = format!("{:<124}", "MATLAB 5.0 MAT-file").into_bytes();
    file.extend([0, 1, b'I', b'M']);
    file.extend(element(14, &matrix));
    file
}

/// One lead of zeros: LZW codes of ten bits, most significant first, each a literal zero byte.
fn sierra() -> Vec<u8> {
    let payload = vec![0_u8; 500];
    let mut chunk = i32::try_from(payload.len()).unwrap().to_le_bytes().to_vec();
    chunk.extend([0, 0, 0, 0]);
    chunk.extend(payload);
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><restingecgdata><waveforms><parsedwaveforms compression=\"XLI\" \
         leadlabels=\"I\" samplespersecond=\"500\" resolution=\"5\">{}</parsedwaveforms></waveforms></restingecgdata>",
        base64(&chunk)
    )
    .into_bytes()
}
