//! The look: one typeface in two weights, a restrained palette, a 4-point grid; light and dark are both
//! designed, and the paper stays paper in either.

use std::sync::Arc;

use eframe::egui::{
    self, Color32, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Margin, RichText,
    Shadow, Stroke, Style, TextStyle, Theme, Vec2, Visuals, vec2,
};

use crate::sheet::unbroken;

const REGULAR: &[u8] = include_bytes!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/assets/fonts/InterTabular-Regular.otf"
));
const SEMI_BOLD: &[u8] = include_bytes!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/assets/fonts/InterTabular-SemiBold.otf"
));
const SEMI_BOLD_FAMILY: &str = "semibold";

/// Colours by meaning; painted text reaches a contrast of 4.5 to 1 on its ground in both themes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// Behind everything.
    pub ground: Color32,
    /// Panels and cards.
    pub panel: Color32,
    /// A quiet fill: tracks of bars, hovered rows.
    pub quiet: Color32,
    /// Hairlines.
    pub line: Color32,
    /// Stroke of controls.
    pub control: Color32,
    pub text: Color32,
    pub secondary: Color32,
    pub tertiary: Color32,
    /// Fill of what is chosen, and the text on it.
    pub accent: Color32,
    pub on_accent: Color32,
    /// Soft fill of what is chosen in a list.
    pub accent_soft: Color32,
    /// Focus ring and links.
    pub focus: Color32,
    /// The machine's voice.
    pub machine: Color32,
    pub machine_light: Color32,
    pub machine_soft: Color32,
    pub machine_line: Color32,
    pub machine_text: Color32,
    /// The reviewer's voice.
    pub reviewer: Color32,
    pub on_reviewer: Color32,
    pub reviewer_soft: Color32,
    pub reviewer_line: Color32,
    pub reviewer_text: Color32,
    /// Bars of what the machine does not claim.
    pub absent: Color32,
    /// What a person has said or signed.
    pub person_text: Color32,
    /// Grounds and marks of notes.
    pub warning: Color32,
    pub warning_soft: Color32,
    pub error: Color32,
    pub error_soft: Color32,
    pub shadow: Color32,
}

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

/// The light theme.
pub const LIGHT: Look = Look {
    ground: rgb(0xEE_F0_F2),
    panel: rgb(0xFF_FF_FF),
    quiet: rgb(0xED_F0_F3),
    line: rgb(0xDF_E3_E7),
    control: rgb(0xD3_D9_DF),
    text: rgb(0x1C_24_30),
    secondary: rgb(0x4F_5A_66),
    tertiary: rgb(0x5F_6A_77),
    accent: rgb(0x1F_3A_5F),
    on_accent: rgb(0xFF_FF_FF),
    accent_soft: rgb(0xE6_EE_F8),
    focus: rgb(0x2F_6F_C4),
    machine: rgb(0xD9_72_2E),
    machine_light: rgb(0xF2_A6_5A),
    machine_soft: rgb(0xFF_F4_E6),
    machine_line: rgb(0xF0_CC_A0),
    machine_text: rgb(0x93_47_12),
    reviewer: rgb(0x1C_7A_4B),
    on_reviewer: rgb(0xFF_FF_FF),
    reviewer_soft: rgb(0xEC_F6_F0),
    reviewer_line: rgb(0xB4_DA_C5),
    reviewer_text: rgb(0x15_5F_3A),
    absent: rgb(0xB4_BF_CA),
    person_text: rgb(0x2B_6E_52),
    warning: rgb(0x9A_5B_00),
    warning_soft: rgb(0xFF_F8_E8),
    error: rgb(0xA8_2A_2A),
    error_soft: rgb(0xFD_F0_EF),
    shadow: Color32::from_black_alpha(18),
};

