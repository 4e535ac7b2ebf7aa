//! Printed at 100 % the standard measures what it must: on the PDF's, the SVG's and the PNG's own terms.

use heartbeatai::sheet::{
    Ink, Layout, Page, Palette, Sheet, SheetOptions, compose, compose_pages, paint,
};
use lopdf::{Document, Object};

use super::twelve_leads;

type Stroke = Vec<(f64, f64)>;

/// Affine transform of PDF: `[a b c d e f]`.
type Matrix = [f64; 6];

fn times(m: Matrix, n: Matrix) -> Matrix {
    [
        m[0] * n[0] + m[1] * n[2],
        m[0] * n[1] + m[1] * n[3],
        m[2] * n[0] + m[3] * n[2],
        m[2] * n[1] + m[3] * n[3],
        m[4] * n[0] + m[5] * n[2] + n[4],
        m[4] * n[1] + m[5] * n[3] + n[5],
    ]
}

fn number(object: &Object) -> f64 {
    f64::from(object.as_float().unwrap())
}

/// Strokes of that colour on a page, in points, by following the content stream and its matrices.
fn pdf_strokes(document: &Document, page: u32, rgb: [u8; 4]) -> Vec<Stroke> {
    let id = document.get_pages()[&page];
    let content = lopdf::content::Content::decode(&document.get_page_content(id).unwrap()).unwrap();
    let (mut matrix, mut color) = ([1.0, 0.0, 0.0, 1.0, 0.0, 0.0], [0_u8; 3]);
    let (mut stack, mut path, mut strokes): (_, Vec<Stroke>, _) =
        (Vec::new(), Vec::new(), Vec::new());
    for operation in &content.operations {
        let values = &operation.operands;
        let at =
            |x: f64, y: f64, m: Matrix| (x * m[0] + y * m[2] + m[4], x * m[1] + y * m[3] + m[5]);
        match operation.operator.as_str() {
            "q" => stack.push((matrix, color)),
            "Q" => (matrix, color) = stack.pop().unwrap(),
            "cm" => {
                let own: Vec<f64> = values.iter().map(number).collect();
                matrix = times(own.try_into().unwrap(), matrix);
            }
            "RG" => color = [0, 1, 2].map(|i| (number(&values[i]) * 255.0).round() as u8),
            "m" => path.push(vec![at(number(&values[0]), number(&values[1]), matrix)]),
            "l" => {
                path.last_mut()
                    .unwrap()
                    .push(at(number(&values[0]), number(&values[1]), matrix))
            }
            "S" => {
                if color == rgb[..3] {
                    strokes.append(&mut path);
                }
                path.clear();
            }
            "f" | "n" => path.clear(),
            _ => {}
        }
    }
    strokes
}

/// Width and height of the calibration pulses among strokes: a foot, a step up, a plateau, a step down.
fn pulses(strokes: &[Stroke]) -> Vec<(f64, f64)> {
    let mut pulses = Vec::new();
    for stroke in strokes.iter().filter(|stroke| stroke.len() == 6) {
        let width = stroke[3].0 - stroke[2].0;
        let height = (stroke[2].1 - stroke[1].1).abs();
        assert_eq!(stroke[1].0, stroke[2].0, "the flank is upright");
        assert_eq!(stroke[2].1, stroke[3].1, "the plateau is level");
        pulses.push((width, height));
    }
    pulses
}

fn document(pages: &[Sheet]) -> Document {
    let bytes = paint::pdf(pages, &Palette::ROSE, &paint::Metadata::default()).unwrap();
    Document::load_mem(&bytes).unwrap()
}

const MM: f64 = 25.4 / 72.0;

