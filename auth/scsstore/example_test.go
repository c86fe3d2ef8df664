package scsstore_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"

	"github.com/alexedwards/scs/v2"

	"github.com/plusauth/plusauth-go-starter/auth/scsstore"
	"github.com/plusauth/plusauth-go-starter/auth/store"
)

// A cart, and a message that the next page shows once. In an app, the handlers are also inside auth.Client.Load.
func Example() {
	sessions, err := store.Open(context.Background(), "memory:") // the Store of auth.Config
	if err != nil {
		log.Fatal(err)
	}
	defer sessions.Close()
	values := scs.New()
	values.Store = scsstore.New(sessions)
	values.Cookie.Name = "values"

	mux := http.NewServeMux()
	mux.HandleFunc("POST /cart", func(w http.ResponseWriter, r *http.Request) {
		cart := values.GetString(r.Context(), "cart") + " " + r.FormValue("add")
		values.Put(r.Context(), "cart", strings.TrimSpace(cart))
		values.Put(r.Context(), "message", "Added "+r.FormValue("add")+".")
		http.Redirect(w, r, "/cart", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /cart", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "cart: %s; message: %s", values.GetString(r.Context(), "cart"), values.PopString(r.Context(), "message"))
	})
	app := httptest.NewServer(values.LoadAndSave(mux))
	defer app.Close()

	jar, err := cookiejar.New(nil)
	if err != nil {
		log.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	show := func(resp *http.Response, err error) {
		if err != nil {
			log.Fatal(err)
		}
		defer resp.Body.Close()
		page, _ := io.ReadAll(resp.Body)
		fmt.Println(string(page))
	}
	show(browser.Post(app.URL+"/cart?add=tea", "", nil))
	show(browser.Post(app.URL+"/cart?add=milk", "", nil))
	show(browser.Get(app.URL + "/cart"))
	// Output:
	// cart: tea; message: Added tea.
	// cart: tea milk; message: Added milk.
	// cart: tea milk; message:
}