/// The dark theme.
pub const DARK: Look = Look {
    ground: rgb(0x0F1216),
    panel: rgb(0x18_1C_22),
    quiet: rgb(0x26_2C_34),
    line: rgb(0x2A_31_3A),
    control: rgb(0x39_42_4D),
    text: rgb(0xE8_EC_F0),
    secondary: rgb(0xB2_BC_C7),
    tertiary: rgb(0x8E_99_A6),
    accent: rgb(0x3B_66_9E),
    on_accent: rgb(0xFF_FF_FF),
    accent_soft: rgb(0x20_2D_3D),
    focus: rgb(0x7F_B0_F0),
    machine: rgb(0xE0_82_3E),
    machine_light: rgb(0xF2_A6_5A),
    machine_soft: rgb(0x2C_22_18),
    machine_line: rgb(0x66_48_2A),
    machine_text: rgb(0xF4_B4_72),
    reviewer: rgb(0x55_B8_87),
    on_reviewer: rgb(0x0D1F16),
    reviewer_soft: rgb(0x16_25_1E),
    reviewer_line: rgb(0x2C_55_41),
    reviewer_text: rgb(0x8A_D6_AF),
    absent: rgb(0x55_60_6D),
    person_text: rgb(0x7C_C9_A4),
    warning: rgb(0xF0_B9_5A),
    warning_soft: rgb(0x2B_25_17),
    error: rgb(0xF2_8B_82),
    error_soft: rgb(0x30_1C_1C),
    shadow: Color32::from_black_alpha(90),
};

/// The colours of the theme that this part of the window is painted in.
pub fn look(ui: &egui::Ui) -> &'static Look {
    look_of(ui.visuals().dark_mode)
}

/// The colours of the dark or the light theme.
pub fn look_of(dark: bool) -> &'static Look {
    if dark { &DARK } else { &LIGHT }
}

/// The regular weight at a size in points.
pub fn regular(size: f32) -> FontId {
    FontId::new(size, FontFamily::Proportional)
}

/// The semi-bold weight at a size in points.
pub fn semi_bold(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(SEMI_BOLD_FAMILY.into()))
}

/// Body text in the heavier weight.
pub fn strong(text: impl AsRef<str>) -> RichText {
    RichText::new(unbroken(text.as_ref())).font(semi_bold(13.0))
}

/// The small quiet title of a section.
pub fn caption(text: impl Into<String>, look: &Look) -> RichText {
    RichText::new(text)
        .font(semi_bold(11.0))
        .color(look.tertiary)
}

/// Small secondary text; no line of it ends between a number and its unit.
pub fn small(text: impl AsRef<str>, look: &Look) -> RichText {
    RichText::new(unbroken(text.as_ref()))
        .font(regular(11.5))
        .color(look.secondary)
}

/// Gives the window its typeface and both themes.
pub fn install(ctx: &egui::Context) {
    ctx.set_fonts(fonts());
    ctx.set_style_of(Theme::Light, style(&LIGHT, Visuals::light()));
    ctx.set_style_of(Theme::Dark, style(&DARK, Visuals::dark()));
    // The window scales its text itself, in steps that are kept.
    ctx.options_mut(|options| options.zoom_with_keyboard = false);
}

fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::empty();
    fonts
        .font_data
        .insert("regular".into(), Arc::new(FontData::from_static(REGULAR)));
    fonts.font_data.insert(
        SEMI_BOLD_FAMILY.into(),
        Arc::new(FontData::from_static(SEMI_BOLD)),
    );
    for family in [FontFamily::Proportional, FontFamily::Monospace] {
        fonts.families.insert(family, vec!["regular".into()]);
    }
    fonts.families.insert(
        FontFamily::Name(SEMI_BOLD_FAMILY.into()),
        vec![SEMI_BOLD_FAMILY.into()],
    );
    fonts
}

