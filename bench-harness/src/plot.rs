//! Plots as SVG: lines over two axes, and bars. Text only, so that a page with them needs nothing else.

use std::fmt::Write as _;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 104.0;
const RIGHT: f64 = 44.0;
const TOP: f64 = 66.0;
const BOTTOM: f64 = 64.0;
const BARS_TOP: f64 = 42.0;
/// Told apart by people who see few colours too (Okabe and Ito).
const COLOURS: [&str; 7] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#555555"];
const FONT: &str = "font-family=\"system-ui, sans-serif\"";

/// One axis: what it shows, whether by powers of ten, and how a figure is written.
pub(crate) struct Axis {
    pub(crate) label: &'static str,
    pub(crate) is_log: bool,
    pub(crate) write: fn(f64) -> String,
}

/// A line, with its name and its points.
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) points: Vec<(f64, f64)>,
}

/// Lines over two axes. `marks`: each point is shown.
pub(crate) fn lines(title: &str, x: &Axis, y: &Axis, lines: &[Line], marks: bool) -> String {
    let all = || lines.iter().flat_map(|line| &line.points);
    let x_range = Range::of(all().map(|point| point.0), x.is_log);
    let y_range = Range::of(all().map(|point| point.1), y.is_log);
    let place = |point: &(f64, f64)| {
        let right = LEFT + x_range.share(point.0) * (WIDTH - LEFT - RIGHT);
        let down = HEIGHT - BOTTOM - y_range.share(point.1) * (HEIGHT - TOP - BOTTOM);
        (right, down)
    };
    let mut out = begin(title, HEIGHT);
    for tick in x_range.ticks() {
        let (at, _) = place(&(tick, y_range.low));
        let (top, bottom) = (TOP, HEIGHT - BOTTOM);
        let _ = write!(out, "<line x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{top}\" y2=\"{bottom}\" stroke=\"#ddd\"/>");
        text(&mut out, at, bottom + 18.0, "middle", &(x.write)(tick));
    }
    for tick in y_range.ticks() {
        let (_, at) = place(&(x_range.low, tick));
        let right = WIDTH - RIGHT;
        let _ = write!(out, "<line x1=\"{LEFT}\" x2=\"{right}\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke=\"#ddd\"/>");
        text(&mut out, LEFT - 8.0, at + 4.0, "end", &(y.write)(tick));
    }
    text(&mut out, (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 26.0, "middle", x.label);
    text(&mut out, 12.0, TOP - 20.0, "start", y.label);
    for (index, line) in lines.iter().enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        let points: Vec<(f64, f64)> = line.points.iter().map(place).collect();
        let path: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let path = path.join(" ");
        // Where lines are one, the first shows on both sides of the last.
        let width = 2 + 2 * (lines.len() - 1 - index);
        let _ = write!(out, "<polyline points=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"/>");
        for (x, y) in points.iter().filter(|_| marks) {
            let r = 2 + width / 2;
            let _ = write!(out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{r}\" fill=\"{colour}\"/>");
        }
        let column = LEFT + 8.0 + index as f64 * 168.0;
        let _ =
            write!(out, "<rect x=\"{column}\" y=\"{}\" width=\"12\" height=\"4\" fill=\"{colour}\"/>", HEIGHT - 12.0);
        text(&mut out, column + 18.0, HEIGHT - 7.0, "start", &line.name);
    }
    out.push_str("</svg>");
    out
}

/// Bars from left to right by powers of ten, with a name and a figure each.
pub(crate) fn bars(title: &str, bars: &[(String, f64)], write: fn(f64) -> String) -> String {
    const STEP: f64 = 26.0;
    let height = BARS_TOP + bars.len() as f64 * STEP + 16.0;
    let range = Range::of(bars.iter().map(|(_, figure)| *figure), true);
    let mut out = begin(title, height);
    for (index, (name, figure)) in bars.iter().enumerate() {
        let y = BARS_TOP + index as f64 * STEP;
        let colour = COLOURS[usize::from(index > 0)];
        let width = 4.0 + range.share(*figure) * (WIDTH - LEFT - 130.0);
        text(&mut out, LEFT - 8.0, y + 14.0, "end", name);
        let _ = write!(out, "<rect x=\"{LEFT}\" y=\"{y}\" width=\"{width:.1}\" height=\"18\" fill=\"{colour}\"/>");
        text(&mut out, LEFT + width + 8.0, y + 14.0, "start", &write(*figure));
    }
    out.push_str("</svg>");
    out
}

fn begin(title: &str, height: f64) -> String {
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         {FONT} font-size=\"13\" role=\"img\"><title>{0}</title><rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
        escape(title)
    );
    let _ = write!(out, "<text x=\"12\" y=\"22\" font-size=\"16\" font-weight=\"600\">{}</text>", escape(title));
    out
}

