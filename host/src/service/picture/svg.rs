//! The few shapes of SVG that the pictures are made of.

use std::fmt::Write as _;

use crate::model::text::plain;

/// How wide a character of the pictures' type is taken to be, in pixels: somewhat more than it is in most.
pub(super) const CHARACTER: f64 = 7.3;

/// A drawing, shape by shape; later ones lie above.
#[derive(Debug, Default)]
pub(super) struct Drawing {
    shapes: String,
    width: f64,
    height: f64,
}

/// A text as XML takes it.
pub(super) fn escaped(text: &str) -> String {
    plain(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

impl Drawing {
    fn reach(&mut self, x: f64, y: f64) {
        self.width = self.width.max(x);
        self.height = self.height.max(y);
    }

    fn add(&mut self, shape: std::fmt::Arguments<'_>) {
        // A write to a string.
        let _ = writeln!(self.shapes, "{shape}");
    }

    /// A rectangle with round corners.
    pub(super) fn rectangle(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), style: &str) {
        self.reach(x + width, y + height);
        self.add(format_args!(r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" rx="4" {style}/>"#));
    }

    pub(super) fn circle(&mut self, (x, y): (f64, f64), radius: f64, style: &str) {
        self.reach(x + radius, y + radius);
        self.add(format_args!(r#"<circle cx="{x:.1}" cy="{y:.1}" r="{radius:.1}" {style}/>"#));
    }

    /// One line of text, from its left end and base line.
    pub(super) fn text(&mut self, (x, y): (f64, f64), text: &str, style: &str) {
        self.reach(x + CHARACTER * text.chars().count() as f64, y + 4.0);
        self.add(format_args!(r#"<text x="{x:.1}" y="{y:.1}" {style}>{}</text>"#, escaped(text)));
    }

    /// A line; its title is shown by whoever points at it.
    pub(super) fn path(&mut self, path: &str, style: &str, title: &str) {
        self.add(format_args!(r#"<path d="{path}" fill="none" {style}><title>{}</title></path>"#, escaped(title)));
    }

    /// The document.
    pub(super) fn finish(self, title: &str) -> String {
        let Self { shapes, width, height } = self;
        let (width, height) = (width + 16.0, height + 16.0);
        format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0}" height="{height:.0}" viewBox="0 0 {width:.0} {height:.0}" font-family="ui-monospace, monospace" font-size="12">
<title>{}</title>
<style>path:hover {{ stroke-width: 4; stroke-opacity: 1 }}</style>
<rect width="100%" height="100%" fill="#ffffff"/>
{shapes}</svg>
"##,
            escaped(title)
        )
    }
}
