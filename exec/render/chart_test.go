package render

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"strings"
	"testing"

	"lockstep/exec/measure"
)

// Pictures and tables are well-formed, whatever is in the texts.
func TestWellFormed(t *testing.T) {
	for _, r := range []measure.Result{classic(), troubled(), single(), timed()} {
		var svg, page strings.Builder
		if err := Chart(&svg, r); err != nil {
			t.Fatal(err)
		}
		if err := HTML(&page, r); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{svg.String(), strings.Replace(page.String(), "<details open ", "<details ", 1)} {
			d := xml.NewDecoder(strings.NewReader(text))
			for {
				_, err := d.Token()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatalf("%v in\n%s", err, text)
				}
			}
		}
	}
}

func TestNoPictureOfOnePoint(t *testing.T) {
	var b strings.Builder
	if err := Chart(&b, single()); err != nil || b.Len() > 0 {
		t.Errorf("got %q, %v, want nothing", b.String(), err)
	}
}

func TestBundle(t *testing.T) {
	want := classic()
	bundle, err := Bundle(want, View{})
	if err != nil {
		t.Fatal(err)
	}
	if text, _ := bundle["text/plain"].(string); !strings.Contains(text, "1.89×") {
		t.Errorf("text/plain: got %q", text)
	}
	if page, _ := bundle["text/html"].(string); !strings.Contains(page, "1.89×") || !strings.Contains(page, "<svg") {
		t.Errorf("text/html: got %q", page)
	}
	data, err := json.Marshal(bundle[MIMEType])
	if err != nil {
		t.Fatal(err)
	}
	if got, err := measure.Decode(strings.NewReader(string(data))); err != nil || len(got.Runs) != len(want.Runs) {
		t.Errorf("%s: got %d runs, %v, want %d", MIMEType, len(got.Runs), err, len(want.Runs))
	}
}
