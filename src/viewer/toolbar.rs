//! One quiet line of controls above everything, and the menu.

use eframe::egui::{self, Align, Layout as UiLayout, Role, ScrollArea, Ui, WidgetInfo};

use super::action::{Action, Actions};
use super::commands::{Command, Group};
use super::icons::Icon;
use super::settings::{Gain, Speed};
use super::state::{AppState, layout_label};
use super::widgets::{button, drop_down, menu_item, segments, toggle};
use super::{keymap, theme};
use crate::sheet::{Layout, LeadOrder};

/// The toolbar.
pub fn show(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let look = theme::look(ui);
        // With large text or in a small window, what the menus and keys do as well gives way first.
        let (narrow, narrowest) = (ui.available_width() < 1200.0, ui.available_width() < 1000.0);
        // As 1280 points with text of 200 %.
        let tight = ui.available_width() < 780.0;
        // As 960 points with text of 200 %: what has no place in the line is in the menu.
        let tightest = ui.available_width() < 600.0;
        main_menu(ui, state, tightest, actions);
        if !narrowest {
            ui.label(theme::strong("HeartBeatAI").color(look.text));
            ui.add_space(4.0);
        }
        let open = (!narrowest).then_some("Open");
        button(ui, Command::Open, Some(Icon::Folder), open, actions);
        recent_menu(ui, state, actions);
        ui.add_space(4.0);
        let layouts = [
            Layout::ThreeByFour,
            Layout::ThreeByFourOne,
            Layout::ThreeByFourThree,
            Layout::SixByTwo,
            Layout::TwelveByOne,
        ]
        .map(|layout| (Command::Layout(layout), layout_label(layout)));
        if narrow {
            let order = [LeadOrder::Standard, LeadOrder::Cabrera].map(Command::Order);
            let commands = layouts.iter().map(|(command, _)| *command).chain(order);
            let text = layout_label(state.settings.layout);
            drop_down(ui, "Layout", Some(Icon::Down), Some(text), |ui| {
                for command in commands {
                    menu_item(ui, state, command, actions);
                }
            });
        } else {
            segments(ui, state, "Layout", &layouts, actions);
            toggle(
                ui,
                state,
                Command::Order(LeadOrder::Cabrera),
                "Cabrera",
                actions,
            );
        }
        let speeds = [
            (Command::Speed(Speed::Half), "12.5"),
            (Command::Speed(Speed::Standard), "25 mm/s"),
            (Command::Speed(Speed::Double), "50"),
        ];
        if narrow && !tightest {
            let text = format!("{} mm/s", state.settings.speed.mm_per_s());
            drop_down(ui, "Paper speed", Some(Icon::Down), Some(&text), |ui| {
                for (command, _) in speeds {
                    menu_item(ui, state, command, actions);
                }
            });
        } else if !narrow {
            segments(ui, state, "Paper speed", &speeds, actions);
        }
        drop_down(
            ui,
            "Gain",
            Some(Icon::Down),
            Some(&gain_text(state, tight)),
            |ui| {
                gain_menu(ui, state, actions);
            },
        );
        drop_down(
            ui,
            "Filter",
            Some(Icon::Down),
            Some(&if tight {
                "Filter".to_owned()
            } else {
                filter_text(state)
            }),
            |ui| {
                filter_menu(ui, state, actions);
            },
        );
        if !narrowest {
            toggle(ui, state, Command::Heatmap, "Heatmap", actions);
        }
        if !tightest {
            drop_down(ui, "Calipers", Some(Icon::Down), Some("Calipers"), |ui| {
                let group = Command::ALL.iter().copied();
                for command in group.filter(|command| command.group() == Group::Calipers) {
                    menu_item(ui, state, command, actions);
                }
            });
        }
        ui.with_layout(UiLayout::right_to_left(Align::Center), |ui| {
            let icon = if state.dark() { Icon::Sun } else { Icon::Moon };
            button(ui, Command::ToggleTheme, Some(icon), None, actions);
            let keys = keymap::text(ui.ctx(), Command::Palette);
            let keys = if keys.is_empty() { "Commands" } else { &keys };
            if !tight {
                button(ui, Command::Palette, None, Some(keys), actions);
            }
        });
    });
}

