package display

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"html"
	"image"
	"image/png"
	"strings"
	"unicode/utf8"
)

// plainBytes bounds the text/plain stand-in of a source that a terminal cannot show.
const plainBytes = 2000

// textBundle is a source text of the given type with itself as text/plain.
func textBundle(mime, source string) Bundle {
	return Bundle{Data: map[string]any{mime: source, MIMEText: cutText(source, plainBytes)}}
}

func htmlBundle(source string) Bundle {
	return Bundle{Data: map[string]any{MIMEHTML: source, MIMEText: cutText(htmlText(source), plainBytes)}}
}

func svgBundle(source string) Bundle {
	return Bundle{Data: map[string]any{MIMESVG: source, MIMEText: "SVG image, " + byteCount(len(source))}}
}

func binaryBundle(mime, name string, data []byte) Bundle {
	text := name + " image, " + byteCount(len(data))
	return Bundle{Data: map[string]any{mime: base64.StdEncoding.EncodeToString(data), MIMEText: text}}
}

// jsonBundle takes text that is JSON as JSON, as IPython does, and encodes everything else.
func jsonBundle(v any) (Bundle, error) {
	raw, err := rawJSON(v)
	if err != nil {
		return Bundle{}, err
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, raw, "", "  "); err != nil {
		return Bundle{}, err
	}
	return Bundle{Data: map[string]any{
		MIMEJSON: json.RawMessage(raw),
		MIMEText: cutText(indented.String(), plainBytes),
	}}, nil
}

func rawJSON(v any) ([]byte, error) {
	switch x := v.(type) {
	case string:
		if json.Valid([]byte(x)) {
			return []byte(x), nil
		}
	case []byte:
		if json.Valid(x) {
			return bytes.Clone(x), nil
		}
	}
	return json.Marshal(v)
}

// maxPixels bounds the images that are encoded: image.Uniform, for one, has 4e18 of them.
const maxPixels = 64 << 20

func encodeImage(img image.Image) ([]byte, bool) {
	r := img.Bounds()
	if r.Empty() || r.Dx() > maxPixels || r.Dy() > maxPixels || r.Dx()*r.Dy() > maxPixels {
		return nil, false
	}
	var b bytes.Buffer
	// The default level takes four times as long for files a tenth smaller.
	e := png.Encoder{CompressionLevel: png.BestSpeed}
	if e.Encode(&b, img) != nil {
		return nil, false
	}
	return b.Bytes(), true
}

func imageText(img image.Image) string {
	r := img.Bounds()
	return "image, " + count(r.Dx()) + " × " + count(r.Dy()) + " pixels"
}

// htmlText is what remains of HTML in a terminal: the text between the tags.
// It is a stand-in for people, not a sanitizer.
func htmlText(source string) string {
	var b strings.Builder
	for source != "" {
		before, after, found := strings.Cut(source, "<")
		b.WriteString(before)
		if !found {
			break
		}
		tag, rest, closed := strings.Cut(after, ">")
		if !closed {
			break
		}
		source = rest
		name := strings.ToLower(tag)
		for _, opaque := range []string{"script", "style"} {
			if strings.HasPrefix(name, opaque) {
				if i := strings.Index(strings.ToLower(rest), "</"+opaque); i >= 0 {
					source = rest[i:]
				}
			}
		}
		name, _, _ = strings.Cut(strings.TrimSpace(strings.Trim(name, "/")), " ")
		switch name {
		case "br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "table", "ul", "ol", "pre":
			b.WriteByte('\n')
		case "td", "th":
			b.WriteByte(' ')
		}
	}
	var lines []string
	for line := range strings.Lines(html.UnescapeString(b.String())) {
		if s := strings.Join(strings.Fields(line), " "); s != "" {
			lines = append(lines, s)
		}
	}
	return strings.Join(lines, "\n")
}

// cutText shortens text to about max bytes and says how much is missing.
func cutText(s string, max int) string {
	head, rest := cut(s, max)
	if rest == 0 {
		return s
	}
	return head + "\n… " + count(rest) + " more bytes"
}

// cut returns at most max bytes of s, ending with a whole rune, and the number of bytes left out.
func cut(s string, max int) (string, int) {
	if len(s) <= max {
		return s, 0
	}
	for max > 0 && !utf8.RuneStart(s[max]) {
		max--
	}
	return s[:max], len(s) - max
}

// count writes n with a comma between groups of three digits.
func count(n int) string {
	if n < 0 {
		return "-" + count(-n)
	}
	if n < 1000 {
		return itoa(n)
	}
	last := itoa(n % 1000)
	return count(n/1000) + "," + strings.Repeat("0", 3-len(last)) + last
}

func byteCount(n int) string {
	if n == 1 {
		return "1 byte"
	}
	return count(n) + " bytes"
}
