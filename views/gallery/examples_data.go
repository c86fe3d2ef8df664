package gallery

import (
	"github.com/a-h/templ"

	"github.com/plusauth/plusauth-go-starter/views"
)

// tableExamples shows rows of values in their states.
var tableExamples = component{File: "table", Group: "Layout", Examples: []example{
	{State: "Sorted", Draw: table(views.TableProps{
		Caption: "Invoices",
		Columns: []views.TableColumn{
			{Title: "Number", URL: "/components/table?sort=number", Sorted: "descending"},
			{Title: "State"}, {Title: "Amount", Numeric: true},
		},
		Rows: [][]views.TableCell{
			{
				{Text: "2026-11", URL: "/components/table"},
				{Content: views.Badge(views.BadgeProps{Text: "paid", Kind: "success"})}, {Text: "€ 1,200.00"},
			},
			{{Text: "2026-10", URL: "/components/table"}, {Text: "open"}, {Text: "€ 12.00"}},
		},
	})},
	{State: "Empty", Draw: table(views.TableProps{
		Caption: "Notes", Columns: []views.TableColumn{{Title: "Note"}, {Title: "Date"}}, Empty: "You have no notes yet.",
	})},
	{State: "Right to left", Draw: table(views.TableProps{
		Caption: arabicName, Columns: []views.TableColumn{{Title: arabicName}},
		Rows: [][]views.TableCell{{{Text: arabicName}}},
	})},
	{State: "Long and hostile", Draw: table(views.TableProps{
		Caption: longName, Columns: []views.TableColumn{{Title: "A"}, {Title: "B"}, {Title: "C"}},
		Rows: [][]views.TableCell{{{Text: longName}, {Text: longURL}, {Text: `"><script>alert(1)</script>`}}},
	})},
	{State: "Zero value", Draw: table(views.TableProps{})},
}}

// paginationExamples shows the links to the pages of a list in their states.
var paginationExamples = component{File: "pagination", Group: "Layout", Examples: []example{
	{State: "In the middle", Draw: pagination(views.PaginationProps{Page: 5, Pages: 12})},
	{State: "First page", Draw: pagination(views.PaginationProps{Page: 1, Pages: 3})},
	{State: "Last page", Draw: pagination(views.PaginationProps{Page: 1200, Pages: 1200})},
	{State: "One page", Draw: pagination(views.PaginationProps{Page: 1, Pages: 1})},
	{State: "Zero value", Draw: draw(views.Pagination, views.PaginationProps{})},
}}

// emptyExamples shows what stands in place of an empty list.
var emptyExamples = component{File: "empty", Group: "Feedback", Examples: []example{
	{State: "With an action", Draw: func(string) templ.Component {
		action := with(views.Button(views.ButtonProps{URL: "/components/empty", Primary: true}), text("Write a note"))
		props := views.EmptyProps{Title: "No notes yet", Text: "Write down what you want to remember."}
		return with(views.Empty(props), action)
	}},
	{State: "Long", Draw: draw(views.Empty, views.EmptyProps{Title: longName, Text: longURL})},
	{State: "Right to left", Draw: draw(views.Empty, views.EmptyProps{Title: arabicName})},
	{State: "Zero value", Draw: draw(views.Empty, views.EmptyProps{})},
}}

func table(p views.TableProps) func(string) templ.Component {
	return func(id string) templ.Component {
		p := p
		p.ID = id
		return views.Table(p)
	}
}

func pagination(p views.PaginationProps) func(string) templ.Component {
	return func(id string) templ.Component {
		p := p
		p.URL, p.Label = "/components/pagination?page=", id
		return views.Pagination(p)
	}
}

