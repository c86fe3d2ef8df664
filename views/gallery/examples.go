package gallery

import (
	"time"

	"github.com/a-h/templ"

	"github.com/plusauth/plusauth-go-starter/views"
)

// components are all components in the order of the gallery.
var components = []component{
	{File: "layout", Group: "Layout"},
	{File: "navbar", Group: "Layout", Examples: []example{
		{State: "Signed out", Draw: navbar(views.LoginStateProps{})},
		{State: "Signed in", Inert: true, Draw: navbar(views.LoginStateProps{SignedIn: true, Name: "ada"})},
		{State: "Long name", Inert: true, Draw: navbar(views.LoginStateProps{SignedIn: true, Name: longName})},
		{State: "Links", Inert: true, Draw: navbar(views.LoginStateProps{SignedIn: true, Name: "ada"},
			views.NavbarLink{Text: "Orders", URL: "/orders", Current: true},
			views.NavbarLink{Text: "Customers", URL: "/customers"}, views.NavbarLink{Text: "Reports", URL: "/reports"})},
		{State: "Zero value", Draw: func(id string) templ.Component { return views.Navbar(views.NavbarProps{Label: id}) }},
	}},
	{File: "login-state", Group: "Auth", Needs: "Needs htmx and session.js to follow other tabs.", Examples: []example{
		{State: "Signed out", Draw: loginState(views.LoginStateProps{})},
		{State: "Signed in", Inert: true, Draw: loginState(views.LoginStateProps{SignedIn: true, Name: "ada"})},
		{State: "Long name", Inert: true, Draw: loginState(views.LoginStateProps{SignedIn: true, Name: longName})},
		{State: "Right to left", Inert: true, Draw: loginState(views.LoginStateProps{SignedIn: true, Name: arabicName})},
	}},
	{File: "avatar", Group: "Auth", Examples: []example{
		{State: "Initials", Draw: draw(views.Avatar, views.AvatarProps{Name: "Ada Lovelace"})},
		{State: "Large", Draw: draw(views.Avatar, views.AvatarProps{Name: "bob@example.com", Large: true})},
		{State: "Right to left", Draw: draw(views.Avatar, views.AvatarProps{Name: arabicName})},
		{State: "Zero value", Draw: draw(views.Avatar, views.AvatarProps{})},
	}},
	{File: "tabs", Group: "Layout", Examples: []example{
		{State: "Three", Inert: true, Draw: tabs(views.TabsProps{Items: []views.Tab{
			{Text: "Profile", URL: "/profile", Current: true}, {Text: "Sessions", URL: "/sessions"},
			{Text: "Home", URL: "/"},
		}})},
		{State: "Long", Inert: true, Draw: tabs(views.TabsProps{Items: []views.Tab{
			{Text: longName, URL: "/profile"}, {Text: arabicName, URL: "/sessions", Current: true},
		}})},
		{State: "Zero value", Draw: tabs(views.TabsProps{})},
	}},
	{File: "theme-switch", Group: "Layout", Examples: []example{
		{State: "System", Inert: true, Draw: themeSwitch(views.ThemeSwitchProps{})},
		{State: "Dark", Inert: true, Draw: themeSwitch(views.ThemeSwitchProps{Theme: "dark"})},
	}},
	{File: "persona-picker", Group: "Auth", Examples: []example{
		{State: "Three people", Inert: true, Draw: personas(views.PersonaPickerProps{Title: "Demo", People: []views.Persona{
			{Name: "Ada", URL: "/login?login_hint=ada", Avatar: views.Avatar(views.AvatarProps{Name: "Ada"})},
			{Name: arabicName, URL: "/login?login_hint=layla", Avatar: views.Avatar(views.AvatarProps{Name: arabicName})},
			{Name: "Somebody new", URL: "/login?prompt=create"},
		}})},
		{State: "Long name", Inert: true, Draw: personas(views.PersonaPickerProps{
			Title: "Demo.", Message: "Choose.", People: []views.Persona{{Name: longName, URL: "/login"}},
		})},
		{State: "Zero value", Draw: personas(views.PersonaPickerProps{})},
	}},
	{File: "copy-line", Group: "Feedback", Needs: "Needs session.js to copy.", Examples: []example{
		{State: "A command", Draw: copyLine(views.CopyLineProps{Text: "go run .", Label: "Copy the command"})},
		{State: "Long", Draw: copyLine(views.CopyLineProps{Text: longURL})},
		{State: "Zero value", Draw: draw(views.CopyLine, views.CopyLineProps{})},
	}},
	{File: "jumbotron", Group: "Layout", Examples: []example{
		{State: "With an action", Draw: jumbotron(views.JumbotronProps{
			Title: "Hello, world!",
			Lead:  "A small Go app that signs people in with OpenID Connect.",
		})},
		{State: "Long words", Draw: jumbotron(views.JumbotronProps{
			Title: "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz",
			Lead:  "A long word breaks where the box ends.",
		})},
		{State: "Title alone", Draw: draw(views.Jumbotron, views.JumbotronProps{Title: "Hello, world!", Section: true})},
	}},
	{File: "profile-card", Group: "Auth", Needs: "Needs htmx to refresh, and session.js to copy.", Examples: []example{
		{State: "Verified", Draw: profileCard(views.ProfileCardProps{
			Name: "Ada Lovelace", Email: "ada@example.com", EmailVerified: true, Claims: []byte(claims),
		})},
		{State: "No email", Draw: profileCard(views.ProfileCardProps{
			Name: "grace", Claims: []byte(`{"sub":"2","username":"grace"}`),
		})},
		{State: "Right to left", Draw: profileCard(views.ProfileCardProps{
			Name: arabicName, Email: "layla@example.com",
			Claims: []byte(`{"sub":"3","name":"` + arabicName + `"}`),
		})},
		{State: "Refreshing", Inert: true, Draw: profileCard(views.ProfileCardProps{
			Name: "Ada Lovelace", Email: "ada@example.com", EmailVerified: true,
			RefreshURL: "/profile", AccountURL: "https://example.plusauth.com/account", Busy: true,
			Claims: []byte(`{"sub":"1"}`),
		})},
		{State: "Refresh failed", Inert: true, Draw: profileCard(views.ProfileCardProps{
			Name: "Ada Lovelace", Email: "ada@example.com", RefreshURL: "/profile",
			Problem: "Not refreshed: example.plusauth.com did not answer. You see the profile as it was before.",
			Claims:  []byte(`{"sub":"1"}`),
		})},
		{State: "Hostile input", Draw: profileCard(views.ProfileCardProps{
			Name: longName, Email: longName + "@example.com", Claims: []byte(hostileClaims),
		})},
		{State: "Zero value", Draw: profileCard(views.ProfileCardProps{})},
	}},
	userMenuExamples,
	accountCardExamples,
	signInButtonExamples,
	sessionList,
	signInPrompt,
	guardExamples,
	consentExamples,
	flash,
	flowPicture,
	dialogExamples,
	noticeExamples,
	{File: "btn", Group: "Forms", Examples: []example{
		{State: "Primary", Draw: button(views.ButtonProps{Submit: true, Primary: true})},
		{State: "Quiet", Draw: button(views.ButtonProps{Submit: true})},
		{State: "Large link", Draw: button(views.ButtonProps{URL: "/components/btn", Primary: true, Large: true})},
		{State: "Danger", Draw: button(views.ButtonProps{Danger: true})},
		{State: "Danger, filled", Draw: button(views.ButtonProps{Danger: true, Primary: true})},
		{State: "Small", Draw: button(views.ButtonProps{Small: true})},
		{State: "Full width", Draw: button(views.ButtonProps{Block: true})},
		{State: "Disabled", Draw: button(views.ButtonProps{Disabled: true})},
		{State: "Disabled link", Draw: button(views.ButtonProps{URL: "/components/btn", Disabled: true})},
		{State: "Busy", Draw: button(views.ButtonProps{Primary: true, Busy: true})},
	}},
	textFieldExamples,
	selectExamples,
	checkboxExamples,
	radioGroupExamples,
	formErrorExamples,
	alertExamples,
	{File: "badge", Group: "Feedback", Examples: []example{
		{State: "Neutral", Draw: draw(views.Badge, views.BadgeProps{Text: "new"})},
		{State: "Success", Draw: draw(views.Badge, views.BadgeProps{Text: "verified", Kind: "success"})},
		{State: "Warning", Draw: draw(views.Badge, views.BadgeProps{Text: "expires soon", Kind: "warning"})},
		{State: "Danger", Draw: draw(views.Badge, views.BadgeProps{Text: "revoked", Kind: "danger"})},
	}},
	menuExamples,
	tableExamples,
	paginationExamples,
	breadcrumbExamples,
	stackExamples,
	emptyExamples,
	checkListExamples,
	progressExamples,
	spinnerExamples,
	{File: "card", Group: "Layout", Examples: []example{
		{State: "With a title", Draw: card(views.CardProps{Title: "Invoices"})},
		{State: "Dashed", Draw: card(views.CardProps{Title: "Draft", Dashed: true})},
		{State: "With header and footer", Draw: card(views.CardProps{
			Title: "Invoices", Header: views.Badge(views.BadgeProps{Text: "2 open", Kind: "warning"}),
			Footer: with(views.Button(views.ButtonProps{URL: "/components/card"}), text("Pay all")),
		})},
		{State: "Long", Draw: card(views.CardProps{
			Title: longName, Header: views.Badge(views.BadgeProps{Text: "new"}), Footer: text(longURL),
		})},
		{State: "Text alone", Draw: card(views.CardProps{})},
	}},
	{File: "facts", Group: "Layout", Examples: []example{
		{State: "Three", Draw: draw(views.Facts, views.FactsProps{Items: []views.Fact{
			{Name: "Signs in at", Value: "example.plusauth.com"},
			{Name: "Flow", Value: "Authorization code with PKCE"},
			{Name: "Client", Value: "With a secret"},
		}})},
		{State: "Long value", Draw: draw(views.Facts, views.FactsProps{Items: []views.Fact{
			{Name: "Name", Value: longName},
			{Name: "Right to left", Value: arabicName},
		}})},
	}},
}

