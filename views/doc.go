// Package views draws the pages: templ components that get plain props and know nothing of the app around them.
//
// A component is two files with one name, views/navbar.templ and assets/css/navbar.css. Both can be copied into
// another project and work there. Pages (page-*.templ) are this app's own compositions of them.
//
//	views.ProfilePage(views.PageProps{Session: session}, views.ProfileCardProps{Name: "Ada"}).Render(ctx, w)
//
// Each component can be seen in all its states at /components.
package views
