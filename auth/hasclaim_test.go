package auth_test

import (
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
)

func TestHasClaim(t *testing.T) {
	t.Parallel()
	user := auth.User{Claims: []byte(`{
		"role": "admin", "roles": ["staff", "admin"], "groups": [], "level": 3, "verified": true, "nothing": null,
		"realm_access": {"roles": ["editor", 7, null, ["nested"], {"name": "object"}]},
		"https://example.com/roles": ["owner"],
		"x": {"y": {"z": "deep"}}, "a": {"b": {"c": "nested"}, "b.c": "dotted"}, "a.b": {"d": "mixed"},
		"big": 12345678901234567890, "empty": "", "empties": [""]
	}`)}
	for _, c := range []struct {
		name, value string
		want        bool
	}{
		{"role", "admin", true},
		{"role", "Admin", false},
		{"role", "adm", false},
		{"Role", "admin", false},
		{"roles", "staff", true},
		{"roles", "admin", true},
		{"roles", "staff admin", false},
		{"roles", `["staff"`, false},
		{"groups", "admin", false},
		{"missing", "admin", false},
		{"realm_access.roles", "editor", true},
		{"realm_access.roles", "7", true},
		{"realm_access.roles", "null", false},
		{"realm_access.roles", "nested", false},
		{"realm_access.roles", "object", false},
		{"realm_access", "roles", false},
		{"realm_access.", "editor", false},
		{".roles", "staff", false},
		{"roles.0", "staff", false},
		{"https://example.com/roles", "owner", true},
		{"x.y.z", "deep", true},
		{"a.b.c", "dotted", true},
		{"a.b.c", "nested", false}, // a name that contains the dots comes first
		{"a.b.d", "mixed", true},
		{"level", "3", true},
		{"level", "3.0", false},
		{"verified", "true", true},
		{"nothing", "null", false},
		{"big", "12345678901234567890", true},
		{"empty", "", false},
		{"empties", "", false},
		{"", "admin", false},
	} {
		if got := user.HasClaim(c.name, c.value); got != c.want {
			t.Errorf("%s, %s: got %t, want %t", c.name, c.value, got, c.want)
		}
	}
	for _, claims := range []string{"", "null", "[]", `"admin"`, "{", `{"roles":`} {
		if (auth.User{Claims: []byte(claims)}).HasClaim("roles", "admin") {
			t.Errorf("%s: got true", claims)
		}
	}
}
