package devidp

import (
	"net/http"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// metadata is the discovery document of op with the members that op does not know: those of RFC 9126 section 5 (PAR),
// RFC 9207 section 3 (iss), Initiating User Registration 1.0 section 3 (prompt) and Front-Channel Logout 1.0 section 3.
type metadata struct {
	*oidc.DiscoveryConfiguration
	PAREndpoint               string   `json:"pushed_authorization_request_endpoint"`
	RequirePAR                bool     `json:"require_pushed_authorization_requests"`
	IssParameter              bool     `json:"authorization_response_iss_parameter_supported"`
	PromptValues              []string `json:"prompt_values_supported"`
	FrontChannelLogout        bool     `json:"frontchannel_logout_supported"`
	FrontChannelLogoutSession bool     `json:"frontchannel_logout_session_supported"`
}

// GET /.well-known/openid-configuration returns the discovery document (OpenID Connect Discovery 1.0 section 4). It
// lists only the endpoints and methods that this package serves.
func (p *Provider) discovery(w http.ResponseWriter, r *http.Request) {
	d := op.CreateDiscoveryConfig(r.Context(), p.op, &storage{p: p})
	endpoint := func(path string) string { return p.config.Issuer + path }
	d.AuthorizationEndpoint, d.TokenEndpoint = endpoint("/authorize"), endpoint("/token")
	d.UserinfoEndpoint = endpoint("/userinfo")
	d.EndSessionEndpoint, d.RevocationEndpoint = endpoint("/end_session"), endpoint("/revoke")
	d.JwksURI = endpoint("/keys")
	d.IntrospectionEndpoint, d.DeviceAuthorizationEndpoint = "", ""
	d.IntrospectionEndpointAuthMethodsSupported = nil
	d.IntrospectionEndpointAuthSigningAlgValuesSupported = nil
	d.RevocationEndpointAuthSigningAlgValuesSupported = nil
	d.ResponseTypesSupported = []string{"code"}
	d.ResponseModesSupported = []string{"query"}
	d.GrantTypesSupported = []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeRefreshToken}
	writeJSON(w, http.StatusOK, metadata{
		DiscoveryConfiguration: d,
		PAREndpoint:            endpoint("/par"), RequirePAR: p.config.RequirePushedAuthorization,
		IssParameter:       true,
		PromptValues:       promptValues,
		FrontChannelLogout: true, FrontChannelLogoutSession: true,
	})
}

// GET /keys returns the public keys (RFC 7517).
func (p *Provider) jwks(w http.ResponseWriter, r *http.Request) { op.Keys(w, r, &storage{p: p}) }