fn gain_text(state: &AppState, tight: bool) -> String {
    let (limb, chest) = (
        state.settings.limb_gain.mm_per_mv(),
        state.settings.chest_gain.mm_per_mv(),
    );
    let unit = if tight { " mm" } else { " mm/mV" };
    if limb == chest {
        format!("{limb}{unit}")
    } else {
        format!("{limb} / {chest}{unit}")
    }
}

fn filter_text(state: &AppState) -> String {
    state
        .settings
        .filter
        .describe()
        .map_or("Unfiltered".into(), |text| text.replace('-', "–"))
}

fn gain_menu(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let look = theme::look(ui);
    for (title, command) in [
        ("All leads", Command::Gain as fn(Gain) -> Command),
        ("Limb leads", Command::LimbGain),
        ("Chest leads", Command::ChestGain),
    ] {
        ui.label(theme::caption(title, look));
        for gain in Gain::ALL {
            menu_item(ui, state, command(gain), actions);
        }
        ui.add_space(4.0);
    }
}

fn filter_menu(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let look = theme::look(ui);
    let group = |matching: fn(&Command) -> bool| Command::ALL.iter().copied().filter(matching);
    menu_item(ui, state, Command::FilterOff, actions);
    ui.label(theme::caption("Baseline", look));
    for command in group(|command| matches!(command, Command::LowCut(_))) {
        menu_item(ui, state, command, actions);
    }
    ui.label(theme::caption("Muscle", look));
    for command in group(|command| matches!(command, Command::HighCut(_))) {
        menu_item(ui, state, command, actions);
    }
    ui.label(theme::caption("Mains", look));
    for command in group(|command| matches!(command, Command::Mains(_))) {
        menu_item(ui, state, command, actions);
    }
}

fn main_menu(ui: &mut Ui, state: &AppState, whole: bool, actions: &mut Actions) {
    drop_down(ui, "Menu", Some(Icon::Menu), None, |ui| {
        let look = theme::look(ui);
        ScrollArea::vertical()
            .max_height(ui.ctx().content_rect().height() - 90.0)
            .show(ui, |ui| {
                for group in Group::ALL {
                    // The paper and the filter have their own controls in the same line.
                    if !whole && matches!(group, Group::Paper | Group::Filter | Group::Calipers) {
                        continue;
                    }
                    ui.label(theme::caption(group.title(), look));
                    for command in Command::ALL
                        .iter()
                        .filter(|command| command.group() == group)
                    {
                        menu_item(ui, state, *command, actions);
                    }
                    ui.add_space(4.0);
                }
            });
    });
}

fn recent_menu(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    drop_down(ui, "Recent files", Some(Icon::Down), None, |ui| {
        let look = theme::look(ui);
        ui.set_min_width(260.0);
        if state.settings.recent.is_empty() {
            ui.label(theme::small("No file has been opened yet.", look));
        }
        for path in &state.settings.recent {
            let name = path
                .file_name()
                .unwrap_or(path.as_os_str())
                .to_string_lossy();
            let folder = path
                .parent()
                .map(|folder| folder.display().to_string())
                .unwrap_or_default();
            let text = egui::RichText::new(name.as_ref());
            let response = ui.add(
                egui::Button::new(text)
                    .frame_when_inactive(false)
                    .truncate(),
            );
            response
                .widget_info(|| WidgetInfo::labeled(Role::MenuItem, true, format!("Open {name}")));
            if response.on_hover_text(folder).clicked() {
                actions.push(Action::Open(vec![path.clone()]));
                ui.close();
            }
        }
        if !state.settings.recent.is_empty() {
            ui.separator();
            menu_item(ui, state, Command::ClearRecent, actions);
        }
        menu_item(ui, state, Command::OpenCase, actions);
    });
}
