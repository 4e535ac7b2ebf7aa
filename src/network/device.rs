//! Which device the network runs on.

use std::fmt;
use std::str::FromStr;

use candle_core::Device;

/// The user's choice: `auto`, `cpu`, `cuda`, `cuda:1`, `metal`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DevicePreference {
    /// A graphics processor if this build and this machine have one, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The NVIDIA device of that number.
    Cuda(usize),
    /// Apple's graphics processor.
    Metal,
}

/// Why a device cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// Not one of the words a device goes by.
    #[error("unknown device `{0}`: expected auto, cpu, cuda, cuda:N or metal")]
    Unknown(String),
    /// The program was built without support for it.
    #[error("this build has no {0} support: build with `--features {0}`, or choose auto or cpu")]
    NotBuilt(&'static str),
    /// The driver refused it.
    #[error("cannot open device {device}: {cause}")]
    Refused {
        device: DevicePreference,
        cause: candle_core::Error,
    },
}

impl DevicePreference {
    /// Opens the device; `auto` never fails.
    pub fn open(self) -> Result<Device, DeviceError> {
        let refused = |cause| DeviceError::Refused {
            device: self,
            cause,
        };
        match self {
            Self::Cpu => Ok(Device::Cpu),
            Self::Cuda(_) if !cfg!(feature = "cuda") => Err(DeviceError::NotBuilt("cuda")),
            Self::Cuda(number) => Device::new_cuda(number).map_err(refused),
            Self::Metal if !cfg!(feature = "metal") => Err(DeviceError::NotBuilt("metal")),
            Self::Metal => Device::new_metal(0).map_err(refused),
            Self::Auto => Ok([Self::Cuda(0), Self::Metal]
                .into_iter()
                .find_map(|device| device.open().ok())
                .unwrap_or(Device::Cpu)),
        }
    }

    /// What was opened, in words for a status bar.
    pub fn describe(device: &Device) -> &'static str {
        match device {
            Device::Cpu => "CPU",
            Device::Cuda(_) => "CUDA",
            Device::Metal(_) => "Metal",
        }
    }
}

impl FromStr for DevicePreference {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<Self, DeviceError> {
        let unknown = || DeviceError::Unknown(text.to_owned());
        match text.trim().to_ascii_lowercase().as_str() {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            "metal" => Ok(Self::Metal),
            other => match other.strip_prefix("cuda:") {
                Some(number) => number.parse().map(Self::Cuda).map_err(|_| unknown()),
                None => Err(unknown()),
            },
        }
    }
}

impl fmt::Display for DevicePreference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
            Self::Metal => f.write_str("metal"),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_name_survives_printing_and_parsing() {
        for text in ["auto", "cpu", "cuda:0", "cuda:3", "metal"] {
            assert_eq!(text.parse::<DevicePreference>().unwrap().to_string(), text);
        }
        assert_eq!(
            "CUDA".parse::<DevicePreference>().unwrap(),
            DevicePreference::Cuda(0)
        );
        for text in ["", "gpu", "cuda:", "cuda:-1", "cuda:x"] {
            assert!(
                matches!(
                    text.parse::<DevicePreference>(),
                    Err(DeviceError::Unknown(_))
                ),
                "{text}"
            );
        }
    }

    #[test]
    fn a_device_that_was_not_built_in_is_named_and_auto_always_opens() {
        DevicePreference::Auto.open().unwrap();
        if !cfg!(feature = "cuda") {
            let message = DevicePreference::Cuda(0).open().unwrap_err().to_string();
            assert!(message.contains("--features cuda"), "{message}");
        }
    }
}
