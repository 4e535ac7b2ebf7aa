//! Every format: its name, how it is recognised and how it is read.

use std::path::Path;

use crate::ecg::Recording;

use super::head::Head;
use super::{
    Error, Options, aecg, apple, atc, cardiosoft, columnar, contec, csv, dicom, edan, edf, gdf,
    hdf5, ishne, kardia, mat, mfer, mortara, muse, npy, schiller, scp, sierra, text, wfdb, xml,
    zoncare,
};

/// One file format.
pub struct Format {
    /// Short name, as in [`Recording::format`].
    pub name: &'static str,
    /// What a file dialog calls it.
    pub description: &'static str,
    /// Usual file extensions, for file dialogs only: a file is recognised by its content.
    pub extensions: &'static [&'static str],
    sniff: Sniff,
    read: Read,
}

/// How a format is recognised.
enum Sniff {
    /// By the start of the file.
    Head(fn(&Head<'_>) -> bool),
    /// By the name of an XML document's root element.
    Root(&'static str),
}

/// How a format is read.
enum Read {
    /// With its path, because it spans several files.
    Path(fn(&Path, &Head<'_>, &Options) -> Result<Recording, Error>),
    /// Where it lies, because it may be larger than the memory; or from all its bytes.
    Mapped(
        fn(&Path, &Options) -> Result<Recording, Error>,
        fn(&[u8], &Options) -> Result<Recording, Error>,
    ),
    /// From all its bytes, at most so many.
    Bytes(fn(&[u8], &Options) -> Result<Recording, Error>, u64),
    /// From an XML document.
    Xml(fn(&xml::Document<'_>) -> Result<Recording, Error>),
}

const fn xml(
    name: &'static str,
    description: &'static str,
    root: &'static str,
    read: fn(&xml::Document<'_>) -> Result<Recording, Error>,
) -> Format {
    Format {
        name,
        description,
        extensions: &["xml"],
        sniff: Sniff::Root(root),
        read: Read::Xml(read),
    }
}

/// Every format, in the order in which they are tried: strict signatures first, bare tables last.
pub const FORMATS: &[Format] = &[
    Format {
        name: "dicom",
        description: "DICOM ECG waveform",
        extensions: &["dcm"],
        sniff: Sniff::Head(dicom::sniff),
        read: Read::Bytes(dicom::parse, dicom::LARGEST),
    },
    Format {
        name: "scp",
        description: "SCP-ECG",
        extensions: &["scp"],
        sniff: Sniff::Head(scp::sniff),
        read: Read::Bytes(scp::parse, scp::LARGEST),
    },
    Format {
        name: "edf",
        description: "EDF, EDF+, BDF",
        extensions: &["edf", "bdf"],
        sniff: Sniff::Head(edf::sniff),
        read: Read::Bytes(edf::parse, edf::LARGEST),
    },
    Format {
        name: "gdf",
        description: "GDF",
        extensions: &["gdf"],
        sniff: Sniff::Head(gdf::sniff),
        read: Read::Bytes(gdf::parse, gdf::LARGEST),
    },
    Format {
        name: "ishne",
        description: "ISHNE Holter",
        extensions: &["ecg"],
        sniff: Sniff::Head(ishne::sniff),
        read: Read::Mapped(ishne::read, ishne::parse),
    },
    Format {
        name: "mfer",
        description: "MFER",
        extensions: &["mwf", "mfer", "mfr"],
        sniff: Sniff::Head(mfer::sniff),
        read: Read::Bytes(mfer::parse, mfer::LARGEST),
    },
    Format {
        name: "atc",
        description: "AliveCor ATC",
        extensions: &["atc"],
        sniff: Sniff::Head(atc::sniff),
        read: Read::Bytes(atc::parse, atc::LARGEST),
    },
    Format {
        name: "contec",
        description: "Contec ECG90A",
        extensions: &["ecg"],
        sniff: Sniff::Head(contec::sniff),
        read: Read::Bytes(contec::parse, contec::LARGEST),
    },
    Format {
        name: "npy",
        description: "NumPy array",
        extensions: &["npy"],
        sniff: Sniff::Head(npy::sniff),
        read: Read::Bytes(npy::parse, npy::LARGEST),
    },
    Format {
        name: "npz",
        description: "NumPy archive",
        extensions: &["npz"],
        sniff: Sniff::Head(npy::sniff_archive),
        read: Read::Bytes(npy::parse_archive, npy::LARGEST),
    },
    Format {
        name: "hdf5",
        description: "HDF5 array, MATLAB 7.3",
        extensions: &["h5", "hdf5", "mat"],
        sniff: Sniff::Head(hdf5::sniff),
        read: Read::Mapped(hdf5::read, hdf5::parse),
    },
    Format {
        name: "parquet",
        description: "Apache Parquet table",
        extensions: &["parquet"],
        sniff: Sniff::Head(columnar::sniff_parquet),
        read: Read::Bytes(columnar::parse_parquet, columnar::LARGEST),
    },
    Format {
        name: "feather",
        description: "Feather (Arrow) table",
        extensions: &["feather", "arrow"],
        sniff: Sniff::Head(columnar::sniff_feather),
        read: Read::Bytes(columnar::parse_feather, columnar::LARGEST),
    },
    xml("muse", "GE MUSE XML", "RestingECG", muse::parse),
    xml("aecg", "HL7 annotated ECG", "AnnotatedECG", aecg::parse),
    xml(
        "sierra",
        "Philips Sierra ECG",
        "restingecgdata",
        sierra::parse,
    ),
    xml(
        "cardiosoft",
        "GE CardioSoft XML",
        "CardiologyXML",
        cardiosoft::parse,
    ),
    xml("mortara", "Mortara ELI XML", "ECG", mortara::parse),
    xml(
        "schiller",
        "Schiller SEMA XML",
        "examdescript",
        schiller::parse,
    ),
    xml("zoncare", "Zoncare XML", "zqecg", zoncare::parse),
    Format {
        name: "apple",
        description: "Apple Health CSV",
        extensions: &["csv"],
        sniff: Sniff::Head(apple::sniff),
        read: Read::Bytes(apple::parse, apple::LARGEST),
    },
    Format {
        name: "kardia",
        description: "AliveCor Kardia JSON",
        extensions: &["json"],
        sniff: Sniff::Head(kardia::sniff),
        read: Read::Bytes(kardia::parse, kardia::LARGEST),
    },
    Format {
        name: "edan",
        description: "Edan Holter",
        extensions: &["hea", "dat"],
        sniff: Sniff::Head(edan::sniff),
        read: Read::Path(edan::read),
    },
    Format {
        name: "wfdb",
        description: "WFDB (PhysioNet)",
        extensions: &["hea", "dat", "mat"],
        sniff: Sniff::Head(wfdb::sniff),
        read: Read::Path(wfdb::read),
    },
    Format {
        name: "mat",
        description: "MATLAB matrix",
        extensions: &["mat"],
        sniff: Sniff::Head(mat::sniff),
        read: Read::Bytes(mat::parse, mat::LARGEST),
    },
    Format {
        name: "csv",
        description: "Table of samples",
        extensions: &["csv", "tsv", "txt"],
        sniff: Sniff::Head(csv::sniff),
        read: Read::Bytes(csv::parse, csv::LARGEST),
    },
];

impl Format {
    pub(super) fn recognises(&self, head: &Head<'_>, root: Option<&str>) -> bool {
        match self.sniff {
            Sniff::Head(sniff) => sniff(head),
            Sniff::Root(name) => root == Some(name),
        }
    }

    /// Whether a tracing is one file.
    pub(super) fn is_one_file(&self) -> bool {
        !matches!(self.read, Read::Path(_))
    }

    pub(super) fn read(
        &self,
        path: &Path,
        head: &Head<'_>,
        options: &Options,
    ) -> Result<Recording, Error> {
        match self.read {
            Read::Path(read) => read(path, head, options),
            Read::Mapped(read, _) => read(path, options),
            Read::Bytes(_, limit) => self.parse(&text::bytes(path, limit)?, options),
            Read::Xml(_) => self.parse(&text::bytes(path, xml::LARGEST)?, options),
        }
    }

    /// Reads a tracing of this format from the bytes of its file.
    ///
    /// # Errors
    /// Place and reason, without a file; always for WFDB, whose records are several files.
    pub fn parse(&self, bytes: &[u8], options: &Options) -> Result<Recording, Error> {
        let mut recording = match self.read {
            Read::Path(_) => {
                return Err(Error::unsupported(
                    "a record of this format is more than one file",
                ));
            }
            Read::Bytes(read, _) | Read::Mapped(_, read) => read(bytes, options)?,
            Read::Xml(read) => {
                let source = xml::prepare(bytes);
                read(&xml::parse(&source)?)?
            }
        };
        recording.format = self.name;
        Ok(recording)
    }
}
