package gallery

import (
	"github.com/a-h/templ"

	"github.com/plusauth/plusauth-go-starter/views"
)

// dialogExamples shows the question before an action in its states.
var dialogExamples = component{File: "dialog", Group: "Feedback", Needs: "Needs btn.css.", Examples: []example{
	{State: "Danger", Draw: dialog(views.DialogProps{
		Open: "Delete", Title: "Delete this note?", Text: "It cannot be restored.", Action: "Delete", Danger: true,
	})},
	{State: "Question", Draw: dialog(views.DialogProps{
		Open: "Publish", Title: "Publish now?", Action: "Publish", Cancel: "Not yet",
	})},
	{State: "Right to left", Draw: dialog(views.DialogProps{Open: arabicName, Title: arabicName, Text: arabicName})},
	{State: "Long and hostile", Draw: dialog(views.DialogProps{
		Open: "Open", Title: longName, Text: longURL, Action: longName, Name: "id", Value: `"><script>alert(1)</script>`,
	})},
	{State: "Zero value", Draw: dialog(views.DialogProps{})},
}}

// menuExamples shows a list of links and actions in its states.
var menuExamples = component{File: "menu", Group: "Layout", Needs: "Needs btn.css.", Examples: []example{
	{State: "Links and an action", Draw: menu(views.MenuProps{Label: "More", Items: []views.MenuItem{
		{Text: "Menu", URL: "/components/menu", Current: true}, {Text: "Tabs", URL: "/components/tabs"},
		{Text: "Delete", URL: "/components/menu", Post: true, Danger: true, Name: "id", Value: "17"},
	}})},
	{State: "Long", Draw: menu(views.MenuProps{Label: longName, Items: []views.MenuItem{
		{Text: longURL, URL: "/components/menu"}, {Text: arabicName, URL: "/components/menu"},
	}})},
	{State: "Zero value", Draw: menu(views.MenuProps{})},
}}

// userMenuExamples shows the menu of the person in its states.
var userMenuExamples = component{File: "user-menu", Group: "Auth", Examples: []example{
	{State: "With links", Draw: userMenu(views.UserMenuProps{
		Name: "Ada Lovelace", Email: "ada@example.com", Avatar: views.Avatar(views.AvatarProps{Name: "Ada Lovelace"}),
		Items: []views.UserMenuItem{
			{Text: "Profile", URL: "/components/profile-card", Current: true},
			{Text: "Sessions", URL: "/components/session-list"},
		},
	})},
	{State: "Right to left", Draw: userMenu(views.UserMenuProps{Name: arabicName})},
	{State: "Long", Draw: userMenu(views.UserMenuProps{Name: longName, Email: longName + "@example.com"})},
	{State: "Zero value", Draw: userMenu(views.UserMenuProps{})},
}}

func dialog(p views.DialogProps) func(string) templ.Component {
	return func(id string) templ.Component {
		p := p
		p.ID, p.URL = id, "/components/dialog"
		return views.Dialog(p)
	}
}

func menu(p views.MenuProps) func(string) templ.Component {
	return func(id string) templ.Component {
		p := p
		p.ID = id
		return views.Menu(p)
	}
}

func userMenu(p views.UserMenuProps) func(string) templ.Component {
	return func(id string) templ.Component {
		p := p
		p.ID, p.LogoutURL = id, "/components/user-menu"
		return views.UserMenu(p)
	}
}