fn style(look: &Look, mut visuals: Visuals) -> Style {
    let mut style = Style {
        text_styles: [
            (TextStyle::Small, regular(11.5)),
            (TextStyle::Body, regular(13.0)),
            (TextStyle::Button, regular(13.0)),
            (TextStyle::Monospace, regular(13.0)),
            (TextStyle::Heading, semi_bold(16.0)),
        ]
        .into(),
        ..Style::default()
    };
    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(8.0, 4.0);
    spacing.button_padding = vec2(10.0, 4.0);
    spacing.menu_margin = Margin::same(6);
    spacing.window_margin = Margin::same(20);
    spacing.interact_size = vec2(28.0, 26.0);
    spacing.slider_rail_height = 4.0;
    spacing.menu_width = 240.0;
    spacing.tooltip_width = 320.0;
    spacing.scroll.bar_width = 6.0;
    spacing.scroll.floating_width = 3.0;

    let radius = CornerRadius::same(6);
    let widgets = &mut visuals.widgets;
    for widget in [
        &mut widgets.noninteractive,
        &mut widgets.inactive,
        &mut widgets.hovered,
        &mut widgets.active,
        &mut widgets.open,
    ] {
        widget.corner_radius = radius;
        widget.expansion = 0.0;
        widget.bg_fill = look.quiet;
        widget.weak_bg_fill = look.panel;
        widget.bg_stroke = Stroke::new(1.0, look.control);
        widget.fg_stroke = Stroke::new(1.0, look.text);
    }
    widgets.noninteractive.bg_stroke = Stroke::new(1.0, look.line);
    widgets.noninteractive.bg_fill = look.panel;
    widgets.hovered.weak_bg_fill = look.quiet;
    widgets.hovered.bg_fill = look.control;
    widgets.active.weak_bg_fill = look.accent_soft;
    widgets.active.bg_stroke = Stroke::new(1.5, look.focus);
    widgets.open.weak_bg_fill = look.quiet;
    visuals.selection.bg_fill = look.accent_soft;
    visuals.selection.stroke = Stroke::new(1.0, look.focus);
    visuals.weak_text_color = Some(look.tertiary);
    visuals.hyperlink_color = look.focus;
    visuals.faint_bg_color = look.quiet;
    visuals.extreme_bg_color = look.panel;
    visuals.code_bg_color = look.quiet;
    visuals.warn_fg_color = look.warning;
    visuals.error_fg_color = look.error;
    visuals.panel_fill = look.panel;
    visuals.window_fill = look.panel;
    visuals.window_stroke = Stroke::new(1.0, look.line);
    visuals.window_corner_radius = CornerRadius::same(8);
    visuals.menu_corner_radius = CornerRadius::same(8);
    visuals.window_shadow = Shadow {
        offset: [0, 8],
        blur: 28,
        spread: 0,
        color: look.shadow,
    };
    visuals.popup_shadow = Shadow {
        offset: [0, 4],
        blur: 16,
        spread: 0,
        color: look.shadow,
    };
    visuals.slider_trailing_fill = true;
    visuals.handle_shape = egui::style::HandleShape::Circle;
    visuals.button_frame = true;
    style.visuals = visuals;
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.5;
    style.animation_time = 0.12;
    style
}

/// Paints the ring that shows which control the keyboard is on.
pub fn focus_ring(ui: &egui::Ui, response: &egui::Response, radius: u8) {
    if response.has_focus() {
        ui.painter().rect_stroke(
            response.rect.expand2(Vec2::splat(1.0)),
            CornerRadius::same(radius),
            Stroke::new(2.0, look(ui).focus),
            egui::StrokeKind::Outside,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(color: Color32) -> f64 {
        let linear = |channel: u8| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(color.r()) + 0.7152 * linear(color.g()) + 0.0722 * linear(color.b())
    }

    fn contrast(a: Color32, b: Color32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// WCAG 2.2, success criterion 1.4.3: 4.5 to 1 for text.
    #[test]
    fn text_can_be_read_on_every_ground_it_stands_on() {
        for look in [LIGHT, DARK] {
            for ground in [look.panel, look.ground] {
                for text in [look.text, look.secondary, look.tertiary] {
                    assert!(
                        contrast(text, ground) >= 4.5,
                        "{text:?} on {ground:?}: {}",
                        contrast(text, ground)
                    );
                }
            }
            for (text, ground) in [
                (look.on_accent, look.accent),
                (look.text, look.accent_soft),
                (look.person_text, look.panel),
                (look.person_text, look.accent_soft),
                (look.machine_text, look.accent_soft),
                (look.panel, look.machine_text),
                (look.secondary, look.accent_soft),
                (look.machine_text, look.machine_soft),
                (look.text, look.machine_soft),
                (look.secondary, look.machine_soft),
                (look.on_reviewer, look.reviewer),
                (look.reviewer_text, look.reviewer_soft),
                (look.text, look.reviewer_soft),
                (look.secondary, look.reviewer_soft),
                (look.text, look.warning_soft),
                (look.warning, look.warning_soft),
                (look.text, look.error_soft),
                (look.error, look.error_soft),
                (look.secondary, look.quiet),
            ] {
                assert!(
                    contrast(text, ground) >= 4.5,
                    "{text:?} on {ground:?}: {}",
                    contrast(text, ground)
                );
            }
        }
    }
}
