package devidp

import "net/http"

// GET /: the provider's own session, and how to end it.
func (p *Provider) accountPage(w http.ResponseWriter, r *http.Request) {
	type application struct{ Name, URL string }
	var apps []application
	for _, c := range p.cfg.Clients {
		if home := c.homeURL(); home != "" {
			apps = append(apps, application{p.clients[c.ID].Name, home})
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