const (
	longName   = "Hubert Blaine Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh-Cholmondeley"
	arabicName = "ليلى بنت عبد الله"
	claims     = `{"sub":"5f6d1c9e-0b1a-4c60-9a52-7d0f0c7a4b21","name":"Ada Lovelace",` +
		`"given_name":"Ada","family_name":"Lovelace","username":"ada","email":"ada@example.com","email_verified":true,` +
		`"locale":"en-GB","updated_at":1793638800,"iss":"https://example.plusauth.com","plan":"pro"}`
	hostileClaims = `{"name":"<script>alert(1)</script>","picture":"javascript:alert(1)","nickname":"\u202egnol yrev",` +
		`"website":"` + longURL + `","emoji":"👩‍👩‍👧‍👦🏳️‍🌈","empty":"","nothing":null}`
	longURL = "https://example.com/a/very/long/address/that/never/seems/to/end/" +
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
)

// Many requests call the functions below at once, so each call works on its own copy of the props.

// draw is for components without ID and children.
func draw[P any](component func(P) templ.Component, props P) func(string) templ.Component {
	return func(string) templ.Component { return component(props) }
}

func navbar(p views.LoginStateProps, links ...views.NavbarLink) func(string) templ.Component {
	return func(id string) templ.Component {
		bar := views.NavbarProps{Brand: "My app", Mark: "M", HomeURL: "/components/navbar", Label: id, Links: links}
		return with(views.Navbar(bar), loginState(p)(id))
	}
}