#[test]
fn in_the_pdf_one_millivolt_is_ten_millimetres_and_a_fifth_of_a_second_five() {
    let mark = Palette::ROSE.color(Ink::Mark);
    for page in [Page::A4, Page::Letter] {
        for layout in [
            Layout::ThreeByFourOne,
            Layout::SixByTwo,
            Layout::TwelveByOne,
        ] {
            for speed in [12.5_f32, 25.0, 50.0] {
                for gain in [2.5_f32, 5.0, 10.0, 20.0] {
                    let options = SheetOptions {
                        page,
                        layout,
                        speed,
                        limb_gain: gain,
                        chest_gain: gain,
                        ..SheetOptions::default()
                    };
                    let sheet = compose(&twelve_leads(10.0), &options);
                    let document = document(std::slice::from_ref(&sheet));
                    let pulses = pulses(&pdf_strokes(&document, 1, mark));
                    let rows = if layout == Layout::TwelveByOne {
                        12
                    } else if layout == Layout::SixByTwo {
                        6
                    } else {
                        4
                    };
                    assert_eq!(pulses.len(), rows);
                    for (width, height) in pulses {
                        assert!(
                            (width * MM - 0.2 * f64::from(speed)).abs() < 0.005,
                            "{} mm",
                            width * MM
                        );
                        assert!(
                            (height * MM - f64::from(gain)).abs() < 0.005,
                            "{} mm",
                            height * MM
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn in_the_pdf_the_r_wave_of_one_millivolt_stands_ten_millimetres_high_and_twenty_apart() {
    let options = SheetOptions {
        layout: Layout::TwelveByOne,
        ..SheetOptions::default()
    };
    let document = document(&[compose(&twelve_leads(10.0), &options)]);
    let traces = pdf_strokes(&document, 1, Palette::ROSE.color(Ink::Trace));
    assert_eq!(traces.len(), 12);
    for trace in &traces {
        let base = trace[0].1;
        let peaks: Vec<f64> = trace
            .windows(3)
            .filter(|w| w[1].1 - base > 20.0 && w[1].1 >= w[0].1 && w[1].1 > w[2].1)
            .map(|w| w[1].0)
            .collect();
        let top = trace.iter().map(|point| point.1).fold(f64::MIN, f64::max);
        assert!(
            ((top - base) * MM - 10.0).abs() < 0.01,
            "{} mm",
            (top - base) * MM
        );
        assert_eq!(peaks.len(), 12, "beats at 0.4, 1.2, ... 9.2 s");
        for pair in peaks.windows(2) {
            assert!(
                ((pair[1] - pair[0]) * MM - 20.0).abs() < 0.1,
                "{} mm",
                (pair[1] - pair[0]) * MM
            );
        }
    }
}

#[test]
fn in_the_pdf_the_page_and_its_grid_are_as_large_as_they_claim() {
    for (page, width, height) in [(Page::A4, 297.0, 210.0), (Page::Letter, 279.4, 215.9)] {
        let options = SheetOptions {
            page,
            ..SheetOptions::default()
        };
        let document = document(&[compose(&twelve_leads(10.0), &options)]);
        let id = document.get_pages()[&1];
        let media = document
            .get_dictionary(id)
            .unwrap()
            .get(b"MediaBox")
            .unwrap();
        let media: Vec<f64> = media.as_array().unwrap().iter().map(number).collect();
        assert!(
            ((media[2] - media[0]) * MM - width).abs() < 0.01,
            "{media:?}"
        );
        assert!(
            ((media[3] - media[1]) * MM - height).abs() < 0.01,
            "{media:?}"
        );
        for (ink, step) in [(Ink::GridMinor, 1.0), (Ink::GridMajor, 5.0)] {
            let lines = pdf_strokes(&document, 1, Palette::ROSE.color(ink));
            let upright: Vec<f64> = lines
                .iter()
                .filter(|line| line[0].0 == line[1].0)
                .map(|line| line[0].0 * MM)
                .collect();
            assert!(upright.len() > 50);
            for pair in upright.windows(2) {
                assert!(
                    (pair[1] - pair[0] - step).abs() < 0.005,
                    "{} mm",
                    pair[1] - pair[0]
                );
            }
        }
    }
}

#[test]
fn every_page_of_a_long_recording_is_to_scale() {
    let options = SheetOptions {
        speed: 50.0,
        ..SheetOptions::default()
    };
    let pages = compose_pages(&twelve_leads(20.0), &options, 100);
    let document = document(&pages);
    assert_eq!(document.get_pages().len(), 4);
    for page in 1..=4 {
        let pulses = pulses(&pdf_strokes(
            &document,
            page,
            Palette::ROSE.color(Ink::Mark),
        ));
        assert!(
            pulses
                .iter()
                .all(|pulse| (pulse.0 * MM - 10.0).abs() < 0.005),
            "{pulses:?}"
        );
    }
}

#[test]
fn in_the_svg_user_units_are_millimetres_and_the_pulse_measures_true() {
    let sheet = compose(&twelve_leads(10.0), &SheetOptions::default());
    let svg = paint::svg(&sheet, &Palette::ROSE);
    assert!(svg.contains("width=\"297mm\" height=\"210mm\" viewBox=\"0 0 297 210\""));
    let [r, g, b, _] = Palette::ROSE.color(Ink::Mark);
    let color = format!("stroke=\"#{r:02x}{g:02x}{b:02x}\"");
    let strokes: Vec<Stroke> = svg
        .lines()
        .filter(|line| line.starts_with("<path") && line.contains(&color))
        .map(|line| {
            let data = line.split('"').nth(1).unwrap();
            let points = data.split(['M', 'L']).filter(|point| !point.is_empty());
            points
                .map(|point| {
                    let (x, y) = point.split_once(' ').unwrap();
                    (x.parse().unwrap(), y.parse().unwrap())
                })
                .collect()
        })
        .collect();
    let pulses = pulses(&strokes);
    assert_eq!(pulses.len(), 4);
    for (width, height) in pulses {
        assert!(
            (width - 5.0).abs() < 0.002 && (height - 10.0).abs() < 0.002,
            "{width} x {height}"
        );
    }
}

#[test]
fn in_the_png_the_pulse_covers_the_right_number_of_pixels_and_the_file_knows_its_size() {
    let dots_per_mm = 20.0;
    let sheet = compose(&twelve_leads(10.0), &SheetOptions::default());
    let image = paint::rgba(&sheet, dots_per_mm, &Palette::ROSE).unwrap();
    assert_eq!((image.width, image.height), (5940, 4200));
    let pixel = |x: f32, y: f32| {
        let at =
            ((y * dots_per_mm) as usize * image.width as usize + (x * dots_per_mm) as usize) * 4;
        <[u8; 4]>::try_from(&image.pixels[at..at + 4]).unwrap()
    };
    let mark = Palette::ROSE.color(Ink::Mark);
    let panel = &sheet.panels[0];
    // Along a line 5 mm above zero the two flanks, along the middle of the plateau its height.
    let step = 1.0 / dots_per_mm;
    let scan = |from: f32, to: f32, at: &dyn Fn(f32) -> [u8; 4]| {
        let steps = ((to - from) / step) as usize;
        let hits = (0..steps)
            .map(|index| from + index as f32 * step)
            .filter(|&place| at(place) == mark);
        let hits: Vec<f32> = hits.collect();
        (hits[0], hits[hits.len() - 1])
    };
    let left = panel.rect.x - 10.0;
    let (first, last) = scan(left, panel.rect.x - 0.5, &|x| pixel(x, panel.zero_y - 5.0));
    // From the left edge of one flank to the right edge of the other: 5 mm and one line width of 0.25 mm.
    assert!(
        (last - first - 5.25).abs() <= 0.11,
        "{} mm wide",
        last - first
    );
    let middle = (first + last) / 2.0;
    let (top, _) = scan(panel.zero_y - 14.0, panel.zero_y - 5.0, &|y| {
        pixel(middle, y)
    });
    assert!(
        (panel.zero_y - top - 10.0 - 0.125).abs() <= 0.08,
        "{} mm high",
        panel.zero_y - top
    );

    let file = paint::png(&sheet, dots_per_mm, &Palette::ROSE).unwrap();
    let reader = png::Decoder::new(std::io::Cursor::new(&file))
        .read_info()
        .unwrap();
    let dims = reader.info().pixel_dims.unwrap();
    assert_eq!((dims.xppu, dims.unit), (20_000, png::Unit::Meter));
}