// breadcrumbExamples shows the way to a page in its states.
var breadcrumbExamples = component{File: "breadcrumb", Group: "Layout", Examples: []example{
	{State: "Three levels", Draw: breadcrumb(
		views.BreadcrumbItem{Text: "Home", URL: "/components/breadcrumb"},
		views.BreadcrumbItem{Text: "Invoices", URL: "/components/breadcrumb"},
		views.BreadcrumbItem{Text: "2026-11"},
	)},
	{State: "Right to left", Draw: breadcrumb(
		views.BreadcrumbItem{Text: "Home", URL: "/components/breadcrumb"}, views.BreadcrumbItem{Text: arabicName},
	)},
	{State: "Long and hostile", Draw: breadcrumb(
		views.BreadcrumbItem{Text: longName, URL: "/components/breadcrumb"},
		views.BreadcrumbItem{Text: `"><script>alert(1)</script>`}, views.BreadcrumbItem{Text: longURL},
	)},
}}

func breadcrumb(items ...views.BreadcrumbItem) func(string) templ.Component {
	return func(id string) templ.Component {
		return views.Breadcrumb(views.BreadcrumbProps{Label: id, Items: items})
	}
}

// stackExamples shows how a stack arranges its children.
var stackExamples = component{File: "stack", Group: "Layout", Examples: []example{
	{State: "Below each other", Draw: stack(views.StackProps{})},
	{State: "Tight", Draw: stack(views.StackProps{Tight: true})},
	{State: "Wide", Draw: stack(views.StackProps{Wide: true})},
	{State: "In a row", Draw: stack(views.StackProps{Row: true})},
}}

func stack(p views.StackProps) func(string) templ.Component {
	return func(string) templ.Component {
		return with(views.Stack(p),
			views.Badge(views.BadgeProps{Text: "One"}), views.Badge(views.BadgeProps{Text: "Two"}), paragraph(longName))
	}
}

// checkListExamples shows the outcomes of checks.
var checkListExamples = component{File: "check-list", Group: "Feedback", Examples: []example{
	{State: "Every outcome", Draw: draw(views.CheckList, views.CheckListProps{Items: []views.CheckListItem{
		{Text: "The provider answers", State: "ok", Detail: "In 42 ms."},
		{Text: "The clocks agree", State: "failed", Detail: "They differ by 312 seconds. Set this clock with NTP."},
		{Text: "The provider signs people out", State: "warning", Detail: "It has no end_session_endpoint."},
		{Text: "The client secret is right"},
	}})},
	{State: "Long and right to left", Draw: draw(views.CheckList, views.CheckListProps{Items: []views.CheckListItem{
		{Text: longURL, State: "failed", Detail: longName}, {Text: arabicName, State: "ok"},
	}})},
}}

// progressExamples shows how far a task is.
var progressExamples = component{File: "progress", Group: "Feedback", Examples: []example{
	{State: "Under way", Draw: progress(views.ProgressProps{Label: "Import", Value: 3, Max: 12, Text: "3 of 12 files"})},
	{State: "Done", Draw: progress(views.ProgressProps{Label: "Import", Value: 15, Max: 12})},
	{State: "Nobody knows", Draw: progress(views.ProgressProps{Label: "Waiting for the bank"})},
	{State: "Long", Draw: progress(views.ProgressProps{Label: longURL, Value: 1, Max: 3, Text: longName})},
	{State: "Zero value", Draw: progress(views.ProgressProps{})},
}}

func progress(p views.ProgressProps) func(string) templ.Component {
	return func(id string) templ.Component {
		p := p
		p.ID = id
		return views.Progress(p)
	}
}

// spinnerExamples shows that something is on its way.
var spinnerExamples = component{File: "spinner", Group: "Feedback", Examples: []example{
	{State: "With a label", Draw: draw(views.Spinner, views.SpinnerProps{Label: "Loading the report…"})},
	{State: "Alone", Draw: draw(views.Spinner, views.SpinnerProps{Hidden: true})},
	{State: "Long", Draw: draw(views.Spinner, views.SpinnerProps{Label: longURL})},
	{State: "Zero value", Draw: draw(views.Spinner, views.SpinnerProps{})},
}}
