package views

import (
	"math"
	"regexp"
	"strconv"
	"testing"
)

type rgb [3]float64

// properties are the custom properties of base.css: for each the light and the dark value.
func properties(t *testing.T) map[string][2]string {
	t.Helper()
	all := map[string][2]string{}
	for _, m := range regexp.MustCompile(`(--[a-z-]+): (?:light-dark\(([^,]+), ([^)]+)\)|([^;]+));`).FindAllStringSubmatch(stylesheet("base"), -1) {
		if m[4] != "" {
			m[2], m[3] = m[4], m[4]
		}
		all[m[1]] = [2]string{m[2], m[3]}
	}
	if len(all) < 10 {
		t.Fatalf("found %d custom properties", len(all))
	}
	return all
}

// Text has a contrast of 4.5:1 (WCAG 2.2, 1.4.3) and what shows the limits of a control one of 3:1 (1.4.11), in both
// schemes, on every surface that it stands on.
func TestContrast(t *testing.T) {
	t.Parallel()
	all := properties(t)
	for scheme, name := range []string{"light", "dark"} {
		color := func(property string) rgb { return parse(t, all["--bs-"+property][scheme]) }
		white := rgb{1, 1, 1}
		check := func(what string, a, b rgb, least float64) {
			t.Helper()
			if got := contrast(a, b); got < least {
				t.Errorf("%s, %s: %.2f:1, want %.1f:1", name, what, got, least)
			}
		}
		surfaces := map[string]rgb{
			"body": color("body-bg"), "tertiary": color("tertiary-bg"),
			"jumbotron": mix(color("primary"), color("tertiary-bg"), .16),
		}
		for where, surface := range surfaces {
			for _, text := range []string{"body-color", "secondary-color", "link-color", "success-text-emphasis", "warning-text-emphasis", "danger-text-emphasis"} {
				if where == "jumbotron" && text != "body-color" {
					continue
				}
				check(text+" on "+where, color(text), surface, 4.5)
				// alerts and badges: their own colour, thinned
				check(text+" on itself on "+where, color(text), mix(color(text), surface, .08), 4.5)
			}
			check("hovered button on "+where, color("body-color"), mix(rgb{.533, .533, .533}, surface, .2), 4.5)
			check("form control on "+where, color("secondary-color"), surface, 3)
			check("focus on "+where, color("link-color"), surface, 3)
		}
		check("primary button", white, color("primary"), 4.5)
		check("primary button, hovered", white, mix(rgb{}, color("primary"), .2), 4.5)
		hues := regexp.MustCompile(`profile-card-hue-\d \{ background: (#\w+)`).FindAllStringSubmatch(stylesheet("profile-card"), -1)
		if len(hues) != 8 {
			t.Errorf("found %d hues", len(hues))
		}
		for _, hue := range hues {
			check("initials on "+hue[1], white, parse(t, hue[1]), 4.5)
		}
	}
}

func parse(t *testing.T, hex string) (c rgb) {
	t.Helper()
	if len(hex) == 4 {
		hex = string([]byte{'#', hex[1], hex[1], hex[2], hex[2], hex[3], hex[3]})
	}
	n, err := strconv.ParseUint(hex[1:], 16, 24)
	if err != nil || len(hex) != 7 {
		t.Fatalf("%q is no colour", hex)
	}
	for i := range c {
		c[i] = float64(n>>(16-8*i)&255) / 255
	}
	return c
}

// mix is what is seen of top, that opaque, over bottom.
func mix(top, bottom rgb, opaque float64) (c rgb) {
	for i := range c {
		c[i] = top[i]*opaque + bottom[i]*(1-opaque)
	}
	return c
}

// contrast is WCAG's contrast ratio.
func contrast(a, b rgb) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + .05) / (min(la, lb) + .05)
}

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

func TestContrastOfKnownColours(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		a, b string
		want float64
	}{{"#000", "#fff", 21}, {"#777777", "#fff", 4.48}, {"#007bff", "#fff", 3.98}} {
		if got := contrast(parse(t, tc.a), parse(t, tc.b)); math.Abs(got-tc.want) > .01 {
			t.Errorf("%s on %s: got %.2f, want %.2f", tc.a, tc.b, got, tc.want)
		}
	}
}
