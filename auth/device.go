package auth

import "strings"

// The names that a User-Agent header contains, and what they mean, in the order in which they are looked for: most
// browsers also name the browsers that they are compatible with.
var (
	browserNames = [][2]string{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"Vivaldi/", "Vivaldi"},
		{"FxiOS/", "Firefox"}, {"Firefox/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"},
		{"Chromium/", "Chromium"}, {"Safari/", "Safari"}, {"curl/", "curl"},
	}
	systemNames = [][2]string{
		{"iPhone", "iOS"}, {"iPad", "iPadOS"}, {"Android", "Android"}, {"CrOS", "ChromeOS"}, {"Windows", "Windows"},
		{"Mac OS X", "macOS"}, {"Macintosh", "macOS"}, {"Linux", "Linux"},
	}
)

// describeDevice returns the browser and the operating system that a User-Agent header names, or "" if it names none
// that is known. Only these fixed names are returned, so that nothing of the header reaches a page.
func describeDevice(userAgent string) (browser, system string) {
	return firstName(userAgent, browserNames), firstName(userAgent, systemNames)
}

func firstName(userAgent string, names [][2]string) string {
	for _, name := range names {
		if strings.Contains(userAgent, name[0]) {
			return name[1]
		}
	}
	return ""
}
