package devidp

import "net/http"

// GET /: the provider's own session, and how to end it.
func (p *Provider) accountPage(w http.ResponseWriter, r *http.Request) {
	type application struct{ Name, URL string }
	var applications []application
	for _, c := range p.cfg.Clients {
		if home := c.home(); home != "" {
			applications = append(applications, application{p.clients[c.ID].Name, home})
		}
	}
	data := map[string]any{"Applications": applications, "Person": ""}
	if s, ok := p.current(r); ok {
		person, _ := p.person(s.Subject)
		var clients []string
		for _, id := range s.Clients {
			if c, ok := p.clients[id]; ok {
				clients = append(clients, c.Name)
			}
		}
		data["Person"], data["Clients"], data["Until"] = person.called(), clients, s.Expires
		data["Sessions"] = p.sessionsOf(s.Subject)
	}
	p.render(w, r, http.StatusOK, "account.html", data)
}

func (p *Provider) sessionsOf(subject string) (n int) {
	p.state.read(func(d *saved) {
		for _, s := range d.Sessions {
			if s.Subject == subject && p.now().Before(s.Expires) {
				n++
			}
		}
	})
	return n
}
