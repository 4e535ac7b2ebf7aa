//! The colours of the page.

use super::{Ink, Wave};

/// Stops of the heat scale, pale amber to plum: lightness falls steadily from end to end, so the order
/// reads with every kind of colour vision and in grey.
const HEAT: [[f32; 3]; 5] = [
    [255.0, 226.0, 170.0],
    [250.0, 178.0, 106.0],
    [229.0, 118.0, 76.0],
    [190.0, 60.0, 92.0],
    [122.0, 22.0, 92.0],
];
/// Opacity of the greatest heat: the trace and the grid stay readable through it.
const HEAT_ALPHA: f32 = 0.72;

/// One colour for every meaning of a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Palette {
    /// Name for a menu.
    pub name: &'static str,
    paper: [u8; 4],
    grid_minor: [u8; 4],
    grid_major: [u8; 4],
    trace: [u8; 4],
    mark: [u8; 4],
    text: [u8; 4],
    text_secondary: [u8; 4],
    machine: [u8; 4],
    person: [u8; 4],
    warning: [u8; 4],
}

const fn rgb(hex: u32) -> [u8; 4] {
    [(hex >> 16) as u8, (hex >> 8) as u8, hex as u8, 255]
}

impl Palette {
    /// Warm white paper with a rose grid: the standard.
    pub const ROSE: Self = Self {
        name: "Rose",
        paper: rgb(0xFFFCFA),
        grid_minor: rgb(0xF6DEDA),
        grid_major: rgb(0xEBB4AE),
        trace: rgb(0x14171A),
        mark: rgb(0x3A434D),
        text: rgb(0x14171A),
        text_secondary: rgb(0x5B6672),
        machine: rgb(0xA34D12),
        person: rgb(0x2B6E52),
        warning: rgb(0xA3273F),
    };

    /// Cool white paper with a blue-grey grid.
    pub const BLUE: Self = Self {
        name: "Blue",
        paper: rgb(0xFBFCFE),
        grid_minor: rgb(0xDEE7F0),
        grid_major: rgb(0xB0C4D8),
        ..Self::ROSE
    };

    /// White paper with a red grid, as a recorder prints it.
    pub const RED: Self = Self {
        name: "Red",
        paper: rgb(0xFFFFFF),
        grid_minor: rgb(0xF8CDCD),
        grid_major: rgb(0xE98F8F),
        trace: rgb(0x0B0D0F),
        ..Self::ROSE
    };

    /// Black and grey on white, for printers without colour.
    pub const MONOCHROME: Self = Self {
        name: "Monochrome",
        paper: rgb(0xFFFFFF),
        grid_minor: rgb(0xE2E2E2),
        grid_major: rgb(0xBDBDBD),
        trace: rgb(0x000000),
        mark: rgb(0x333333),
        text: rgb(0x000000),
        text_secondary: rgb(0x555555),
        machine: rgb(0x333333),
        person: rgb(0x111111),
        warning: rgb(0x000000),
    };

    /// All palettes, the standard one first.
    pub const ALL: [Self; 4] = [Self::ROSE, Self::RED, Self::BLUE, Self::MONOCHROME];

    /// Red, green, blue and (not premultiplied) alpha of an ink.
    pub fn color(&self, ink: Ink) -> [u8; 4] {
        match ink {
            Ink::Paper => self.paper,
            Ink::GridMinor => self.grid_minor,
            Ink::GridMajor => self.grid_major,
            Ink::Trace => self.trace,
            Ink::Mark => self.mark,
            Ink::Text => self.text,
            Ink::TextSecondary => self.text_secondary,
            Ink::Machine => self.machine,
            Ink::Person => self.person,
            Ink::Warning => self.warning,
            Ink::Fiducial(wave) => self.fiducial(wave),
            Ink::Heat(heat) => self.heat(heat, 1.0),
        }
    }

    /// Wave boundaries differ by shape; these colours, which every kind of colour vision tells apart, help.
    fn fiducial(&self, wave: Wave) -> [u8; 4] {
        match wave {
            _ if self.trace == Self::MONOCHROME.trace => self.mark,
            Wave::P => rgb(0x1466A8),
            Wave::Qrs => self.mark,
            Wave::T => rgb(0x7B3294),
        }
    }

    /// The colour of a heat from 0 to 1 at an overall opacity from 0 to 1; alpha rises with heat.
    pub fn heat(&self, heat: f32, opacity: f32) -> [u8; 4] {
        let heat = if heat.is_finite() {
            heat.clamp(0.0, 1.0)
        } else {
            0.0
        };
        let place = heat * (HEAT.len() - 1) as f32;
        let low = (place as usize).min(HEAT.len() - 2);
        let share = place - low as f32;
        let channel =
            |index: usize| HEAT[low][index] + (HEAT[low + 1][index] - HEAT[low][index]) * share;
        // Little heat should leave no more than a breath on the paper.
        let alpha = HEAT_ALPHA * heat.powf(0.8) * opacity.clamp(0.0, 1.0);
        if self.trace == Self::MONOCHROME.trace {
            let grey = 0.3 * channel(0) + 0.59 * channel(1) + 0.11 * channel(2);
            return [grey, grey, grey, alpha * 255.0].map(|value| value.round() as u8);
        }
        [channel(0), channel(1), channel(2), alpha * 255.0].map(|value| value.round() as u8)
    }
}

impl Default for Palette {
    fn default() -> Self {
        Self::ROSE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance (WCAG 2.1).
    fn luminance(color: [u8; 4]) -> f64 {
        let linear = |value: u8| {
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(color[0]) + 0.7152 * linear(color[1]) + 0.0722 * linear(color[2])
    }

    #[test]
    fn every_text_has_contrast_of_at_least_four_and_a_half_on_its_paper() {
        for palette in Palette::ALL {
            let paper = luminance(palette.color(Ink::Paper));
            for ink in [
                Ink::Trace,
                Ink::Mark,
                Ink::Text,
                Ink::TextSecondary,
                Ink::Machine,
                Ink::Person,
                Ink::Warning,
                Ink::Fiducial(Wave::P),
                Ink::Fiducial(Wave::Qrs),
                Ink::Fiducial(Wave::T),
            ] {
                let contrast = (paper + 0.05) / (luminance(palette.color(ink)) + 0.05);
                assert!(contrast >= 4.5, "{} {ink:?}: {contrast:.2}", palette.name);
            }
        }
    }

    #[test]
    fn more_heat_is_always_darker_and_less_transparent() {
        for palette in Palette::ALL {
            let steps: Vec<[u8; 4]> = (0..=20)
                .map(|step| palette.heat(step as f32 / 20.0, 1.0))
                .collect();
            for pair in steps.windows(2) {
                assert!(
                    luminance(pair[1]) < luminance(pair[0]),
                    "{}: {pair:?}",
                    palette.name
                );
                assert!(pair[1][3] > pair[0][3]);
            }
            assert_eq!(palette.heat(0.0, 1.0)[3], 0);
            assert_eq!(palette.heat(f32::NAN, 1.0)[3], 0);
        }
    }
}