func loginState(p views.LoginStateProps) func(string) templ.Component {
	return func(id string) templ.Component {
		q := p
		q.ID, q.LoginURL = id, "/components/login-state"
		return views.LoginState(q)
	}
}

func jumbotron(p views.JumbotronProps) func(string) templ.Component {
	return func(string) templ.Component {
		p := p
		p.Section = true // the page has another h1
		action := views.Button(views.ButtonProps{URL: "/components/jumbotron", Primary: true, Large: true})
		return with(views.Jumbotron(p), with(action, text("Login/Register »")))
	}
}

func profileCard(p views.ProfileCardProps) func(string) templ.Component {
	return func(id string) templ.Component {
		q := p
		q.ID, q.Updated = id, time.Date(2026, 11, 23, 14, 2, 11, 0, time.UTC)
		q.Now = q.Updated.Add(time.Second)
		return views.ProfileCard(q)
	}
}

func button(p views.ButtonProps) func(string) templ.Component {
	return func(string) templ.Component {
		return with(form("/components/btn"), with(views.Button(p), text("Save changes")))
	}
}

func card(p views.CardProps) func(string) templ.Component {
	return func(string) templ.Component {
		return with(views.Card(p), paragraph("The content of the card."))
	}
}

func copyLine(p views.CopyLineProps) func(string) templ.Component {
	return func(id string) templ.Component {
		p := p
		p.ID = id
		return views.CopyLine(p)
	}
}

func themeSwitch(p views.ThemeSwitchProps) func(string) templ.Component {
	return func(id string) templ.Component {
		p := p
		p.Label = id
		return views.ThemeSwitch(p)
	}
}

func personas(p views.PersonaPickerProps) func(string) templ.Component {
	return func(string) templ.Component {
		return views.PersonaPicker(p)
	}
}

func tabs(p views.TabsProps) func(string) templ.Component {
	return func(id string) templ.Component {
		p := p
		p.Label = id
		return views.Tabs(p)
	}
}
