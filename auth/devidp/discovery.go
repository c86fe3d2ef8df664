package devidp

import (
	"net/http"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// metadata is op's discovery document with what it does not know of, and without what is not served.
type metadata struct {
	*oidc.DiscoveryConfiguration
	PAREndpoint               string   `json:"pushed_authorization_request_endpoint"`
	RequirePAR                bool     `json:"require_pushed_authorization_requests"`          // RFC 9126 section 5
	IssParameter              bool     `json:"authorization_response_iss_parameter_supported"` // RFC 9207 section 3
	PromptValues              []string `json:"prompt_values_supported"`                        // Initiating User Registration 1.0 section 3
	FrontChannelLogout        bool     `json:"frontchannel_logout_supported"`
	FrontChannelLogoutSession bool     `json:"frontchannel_logout_session_supported"`
}

// GET /.well-known/openid-configuration (OpenID Connect Discovery 1.0 section 4).
func (p *Provider) discovery(w http.ResponseWriter, r *http.Request) {
	d := op.CreateDiscoveryConfig(r.Context(), p.op, &storage{p})
	at := func(path string) string { return p.cfg.Issuer + path }
	d.AuthorizationEndpoint, d.TokenEndpoint, d.UserinfoEndpoint = at("/authorize"), at("/token"), at("/userinfo")
	d.EndSessionEndpoint, d.RevocationEndpoint, d.JwksURI = at("/end_session"), at("/revoke"), at("/keys")
	d.IntrospectionEndpoint, d.DeviceAuthorizationEndpoint = "", ""
	d.IntrospectionEndpointAuthMethodsSupported, d.IntrospectionEndpointAuthSigningAlgValuesSupported = nil, nil
	d.RevocationEndpointAuthSigningAlgValuesSupported = nil
	d.ResponseTypesSupported = []string{"code"}
	d.ResponseModesSupported = []string{"query"}
	d.GrantTypesSupported = []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeRefreshToken}
	writeJSON(w, http.StatusOK, metadata{
		DiscoveryConfiguration: d,
		PAREndpoint:            at("/par"), RequirePAR: p.cfg.RequirePushedAuthorization,
		IssParameter:       true,
		PromptValues:       promptValues,
		FrontChannelLogout: true, FrontChannelLogoutSession: true,
	})
}

// GET /keys: the public keys (RFC 7517).
func (p *Provider) jwks(w http.ResponseWriter, r *http.Request) { op.Keys(w, r, &storage{p}) }
