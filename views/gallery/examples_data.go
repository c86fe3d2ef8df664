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
