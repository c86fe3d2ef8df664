package handlers

import (
	"net/http"
	"slices"

	"github.com/plusauth/plusauth-go-starter/assets"
	"github.com/plusauth/plusauth-go-starter/views/gallery"
)

// GET /components lists the components; GET /components/{component} shows one of them. The states are drawn in
// ?scheme=light or dark, or in both, and with ?width=320 as on a phone.
func (a *app) components(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("component")
	if name != "" && !slices.Contains(gallery.Components(), name) {
		return errNotFound
	}
	q := r.URL.Query()
	return a.render(w, r, gallery.Page(a.page(r, ""), gallery.Props{
		Component: name, Scheme: q.Get("scheme"), Narrow: q.Get("width") == "320",
		Stylesheet: assets.Stylesheet, GalleryStylesheet: a.Assets.URL("gallery.css"),
	}))
}
