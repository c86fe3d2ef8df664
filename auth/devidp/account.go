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
	data := map[string]any{"Apps": apps, "User": "", "Panel": p.panel(&authRequest{})}
	if s, ok := p.currentSession(r); ok {
		user, _ := p.userBySubject(s.Subject)
		var clients []string
		for _, id := range s.Clients {
			if c, ok := p.clients[id]; ok {
				clients = append(clients, c.Name)
			}
		}
		data["User"], data["Clients"], data["Expires"] = user.displayName(), clients, s.Expires
		sessions := 0
		p.state.view(func(d *savedState) {
			for _, other := range d.Sessions {
				if other.Subject == s.Subject && p.now().Before(other.Expires) {
					sessions++
				}
			}
		})
		data["Sessions"] = sessions
	}
	p.render(w, r, http.StatusOK, "account.html", data)
}
