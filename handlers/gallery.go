package handlers

import (
	"net/http"
	"slices"

	"github.com/plusauth/plusauth-go-starter/assets"
	"github.com/plusauth/plusauth-go-starter/views"
)

// GET /components and /components/{component}: the gallery.
func (h *app) components(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("component")
	if name != "" && !slices.Contains(views.Components(), name) {
		h.fail(w, r, statusError(http.StatusNotFound))
		return
	}
	h.render(w, r, http.StatusOK, views.ComponentsPage(h.page(r), views.ComponentsProps{
		Component: name, Stylesheet: assets.Stylesheet, GalleryStylesheet: h.Assets.URL("gallery.css")}))
}
