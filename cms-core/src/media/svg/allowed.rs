//! What only draws: the elements and attributes that a drawing keeps.

/// What becomes of an element or an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is kept.
    Kept,
    /// It is left out, an element with all that it holds: it changes nothing that is seen.
    LeftOut,
    /// The drawing is refused.
    Refused,
}

/// Elements that only draw, or hold what does (SVG 2, animations, links and pictures within apart).
const ELEMENTS: &[&str] = &[
    "circle",
    "clipPath",
    "defs",
    "desc",
    "ellipse",
    "feBlend",
    "feColorMatrix",
    "feComponentTransfer",
    "feComposite",
    "feConvolveMatrix",
    "feDiffuseLighting",
    "feDisplacementMap",
    "feDistantLight",
    "feDropShadow",
    "feFlood",
    "feFuncA",
    "feFuncB",
    "feFuncG",
    "feFuncR",
    "feGaussianBlur",
    "feMerge",
    "feMergeNode",
    "feMorphology",
    "feOffset",
    "fePointLight",
    "feSpecularLighting",
    "feSpotLight",
    "feTile",
    "feTurbulence",
    "filter",
    "g",
    "line",
    "linearGradient",
    "marker",
    "mask",
    "path",
    "pattern",
    "polygon",
    "polyline",
    "radialGradient",
    "rect",
    "stop",
    "style",
    "svg",
    "switch",
    "symbol",
    "text",
    "textPath",
    "title",
    "tspan",
    "use",
    "view",
];

/// Attributes of these elements that say how something is drawn.
const ATTRIBUTES: &[&str] = &[
    "alignment-baseline",
    "amplitude",
    "aria-hidden",
    "aria-label",
    "aria-labelledby",
    "aria-describedby",
    "azimuth",
    "baseFrequency",
    "baseline-shift",
    "bias",
    "class",
    "clip",
    "clip-path",
    "clip-rule",
    "clipPathUnits",
    "color",
    "color-interpolation",
    "color-interpolation-filters",
    "color-rendering",
    "cx",
    "cy",
    "d",
    "diffuseConstant",
    "direction",
    "display",
    "divisor",
    "dominant-baseline",
    "dx",
    "dy",
    "edgeMode",
    "elevation",
    "exponent",
    "fill",
    "fill-opacity",
    "fill-rule",
    "filter",
    "filterUnits",
    "flood-color",
    "flood-opacity",
    "font-family",
    "font-size",
    "font-size-adjust",
    "font-stretch",
    "font-style",
    "font-variant",
    "font-weight",
    "fr",
    "fx",
    "fy",
    "gradientTransform",
    "gradientUnits",
    "height",
    "href",
    "id",
    "image-rendering",
    "in",
    "in2",
    "intercept",
    "isolation",
    "k1",
    "k2",
    "k3",
    "k4",
    "kernelMatrix",
    "kernelUnitLength",
    "lang",
    "lengthAdjust",
    "letter-spacing",
    "lighting-color",
    "limitingConeAngle",
    "marker-end",
    "marker-mid",
    "marker-start",
    "markerHeight",
    "markerUnits",
    "markerWidth",
    "mask",
    "mask-type",
    "maskContentUnits",
    "maskUnits",
    "method",
    "mix-blend-mode",
    "mode",
    "numOctaves",
    "offset",
    "opacity",
    "operator",
    "order",
    "orient",
    "overflow",
    "paint-order",
    "pathLength",
    "patternContentUnits",
    "patternTransform",
    "patternUnits",
    "points",
    "pointsAtX",
    "pointsAtY",
    "pointsAtZ",
    "preserveAlpha",
    "preserveAspectRatio",
    "primitiveUnits",
    "r",
    "radius",
    "refX",
    "refY",
    "result",
    "role",
    "rotate",
    "rx",
    "ry",
    "scale",
    "seed",
    "shape-rendering",
    "slope",
    "spacing",
    "specularConstant",
    "specularExponent",
    "spreadMethod",
    "startOffset",
    "stdDeviation",
    "stitchTiles",
    "stop-color",
    "stop-opacity",
    "stroke",
    "stroke-dasharray",
    "stroke-dashoffset",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-miterlimit",
    "stroke-opacity",
    "stroke-width",
    "style",
    "surfaceScale",
    "systemLanguage",
    "tableValues",
    "targetX",
    "targetY",
    "text-anchor",
    "text-decoration",
    "text-rendering",
    "textLength",
    "transform",
    "transform-origin",
    "type",
    "unicode-bidi",
    "values",
    "vector-effect",
    "version",
    "viewBox",
    "visibility",
    "width",
    "word-spacing",
    "writing-mode",
    "x",
    "x1",
    "x2",
    "xChannelSelector",
    "xlink:href",
    "xml:lang",
    "xml:space",
    "xmlns",
    "xmlns:xlink",
    "y",
    "y1",
    "y2",
    "yChannelSelector",
    "z",
];

/// The namespaces that a drawing may be in.
const NAMESPACES: &[&str] = &["http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"];

/// What becomes of an element of this name.
pub(super) fn element(name: &str) -> Verdict {
    if ELEMENTS.contains(&name) {
        Verdict::Kept
    } else if name == "metadata" || (name.contains(':') && !name.starts_with("svg:")) {
        Verdict::LeftOut
    } else {
        Verdict::Refused
    }
}

/// What becomes of an attribute of this name and value.
pub(super) fn attribute(name: &str, value: &str) -> Verdict {
    let local = name.rsplit(':').next().unwrap_or(name).to_ascii_lowercase();
    if local.starts_with("on") {
        return Verdict::Refused;
    }
    if local == "href" {
        let is_local = value.trim().starts_with('#');
        return if is_local && ATTRIBUTES.contains(&name) {
            Verdict::Kept
        } else {
            Verdict::Refused
        };
    }
    if !ATTRIBUTES.contains(&name) {
        return Verdict::LeftOut;
    }
    let is_kept = match name {
        "xmlns" | "xmlns:xlink" => NAMESPACES.contains(&value),
        _ => !fetches(value),
    };
    if is_kept { Verdict::Kept } else { Verdict::Refused }
}

/// Whether a style or a value would have a browser fetch something, or may spell that in a way that isn't seen
/// here.
pub(super) fn fetches(style: &str) -> bool {
    let style: String = style
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control())
        .collect::<String>()
        .to_ascii_lowercase();
    let mut urls = style.match_indices("url(");
    let is_outside = |at: usize| {
        let inside = style.get(at + 4..).unwrap_or_default();
        !inside.trim_start_matches(['"', '\'']).starts_with('#')
    };
    urls.any(|(at, _)| is_outside(at))
        || [
            "@import",
            "@font-face",
            "@namespace",
            "\\",
            "expression(",
            "image-set(",
            "image(",
            "src(",
            "javascript:",
            "/*",
        ]
        .iter()
        .any(|word| style.contains(word))
}
