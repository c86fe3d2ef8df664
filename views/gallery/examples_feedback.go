package gallery

import (
	"github.com/a-h/templ"

	"github.com/plusauth/plusauth-go-starter/views"
)

// noticeExamples shows the page of an error in its states.
var noticeExamples = component{
	File: "notice", Group: "Feedback", Needs: "Needs session.js to copy the request ID.", Examples: []example{
		{State: "Page not found", Draw: notice(views.NoticeProps{
			Title: "Page not found", Message: "We can't find that page. It may have moved.", Status: 404,
			Action: "Go to the home page", ActionURL: "/components/notice",
		})},
		{State: "All parts", Draw: notice(views.NoticeProps{
			Title: "You were not signed in", Message: "The sign-in was cancelled.",
			Status: 403, Action: "Try again", ActionURL: "/components/notice", RequestID: "01JD9ZC4V0",
			Details: []views.NoticeDetail{
				{Name: "Code", Value: "access_denied"},
				{Name: "Description", Value: "The resource owner denied the request."},
			},
		})},
		{State: "With causes", Draw: notice(views.NoticeProps{
			Title:   "You were not signed in",
			Message: "A security check on the provider's answer failed.", Status: 502,
			Action: "Try again", ActionURL: "/components/notice",
			Causes: []views.NoticeCause{
				{Cause: "The clock of this server is slow.", Evidence: "A time in the ID token (iat) is 287 seconds ahead.",
					Cure: "Check it with timedatectl, and set it with NTP."},
				{Cause: "Someone replayed or changed the answer.", Evidence: "The log has the whole check under the request ID."},
			},
			Details: []views.NoticeDetail{{Name: "Check", Value: "iat"}},
		})},
		{State: "It passes", Draw: notice(views.NoticeProps{
			Title: "We can't reach the sign-in service", Message: "Nothing is lost. Try again in a moment.",
			Status: 503, Kind: "wait",
		})},
		{State: "Zero value", Draw: notice(views.NoticeProps{})},
	},
}

// alertExamples shows a message in its kinds.
var alertExamples = component{File: "alert", Group: "Feedback", Examples: []example{
	{State: "Info", Draw: alert(views.AlertProps{})},
	{State: "Success", Draw: alert(views.AlertProps{Kind: "success"})},
	{State: "Warning", Draw: alert(views.AlertProps{Kind: "warning"})},
	{State: "Danger", Draw: alert(views.AlertProps{Kind: "danger"})},
	{State: "With a title", Draw: alert(views.AlertProps{Kind: "warning", Title: "Your trial ends tomorrow"})},
	{State: "Long", Draw: alert(views.AlertProps{Kind: "success", Title: longURL})},
}}

func notice(p views.NoticeProps) func(string) templ.Component {
	return func(id string) templ.Component {
		q := p
		q.ID, q.Fragment = id, true
		return views.Notice(q)
	}
}

func alert(p views.AlertProps) func(string) templ.Component {
	return func(string) templ.Component {
		message := messageWithLink("A message, with a ", "/components/alert", "link", " in it.")
		return with(views.Alert(p), message)
	}
}
