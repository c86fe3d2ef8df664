package devidp

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// SignIn signs a test's browser in as one of the configured people, as that person would do it: it opens
// start, picks the username on the provider's page, allows what it is asked, and returns the answer at
// which the browser ends up, whose body the caller closes.
//
// start is a page of the application that leads to the provider, or an authorization request.
// The browser needs a cookie jar and follows redirects.
func SignIn(browser *http.Client, start, username string) (*http.Response, error) {
	if browser.Jar == nil {
		return nil, errors.New("devidp: the browser has no cookie jar")
	}
	resp, err := browser.Get(start)
	for range 3 {
		if err != nil {
			return nil, err
		}
		answer := url.Values{}
		switch resp.Header.Get("Devidp-Page") {
		case "signin":
			answer.Set("person", username)
		case "consent":
			answer.Set("answer", "allow")
		case "":
			return resp, nil
		}
		io.Copy(io.Discard, io.LimitReader(resp.Body, maxFormSize))
		resp.Body.Close()
		if resp.StatusCode == http.StatusUnprocessableEntity && answer.Has("person") {
			return nil, fmt.Errorf("devidp: %s: nobody has the username %q", start, username)
		}
		if len(answer) == 0 || resp.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("devidp: %s: the provider's page %q, status %d, is not one to sign in on", start, resp.Header.Get("Devidp-Page"), resp.StatusCode)
		}
		resp, err = browser.PostForm(resp.Request.URL.String(), answer)
	}
	if err != nil {
		return nil, err
	}
	if resp.Header.Get("Devidp-Page") != "" {
		resp.Body.Close()
		return nil, fmt.Errorf("devidp: %s: the sign-in of %s does not end", start, username)
	}
	return resp, nil
}
