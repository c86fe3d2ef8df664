package devidp

import (
	"context"
	"errors"
	"testing"

	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// The concurrent functions run between AuthRequestByCode and CreateAccessToken.
func TestCodeIsRejectedIfUsedOrSignedOutDuringTheExchange(t *testing.T) {
	t.Parallel()
	for name, concurrent := range map[string]func(*Provider, string) error{
		"used again": func(p *Provider, value string) error {
			if _, err := (&storage{p: p}).AuthRequestByCode(context.Background(), value); err == nil {
				return errors.New("the second use succeeded")
			}
			return nil
		},
		"signed out": func(p *Provider, _ string) error {
			_, err := p.endSessions(func(session) bool { return true }, false)
			return err
		},
		"nothing": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := New(Config{Issuer: DefaultIssuer, SigningAlg: "EdDSA"})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			s := session{SID: "sid", Subject: "dev-ada", Expires: p.now().Add(sessionLifetime)}
			p.state.update(func(d *savedState) error { d.Sessions["sid"] = s; return nil })
			value := p.issueCode(&authRequest{client: Client{ID: "app"}, scopes: []string{"openid"}}, s)
			request, err := (&storage{p: p}).AuthRequestByCode(context.Background(), value)
			if err != nil {
				t.Fatal(err)
			}
			if concurrent != nil {
				if err := concurrent(p, value); err != nil {
					t.Fatal(err)
				}
			}
			_, _, err = (&storage{p: p}).CreateAccessToken(context.Background(), request)
			if concurrent == nil && err != nil || concurrent != nil && !errors.Is(err, oidc.ErrInvalidGrant()) {
				t.Error(err)
			}
		})
	}
}
