package handlers

import (
	"net/http"
	"slices"

	"github.com/plusauth/plusauth-go-starter/assets"
	"github.com/plusauth/plusauth-go-starter/views"
)

// GET /components lists the components; GET /components/{component} shows one of them.
func (a *app) components(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("component")
	if name != "" && !slices.Contains(views.Components(), name) {
		return errNotFound
	}
	return a.render(w, r, views.ComponentsPage(a.page(r, ""), views.ComponentsProps{
		Component: name, Stylesheet: assets.Stylesheet, GalleryStylesheet: a.Assets.URL("gallery.css")}))
}