fn text(out: &mut String, x: f64, y: f64, anchor: &str, text: &str) {
    let text = escape(text);
    let _ = write!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"#333\">{text}</text>");
}

/// Text as it stands in SVG and HTML.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// What an axis reaches over.
struct Range {
    low: f64,
    high: f64,
    /// From one tick to the next: what is added, or the factor.
    step: f64,
    is_log: bool,
}

/// Figures that are no sizes and no times must not fill the page, nor the memory.
const MOST_TICKS: usize = 40;
/// A power of ten is gone over by so much without showing the next one.
const LITTLE_OVER: f64 = 1.1;

impl Range {
    fn of(figures: impl Iterator<Item = f64>, is_log: bool) -> Range {
        let (low, high) = figures
            .filter(|figure| figure.is_finite())
            .fold((f64::MAX, 0.0f64), |(low, high), figure| (low.min(figure), high.max(figure)));
        let low = low.min(high);
        match is_log {
            true => {
                let low = 10f64.powf(low.max(1e-9).log10().floor());
                let next = 10f64.powf((high.max(1e-9) / LITTLE_OVER).log10().ceil());
                Range { low, high: next.max(high).max(low * 10.0), step: 10.0, is_log }
            }
            // Steps of a power of two, as bytes are counted.
            false => {
                let step = (high.max(1.0) / 3.0).log2().floor().exp2();
                Range { low: 0.0, high: step * (high.max(1.0) / step).ceil(), step, is_log }
            }
        }
    }

    fn share(&self, figure: f64) -> f64 {
        let share = match self.is_log {
            true => (figure.max(self.low) / self.low).log10() / (self.high / self.low).log10(),
            false => (figure - self.low) / (self.high - self.low),
        };
        share.clamp(0.0, 1.0)
    }

    fn ticks(&self) -> Vec<f64> {
        let next = |tick: &f64| Some(if self.is_log { tick * self.step } else { tick + self.step });
        let ticks = std::iter::successors(Some(self.low), next).take_while(|tick| *tick <= self.high * 1.001);
        ticks.take(MOST_TICKS).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_reach_over_all_figures() {
        let range = Range::of([3.0, 2000.0].into_iter(), true);
        assert_eq!((range.low, range.high), (1.0, 10_000.0));
        assert_eq!(range.ticks(), [1.0, 10.0, 100.0, 1000.0, 10_000.0]);
        let over = Range::of([1.0, 107.0].into_iter(), true);
        assert_eq!((over.ticks(), over.high), (vec![1.0, 10.0, 100.0], 107.0));
        assert_eq!((range.share(1.0), range.share(100.0), range.share(10_000.0)), (0.0, 0.5, 1.0));
        let range = Range::of([0.0, 4.5].into_iter(), false);
        assert_eq!(range.ticks(), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(range.share(4.5), 0.9);
    }

    #[test]
    fn no_text_breaks_the_page() {
        let axis = Axis { label: "<&>", is_log: false, write: |figure| figure.to_string() };
        let line = Line { name: "a\"b".into(), points: vec![(0.0, 1.0), (1.0, f64::MAX)] };
        let svg = lines("t<script>", &axis, &axis, &[line], true);
        assert!(!svg.contains("<script>") && svg.contains("&lt;&amp;&gt;") && svg.ends_with("</svg>"));
    }
}
