// Package views renders the pages of the app with templ components. Components take plain props, so they know nothing
// of the app around them.
//
// A component is two files with one name, for example views/navbar.templ and assets/css/navbar.css. Both can be copied
// into another project and work there. The pages (page-*.templ) compose them into what this app shows:
//
//	page := views.PageProps{Session: views.LoginStateProps{SignedIn: true, Name: "ada"}}
//	err := views.ProfilePage(page, views.ProfileCardProps{Name: "Ada"}).Render(ctx, w)
//
// The gallery at /components shows each component in all its states.
package views
