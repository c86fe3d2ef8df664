package views

import (
	"math"
	"regexp"
	"strconv"
	"testing"
)

// rgb is a colour in sRGB with components from 0 to 1.
type rgb [3]float64

// TestContrast checks the colours of both schemes on every surface: text has a contrast of at least 4.5:1 (WCAG 2.2,
// 1.4.3), and the boundary of a control has one of at least 3:1 (1.4.11).
func TestContrast(t *testing.T) {
	t.Parallel()
	properties := customProperties(t)
	texts := []string{
		"body-color", "secondary-color", "link-color",
		"success-text-emphasis", "warning-text-emphasis", "danger-text-emphasis",
	}
	hue := regexp.MustCompile(`\.avatar-\d \{ background: (#\w+)`)
	for scheme, name := range []string{"light", "dark"} {
		colour := func(property string) rgb { return parseColour(t, properties["--bs-"+property][scheme]) }
		white := rgb{1, 1, 1}
		check := func(pair string, a, b rgb, least float64) {
			t.Helper()
			if got := contrast(a, b); got < least {
				t.Errorf("%s, %s: %.2f:1, want %.1f:1", name, pair, got, least)
			}
		}
		surfaces := map[string]rgb{
			"body": colour("body-bg"), "tertiary": colour("tertiary-bg"),
			"jumbotron": mix(colour("primary"), colour("tertiary-bg"), .16),
		}
		for surfaceName, surface := range surfaces {
			for _, text := range texts {
				if surfaceName == "jumbotron" && text != "body-color" {
					continue
				}
				check(text+" on "+surfaceName, colour(text), surface, 4.5)
				// Alerts and badges use their text colour, thinned, as background.
				check(text+" on itself on "+surfaceName, colour(text), mix(colour(text), surface, .08), 4.5)
			}
			check("hovered button on "+surfaceName, colour("body-color"), mix(rgb{.533, .533, .533}, surface, .2), 4.5)
			check("form control on "+surfaceName, colour("secondary-color"), surface, 3)
			check("focus on "+surfaceName, colour("link-color"), surface, 3)
		}
		check("primary button", white, colour("primary"), 4.5)
		check("primary button, hovered", white, mix(rgb{}, colour("primary"), .2), 4.5)
		hues := hue.FindAllStringSubmatch(stylesheet("avatar"), -1)
		if len(hues) != 8 {
			t.Errorf("found %d hues", len(hues))
		}
		for _, hue := range hues {
			check("initials on "+hue[1], white, parseColour(t, hue[1]), 4.5)
		}
	}
}

// parseColour parses #rgb or #rrggbb.
func parseColour(t *testing.T, hex string) (c rgb) {
	t.Helper()
	if len(hex) == 4 {
		hex = string([]byte{'#', hex[1], hex[1], hex[2], hex[2], hex[3], hex[3]})
	}
	n, err := strconv.ParseUint(hex[1:], 16, 24)
	if err != nil || len(hex) != 7 {
		t.Fatalf("%q is not a colour", hex)
	}
	for i := range c {
		c[i] = float64(n>>(16-8*i)&255) / 255
	}
	return c
}

// mix returns the colour of top with the given opacity over bottom.
func mix(top, bottom rgb, opacity float64) (c rgb) {
	for i := range c {
		c[i] = top[i]*opacity + bottom[i]*(1-opacity)
	}
	return c
}

// contrast returns the contrast ratio that WCAG defines.
func contrast(a, b rgb) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + .05) / (min(la, lb) + .05)
}

// luminance returns the relative luminance that WCAG defines.
func luminance(c rgb) float64 {
	sum := 0.0
	for i, weight := range []float64{.2126, .7152, .0722} {
		v := c[i]
		if v <= .04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}

func TestContrastRatio(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		a, b string
		want float64
	}{{"#000", "#fff", 21}, {"#777777", "#fff", 4.48}, {"#007bff", "#fff", 3.98}} {
		if got := contrast(parseColour(t, tc.a), parseColour(t, tc.b)); math.Abs(got-tc.want) > .01 {
			t.Errorf("%s on %s: got %.2f, want %.2f", tc.a, tc.b, got, tc.want)
		}
	}
}
