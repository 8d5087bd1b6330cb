package page

import (
	"regexp"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
)

// allowlist is what HTML of a stranger may consist of: enough for Markdown,
// tables, pictures, charts, timelines and formulas. What it does not name is
// dropped, so that a new attack needs a hole in it, not one in a list of attacks.
//
// It leaves out on purpose what would let a picture or a text reach beyond its own
// place on the page: position, z-index, negative margins, outlines, shadows,
// overflow that shows, transforms of whole drawings. Reused shapes (use, pattern,
// mask, marker) are left out since a few of them, nested, draw for ever.
var allowlist = sync.OnceValue(func() *bluemonday.Policy {
	var (
		identifier  = regexp.MustCompile(`^[\p{L}\p{N}_.:-]+$`)
		ourClasses  = regexp.MustCompile(`^(?:hl-[a-z]+|nb-source|nb-tex|nb-formula|nb-missing|footnotes|footnote-ref|footnote-backref|lockstep-result|dataframe| )+$`)
		roles       = regexp.MustCompile(`^(?:img|group|note|list|listitem|presentation|doc-[a-z]+)$`)
		word        = regexp.MustCompile(`^\w*$`)
		numeral     = regexp.MustCompile(`^[0-9.]{1,9}$`)
		length      = regexp.MustCompile(`^[0-9.]{1,9}(?:px|em|rem|%)?$`)
		shortLength = regexp.MustCompile(`^-?[0-3]?(?:\.[0-9]{1,6})?(?:em|ex)$|^0$|^[0-9](?:\.[0-9]+)?px$`)
		values      = regexp.MustCompile(`^[\w\s.,:/()%+-]*$`)
		picture     = regexp.MustCompile(`^data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+$`)
		paint       = regexp.MustCompile(`^(?:url\(['"]?#[\w.:-]+['"]?\)|` + styles + `)$`)
	)
	p := bluemonday.NewPolicy()
	p.AllowURLSchemes("http", "https", "mailto", "attachment")
	p.RequireParseableURLs(true)
	p.AllowRelativeURLs(true)
	p.AllowDataURIImages()
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)

	p.AllowNoAttrs().OnElements(words(htmlElements + svgElements + mathElements + "a img input")...)
	p.AllowAttrs("id").Matching(identifier).Globally()
	p.AllowAttrs("class").Matching(ourClasses).Globally()
	p.AllowAttrs("role").Matching(roles).Globally()
	p.AllowAttrs("title", "lang", "dir", "aria-label", "aria-hidden").Globally()
	allowStyles(p, paint)

	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("src", "alt").OnElements("img")
	p.AllowAttrs("width", "height").Matching(length).OnElements(words("img table td th col")...)
	p.AllowAttrs("align", "valign").Matching(word).OnElements(words("p div img table thead tbody tr td th")...)
	p.AllowAttrs("colspan", "rowspan", "span", "start", "value", "max", "min", "low", "high", "optimum").Matching(numeral).OnElements(words("td th col colgroup ol li progress meter")...)
	p.AllowAttrs("scope", "border", "reversed").Matching(word).OnElements(words("th td table ol")...)
	p.AllowAttrs("open").OnElements("details")
	p.AllowAttrs("datetime").Matching(values).OnElements("time")
	// The boxes of a list of tasks; a weaver drops any other input.
	p.AllowAttrs("type").Matching(regexp.MustCompile(`^checkbox$`)).OnElements("input")
	p.AllowAttrs("checked").OnElements("input")

	drawings := words(svgElements)
	p.AllowAttrs(words("viewbox preserveaspectratio xmlns width height x y x1 y1 x2 y2 cx cy r rx ry fx fy dx dy d points pathlength offset version")...).Matching(values).OnElements(drawings...)
	p.AllowAttrs(words("gradientunits gradienttransform spreadmethod clippathunits text-anchor textlength lengthadjust dominant-baseline alignment-baseline baseline-shift")...).Matching(values).OnElements(drawings...)
	p.AllowAttrs(words(paints + "font-family font-size font-style font-weight letter-spacing")...).Matching(paint).OnElements(drawings...)
	p.AllowAttrs("transform", "rotate").Matching(values).OnElements(words(strings.Replace(svgElements, "svg ", "", 1))...)
	p.AllowAttrs("href", "xlink:href").Matching(picture).OnElements("image")

	p.AllowAttrs("alttext", "encoding").OnElements("math", "annotation")
	p.AllowAttrs(words("display displaystyle scriptlevel mathvariant form fence stretchy symmetric largeop movablelimits accent accentunder columnalign rowspacing columnspacing columnlines rowlines")...).Matching(values).OnElements(words(mathElements)...)
	p.AllowAttrs(words("width height depth lspace rspace minsize maxsize linethickness")...).Matching(shortLength).OnElements(words(mathElements)...)
	return p
})

const (
	htmlElements = "div span p br hr h1 h2 h3 h4 h5 h6 ul ol li dl dt dd table caption colgroup col thead tbody tfoot tr td th " +
		"b strong i em u s del ins sub sup small big mark code kbd samp var pre tt blockquote q cite abbr dfn address " +
		"details summary figure figcaption section article center time wbr bdi bdo ruby rt rp progress meter "
	svgElements  = "svg g path rect circle ellipse line polyline polygon text tspan title desc defs lineargradient radialgradient stop clippath image "
	mathElements = "math semantics annotation mrow mi mn mo ms mtext mspace mstyle mfrac msqrt mroot msub msup msubsup munder mover munderover mtable mtr mtd mphantom "

	// paints are the attributes and styles that give a shape its looks.
	paints = "fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-linecap stroke-linejoin stroke-miterlimit stroke-dasharray stroke-dashoffset " +
		"stop-color stop-opacity clip-path clip-rule opacity color paint-order shape-rendering text-rendering vector-effect visibility "
)

// allowStyles allows what a style attribute may set.
func allowStyles(p *bluemonday.Policy, paint *regexp.Regexp) {
	p.AllowStyles(words(paints + "text-anchor")...).Matching(paint).Globally()
	p.AllowStyles(words("background background-color border border-top border-right border-bottom border-left border-collapse border-color border-radius border-spacing border-style border-width " +
		"caption-side cursor float font font-family font-size font-style font-variant font-variant-numeric font-weight height line-height list-style list-style-type " +
		"max-height max-width min-height min-width padding padding-top padding-right padding-bottom padding-left table-layout text-align text-decoration text-transform " +
		"vertical-align white-space width word-break overflow-wrap flex-wrap gap align-items justify-content")...).Matching(regexp.MustCompile(`^` + styles + `$`)).Globally()
	p.AllowStyles(words("margin margin-top margin-right margin-bottom margin-left")...).Matching(regexp.MustCompile(`^[\w .%]+$`)).Globally()
	p.AllowStyles("display").MatchingEnum(words("none block inline inline-block flex inline-flex grid list-item table table-row table-cell")...).Globally()
	p.AllowStyles("overflow", "overflow-x", "overflow-y").MatchingEnum("auto", "hidden", "scroll").Globally()
}

// styles is the grammar of a style's value: words, numbers, and the functions that
// fetch nothing, one inside another at most. url() is none of them.
const styles = `(?:(?:rgba?|hsla?|var|min|max|calc|linear-gradient)\((?:[\w\s.,%#+'"-]|(?:rgba?|hsla?|var)\([\w\s.,%#+-]*\))*\)|[\w\s.,%#+'"/-])+`

func words(list string) []string { return strings.Fields(list) }
