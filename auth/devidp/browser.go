package devidp

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// SignIn signs a user in with a test's browser. It opens start, chooses the user with this username on the provider's
// sign-in page, gives consent if the provider asks for it, and returns the response at the end of the redirects. The
// caller must close its body.
//
// start is a URL of the app that redirects to the provider, or an authorization request. The username is that of a
// configured user. The browser must have a cookie jar and follow redirects.
func SignIn(browser *http.Client, start, username string) (*http.Response, error) {
	if browser.Jar == nil {
		return nil, errors.New("devidp: the browser has no cookie jar")
	}
	resp, err := browser.Get(start)
	for range 3 {
		if err != nil {
			return nil, err
		}
		form := url.Values{}
		switch resp.Header.Get("Devidp-Page") {
		case "signin":
			form.Set("person", username)
		case "consent":
			form.Set("answer", "allow")
		case "":
			return resp, nil
		}
		io.Copy(io.Discard, io.LimitReader(resp.Body, maxFormSize))
		resp.Body.Close()
		if resp.StatusCode == http.StatusUnprocessableEntity && form.Has("person") {
			return nil, fmt.Errorf("devidp: %s: no user has the username %q", start, username)
		}
		if len(form) == 0 || resp.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("devidp: %s: the browser is at page %q of the provider with status %d, not at sign-in",
				start, resp.Header.Get("Devidp-Page"), resp.StatusCode)
		}
		resp, err = browser.PostForm(resp.Request.URL.String(), form)
	}
	if err != nil {
		return nil, err
	}
	if resp.Header.Get("Devidp-Page") != "" {
		resp.Body.Close()
		return nil, fmt.Errorf("devidp: %s: the sign-in of %q does not end", start, username)
	}
	return resp, nil
}
