package gallery

import (
	"github.com/a-h/templ"

	"github.com/plusauth/plusauth-go-starter/views"
)

// flowPicture shows the picture of a sign-in in its states.
var flowPicture = component{
	File: "flow-picture", Group: "Auth", Examples: flowExamples,
	Needs: "Needs session.js to copy its text; without it the link leads there.",
}

var flowExamples = []example{
	{State: "How a sign-in works", Draw: flow(views.FlowPictureProps{Steps: flowSteps("", nil)})},
	{State: "Last sign-in", Draw: flow(views.FlowPictureProps{
		Title: "75\u00a0ms here + 6.2\u00a0s at the provider", Subtitle: "today, 10:42:19 · Firefox on Linux",
		Label: "Your last sign-in", Timed: true, Wide: true, Text: "/components/flow-picture",
		Steps: flowSteps("", []views.FlowCheck{
			{Name: "signature", Expected: "RS256, a key of the provider", Got: "RS256, key 2026-11"},
			{Name: "nonce", Expected: "p0Zr… (43)", Got: "p0Zr… (43)"},
		}),
	})},
	{State: "Failed", Draw: flow(views.FlowPictureProps{
		Label: "Your last sign-in, which failed", Failed: true,
		Steps: flowSteps(views.FlowFailed, []views.FlowCheck{{Name: "signature"}, {Name: "issued at", Failed: true}}),
	})},
	{State: "Long values", Draw: flow(views.FlowPictureProps{
		Title: longName, Subtitle: longURL, Provider: "sign-in.customers.example.com", Wide: true, Timed: true,
		Steps: []views.FlowStep{
			{From: views.FlowYou, To: views.FlowApp, Label: longName, Detail: longURL, At: "0 ms"},
			{From: views.FlowApp, To: views.FlowProvider, Label: arabicName, At: "3h0m0s", Checks: []views.FlowCheck{
				{Name: longName, Expected: longURL, Got: "<script>alert(1)</script>", Failed: true},
			}},
		},
	})},
	{State: "Zero value", Draw: flow(views.FlowPictureProps{})},
}

func flow(p views.FlowPictureProps) func(string) templ.Component {
	return func(id string) templ.Component {
		p := p
		p.ID = id
		return views.FlowPicture(p)
	}
}

// flowSteps returns the steps of a sign-in whose token call ended as state says, with checks.
func flowSteps(state views.FlowState, checks []views.FlowCheck) []views.FlowStep {
	end := views.FlowDone
	if state == views.FlowFailed {
		end = views.FlowOff
	}
	if checks == nil {
		checks = []views.FlowCheck{{Name: "signature"}, {Name: "nonce"}, {Name: "audience"}}
	}
	return []views.FlowStep{
		{From: views.FlowYou, To: views.FlowApp, Label: "Login", Detail: "GET /login", At: "0 ms"},
		{
			From: views.FlowApp, To: views.FlowProvider, Label: "state + nonce + PKCE", Detail: "/authorize",
			At: "3 ms", Via: true,
		},
		{
			From: views.FlowProvider, To: views.FlowApp, Label: "code", Detail: "GET /login/callback",
			At: "6.2 s", Via: true, Checks: []views.FlowCheck{{Name: "state"}, {Name: "issuer"}},
		},
		{
			From: views.FlowApp, To: views.FlowProvider, Label: "code + verifier", Detail: "POST /token",
			At: "6.2 s", State: state, Checks: checks,
		},
		{From: views.FlowApp, To: views.FlowYou, Label: "signed in", At: "6.3 s", State: end},
	}
}
