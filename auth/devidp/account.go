package devidp

import "net/http"

// GET / shows the session at the provider and the buttons that end it.
func (p *Provider) accountPage(w http.ResponseWriter, r *http.Request) {
	type app struct{ Name, URL string }
	var apps []app
	for _, c := range p.config.Clients {
		if home := c.homeURL(); home != "" {
			apps = append(apps, app{p.clients[c.ID].Name, home})
		}
	}
	data := map[string]any{"Apps": apps, "User": ""}
	if s, ok := p.currentSession(r); ok {
		user, _ := p.userBySubject(s.Subject)
		var clients []string
		for _, id := range s.Clients {
			if c, ok := p.clients[id]; ok {
				clients = append(clients, c.Name)
			}
		}
		data["User"], data["Clients"], data["Expires"] = user.displayName(), clients, s.Expires
		data["Sessions"] = p.countSessions(s.Subject)
	}
	p.render(w, r, http.StatusOK, "account.html", data)
}

// countSessions returns the number of sessions of a user.
func (p *Provider) countSessions(subject string) (n int) {
	p.state.view(func(d *savedState) {
		for _, s := range d.Sessions {
			if s.Subject == subject && p.now().Before(s.Expires) {
				n++
			}
		}
	})
	return n
}
