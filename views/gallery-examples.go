package views

import (
	"time"

	"github.com/a-h/templ"
)

// galleryItems are all components, in the order of the gallery.
var galleryItems = []galleryItem{
	{File: "layout", Needs: "nothing; base.css makes it look like here"},
	{File: "navbar", Examples: []galleryExample{
		{State: "Signed out", Draw: galleryDrawNavbar(LoginStateProps{})},
		{State: "Signed in", Inert: true, Draw: galleryDrawNavbar(LoginStateProps{SignedIn: true, Name: "ada"})},
		{State: "Long name", Inert: true, Draw: galleryDrawNavbar(LoginStateProps{SignedIn: true, Name: galleryLongName})},
		{State: "Empty", Draw: func(id string) templ.Component { return Navbar(NavbarProps{Label: id}) }},
	}},
	{File: "login-state", Needs: "htmx and session.js, if it is to follow other tabs", Examples: []galleryExample{
		{State: "Signed out", Draw: galleryDrawLoginState(LoginStateProps{})},
		{State: "Signed in", Inert: true, Draw: galleryDrawLoginState(LoginStateProps{SignedIn: true, Name: "ada"})},
		{State: "Long name", Inert: true, Draw: galleryDrawLoginState(LoginStateProps{SignedIn: true, Name: galleryLongName})},
		{State: "Right to left", Inert: true, Draw: galleryDrawLoginState(LoginStateProps{SignedIn: true, Name: galleryArabicName})},
	}},
	{File: "jumbotron", Examples: []galleryExample{
		{State: "With an action", Draw: galleryDrawJumbotron(JumbotronProps{Title: "Hello, world!", Lead: "One sentence says what this page is about."})},
		{State: "Long words", Draw: galleryDrawJumbotron(JumbotronProps{Title: "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz", Lead: "They break where they must."})},
		{State: "Title alone", Draw: func(string) templ.Component { return Jumbotron(JumbotronProps{Title: "Hello, world!"}) }},
	}},
	{File: "profile-card", Needs: "htmx, if Refresh is to stay on the page; session.js, to copy", Examples: []galleryExample{
		{State: "Verified", Draw: galleryDrawProfile(ProfileCardProps{Name: "Ada Lovelace", Email: "ada@example.com", EmailVerified: true, Subject: "1", Claims: []byte(galleryClaims)})},
		{State: "No email", Draw: galleryDrawProfile(ProfileCardProps{Name: "grace", Subject: "2", Claims: []byte(`{"sub":"2","username":"grace"}`)})},
		{State: "Right to left", Draw: galleryDrawProfile(ProfileCardProps{Name: galleryArabicName, Email: "layla@example.com", Subject: "3", Claims: []byte(`{"sub":"3","name":"` + galleryArabicName + `"}`)})},
		{State: "Refreshing", Inert: true, Draw: galleryDrawProfile(ProfileCardProps{Name: "Ada Lovelace", Email: "ada@example.com", EmailVerified: true, Subject: "1", RefreshURL: "/profile", Busy: true, Claims: []byte(`{"sub":"1"}`)})},
		{State: "Refresh failed", Inert: true, Draw: galleryDrawProfile(ProfileCardProps{Name: "Ada Lovelace", Email: "ada@example.com", Subject: "1", RefreshURL: "/profile", Problem: "The provider could not be reached. This is what it said last.", Claims: []byte(`{"sub":"1"}`)})},
		{State: "Hostile", Draw: galleryDrawProfile(ProfileCardProps{Name: galleryLongName, Email: galleryLongName + "@example.com", Subject: "4", Claims: []byte(galleryHostile)})},
		{State: "Empty", Draw: galleryDrawProfile(ProfileCardProps{})},
	}},
	{File: "notice", Needs: "session.js, to copy the request's id", Examples: []galleryExample{
		{State: "Page not found", Draw: galleryDrawNotice(NoticeProps{Title: "Page not found", Message: "Nothing lives at this address.", Action: "Go to the home page", ActionURL: "/components/notice", Status: 404})},
		{State: "With everything", Draw: galleryDrawNotice(NoticeProps{
			Title: "The sign-in was cancelled", Message: "The provider says that access was denied. Nobody is signed in.", Action: "Try again", ActionURL: "/components/notice", Status: 403,
			RequestID: "01JD9ZC4V0", Details: []NoticeDetail{{"error", "access_denied"}, {"error_description", "The resource owner denied the request."}},
		})},
		{State: "Empty", Draw: galleryDrawNotice(NoticeProps{})},
	}},
	{File: "btn", Examples: []galleryExample{
		{State: "Primary", Draw: galleryDrawButton(ButtonProps{Submit: true, Primary: true})},
		{State: "Quiet", Draw: galleryDrawButton(ButtonProps{Submit: true})},
		{State: "Large link", Draw: galleryDrawButton(ButtonProps{URL: "/components/btn", Primary: true, Large: true})},
	}},
	{File: "alert", Examples: []galleryExample{
		{State: "Info", Draw: galleryDrawAlert(AlertProps{})},
		{State: "Success", Draw: galleryDrawAlert(AlertProps{Kind: "success"})},
		{State: "Warning", Draw: galleryDrawAlert(AlertProps{Kind: "warning"})},
		{State: "Danger", Draw: galleryDrawAlert(AlertProps{Kind: "danger"})},
	}},
	{File: "badge", Examples: []galleryExample{
		{State: "Neutral", Draw: galleryDraw(Badge, BadgeProps{Text: "new"})},
		{State: "Success", Draw: galleryDraw(Badge, BadgeProps{Text: "verified", Kind: "success"})},
		{State: "Warning", Draw: galleryDraw(Badge, BadgeProps{Text: "expires soon", Kind: "warning"})},
		{State: "Danger", Draw: galleryDraw(Badge, BadgeProps{Text: "revoked", Kind: "danger"})},
	}},
	{File: "card", Examples: []galleryExample{
		{State: "With a title", Draw: galleryDrawCard(CardProps{Title: "Invoices"})},
		{State: "Dashed", Draw: galleryDrawCard(CardProps{Title: "Draft", Dashed: true})},
		{State: "Text alone", Draw: galleryDrawCard(CardProps{})},
	}},
	{File: "facts", Examples: []galleryExample{
		{State: "Three", Draw: galleryDraw(Facts, FactsProps{Items: []Fact{{"Provider", "example.plusauth.com"}, {"Flow", "code + PKCE S256"}, {"Client", "confidential"}}})},
		{State: "Long value", Draw: galleryDraw(Facts, FactsProps{Items: []Fact{{"Name", galleryLongName}, {"Right to left", galleryArabicName}}})},
	}},
}

