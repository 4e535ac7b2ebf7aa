//! A handful of line icons, drawn on a 16-point grid in the colour of the text beside them.

use eframe::egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, epaint::PathShape, pos2};

/// Which icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    Folder,
    Menu,
    Close,
    Down,
    Up,
    Left,
    Right,
    Sun,
    Moon,
    Warning,
    Error,
    Check,
    /// A question mark.
    Unsure,
    Edit,
    Undo,
    Redo,
}

impl Icon {
    /// Draws it in the middle of a rectangle.
    pub fn paint(self, painter: &Painter, rect: Rect, color: Color32) {
        let origin = rect.center() - pos2(8.0, 8.0).to_vec2();
        let at = |x: f32, y: f32| pos2(origin.x + x, origin.y + y);
        let stroke = Stroke::new(1.4, color);
        let line = |points: &[Pos2]| {
            painter.add(Shape::line(points.to_vec(), stroke));
        };
        match self {
            Self::Folder => {
                let points = [
                    (1.5, 12.5),
                    (1.5, 3.5),
                    (6.0, 3.5),
                    (7.5, 5.5),
                    (14.5, 5.5),
                    (14.5, 12.5),
                ];
                let points = points.map(|(x, y)| at(x, y)).to_vec();
                painter.add(Shape::Path(PathShape::closed_line(points, stroke)));
            }
            Self::Menu => {
                for y in [4.0, 8.0, 12.0] {
                    line(&[at(2.0, y), at(14.0, y)]);
                }
            }
            Self::Close => {
                line(&[at(4.5, 4.5), at(11.5, 11.5)]);
                line(&[at(11.5, 4.5), at(4.5, 11.5)]);
            }
            Self::Down => line(&[at(4.5, 6.5), at(8.0, 10.0), at(11.5, 6.5)]),
            Self::Up => line(&[at(4.5, 9.5), at(8.0, 6.0), at(11.5, 9.5)]),
            Self::Left => line(&[at(9.5, 4.5), at(6.0, 8.0), at(9.5, 11.5)]),
            Self::Right => line(&[at(6.5, 4.5), at(10.0, 8.0), at(6.5, 11.5)]),
            Self::Sun => {
                painter.circle_stroke(at(8.0, 8.0), 3.0, stroke);
                for eighth in 0..8 {
                    let angle = std::f32::consts::TAU * eighth as f32 / 8.0;
                    let ray = |r: f32| at(8.0 + r * angle.cos(), 8.0 + r * angle.sin());
                    line(&[ray(5.0), ray(6.8)]);
                }
            }
            Self::Moon => {
                // A disc less another one that bites into it from the upper right.
                let ((ox, oy, outer), (ix, iy, inner)) =
                    ((7.6_f32, 8.4_f32, 5.8_f32), (11.0_f32, 5.0_f32, 5.0_f32));
                let toward = (iy - oy).atan2(ix - ox);
                let circle = |cx: f32, cy: f32, r: f32, from: f32| {
                    (0..=48).map(move |step| {
                        let angle = from + std::f32::consts::TAU * step as f32 / 48.0;
                        (cx + r * angle.cos(), cy + r * angle.sin())
                    })
                };
                let apart = |(x, y): (f32, f32), cx: f32, cy: f32| (x - cx).hypot(y - cy);
                let rim = circle(ox, oy, outer, toward).filter(|p| apart(*p, ix, iy) >= inner);
                let bite: Vec<_> = circle(ix, iy, inner, toward)
                    .filter(|p| apart(*p, ox, oy) <= outer)
                    .collect();
                let points = rim
                    .chain(bite.into_iter().rev())
                    .map(|(x, y)| at(x, y))
                    .collect();
                painter.add(Shape::Path(PathShape::closed_line(points, stroke)));
            }
            Self::Warning => {
                let points = vec![at(8.0, 2.0), at(14.5, 13.5), at(1.5, 13.5)];
                painter.add(Shape::Path(PathShape::closed_line(points, stroke)));
                line(&[at(8.0, 6.5), at(8.0, 9.8)]);
                painter.circle_filled(at(8.0, 11.7), 0.9, color);
            }
            Self::Error => {
                painter.circle_stroke(at(8.0, 8.0), 6.2, stroke);
                line(&[at(8.0, 4.6), at(8.0, 8.8)]);
                painter.circle_filled(at(8.0, 11.2), 0.9, color);
            }
            Self::Unsure => {
                line(&[
                    at(5.4, 6.2),
                    at(5.6, 4.8),
                    at(6.6, 3.8),
                    at(8.0, 3.5),
                    at(9.5, 3.9),
                    at(10.4, 5.0),
                    at(10.4, 6.1),
                    at(9.7, 7.1),
                    at(8.5, 7.9),
                    at(8.0, 8.7),
                    at(8.0, 9.7),
                ]);
                painter.circle_filled(at(8.0, 12.0), 0.9, color);
            }
            Self::Edit => {
                let points = vec![
                    at(3.5, 12.5),
                    at(4.2, 9.6),
                    at(10.4, 3.4),
                    at(12.6, 5.6),
                    at(6.4, 11.8),
                ];
                painter.add(Shape::Path(PathShape::closed_line(points, stroke)));
                line(&[at(9.0, 4.8), at(11.2, 7.0)]);
            }
            Self::Undo | Self::Redo => {
                let x = |x: f32| if self == Self::Undo { x } else { 16.0 - x };
                let bow = (0..=12).map(|step| {
                    let angle = std::f32::consts::PI * (step as f32 / 12.0 - 0.5);
                    at(x(9.5 + 3.3 * angle.cos()), 8.8 + 3.3 * angle.sin())
                });
                let bow: Vec<_> = std::iter::once(at(x(3.5), 5.5))
                    .chain(bow)
                    .chain([at(x(6.0), 12.1)])
                    .collect();
                line(&bow);
                line(&[at(x(6.2), 2.8), at(x(3.5), 5.5), at(x(6.2), 8.2)]);
            }
            Self::Check => line(&[at(3.5, 8.5), at(6.8, 11.5), at(12.5, 4.5)]),
        }
    }
}
