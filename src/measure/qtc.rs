//! QT corrected for rate.

/// QTc in milliseconds by Bazett (Heart 1920;7:353): QT / sqrt(RR), RR in seconds.
pub fn bazett(qt_ms: f64, rr_s: f64) -> f64 {
    qt_ms / rr_s.sqrt()
}

/// QTc in milliseconds by Fridericia (Acta Med Scand 1920;53:469): QT / cube root of RR.
pub fn fridericia(qt_ms: f64, rr_s: f64) -> f64 {
    qt_ms / rr_s.cbrt()
}

/// QTc in milliseconds by the Framingham formula (Sagie et al., Am J Cardiol 1992;70:797): QT + 154 (1 - RR).
pub fn framingham(qt_ms: f64, rr_s: f64) -> f64 {
    qt_ms + 154.0 * (1.0 - rr_s)
}

/// QTc in milliseconds by Hodges (J Am Coll Cardiol 1983;1:694): QT + 1.75 (rate - 60).
pub fn hodges(qt_ms: f64, rr_s: f64) -> f64 {
    qt_ms + 1.75 * (60.0 / rr_s - 60.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_sixty_a_minute_nothing_is_corrected() {
        for formula in [bazett, fridericia, framingham, hodges] {
            assert!((formula(400.0, 1.0) - 400.0).abs() < 1e-9);
        }
    }

    #[test]
    fn the_formulas_give_their_textbook_values() {
        // QT 360 ms at 75 /min (RR 0.8 s): QTcB 402, QTcF 388, QTcFram 391, QTcH 386 (rounded).
        assert_eq!(bazett(360.0, 0.8).round(), 402.0);
        assert_eq!(fridericia(360.0, 0.8).round(), 388.0);
        assert_eq!(framingham(360.0, 0.8).round(), 391.0);
        assert_eq!(hodges(360.0, 0.8).round(), 386.0);
    }
}
