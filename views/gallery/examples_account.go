package gallery

import (
	"time"

	"github.com/a-h/templ"

	"github.com/plusauth/plusauth-go-starter/views"
)

var signedIn = time.Date(2026, 11, 12, 10, 42, 0, 0, time.UTC)

var sessionList = component{File: "session-list", Group: "Auth", Examples: []example{
	{State: "Three browsers", Inert: true, Draw: sessions(views.SessionListProps{
		Now: signedIn.Add(3 * time.Hour), Idle: 24 * time.Hour,
		Items: []views.SessionItem{
			{
				Ref: "a", Current: true, Device: "Firefox on Linux", SignedIn: signedIn, LastUsed: signedIn.Add(3 * time.Hour),
				Ends: signedIn.AddDate(0, 0, 7),
			},
			{Ref: "b", Device: "Safari on iOS", Phone: true, SignedIn: signedIn, LastUsed: signedIn.Add(2 * time.Hour)},
			{Ref: "c", Device: "Safari on iOS", Phone: true, SignedIn: signedIn, LastUsed: signedIn},
		},
	})},
	{State: "This browser alone", Inert: true, Draw: sessions(views.SessionListProps{Items: []views.SessionItem{
		{Ref: "a", Current: true, Device: longName, SignedIn: signedIn, LastUsed: signedIn},
	}})},
	{State: "Zero value", Inert: true, Draw: sessions(views.SessionListProps{})},
}}

var signInPrompt = component{File: "sign-in-prompt", Group: "Auth", Examples: []example{
	{State: "Session ended", Draw: prompt(views.SignInPromptProps{
		Reason: "Your session ended, because you signed out elsewhere. Sign in again to continue where you were.",
		Other:  "Go to the home page", OtherURL: "/components/sign-in-prompt",
	})},
	{State: "Long words", Draw: prompt(views.SignInPromptProps{Title: longName, Reason: longURL, Action: "Continue"})},
	{State: "Zero value", Draw: prompt(views.SignInPromptProps{})},
}}

var flash = component{File: "flash", Group: "Feedback", Needs: "Needs htmx to be swapped in.", Examples: []example{
	{State: "Success", Draw: flashMessage(views.FlashProps{Text: "You are signed out.", Kind: "success"})},
	{State: "Info", Draw: flashMessage(views.FlashProps{Text: "Your session ended. Sign in again to continue."})},
	{State: "Warning", Draw: flashMessage(views.FlashProps{
		Text: "You may still be signed in elsewhere.", Kind: "warning",
	})},
	{State: "Danger, right to left", Draw: flashMessage(views.FlashProps{Text: arabicName, Kind: "danger"})},
}}

func sessions(p views.SessionListProps) func(string) templ.Component {
	return func(id string) templ.Component {
		q := p
		q.ID, q.URL = id, "/components/session-list"
		return views.SessionList(q)
	}
}

func prompt(p views.SignInPromptProps) func(string) templ.Component {
	return func(id string) templ.Component {
		q := p
		q.ID, q.URL = id, "/components/sign-in-prompt"
		return views.SignInPrompt(q)
	}
}

func flashMessage(p views.FlashProps) func(string) templ.Component {
	return func(id string) templ.Component {
		q := p
		q.ID = id
		return views.Flash(q)
	}
}
