package gallery

import (
	"github.com/a-h/templ"

	"github.com/plusauth/plusauth-go-starter/views"
)

// textFieldExamples shows a text field in its states.
var textFieldExamples = component{File: "text-field", Group: "Forms", Examples: []example{
	{State: "With a hint", Draw: textField(views.TextFieldProps{
		Label: "Email", Name: "email", Type: "email", Autocomplete: "email", Required: true,
		Hint: "We send a link to this address.",
	})},
	{State: "Error", Draw: textField(views.TextFieldProps{
		Label: "Email", Name: "email", Type: "email", Required: true, Value: "ada@",
		Hint: "We send a link to this address.", Error: "Enter an email address like ada@example.com.",
	})},
	{State: "Password", Draw: textField(views.TextFieldProps{
		Label: "Password", Name: "password", Type: "password", Autocomplete: "new-password", Required: true,
		Hint: "At least 8 characters.",
	})},
	{State: "Several lines", Draw: textField(views.TextFieldProps{Label: "Note", Name: "note", Multiline: true})},
	{State: "Disabled", Draw: textField(views.TextFieldProps{
		Label: "Username", Name: "username", Value: "ada", Disabled: true,
	})},
	{State: "Right to left", Draw: textField(views.TextFieldProps{Label: arabicName, Name: "name", Value: arabicName})},
	{State: "Long and hostile", Draw: textField(views.TextFieldProps{
		Label: longName, Name: "long", Value: `"><script>alert(1)</script>`, Hint: longURL, Error: longURL,
	})},
	{State: "Zero value", Draw: textField(views.TextFieldProps{})},
}}

// formErrorExamples shows the summary of a form's mistakes in its states.
var formErrorExamples = component{
	File: "form-error", Group: "Forms", Needs: "Links to the fields of a form, for example to a TextField.",
	Examples: []example{
		{State: "Two mistakes", Inert: true, Draw: draw(views.FormError, views.FormErrorProps{Errors: []views.FormErrorField{
			{FieldID: "main", Text: "Enter an email address like ada@example.com."},
			{FieldID: "main", Text: "Use 8 characters or more."},
		}})},
		{State: "Long", Inert: true, Draw: draw(views.FormError, views.FormErrorProps{
			Title: longName, Errors: []views.FormErrorField{{FieldID: "main", Text: longURL}},
		})},
		{State: "No mistakes", Draw: draw(views.FormError, views.FormErrorProps{})},
	}}

func textField(p views.TextFieldProps) func(string) templ.Component {
	return func(id string) templ.Component {
		p := p
		p.ID = id
		return with(form("/components/text-field"), views.TextField(p))
	}
}
