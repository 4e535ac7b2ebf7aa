//! Finding a statement by a few letters of its name, short form or code.

use std::collections::BTreeMap;

use eframe::egui::{self, Color32, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{ReviewAction, ReviewDialog};
use crate::reading::vocabulary::{Statement, find, statements};
use crate::review::phrases;
use crate::viewer::action::{Action, Actions};
use crate::viewer::commands::fuzzy;
use crate::viewer::search_list::{self, Search, Sought, Words};
use crate::viewer::state::{AppState, Dialog};
use crate::viewer::theme;

/// Statements that match, best first: by name, id, short form, and SCP-ECG, SNOMED CT and AHA codes. Nothing typed
/// lists all.
pub fn search(query: &str) -> Vec<&'static Statement> {
    let query = query.trim();
    if query.is_empty() {
        return statements().iter().collect();
    }
    let mut best: BTreeMap<usize, i32> = BTreeMap::new();
    for (index, statement) in statements().iter().enumerate() {
        let codes = [&statement.scp, &statement.snomed, &statement.aha];
        let code = codes
            .into_iter()
            .flatten()
            .chain([&statement.id])
            .any(|code| code.trim_end_matches('_').eq_ignore_ascii_case(query));
        let short = phrases()
            .iter()
            .filter(|phrase| phrase.statement.as_deref() == Some(statement.id.as_str()));
        let by_short = short.filter_map(|phrase| {
            if phrase.short.eq_ignore_ascii_case(query) {
                return Some(EXACT - 1);
            }
            // A stray letter sequence within a phrase means little; a whole part of it does.
            fuzzy(query, &phrase.long).filter(|score| *score >= PART)
        });
        let by_code = code.then_some(EXACT);
        let score = by_short
            .chain(fuzzy(query, &statement.name))
            .chain(by_code)
            .max();
        if let Some(score) = score {
            best.insert(index, score);
        }
    }
    let mut found: Vec<(usize, i32)> = best.into_iter().collect();
    found.sort_by_key(|(index, score)| (std::cmp::Reverse(*score), *index));
    found
        .into_iter()
        .filter_map(|(index, _)| statements().get(index))
        .collect()
}

/// A code or short form that is typed in full comes before any likeness of names.
const EXACT: i32 = 10_000;
/// From this score on, what was typed is a whole part of the name.
const PART: i32 = 900;

/// The field and the list beneath it.
pub(super) fn show(
    ui: &mut Ui,
    state: &AppState,
    (typed, instead_of): (&Search, Option<&String>),
    actions: &mut Actions,
) {
    let look = theme::look(ui);
    ui.set_width(520.0);
    if let Some(other) = instead_of.and_then(|id| find(id)) {
        ui.label(theme::small(
            format!("In the place of: {}", other.name),
            look,
        ));
        ui.add_space(6.0);
    }
    let found = search(&typed.query);
    let words = Words {
        name: "Find a statement",
        hint: "Name, short form or code of a finding",
        nothing: "No statement is called that.",
    };
    let sought = search_list::show(
        ui,
        typed,
        &words,
        found.len(),
        380.0,
        |ui, entry, chosen| row(ui, state, found[entry], chosen),
    );
    match sought {
        Sought::Picked(entry) => actions.push(Action::Review(ReviewAction::Put {
            statement: found[entry].id.clone(),
            instead_of: instead_of.cloned(),
        })),
        Sought::Changed(search) => {
            actions.push(Action::Dialog(Some(Dialog::Review(ReviewDialog::Add {
                search,
                instead_of: instead_of.cloned(),
            }))));
        }
        Sought::Nothing => {}
    }
}

fn row(ui: &mut Ui, state: &AppState, statement: &Statement, chosen: bool) -> Response {
    let look = theme::look(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 44.0), Sense::click());
    if chosen {
        ui.painter().rect_filled(rect, 6, look.reviewer_soft);
    } else if response.hovered() {
        ui.painter().rect_filled(rect, 6, look.quiet);
    }
    let left = rect.left() + 10.0;
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let code = statement.id.trim_end_matches('_').to_owned();
    let there = state
        .own_review()
        .and_then(|review| review.content.verdict(&statement.id))
        .map(|verdict| format!("{} · ", verdict.as_str()))
        .unwrap_or_default();
    let code = painter.layout_no_wrap(there + &code, theme::regular(11.5), look.tertiary);
    let code_at = pos2(rect.right() - 10.0 - code.size().x, rect.top() + 6.0);
    painter.galley(code_at, code, Color32::PLACEHOLDER);
    let name = painter.layout_no_wrap(statement.name.clone(), theme::semi_bold(13.5), look.text);
    painter.galley(pos2(left, rect.top() + 4.0), name, Color32::PLACEHOLDER);
    let mut job = egui::text::LayoutJob::simple(
        statement.criterion.clone(),
        theme::regular(11.5),
        look.secondary,
        rect.width() - 20.0,
    );
    job.wrap.max_rows = 1;
    let criterion = painter.layout_job(job);
    painter.galley(
        pos2(left, rect.top() + 24.0),
        criterion,
        Color32::PLACEHOLDER,
    );
    response
        .widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, chosen, &statement.name));
    response.on_hover_text(&statement.criterion)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_found_by_name_short_form_and_code() {
        let first = |query: &str| search(query).first().map(|statement| statement.id.as_str());
        for (query, id) in [
            ("atrial fib", "AFIB"),
            ("af", "AFIB"),
            ("164889003", "AFIB"),
            ("std", "STD_"),
            ("VES", "PVC"),
            ("LAO/LAE", "LAE"),
            ("LBBB", "CLBBB"),
            ("complete heart block", "3AVB"),
            ("long qt", "LNGQT"),
            ("wpw", "WPW"),
        ] {
            assert_eq!(first(query), Some(id), "{query}");
        }
        assert_eq!(search("").len(), statements().len());
        assert!(search("xyzzy").is_empty());
    }
}
