//! What the window remembers between sittings, as JSON in the platform's configuration folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::side::Side;
use super::state::Remembered;
use crate::reading::Method;
use crate::sheet::{Layout, LeadOrder};
use crate::signal::FilterSettings;

/// Paper speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speed {
    Half,
    #[default]
    Standard,
    Double,
}

impl Speed {
    /// Every speed, ascending.
    pub const ALL: [Self; 3] = [Self::Half, Self::Standard, Self::Double];

    /// In mm/s.
    pub fn mm_per_s(self) -> f32 {
        match self {
            Self::Half => 12.5,
            Self::Standard => 25.0,
            Self::Double => 50.0,
        }
    }
}

/// Gain of the paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gain {
    Quarter,
    Half,
    #[default]
    Standard,
    Double,
}

impl Gain {
    /// Every gain, ascending.
    pub const ALL: [Self; 4] = [Self::Quarter, Self::Half, Self::Standard, Self::Double];

    /// In mm/mV.
    pub fn mm_per_mv(self) -> f32 {
        match self {
            Self::Quarter => 2.5,
            Self::Half => 5.0,
            Self::Standard => 10.0,
            Self::Double => 20.0,
        }
    }
}

/// Which theme to wear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThemeChoice {
    #[default]
    System,
    Light,
    Dark,
    /// Light, with the paper in the very colours of a printed page.
    Paper,
}

/// How the window was left.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct WindowPlace {
    /// Inner size in points, when it was last not maximized.
    pub width: f32,
    pub height: f32,
    pub maximized: bool,
    /// Where its upper left corner was on the desktop, in points, where the system says so.
    #[serde(default)]
    pub at: Option<(f32, f32)>,
}

/// Sizes of the text that can be chosen, in percent.
pub const TEXT_SCALES: [u16; 5] = [100, 125, 150, 175, 200];

/// What the window remembers. Unknown fields are ignored and missing ones take their default, so that
/// an older or newer version can read it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub theme: ThemeChoice,
    pub layout: Layout,
    pub order: LeadOrder,
    pub speed: Speed,
    pub limb_gain: Gain,
    pub chest_gain: Gain,
    pub filter: FilterSettings,
    /// Opacity of the heatmap, 0 to 1.
    pub heat_opacity: f32,
    /// How a finding is explained.
    pub method: Method,
    pub findings_panel: bool,
    /// What stands in the panel beside the paper.
    pub side: Side,
    /// Whether the table of measurements lists every lead.
    pub lead_table: bool,
    /// Whether wave boundaries are ticked on the paper.
    pub ticks: bool,
    pub show_absent: bool,
    pub recent: Vec<PathBuf>,
    /// Name under which reviews are kept; empty until it is said.
    pub reader: String,
    /// Keys that were given to commands, by the command's name; empty for none.
    pub shortcuts: BTreeMap<String, String>,
    /// Size of the text, in percent.
    pub text_scale: u16,
    pub window: Option<WindowPlace>,
    /// Widths of the panels, in points.
    pub panels: BTreeMap<String, f32>,
    /// Millimetres of the screen in one unscaled point, by monitor, as measured against a bank card.
    pub screen_mm_per_point: BTreeMap<String, f32>,
    /// What was said of tables that do not state their rate or unit, by their kind.
    pub imports: BTreeMap<String, Remembered>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: ThemeChoice::default(),
            layout: Layout::default(),
            order: LeadOrder::default(),
            speed: Speed::default(),
            limb_gain: Gain::default(),
            chest_gain: Gain::default(),
            filter: FilterSettings::default(),
            heat_opacity: 0.8,
            method: Method::default(),
            findings_panel: true,
            side: Side::default(),
            lead_table: false,
            ticks: false,
            show_absent: false,
            recent: Vec::new(),
            reader: String::new(),
            shortcuts: BTreeMap::new(),
            text_scale: 100,
            window: None,
            panels: BTreeMap::new(),
            screen_mm_per_point: BTreeMap::new(),
            imports: BTreeMap::new(),
        }
    }
}

/// How many recently opened files are kept.
const RECENT: usize = 12;

impl Settings {
    /// Where they are kept; `None` when the platform knows no such place.
    pub fn default_path() -> Option<PathBuf> {
        directories::ProjectDirs::from("", "", "heartbeatai")
            .map(|dirs| dirs.config_dir().join("settings.json"))
    }

    /// Reads them; a missing file is no error, a damaged one says so and gives the defaults.
    pub fn load(path: &Path) -> (Self, Option<String>) {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return (Self::default(), None);
            }
            Err(error) => {
                return (
                    Self::default(),
                    Some(format!("{}: {error}", path.display())),
                );
            }
        };
        match serde_json::from_str::<Self>(&text) {
            Ok(settings) => (settings.sane(), None),
            Err(error) => (
                Self::default(),
                Some(format!("{}: {error}", path.display())),
            ),
        }
    }

    /// Writes them through a temporary file, so that a crash never leaves half of them.
    pub fn save(&self, path: &Path) -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let temporary = path.with_extension("json.new");
        std::fs::write(&temporary, serde_json::to_string_pretty(self)?)?;
        std::fs::rename(&temporary, path)
    }

    /// Puts a file at the head of the recent ones.
    pub fn remember(&mut self, path: &Path) {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        self.recent.retain(|other| *other != path);
        self.recent.insert(0, path);
        self.recent.truncate(RECENT);
    }

    fn sane(mut self) -> Self {
        self.heat_opacity = if self.heat_opacity.is_finite() {
            self.heat_opacity.clamp(0.1, 1.0)
        } else {
            0.8
        };
        self.screen_mm_per_point
            .retain(|_, mm| mm.is_finite() && (0.02..2.0).contains(mm));
        self.recent.truncate(RECENT);
        if !TEXT_SCALES.contains(&self.text_scale) {
            self.text_scale = 100;
        }
        let fits = |size: f32| size.is_finite() && (200.0..=20_000.0).contains(&size);
        let on_a_desktop = |at: f32| at.is_finite() && at.abs() <= 100_000.0;
        self.window = self
            .window
            .filter(|place| fits(place.width) && fits(place.height))
            .map(|place| WindowPlace {
                at: place
                    .at
                    .filter(|(x, y)| on_a_desktop(*x) && on_a_desktop(*y)),
                ..place
            });
        self.panels
            .retain(|_, width| width.is_finite() && (100.0..=2000.0).contains(width));
        self
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_is_what_is_loaded_and_damage_is_told_not_hidden() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep").join("settings.json");
        assert_eq!(Settings::load(&path), (Settings::default(), None));

        let mut settings = Settings {
            speed: Speed::Double,
            theme: ThemeChoice::Dark,
            ..Settings::default()
        };
        settings.remember(Path::new("/records/a.hea"));
        settings.remember(Path::new("/records/b.hea"));
        settings.remember(Path::new("/records/a.hea"));
        assert_eq!(
            settings.recent,
            [Path::new("/records/a.hea"), Path::new("/records/b.hea")]
        );
        settings.save(&path).unwrap();
        assert_eq!(Settings::load(&path), (settings, None));

        std::fs::write(
            &path,
            r#"{"speed": "half", "from_the_future": 1, "heat_opacity": 1e9}"#,
        )
        .unwrap();
        let (old, trouble) = Settings::load(&path);
        assert_eq!(
            (old.speed, old.heat_opacity, trouble),
            (Speed::Half, 1.0, None)
        );

        std::fs::write(&path, "{").unwrap();
        let (settings, trouble) = Settings::load(&path);
        assert_eq!(settings, Settings::default());
        assert!(trouble.unwrap().contains("settings.json"));
    }
}
