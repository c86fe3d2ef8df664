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

// accountCardExamples shows whose account it is.
var accountCardExamples = component{File: "account-card", Group: "Auth", Examples: []example{
	{State: "With an action", Draw: func(string) templ.Component {
		card := views.AccountCard(views.AccountCardProps{
			Name: "Ada Lovelace", Email: "ada@example.com", Note: "Owner",
			Avatar: views.Avatar(views.AvatarProps{Name: "Ada Lovelace"}),
		})
		return with(card, with(views.Button(views.ButtonProps{URL: "/components/account-card"}), text("View Profile")))
	}},
	{State: "Email alone", Draw: draw(views.AccountCard, views.AccountCardProps{Email: "ada@example.com"})},
	{State: "Long", Draw: draw(views.AccountCard, views.AccountCardProps{
		Name: longName, Email: longName + "@example.com",
	})},
	{State: "Right to left", Draw: draw(views.AccountCard, views.AccountCardProps{Name: arabicName})},
	{State: "Zero value", Draw: draw(views.AccountCard, views.AccountCardProps{})},
}}

// signInButtonExamples shows the link that begins a sign-in.
var signInButtonExamples = component{File: "sign-in-button", Group: "Auth", Examples: []example{
	{State: "With the provider", Draw: draw(views.SignInButton, views.SignInButtonProps{
		URL: "/components/sign-in-button", Provider: "example.plusauth.com",
	})},
	{State: "Own words", Draw: draw(views.SignInButton, views.SignInButtonProps{
		URL: "/components/sign-in-button", Text: "Continue as a customer",
	})},
	{State: "Right to left", Draw: draw(views.SignInButton, views.SignInButtonProps{
		URL: "/components/sign-in-button", Text: arabicName,
	})},
	{State: "Long", Draw: draw(views.SignInButton, views.SignInButtonProps{
		URL: "/components/sign-in-button", Provider: longURL,
	})},
}}

// guardExamples shows what stands in place of something that a person may not use.
var guardExamples = component{File: "guard", Group: "Auth", Examples: []example{
	{State: "Allowed", Draw: guard(views.GuardProps{Allowed: true})},
	{State: "Not allowed", Draw: guard(views.GuardProps{Reason: "Only administrators invite people."})},
	{State: "With a way out", Draw: guard(views.GuardProps{
		Reason: "Invitations are part of the Pro plan.", Action: "See the plans", ActionURL: "/components/guard",
	})},
	{State: "Long", Draw: guard(views.GuardProps{Reason: longURL, Action: longName, ActionURL: "/components/guard"})},
}}

func guard(p views.GuardProps) func(string) templ.Component {
	return func(string) templ.Component {
		return with(views.Guard(p), with(views.Button(views.ButtonProps{}), text("Invite")))
	}
}

// consentExamples shows how the app asks a person to agree.
var consentExamples = component{File: "consent", Group: "Auth", Examples: []example{
	{State: "To see data", Inert: true, Draw: consent(views.ConsentProps{
		App: "Calendar", About: "You can take this back on the page of your account.",
		Asks: []views.ConsentAsk{
			{Text: "See your email address", Detail: "ada@example.com"}, {Text: "Read your appointments"},
		},
	})},
	{State: "With choices", Inert: true, Draw: consent(views.ConsentProps{
		App: "Newsletter", Allow: "Subscribe", Deny: "No, thanks",
		Asks: []views.ConsentAsk{
			{Text: "The terms", Name: "terms", Required: true}, {Text: "One letter a month", Name: "letters"},
		},
	})},
	{State: "Long and right to left", Inert: true, Draw: consent(views.ConsentProps{
		App: longName, Asks: []views.ConsentAsk{{Text: longURL}, {Text: arabicName}},
	})},
	{State: "Zero value", Inert: true, Draw: consent(views.ConsentProps{})},
}}

func consent(p views.ConsentProps) func(string) templ.Component {
	return func(id string) templ.Component {
		p := p
		p.ID, p.URL = id, "/components/consent"
		return views.Consent(p)
	}
}
