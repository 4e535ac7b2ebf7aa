//! Room for two papers.

use eframe::egui::{Rect, pos2};

/// Width over height of a common page.
const ASPECT: f32 = 1.75;
/// Height that the lines above and below a paper take.
const FURNITURE: f32 = 72.0;

/// The first for now, the second for before: beside or beneath each other, whichever leaves the larger papers.
pub fn split(area: Rect, gap: f32) -> [Rect; 2] {
    let size = |width: f32, height: f32| width.min((height - FURNITURE) * ASPECT);
    let beneath = size(area.width(), (area.height() - gap) / 2.0);
    let beside = size((area.width() - gap) / 2.0, area.height());
    let middle = area.center();
    if beneath >= beside {
        [
            Rect::from_min_max(area.min, pos2(area.right(), middle.y - gap / 2.0)),
            Rect::from_min_max(pos2(area.left(), middle.y + gap / 2.0), area.max),
        ]
    } else {
        [
            Rect::from_min_max(pos2(middle.x + gap / 2.0, area.top()), area.max),
            Rect::from_min_max(area.min, pos2(middle.x - gap / 2.0, area.bottom())),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wide_window_has_the_papers_side_by_side_with_the_earlier_at_the_left() {
        let [now, before] = split(
            Rect::from_min_max(pos2(0.0, 0.0), pos2(2400.0, 700.0)),
            16.0,
        );
        assert!(before.right() < now.left() && now.height() == 700.0);
        let [now, before] = split(Rect::from_min_max(pos2(0.0, 0.0), pos2(900.0, 850.0)), 16.0);
        assert!(now.bottom() < before.top() && before.width() == 900.0);
    }
}
