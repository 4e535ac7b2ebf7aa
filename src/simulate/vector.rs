/// A heart vector in millivolts along Frank's axes: X to the left, Y to the feet, Z to the back.
pub type Vector = [f64; 3];

pub(crate) fn add(a: Vector, b: Vector) -> Vector {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

pub(crate) fn scale(a: Vector, factor: f64) -> Vector {
    a.map(|component| component * factor)
}

pub(crate) fn dot(a: Vector, b: Vector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub(crate) fn norm(a: Vector) -> f64 {
    dot(a, a).sqrt()
}

/// A rotation: about Z (frontal plane, positive turns the axis towards the feet), then about Y
/// (horizontal plane, positive turns it to the back), in degrees.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rotation {
    frontal: (f64, f64),
    horizontal: (f64, f64),
}

impl Rotation {
    pub(crate) fn degrees(frontal: f64, horizontal: f64) -> Self {
        Self {
            frontal: frontal.to_radians().sin_cos(),
            horizontal: horizontal.to_radians().sin_cos(),
        }
    }

    pub(crate) fn apply(&self, [x, y, z]: Vector) -> Vector {
        let (sin, cos) = self.frontal;
        let (x, y) = (x * cos - y * sin, x * sin + y * cos);
        let (sin, cos) = self.horizontal;
        [x * cos - z * sin, y, x * sin + z * cos]
    }
}
