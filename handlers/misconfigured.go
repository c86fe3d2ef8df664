package handlers

import (
	"cmp"
	"strings"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/views"
)

// variables returns the names of the environment variables that set the given fields of auth.Config. A field that is
// not known keeps its name.
func (a *app) variables(fields []string) string {
	names := make([]string, len(fields))
	for i, field := range fields {
		names[i] = cmp.Or(a.Variables[field], field)
	}
	return strings.Join(names, ", ")
}

// inspectMisconfigured returns what developers need to know about a wrong setting, if they may see it on the page.
func (a *app) inspectMisconfigured(e *auth.MisconfiguredError) (details []views.NoticeDetail) {
	if !a.Inspect {
		return nil
	}
	if e.Problem != "" {
		details = append(details, views.NoticeDetail{Name: "Problem", Value: e.Problem})
	}
	if len(e.Fields) > 0 {
		details = append(details, views.NoticeDetail{Name: "Variables", Value: a.variables(e.Fields)})
	}
	return details
}
