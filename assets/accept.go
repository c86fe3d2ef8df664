package assets

import (
	"strconv"
	"strings"
)

// codings are what we can send, the best first.
var codings = []string{"br", "gzip", "identity"}

// Negotiate picks the content coding for the value of an Accept-Encoding header (RFC 9110 section 12.5.3): the one of
// the highest weight, and of equal ones the smallest file. It returns "" when the client refuses all of them. A client that
// sends no such header gets identity, although it would have to take any.
func Negotiate(accept string) string {
	weights := map[string]float64{}
	for item := range strings.SplitSeq(accept, ",") {
		name, params, _ := strings.Cut(item, ";")
		name = strings.ToLower(strings.TrimSpace(name))
		if name == "x-gzip" {
			name = "gzip" // the same (section 8.4.1.3)
		}
		if weight, ok := parseWeight(params); ok && name != "" {
			weights[name] = weight
		}
	}
	best, bestWeight := "", 0.0
	for _, coding := range codings {
		weight, named := weights[coding]
		if !named {
			weight, named = weights["*"]
		}
		if !named && coding == "identity" {
			weight = 0.0001 // acceptable unless refused, but below whatever was asked for: weights have three digits
		}
		if weight > bestWeight {
			best, bestWeight = coding, weight
		}
	}
	return best
}

// parseWeight reads "q=0.5" (section 12.4.2). No weight is 1; one that makes no sense is not ok.
func parseWeight(params string) (float64, bool) {
	params = strings.TrimSpace(params)
	if params == "" {
		return 1, true
	}
	name, value, _ := strings.Cut(params, "=")
	weight, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	ok := err == nil && strings.EqualFold(strings.TrimSpace(name), "q") && weight >= 0 && weight <= 1
	return weight, ok
}