const (
	galleryLongName   = "Hubert Blaine Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh-Cholmondeley"
	galleryArabicName = "ليلى بنت عبد الله"
	galleryClaims     = `{"sub":"5f6d1c9e-0b1a-4c60-9a52-7d0f0c7a4b21","name":"Ada Lovelace","given_name":"Ada","family_name":"Lovelace","username":"ada","email":"ada@example.com","email_verified":true,"locale":"en-GB","updated_at":1793638800,"iss":"https://example.plusauth.com","plan":"pro"}`
	galleryHostile    = `{"name":"<script>alert(1)</script>","picture":"javascript:alert(1)","nickname":"\u202egnol yrev","website":"` + galleryLongURL + `","emoji":"👩‍👩‍👧‍👦🏳️‍🌈","empty":"","nothing":null}`
	galleryLongURL    = "https://example.com/a/very/long/address/that/never/seems/to/end/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
)

// The functions below are called by many requests at once, so each works on its own copy of the props.

// galleryDraw is for components without id and children.
func galleryDraw[P any](component func(P) templ.Component, props P) func(string) templ.Component {
	return func(string) templ.Component { return component(props) }
}

func galleryDrawNavbar(p LoginStateProps) func(string) templ.Component {
	return func(id string) templ.Component { return galleryNavbar(id, p) }
}

func galleryDrawLoginState(p LoginStateProps) func(string) templ.Component {
	return func(id string) templ.Component {
		q := p
		q.ID, q.LoginURL = id, "/components/login-state"
		return LoginState(q)
	}
}

func galleryDrawJumbotron(p JumbotronProps) func(string) templ.Component {
	return func(string) templ.Component { return galleryJumbotron(p) }
}

func galleryDrawProfile(p ProfileCardProps) func(string) templ.Component {
	return func(id string) templ.Component {
		q := p
		q.ID, q.Updated = id, time.Date(2026, 11, 23, 14, 2, 11, 0, time.UTC)
		q.Now = q.Updated.Add(time.Second)
		return ProfileCard(q)
	}
}

func galleryDrawNotice(p NoticeProps) func(string) templ.Component {
	return func(id string) templ.Component {
		q := p
		q.ID, q.Fragment = id, true
		return Notice(q)
	}
}

func galleryDrawButton(p ButtonProps) func(string) templ.Component {
	return func(string) templ.Component { return galleryButton(p) }
}

func galleryDrawAlert(p AlertProps) func(string) templ.Component {
	return func(string) templ.Component { return galleryAlert(p) }
}

func galleryDrawCard(p CardProps) func(string) templ.Component {
	return func(string) templ.Component { return galleryCard(p) }
}
